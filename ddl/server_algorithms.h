// What the server could do by itself with an ALTER: asked of the server, on an empty copy of the
// table (ddl/scratch_table.h), so that the live table is not touched. Definitions decide what it
// answers, not rows: empty and filled tables got the same answers for 27 kinds of ALTER (seen on
// MySQL 9.7, MariaDB 10.11 and 11.8). What only the live table knows is looked at beside it: how
// many of its row versions are used up (MySQL). A server that finds another reason there refuses
// ALGORITHM=INSTANT without touching anything.
#pragma once

#include <string>
#include <vector>

#include "ddl/alter_statement.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

struct ServerAlgorithm {
  std::string name;  // "INSTANT", "INPLACE", "COPY"
  bool possible = false;
  // The least that the server asks for: "NONE": the applications write on; "SHARED": they wait to
  // write until it is done; "EXCLUSIVE": to read as well. Empty where it is not possible.
  std::string lock;
  bool rebuilds = false;  // the whole table is built anew
  std::string note;       // for people: what it costs, or why the server does not do it
};

// INSTANT, INPLACE and COPY, in this order. Makes and drops scratch tables; throws the server's
// Error when it cannot.
std::vector<ServerAlgorithm> TryAlgorithms(mysql::Connection& connection,
                                           const TableDefinition& original,
                                           const AlterStatement& alter);

struct InstantTrial {
  bool possible = false;
  std::string note;         // as in ServerAlgorithm
  TableDefinition altered;  // what the table will be; empty where it is not possible
};
// The same for INSTANT alone.
InstantTrial TryInstant(mysql::Connection& connection, const TableDefinition& original,
                        const AlterStatement& alter);

// The ALTER by one algorithm. lock: see ServerAlgorithm; empty leaves it to the server.
std::string AlterSql(const mysql::TableName& table, const std::string& clauses,
                     const std::string& algorithm, const std::string& lock,
                     const std::string& comment = "");

// "Not by this algorithm", in answer to an ALTER that asks for one: 1845, 1846, and on MySQL 4092
// (no row version left). Nothing has been done then.
bool IsAlgorithmRefused(const Error& error);

}  // namespace osc::ddl
