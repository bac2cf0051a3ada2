#include "ddl/scratch_table.h"

#include <random>

#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/mysql/named_lock.h"

namespace osc::ddl {
namespace {

constexpr std::string_view kPrefix = "_osc_try_";
constexpr size_t kRandomLetters = 12;

std::string RandomName() {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string name(kPrefix);
  for (size_t i = 0; i < kRandomLetters; ++i) name += kLetters[random() % kLetters.size()];
  return name;
}

// Of the name alone: its random part is unique on the server.
std::string LockOf(const std::string& table) { return mysql::LockName("osc.try", table); }

std::string RowFormat(mysql::Connection& connection, const mysql::TableName& table) {
  return connection
      .QueryValue("SELECT UPPER(ROW_FORMAT) FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                  mysql::QuoteText(table.database) +
                  " AND TABLE_NAME=" + mysql::QuoteText(table.name))
      .value_or("");
}

}  // namespace

void DropLeftScratchTables(mysql::Connection& connection, const std::string& database) {
  std::vector<std::string> left;
  mysql::Result rows = connection.Query(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
      mysql::QuoteText(database) + " AND LEFT(TABLE_NAME, " + std::to_string(kPrefix.size()) +
      ")=" + mysql::QuoteText(std::string(kPrefix)) +
      " AND CHAR_LENGTH(TABLE_NAME)=" + std::to_string(kPrefix.size() + kRandomLetters));
  while (rows.Next()) left.push_back(rows.Text(0));
  for (const std::string& name : left) {
    if (!mysql::TakeLock(connection, LockOf(name), 0)) continue;  // its maker is at work
    connection.Execute("DROP TABLE IF EXISTS " + mysql::Quote({database, name}));
    mysql::ReleaseLock(connection, LockOf(name));
  }
}

ScratchTable::ScratchTable(mysql::Connection& connection, const TableDefinition& original)
    : connection_(connection), original_(original), name_{original.name.database, RandomName()} {
  // A backup that holds up DDL is not waited for.
  connection_.Execute("SET lock_wait_timeout=5");
  DropLeftScratchTables(connection_, name_.database);
  if (!connection_.server().IsMariaDb()) {
    renames_ = RenamedChecks(connection_, original_);
    names_ = CheckNames(original_, name_.name, renames_);
  }
  if (!mysql::TakeLock(connection_, LockOf(name_.name), 0)) {
    throw Error(ErrorCode::kBusy, "another session has the lock of " + mysql::Quote(name_));
  }
}

ScratchTable::~ScratchTable() {
  try {
    Drop();
    mysql::ReleaseLock(connection_, LockOf(name_.name));
    connection_.Execute("SET lock_wait_timeout=DEFAULT");
  } catch (const std::exception& error) {
    spdlog::warn("{} stays until osc looks at the database again: {}", mysql::Quote(name_),
                 error.what());
  }
}

void ScratchTable::Drop() { connection_.Execute("DROP TABLE IF EXISTS " + mysql::Quote(name_)); }

void ScratchTable::Create() {
  Drop();
  connection_.Execute("CREATE TABLE " + mysql::Quote(name_) + " LIKE " +
                      mysql::Quote(original_.name));
  OSC_FAULT_POINT("scratch.created");
  const std::string alter = "ALTER TABLE " + mysql::Quote(name_) + " ";
  const std::string restore =
      names_.Restore(ReadTableDefinition(connection_, name_).create_statement);
  if (!restore.empty()) connection_.Execute(alter + restore);
  // LIKE copies what CREATE said; a table may have been made under another default.
  const std::string format = RowFormat(connection_, original_.name);
  if (!format.empty() && format != RowFormat(connection_, name_)) {
    connection_.Execute(alter + "ROW_FORMAT=" + format);
    added_option_ = " ROW_FORMAT=" + format;
  }
}

TableDefinition ScratchTable::ReadAsOriginal() {
  TableDefinition table = ReadTableDefinition(connection_, name_);
  if (!connection_.server().IsMariaDb()) {
    std::vector<NameChange> back;
    for (const NameChange& rename : renames_) back.push_back({rename.to, rename.from});
    table.create_statement =
        CheckNames(table, original_.name.name, std::move(back)).Translate(table.create_statement);
  }
  const std::string head = "CREATE TABLE " + mysql::QuoteIdentifier(name_.name);
  if (table.create_statement.starts_with(head)) {
    table.create_statement.replace(0, head.size(),
                                   "CREATE TABLE " + mysql::QuoteIdentifier(original_.name.name));
  }
  if (!added_option_.empty()) {
    const size_t added = table.create_statement.rfind(added_option_);
    if (added != std::string::npos) table.create_statement.erase(added, added_option_.size());
  }
  table.name = original_.name;
  return table;
}

std::string ScratchTable::Identity() {
  return connection_
      .QueryValue("SELECT GROUP_CONCAT(TABLE_ID ORDER BY TABLE_ID) FROM " +
                  std::string(connection_.server().InnodbTablesTable()) +
                  " WHERE NAME LIKE '%/\\_osc\\_try\\_" + name_.name.substr(kPrefix.size()) + "%'")
      .value_or("");
}

}  // namespace osc::ddl
