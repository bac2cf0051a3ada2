#include "ddl/server_algorithms.h"

#include <optional>

#include "ddl/scratch_table.h"
#include "ddl/time_zone.h"
#include "src/mysql/server_message.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

constexpr unsigned kNotSupported = 1845;
constexpr unsigned kNotSupportedBecause = 1846;
constexpr unsigned kNoRowVersionLeft = 4092;

// One ALTER on the scratch table. The server's reason when it refuses the algorithm or the lock.
std::optional<std::string> Refusal(mysql::Connection& connection, ScratchTable& scratch,
                                   const TableDefinition& original, const AlterStatement& alter,
                                   const std::string& algorithm, const std::string& lock) {
  const InServerTimeZone in_server_time_zone(connection);
  try {
    connection.Execute(AlterSql(scratch.name(), scratch.Translate(alter.clauses), algorithm, lock));
  } catch (const Error& error) {
    if (!IsAlgorithmRefused(error)) throw;
    return mysql::ServerMessage(error, scratch.name().name, original.name.name);
  }
  return std::nullopt;
}

// MySQL counts the instant additions and drops of columns until the table is built anew.
struct RowVersions {
  std::optional<uint64_t> used;  // none: not known
  uint64_t most = 64;            // 255 since MySQL 9.1
};

// where: of the rows of InnoDB's list of tables. From MySQL 8.0.29 on.
std::optional<uint64_t> UsedVersions(mysql::Connection& connection, const std::string& where) {
  const auto used = connection.QueryValue("SELECT MAX(TOTAL_ROW_VERSIONS) FROM " +
                                          std::string(connection.server().InnodbTablesTable()) +
                                          " WHERE " + where);
  if (!used) return std::nullopt;
  return std::stoull(*used);
}

// A name with other characters is encoded there.
bool IsPlain(const std::string& name) {
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string::npos;
}

RowVersions ReadRowVersions(mysql::Connection& connection, const mysql::TableName& table) {
  RowVersions versions;
  if (connection.server().AtLeast(9, 1)) versions.most = 255;
  if (!IsPlain(table.database) || !IsPlain(table.name)) return versions;
  const std::string name = table.database + "/" + table.name;
  const std::string partition = name + "#p#";
  versions.used = UsedVersions(connection, "NAME=" + mysql::QuoteText(name) + " OR LEFT(NAME, " +
                                               std::to_string(partition.size()) +
                                               ")=" + mysql::QuoteText(partition));
  return versions;
}

// Whether the live table has a row version left for it; says how many.
void LookAtRowVersions(mysql::Connection& connection, ScratchTable& scratch,
                       const TableDefinition& original, InstantTrial* trial) {
  const mysql::ServerInfo& server = connection.server();
  if (server.IsMariaDb() || !server.AtLeast(8, 0, 29)) return;
  const auto own = UsedVersions(
      connection, "FIND_IN_SET(TABLE_ID, " + mysql::QuoteText(scratch.Identity()) + ")");
  if (own.value_or(0) == 0) return;
  const RowVersions live = ReadRowVersions(connection, original.name);
  const std::string most = std::to_string(live.most);
  if (!live.used) {
    trial->note += "; a table has " + most + " row versions for that, and how many of them " +
                   mysql::Quote(original.name) + " has used is not known";
    return;
  }
  const std::string used = std::to_string(*live.used);
  if (*live.used + *own <= live.most) {
    trial->note += "; " + used + " of the table's " + most + " row versions are used";
    return;
  }
  trial->possible = false;
  trial->note = used + " of the table's " + most +
                " row versions are used: columns can be added or dropped instantly again when it "
                "has been built anew, as any other change by osc does";
}

ServerAlgorithm TryInplace(mysql::Connection& connection, ScratchTable& scratch,
                           const TableDefinition& original, const AlterStatement& alter) {
  ServerAlgorithm inplace{"INPLACE", false, "", false, ""};
  const std::string before = scratch.Identity();
  for (const char* lock : {"NONE", "SHARED", "EXCLUSIVE"}) {
    const auto refusal = Refusal(connection, scratch, original, alter, inplace.name, lock);
    if (refusal) {
      inplace.note = *refusal;
      continue;
    }
    inplace.possible = true;
    inplace.lock = lock;
    inplace.rebuilds = scratch.Identity() != before;
    inplace.note = inplace.rebuilds ? "the whole table is built anew"
                                    : "the rows stay where they are; a new index is built from "
                                      "all of them";
    break;
  }
  return inplace;
}

// The server has accepted it on a temporary table already, which it copied.
ServerAlgorithm TryCopy(mysql::Connection& connection, ScratchTable& scratch,
                        const TableDefinition& original, const AlterStatement& alter) {
  ServerAlgorithm copy{"COPY", false, "", true, ""};
  for (const char* lock : {"NONE", "SHARED"}) {
    const auto refusal = Refusal(connection, scratch, original, alter, copy.name, lock);
    if (!refusal) {
      copy.possible = true;
      copy.lock = lock;
      copy.note = "the whole table is copied, row by row";
      break;
    }
    copy.note = *refusal;
  }
  return copy;
}

void SayWhatItCosts(ServerAlgorithm* algorithm) {
  if (!algorithm->possible) return;
  const std::string& lock = algorithm->lock;
  algorithm->note += lock == "NONE"     ? "; the applications write on"
                     : lock == "SHARED" ? "; nobody can write until it is done"
                                        : "; nobody can read or write until it is done";
  algorithm->note += "; replicas do it afterwards, and apply nothing else as long";
}

InstantTrial TryInstantOn(mysql::Connection& connection, ScratchTable& scratch,
                          const TableDefinition& original, const AlterStatement& alter) {
  InstantTrial trial;
  const std::string before = scratch.Identity();
  const auto refusal = Refusal(connection, scratch, original, alter, "INSTANT", "");
  if (refusal) {
    trial.note = *refusal;
    return trial;
  }
  // MariaDB 10.11 takes the word for PARTITION BY, and copies all the same.
  if (scratch.Identity() != before) {
    trial.note = "the server accepts the word, but builds the table anew";
    return trial;
  }
  trial.possible = true;
  trial.note = "only the definition is changed, at once; the applications write on";
  LookAtRowVersions(connection, scratch, original, &trial);
  if (trial.possible) trial.altered = scratch.ReadAsOriginal();
  return trial;
}

}  // namespace

std::vector<ServerAlgorithm> TryAlgorithms(mysql::Connection& connection,
                                           const TableDefinition& original,
                                           const AlterStatement& alter) {
  ScratchTable scratch(connection, original);
  scratch.Create();
  const InstantTrial instant = TryInstantOn(connection, scratch, original, alter);
  scratch.Create();
  ServerAlgorithm inplace = TryInplace(connection, scratch, original, alter);
  scratch.Create();
  ServerAlgorithm copy = TryCopy(connection, scratch, original, alter);
  if (instant.possible && inplace.possible && !inplace.rebuilds) {
    inplace.note = "here the same as INSTANT";
  } else {
    SayWhatItCosts(&inplace);
  }
  SayWhatItCosts(&copy);
  return {{"INSTANT", instant.possible, instant.possible ? "NONE" : "", false, instant.note},
          std::move(inplace),
          std::move(copy)};
}

InstantTrial TryInstant(mysql::Connection& connection, const TableDefinition& original,
                        const AlterStatement& alter) {
  ScratchTable scratch(connection, original);
  scratch.Create();
  return TryInstantOn(connection, scratch, original, alter);
}

std::string AlterSql(const mysql::TableName& table, const std::string& clauses,
                     const std::string& algorithm, const std::string& lock,
                     const std::string& comment) {
  std::string sql = "ALTER TABLE " + comment + mysql::Quote(table) + " ALGORITHM=" + algorithm;
  if (!lock.empty()) sql += ", LOCK=" + lock;
  // Partitions stand behind the other clauses without a comma.
  const mysql::SqlToken first = mysql::Tokenize(clauses).front();
  return sql + (first.Is("PARTITION") || first.Is("REMOVE") ? " " : ", ") + clauses;
}

bool IsAlgorithmRefused(const Error& error) {
  const unsigned code = error.server_errno();
  return code == kNotSupported || code == kNotSupportedBecause || code == kNoRowVersionLeft;
}

}  // namespace osc::ddl
