// Whether a table is one that osc can change. Used by preflight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ddl/projection.h"
#include "ddl/server_checks.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

struct TableFacts {
  mysql::TableName name;  // as the server stores it
  bool name_case_counts = true;
  uint64_t estimated_rows = 0;
  uint64_t data_bytes = 0;  // of rows and indexes
};

// Before the privileges are looked at, which nobody has there.
void RefuseSystemDatabase(const mysql::TableName& table);

void RefuseOwnName(const mysql::TableName& table);

// Finds the table and refuses what is no ordinary InnoDB table. Throws kInvalidArgument for a
// missing database name, kNotFound for a missing database or table, else kRefused.
TableFacts FindTable(mysql::Connection& connection, const mysql::TableName& table,
                     const ServerVariables& variables);

// Refuses foreign keys, and off-stage tables but that of the migration `to_be_completed`. Throws
// kRefused.
void CheckSurroundings(mysql::Connection& connection, const TableFacts& table,
                       const std::string& to_be_completed);

bool IsPartitioned(const TableDefinition& table);
// Partitioned by RANGE or LIST, without one for all other values.
bool MayLackAPartition(const TableDefinition& table);

// Directories, periods, columns and keys that are not carried. what: "the table" or "the altered
// table". Throws kRefused.
void CheckDefinition(const TableDefinition& definition, const std::string& what);

// Columns that one table has alone and that a row must have a value for, where no value goes
// without saying: NOT NULL geometries and vectors without a default. Throws kRefused.
void CheckColumnsOfOneTable(const Projection& forward);

// Room for a second copy, where the server's data directory is on this machine. Throws kRefused.
void CheckDiskSpace(const mysql::ConnectionOptions& options, const ServerVariables& variables,
                    const TableFacts& table);

}  // namespace osc::ddl
