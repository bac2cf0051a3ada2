#include "shadow/chunk_comparison.h"

#include <algorithm>
#include <map>

#include "src/base/log.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using Side = ComparisonSql::Side;

// A range of so few rows is looked at row by row.
constexpr uint64_t kFewRows = 1000;
// Into how many parts a range is divided.
constexpr uint64_t kParts = 10;
constexpr int kMostDepth = 6;
// More suspects than this come from a stream that is behind, or from a TRUNCATE on its way: the
// range is looked at again, after the stream has caught up, so many times.
constexpr size_t kManySuspects = 500;
constexpr int kLooks = 4;

}  // namespace

Snapshot::Snapshot(mysql::Connection& connection) : connection_(connection) {
  connection_.Execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  connection_.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

Snapshot::~Snapshot() {
  try {
    End();
  } catch (const std::exception& error) {
    spdlog::warn("a snapshot stays open until its connection ends: {}", error.what());
  }
}

void Snapshot::End() {
  if (!open_) return;
  open_ = false;
  connection_.Execute("COMMIT");
}

ChunkComparison::ChunkComparison(const ComparisonSql& sql, mysql::Connection& connection,
                                 mysql::TableName converted, std::function<void()> catch_up)
    : sql_(sql),
      connection_(connection),
      converted_(std::move(converted)),
      catch_up_(std::move(catch_up)) {
  if (sql_.converts()) sql_.CreateConverted(connection_, converted_);
}

ChunkComparison::Result ChunkComparison::Compare(std::stop_token stop, const KeyLiterals& low,
                                                 const KeyLiterals& high) {
  const Range range{low, high, converted_};
  Result result;
  for (int look = 1;; ++look) {
    base::ThrowIfStopped(stop);
    const Look both = LookAt(range);
    result.rows = both.source.rows;
    result.suspects.clear();
    if (both.equal()) return result;
    CompareParts(stop, range, std::max(both.source.rows, both.target.rows), 1, &result.suspects);
    if (result.suspects.size() <= kManySuspects || look >= kLooks) return result;
    catch_up_();
  }
}

ChunkComparison::Look ChunkComparison::LookAt(const Range& range) {
  Look look;
  if (sql_.converts()) {
    look.fits = Convert(range);
    look.source = sql_.DigestOf(connection_, Side::kSource, range);
    look.target = sql_.DigestOf(connection_, Side::kTarget, range);
    return look;
  }
  Snapshot snapshot(connection_);
  look.source = sql_.DigestOf(connection_, Side::kSource, range);
  look.target = sql_.DigestOf(connection_, Side::kTarget, range);
  snapshot.End();
  return look;
}

bool ChunkComparison::Convert(const Range& range) {
  const std::string where = sql_.source_range().Between("l.", range.low, range.high);
  try {
    sql_.Convert(connection_, converted_, where, false);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
  }
  sql_.Convert(connection_, converted_, where, true);
  return false;
}

void ChunkComparison::CompareParts(std::stop_token stop, const Range& range, uint64_t rows,
                                   int depth, std::vector<RowKey>* suspects) {
  base::ThrowIfStopped(stop);
  if (rows <= kFewRows || depth > kMostDepth) {
    for (RowKey& key : Differing(range)) suspects->push_back(std::move(key));
    return;
  }
  // Along the side that has more rows: the other one may have none to step along.
  const uint64_t step = std::max(kFewRows, rows / kParts + 1);
  Range part = range;
  while (true) {
    auto next = sql_.source_range().Step(connection_, part.low, step, range.high);
    if (!next && sql_.aligned()) {
      next = sql_.target_range().Step(connection_, part.low, step, range.high);
    }
    const bool is_last = !next;
    part.high = is_last ? range.high : *next;
    const Look both = LookAt(part);
    const uint64_t most = std::max(both.source.rows, both.target.rows);
    if (!both.equal()) {
      const bool is_whole = is_last && part.low == range.low;  // cannot be divided
      CompareParts(stop, part, is_whole ? 0 : most, depth + 1, suspects);
    }
    if (is_last) return;
    part.low = *next;
  }
}

std::vector<RowKey> ChunkComparison::Differing(const Range& range) {
  std::vector<RowKey> suspects;
  std::vector<ComparisonSql::RowDigest> source;
  std::vector<ComparisonSql::RowDigest> target;
  if (sql_.converts()) {
    if (!Convert(range)) FindUnfit(range, &suspects);
    source = sql_.RowsOf(connection_, Side::kSource, range);
    target = sql_.RowsOf(connection_, Side::kTarget, range);
  } else {
    Snapshot snapshot(connection_);
    source = sql_.RowsOf(connection_, Side::kSource, range);
    target = sql_.RowsOf(connection_, Side::kTarget, range);
    snapshot.End();
  }
  std::map<RowKey, std::optional<std::string>> by_key;
  for (auto& row : target) by_key.emplace(std::move(row.key), std::move(row.digest));
  for (auto& row : source) {
    const auto other = by_key.find(row.key);
    const bool equal = other != by_key.end() && row.digest && other->second == row.digest;
    if (other != by_key.end()) by_key.erase(other);
    if (!equal) suspects.push_back(std::move(row.key));
  }
  if (sql_.aligned()) {  // else the way backwards finds them
    for (auto& [key, digest] : by_key) suspects.push_back(key);
  }
  std::sort(suspects.begin(), suspects.end());
  suspects.erase(std::unique(suspects.begin(), suspects.end()), suspects.end());
  return suspects;
}

// Rows that the server cannot convert are equal to nothing, even to what it makes of them when told
// to do so.
void ChunkComparison::FindUnfit(const Range& range, std::vector<RowKey>* suspects) {
  const auto coerced = sql_.RowsOf(connection_, Side::kSource, range);
  for (const auto& row : coerced) {
    try {
      sql_.Convert(connection_, converted_, sql_.IsRow(row.key, Side::kSource, "l."), false);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      suspects->push_back(row.key);
    }
  }
  Convert(range);
}

}  // namespace osc::shadow
