#include "inverse/ledger.h"

#include <algorithm>
#include <utility>

#include "src/base/retry.h"
#include "src/mysql/quote.h"
#include "src/mysql/table_exists.h"

namespace osc::inverse {
namespace {

using mysql::QuoteText;
using state::LedgerFile;

// Times are UTC. Names and texts in utf8mb4 whatever the database's default is; names by their
// bytes, as file systems tell them apart.
constexpr const char* kDefinition = R"sql( (
  file VARCHAR(255) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  version VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  checksum CHAR(64) NOT NULL,
  state VARCHAR(16) NOT NULL,
  migrations TEXT NOT NULL,
  steps_done BIGINT NOT NULL,
  step_begun BIGINT NOT NULL,
  as_they_are TEXT NOT NULL,
  error TEXT NOT NULL,
  started_at DATETIME(3) NOT NULL,
  finished_at DATETIME(3) NULL,
  applied_by VARCHAR(400) NOT NULL,
  engine VARCHAR(4000) NOT NULL,
  osc_version VARCHAR(64) NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4
  COMMENT='migration files that osc apply has applied; do not edit')sql";

constexpr const char* kColumns =
    "file, number, version, description, checksum, state, migrations, steps_done, step_begun, "
    "as_they_are, error, started_at, finished_at, applied_by, engine, osc_version";

constexpr size_t kTextBytes = 60000;  // fits TEXT

std::string Time(const std::string& iso) {  // 2026-11-22T01:00:00.123Z
  if (iso.empty()) return "NULL";
  std::string text = iso.substr(0, 23);
  text[10] = ' ';
  return QuoteText(text);
}

std::string Iso(std::string text) {
  if (text.empty()) return text;
  text[10] = 'T';
  return text + "Z";
}

std::string Row(const LedgerFile& file) {
  const auto number = [](int64_t value) { return ", " + std::to_string(value); };
  const auto text = [](const std::string& value) {
    return ", " + QuoteText(value.size() <= kTextBytes ? value : value.substr(0, kTextBytes));
  };
  return QuoteText(file.file) + number(file.number) + text(file.version) + text(file.description) +
         text(file.checksum) + text(std::string(state::LedgerStateName(file.state))) +
         text(state::JoinIds(file.migrations)) + number(file.steps_done) + number(file.step_begun) +
         text(file.as_they_are) + text(file.error) + ", " + Time(file.started_at) + ", " +
         Time(file.finished_at) + text(file.applied_by) + text(file.engine) +
         text(file.osc_version);
}

}  // namespace

Ledger::Ledger(mysql::ConnectionOptions connection, std::string server, std::string database,
               std::optional<state::LedgerCopy> copy)
    : connection_(std::move(connection)),
      server_(std::move(server)),
      database_(std::move(database)),
      copy_(std::move(copy)) {}

mysql::Connection Ledger::Open() const { return mysql::Connection::Open(connection_); }

void Ledger::Prepare() {
  mysql::Connection connection = Open();
  const mysql::TableName table{database_, kLedgerTable};
  if (!mysql::TableExists(connection, table)) {
    connection.Execute("CREATE TABLE IF NOT EXISTS " + mysql::Quote(table) + kDefinition);
  }
}

std::vector<LedgerFile> Ledger::Files() {
  mysql::Connection connection = Open();
  const mysql::TableName table{database_, kLedgerTable};
  std::vector<LedgerFile> files;
  if (mysql::TableExists(connection, table)) {
    mysql::Result rows = [&] {
      try {
        return connection.Query(std::string("SELECT ") + kColumns + " FROM " + mysql::Quote(table) +
                                " ORDER BY number, file");
      } catch (const Error& error) {
        throw Error(error.code() == ErrorCode::kInternal ? ErrorCode::kRefused : error.code(),
                    "the ledger " + mysql::Quote(table) + " cannot be read: " + error.message(),
                    "is it osc's, and of this version?");
      }
    }();
    while (rows.Next()) {
      LedgerFile file;
      file.file = rows.Text(0);
      file.number = static_cast<int64_t>(rows.Number(1));
      file.version = rows.Text(2);
      file.description = rows.Text(3);
      file.checksum = rows.Text(4);
      file.state = state::ParseLedgerState(rows.Text(5));
      file.migrations = state::SplitIds(rows.Text(6));
      file.steps_done = static_cast<int64_t>(rows.Number(7));
      file.step_begun = static_cast<int64_t>(rows.Number(8));
      file.as_they_are = rows.Text(9);
      file.error = rows.Text(10);
      file.started_at = Iso(rows.Text(11));
      file.finished_at = Iso(rows.Text(12));
      file.applied_by = rows.Text(13);
      file.engine = rows.Text(14);
      file.osc_version = rows.Text(15);
      files.push_back(std::move(file));
    }
  }
  if (copy_) {
    const std::vector<LedgerFile> known = copy_->Files(server_, database_);
    for (const LedgerFile& file : files) {
      const auto same = std::find_if(known.begin(), known.end(), [&](const LedgerFile& other) {
        return other.file == file.file;
      });
      if (same == known.end() || Row(*same) != Row(file)) copy_->Put(server_, database_, file);
    }
    for (const LedgerFile& file : known) {
      const bool there = std::any_of(files.begin(), files.end(), [&](const LedgerFile& other) {
        return other.file == file.file;
      });
      if (there) continue;
      gone_.push_back(file.file);
      copy_->Remove(server_, database_, file.file);
    }
  }
  return files;
}

void Ledger::Put(LedgerFile* file) {
  const std::string table = mysql::Quote({database_, kLedgerTable});
  base::Retry({}, {}, [&] {
    mysql::Connection connection = Open();
    if (file->number == 0) {
      const auto last = connection.QueryValue("SELECT MAX(number) FROM " + table);
      file->number = 1 + (last ? std::stoll(*last) : 0);
    }
    try {
      connection.Execute("REPLACE INTO " + table + " (" + kColumns + ") VALUES (" + Row(*file) +
                         ")");
    } catch (const Error& error) {
      // The whole row can be written again.
      if (error.code() != ErrorCode::kOutcomeUnknown) throw;
      throw Error(ErrorCode::kConnectionLost, error.message(), error.hint());
    }
  });
  if (copy_) copy_->Put(server_, database_, *file);
}

}  // namespace osc::inverse
