#include "shadow/range_copy.h"

#include <utility>

#include "shadow/mapping.h"
#include "src/apply/resync.h"
#include "src/apply/unfit_row.h"
#include "src/base/fault_point.h"
#include "src/base/wait.h"
#include "src/mysql/key_value.h"
#include "src/mysql/server_message.h"

namespace osc::shadow {
namespace {

using base::Clock;

// How often a row that meets a duplicate is tried again, each time with a stream that has passed
// the position of the last try. The first retries settle what a lagging stream causes.
constexpr int kDuplicateRounds = 5;

}  // namespace

RangeCopy::RangeCopy(RangeCopyOptions options, apply::Stream& stream)
    : options_(std::move(options)),
      stream_(stream),
      range_(options_.projection, options_.live),
      mapping_(
          MakeMapping(options_.projection, options_.live, options_.off_stage, options_.values)) {
  const ddl::Projection& projection = options_.projection;
  std::string targets;
  std::string sources;
  for (const auto& column : mapping_.columns) {
    const std::string comma = targets.empty() ? "" : ",";
    targets += comma + mysql::QuoteIdentifier(column.target);
    sources += comma + apply::SourceValue(mapping_, column, "l.");
  }
  for (const auto& fill : mapping_.fills) {
    targets += "," + mysql::QuoteIdentifier(fill.target);
    sources += "," + fill.literal;
  }
  const std::string off_stage = mysql::Quote(options_.off_stage);
  insert_ = "INSERT INTO " + off_stage + " (" + targets + ") SELECT " + sources + " FROM " +
            range_.table() + " WHERE ";
  if (options_.hand_over) {
    std::string columns;
    for (const ddl::Column& column : projection.source.columns) {
      if (column.generated) continue;
      columns += (columns.empty() ? "" : ",") + mysql::QuoteIdentifier(column.name);
    }
    hand_over_ = "REPLACE INTO " + mysql::Quote(*options_.hand_over) + " (" + columns +
                 ") SELECT " + columns + " FROM " + range_.table() + " WHERE ";
  }
  const std::string key =
      off_stage + "." +
      mysql::QuoteIdentifier(projection.target.columns[projection.key.front().target].name);
  do_nothing_ = " ON DUPLICATE KEY UPDATE " + key + "=" + key;
}

uint64_t RangeCopy::Copy(std::stop_token stop, mysql::Connection& connection,
                         const KeyLiterals& low, const KeyLiterals& high) const {
  try {
    return CopyRange(stop, connection, range_.Between("l.", low, high));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable ||
        error.server_errno() == mysql::kDuplicateEntry) {
      throw;
    }
    if (!options_.hand_over) NameTheRow(connection, low, high, error);
  }
  return CopyWhatFits(stop, connection, low, high);
}

uint64_t RangeCopy::Insert(mysql::Connection& connection, const std::string& range,
                           bool over_existing) const {
  return connection.Execute(insert_ + range + " LOCK IN SHARE MODE" +
                            (over_existing ? do_nothing_ : ""));
}

uint64_t RangeCopy::CopyRange(std::stop_token stop, mysql::Connection& connection,
                              const std::string& range) const {
  const auto insert = [&](bool over_existing) -> std::optional<uint64_t> {
    try {
      return Insert(connection, range, over_existing);
    } catch (const Error& error) {
      if (error.server_errno() != mysql::kDuplicateEntry) throw;
      return std::nullopt;
    }
  };
  if (const auto rows = insert(false)) return *rows;
  // The stream has been here before us. What it wrote is as new as what we read, or newer; rows
  // that some other unique key kept out are looked for afterwards.
  const auto rows = insert(true);
  InsertMissing(stop, connection, Missing(connection, range));
  return rows.value_or(0);
}

uint64_t RangeCopy::CopyWhatFits(std::stop_token stop, mysql::Connection& connection,
                                 const KeyLiterals& low, const KeyLiterals& high) const {
  constexpr size_t kFewRows = 8;
  const std::string range = range_.Between("l.", low, high);
  const std::vector<KeyLiterals> keys = range_.Keys(connection, range);
  if (keys.size() <= kFewRows) {
    HandOver(connection, range);
    return keys.size();
  }
  uint64_t rows = 0;
  const KeyLiterals& middle = keys[keys.size() / 2];
  for (const auto& [from, to] : {std::pair{low, middle}, std::pair{middle, high}}) {
    base::ThrowIfStopped(stop);
    try {
      rows += CopyRange(stop, connection, range_.Between("l.", from, to));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      rows += CopyWhatFits(stop, connection, from, to);
    }
  }
  return rows;
}

// The locking read waits for whoever is changing the row, and whoever changes it next waits for our
// commit: in the binlog the row as it was read stands where it belongs among its changes.
void RangeCopy::HandOver(mysql::Connection& connection, const std::string& range) const {
  connection.Execute(hand_over_ + range + " LOCK IN SHARE MODE");
  OSC_FAULT_POINT("copy.handed_over");
}

std::vector<KeyLiterals> RangeCopy::Missing(mysql::Connection& connection,
                                            const std::string& range) const {
  const ddl::Projection& projection = options_.projection;
  std::string join;
  for (const ddl::ColumnPair& part : projection.key) {
    const ddl::Column& from = projection.source.columns[part.source];
    const ddl::Column& to = projection.target.columns[part.target];
    const std::string live = "l." + mysql::QuoteIdentifier(from.name);
    const std::string off_stage = "o." + mysql::QuoteIdentifier(to.name);
    join += (join.empty() ? "" : " AND ") + mysql::EqualValue(from.type, to.type, live, off_stage) +
            mysql::EqualBytes(from.type, to.type, live, off_stage);
  }
  // Not a locking read: a row that it does not see yet is the stream's, one that it sees too much
  // is tried once more, with a locking read.
  return range_.Keys(connection, range + " AND NOT EXISTS (SELECT 1 FROM " +
                                     mysql::Quote(options_.off_stage) + " o WHERE " + join + ")");
}

std::string RangeCopy::KeyCondition(const KeyLiterals& key) const {
  std::string condition;
  const ddl::Projection& projection = options_.projection;
  for (size_t i = 0; i < key.size(); ++i) {
    condition += (i > 0 ? " AND l." : "l.") +
                 mysql::QuoteIdentifier(projection.source.columns[projection.key[i].source].name) +
                 "=" + key[i];
  }
  return condition;
}

void RangeCopy::InsertMissing(std::stop_token stop, mysql::Connection& connection,
                              std::vector<KeyLiterals> missing) const {
  for (int round = 1; !missing.empty(); ++round) {
    const binlog::Position read_at = binlog::CurrentGtidPosition(connection);
    while (!stream_.WaitUntilApplied(stop, read_at, Clock::now() + std::chrono::seconds(10))) {
      if (const auto status = stream_.status(); status.error) throw *status.error;
    }
    std::vector<KeyLiterals> again;
    for (const KeyLiterals& key : missing) {
      const std::string condition = KeyCondition(key);
      try {
        Insert(connection, condition, false);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnprojectable) throw;
        if (options_.hand_over) {
          HandOver(connection, condition);
          continue;
        }
        if (error.server_errno() != mysql::kDuplicateEntry) throw Explain(connection, key, error);
        if (Missing(connection, condition).empty()) continue;
        if (round >= kDuplicateRounds) {
          throw Explain(connection, key,
                        apply::WithRivals(connection, mapping_,
                                          apply::RowsInTheWay(connection, mapping_, key), error));
        }
        again.push_back(key);
      }
    }
    missing = std::move(again);
  }
}

void RangeCopy::NameTheRow(mysql::Connection& connection, const KeyLiterals& low,
                           const KeyLiterals& high, const Error& error) const {
  connection.Execute("SET wait_timeout=15");  // live rows are locked within a transaction
  const auto keys = range_.Keys(connection, range_.Between("l.", low, high));
  const auto fails = [&](const KeyLiterals& from, const KeyLiterals& to) {
    connection.Execute("BEGIN");
    bool failed = false;
    try {
      Insert(connection, range_.Between("l.", from, to), true);
    } catch (const Error& again) {
      if (again.code() != ErrorCode::kUnprojectable) throw;
      failed = true;
    }
    connection.Execute("ROLLBACK");
    return failed;
  };
  // Bisection: the row is among keys[begin, end).
  size_t begin = 0;
  size_t end = keys.size();
  while (end - begin > 1 && end > begin) {
    const size_t middle = begin + (end - begin) / 2;
    fails(begin == 0 ? low : keys[begin - 1], keys[middle - 1]) ? end = middle : begin = middle;
  }
  if (begin >= keys.size()) throw error;
  throw Explain(connection, keys[begin], error);
}

Error RangeCopy::Explain(mysql::Connection& connection, const KeyLiterals& key,
                         const Error& error) const {
  const apply::RowValues values{
      [this](size_t column) {
        return "l." +
               mysql::QuoteIdentifier(mapping_.source_names[mapping_.columns[column].source]);
      },
      " FROM " + range_.table() + " WHERE " + KeyCondition(key)};
  return apply::ExplainUnfit(connection, mapping_, values, "the new definition", error);
}

}  // namespace osc::shadow
