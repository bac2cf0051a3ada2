#include "shadow/row_repair.h"

#include <algorithm>

#include "shadow/catch_up.h"
#include "shadow/quarantined_row.h"
#include "src/base/fault_point.h"
#include "src/base/retry.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using Side = ComparisonSql::Side;
using base::Millis;

constexpr int kAttempts = 50;
constexpr Millis kPause{100};
constexpr Millis kLongestHold{250};
// The server tells of a GTID a moment after it lets the row's lock go (MySQL).
constexpr Millis kCommitTail{30};
// Should the network lose us: how long the server keeps our locks.
constexpr std::chrono::seconds kIdleLimit{5};

[[noreturn]] void CannotRepair(const std::string& why) {
  throw Error(ErrorCode::kUnprojectable, why);
}

// "id=5, missing off stage", "id=5, amount: live 1, off stage 2, name: live 'a', off stage 'b'"
std::string Text(const RowSettler::WrongRow& row) {
  std::string text = row.differences.front().key;
  if (row.kind == "missing") return text + ", missing off stage";
  if (row.kind == "extra") return text + ", only off stage";
  for (const state::Difference& difference : row.differences) {
    if (difference.column.empty()) continue;
    text += ", " + difference.column + ": live " + difference.live + ", off stage " +
            difference.off_stage;
  }
  return text;
}

}  // namespace

RowRepair::RowRepair(const ComparisonSql& sql, SettleOptions options, apply::RowMapping mapping,
                     apply::Stream& stream, std::function<void(const std::string&)> record)
    : sql_(sql),
      options_(std::move(options)),
      mapping_(std::move(mapping)),
      stream_(stream),
      record_(std::move(record)),
      live_side_(options_.source_is_live ? Side::kSource : Side::kTarget),
      off_stage_side_(options_.source_is_live ? Side::kTarget : Side::kSource) {}

// Rows may depend on one another by a unique value: those that have to go go first, and what failed
// is tried again once others have changed.
RowRepair::Result RowRepair::Repair(std::stop_token stop, RowSettler& settler,
                                    RowSettler::Verdict* verdict) {
  Result result;
  std::vector<RowSettler::WrongRow> open = std::move(verdict->wrong);
  std::stable_partition(open.begin(), open.end(),
                        [](const auto& row) { return row.kind == "extra"; });
  std::vector<RowSettler::WrongRow> written;
  std::vector<RowKey> keys;
  for (size_t before = open.size() + 1; !open.empty() && open.size() < before;) {
    before = open.size();
    result.failure.clear();
    std::vector<RowSettler::WrongRow> left;
    for (auto& row : open) {
      try {
        const Attempt outcome = RepairRow(stop, row);
        keys.push_back(row.key);
        if (outcome == Attempt::kWritten) written.push_back(std::move(row));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnprojectable) throw;
        if (left.empty()) result.failure = row.differences.front().key + ": " + error.message();
        left.push_back(std::move(row));
      }
    }
    open = std::move(left);
  }
  RowSettler::Verdict again = settler.Settle(stop, keys);
  for (auto& row : written) {
    if (std::any_of(again.wrong.begin(), again.wrong.end(),
                    [&](const auto& other) { return other.key == row.key; })) {
      continue;
    }
    if (row.kind == "extra") ++result.extra;
    ++verdict->counts.repaired;
    for (auto& difference : row.differences) {
      difference.repaired = true;
      result.repaired.push_back(std::move(difference));
    }
  }
  open.insert(open.end(), again.wrong.begin(), again.wrong.end());
  state::VerifyCounts& counts = verdict->counts;
  counts.missing = counts.extra = counts.different = 0;
  for (const auto& row : open) {
    ++(row.kind == "missing" ? counts.missing
       : row.kind == "extra" ? counts.extra
                             : counts.different);
  }
  counts.quarantined += again.counts.quarantined;
  verdict->quarantined.insert(verdict->quarantined.end(), again.quarantined.begin(),
                              again.quarantined.end());
  verdict->wrong = std::move(open);
  return result;
}

// Throws kUnprojectable with the reason when the row cannot be repaired.
RowRepair::Attempt RowRepair::RepairRow(std::stop_token stop, const RowSettler::WrongRow& row) {
  if (row.kind == "missing") {
    for (const auto& fill : mapping_.fills) {
      if (fill.is_implicit) CannotRepair("nobody has a value for column " + fill.target);
    }
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) base::SleepFor(stop, kPause);
    base::ThrowIfStopped(stop);
    try {
      // Its end, whatever the reason, ends the locks too.
      mysql::ConnectionOptions options = options_.connection;
      options.idle_limit = kIdleLimit;
      auto connection = mysql::Connection::Open(options);
      connection.Execute("SET innodb_lock_wait_timeout=1");
      connection.Execute("START TRANSACTION");
      const Attempt outcome = Try(stop, connection, row);
      if (outcome != Attempt::kAgain) return outcome;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRetryable) throw;
    }
  }
  CannotRepair("the row is written faster than the stream follows");
}

bool RowRepair::Waits(std::stop_token stop, mysql::Connection& connection) {
  const auto deadline = base::Clock::now() + kLongestHold;
  if (!CatchUp(stop, stream_, connection, deadline)) return false;
  base::SleepFor(stop, kCommitTail);
  return CatchUp(stop, stream_, connection, deadline).has_value();
}

RowRepair::Attempt RowRepair::Try(std::stop_token stop, mysql::Connection& connection,
                                  const RowSettler::WrongRow& row) {
  const auto exists = [&](const std::string& find) {
    return connection.Query(find).row_count() > 0;
  };
  const std::string find_live = "SELECT 1 FROM " + mysql::Quote(mapping_.source) + " l WHERE " +
                                sql_.IsRow(row.key, live_side_, "l.") + " LOCK IN SHARE MODE";
  const std::string find_off_stage = "SELECT 1 FROM " + mysql::Quote(mapping_.target) +
                                     " o WHERE " + sql_.IsRow(row.key, off_stage_side_, "o.") +
                                     " FOR UPDATE";
  const bool is_live = exists(find_live);
  if (!is_live && !exists(find_off_stage)) return Attempt::kNotNeeded;
  if (!Waits(stop, connection)) return Attempt::kAgain;
  // A row that is inserted from now on waits off stage for our lock there.
  if (!is_live && exists(find_live)) return Attempt::kAgain;
  // First: a row that leaves the quarantine meanwhile is then off stage.
  const InQuarantine quarantined =
      FindInQuarantine(connection, sql_, options_.quarantine, options_.live, live_side_, row.key);
  if (quarantined == InQuarantine::kYes) return Attempt::kNotNeeded;
  const bool is_off_stage = exists(find_off_stage);
  const char* const kind = !is_off_stage ? "missing" : is_live ? "different" : "extra";
  // What has become of it meanwhile is for another look to tell.
  if (row.kind != kind) return Attempt::kNotNeeded;
  if (!is_off_stage && quarantined == InQuarantine::kUnknown) {
    CannotRepair("so many rows are in quarantine that it may be one of them");
  }
  OSC_FAULT_POINT("verify.before_repair");
  connection.Execute(!is_live ? Delete(row) : is_off_stage ? Update(row) : Insert(row));
  record_("repairs off stage: " + Text(row));
  OSC_FAULT_POINT("verify.repair_recorded");
  connection.Commit();
  stream_.TryDuplicatesAgain();
  OSC_FAULT_POINT("verify.repaired");
  return Attempt::kWritten;
}

// Columns with ON UPDATE CURRENT_TIMESTAMP would move if they were not named.
std::string RowRepair::Update(const RowSettler::WrongRow& row) const {
  std::string list;
  bool sets = false;
  const auto set = [&](const std::string& name, const std::string& value) {
    list += (list.empty() ? "o." : ",o.") + mysql::QuoteIdentifier(name) + "=" + value;
  };
  for (const auto& column : mapping_.columns) {
    const bool differs = std::any_of(row.columns.begin(), row.columns.end(), [&](size_t index) {
      const ComparisonSql::Column& compared = sql_.columns()[index];
      return (options_.source_is_live ? compared.target : compared.source) == column.target;
    });
    if (differs || row.columns.empty()) {
      set(column.target, apply::SourceValue(mapping_, column, "l."));
      sets = true;
    } else if (column.is_temporal) {
      set(column.target, "o." + mysql::QuoteIdentifier(column.target));
    }
  }
  for (const std::string& name : mapping_.preserved_temporal) {
    set(name, "o." + mysql::QuoteIdentifier(name));
  }
  if (!sets) CannotRepair("only what the server computes differs");
  return "UPDATE " + mysql::Quote(mapping_.target) + " o, " + mysql::Quote(mapping_.source) +
         " l SET " + list + " WHERE " + sql_.IsRow(row.key, off_stage_side_, "o.") + " AND " +
         sql_.IsRow(row.key, live_side_, "l.");
}

std::string RowRepair::Insert(const RowSettler::WrongRow& row) const {
  std::string columns;
  std::string values;
  const auto add = [&](const std::string& name, const std::string& value) {
    columns += (columns.empty() ? "" : ",") + mysql::QuoteIdentifier(name);
    values += (values.empty() ? "" : ",") + value;
  };
  for (const auto& column : mapping_.columns) {
    add(column.target, apply::SourceValue(mapping_, column, "l."));
  }
  for (const auto& fill : mapping_.fills) add(fill.target, fill.literal);
  return "INSERT INTO " + mysql::Quote(mapping_.target) + " (" + columns + ") SELECT " + values +
         " FROM " + mysql::Quote(mapping_.source) + " l WHERE " +
         sql_.IsRow(row.key, live_side_, "l.");
}

// MariaDB 10.11 has no alias in a DELETE from one table.
std::string RowRepair::Delete(const RowSettler::WrongRow& row) const {
  return "DELETE FROM " + mysql::Quote(mapping_.target) + " WHERE " +
         sql_.IsRow(row.key, off_stage_side_, "");
}

}  // namespace osc::shadow
