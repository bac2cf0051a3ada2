// Triggers that keep account of every write on a writers' table, so that one that fires too often
// or not at all shows in the sums.
#pragma once

#include <string>

#include "src/mysql/connection.h"

namespace osc::testing {

// The table needs a column `stamp INT NOT NULL DEFAULT 0` beside those of writers. Creates the
// table `audit` with what the table holds now, and eight triggers: two before each INSERT and
// UPDATE, whose order shows in the stamp, and one that writes `audit` after each INSERT, UPDATE and
// DELETE, and another one after each UPDATE. Writers may be at work; they wait meanwhile.
void CreateAudit(mysql::Connection& connection, const std::string& table);
void DropAudit(mysql::Connection& connection, const std::string& table);

// The account agrees with the table, whoever writes meanwhile; and `off_stage`, if not empty, has
// no triggers. Reports differences to the test.
void ExpectAudited(mysql::Connection& connection, const std::string& table,
                   const std::string& off_stage = "");

// "name BEFORE INSERT 1, ..." of a table, in their order.
std::string TriggersOf(mysql::Connection& connection, const std::string& table);

}  // namespace osc::testing
