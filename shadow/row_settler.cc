#include "shadow/row_settler.h"

#include <algorithm>

#include "shadow/catch_up.h"
#include "shadow/chunk_comparison.h"
#include "shadow/quarantined_row.h"
#include "src/base/wait.h"
#include "src/binlog/reader.h"

namespace osc::shadow {
namespace {

using Side = ComparisonSql::Side;
using base::Millis;

constexpr int kLooks = 16;
constexpr int kQuietLooks = 2;
// After so many looks a row that keeps changing is held.
constexpr int kLooksBeforeHold = 30;
constexpr int kHeldLooks = 3;
constexpr Millis kLongestHold{250};
constexpr int kLeastPause = 5;  // milliseconds
constexpr int kMostPause = 40;
// The server tells of a GTID a moment after it lets the row's lock go (MySQL).
constexpr Millis kCommitTail{10};

}  // namespace

RowSettler::RowSettler(const ComparisonSql& sql, const ComparisonSql* inverse,
                       SettleOptions options, apply::Stream& stream)
    : sql_(sql), inverse_(inverse), options_(std::move(options)), stream_(stream) {
  for (const auto& column : sql_.columns()) {
    inverse_column_.emplace_back();
    if (!inverse_) continue;
    const auto& others = inverse_->columns();
    for (size_t i = 0; i < others.size(); ++i) {
      if (others[i].source == column.target && others[i].target == column.source) {
        inverse_column_.back() = i;
      }
    }
  }
}

std::string RowSettler::Look::Signature() const {
  std::string text = unfit ? "!" : "";
  for (const auto* row : {&source, &target}) {
    text += row->has_value() ? '+' : '-';
    if (!*row) continue;
    for (const auto& value : **row) text += value.digest.value_or("NULL") + ",";
  }
  return text;
}

RowSettler::Look RowSettler::LookAt(const RowKey& key) {
  Look look;
  if (!sql_.converts()) {
    Snapshot snapshot(*connection_);
    look.source = sql_.SourceRow(*connection_, key, {});
    look.target = sql_.TargetRow(*connection_, key);
    snapshot.End();
  } else {
    try {
      look.source = sql_.SourceRow(*connection_, key, options_.converted);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      look.unfit = true;
      look.reason = error.message();
    }
    look.target = sql_.TargetRow(*connection_, key);
  }
  CompareColumns(key, &look);
  return look;
}

void RowSettler::CompareColumns(const RowKey& key, Look* look) {
  if (look->unfit && inverse_ && look->target) {
    look->columns.resize(sql_.columns().size());
    for (size_t i = 0; i < look->columns.size(); ++i) look->columns[i] = i;
  } else if (look->source && look->target) {
    for (size_t i = 0; i < look->source->size(); ++i) {
      if ((*look->source)[i].digest != (*look->target)[i].digest) look->columns.push_back(i);
    }
  }
  if (look->columns.empty() || !inverse_) return;
  const auto source_key = sql_.SourceKey(*connection_, key);
  if (!source_key) return;
  try {
    const auto source = inverse_->SourceRow(*connection_, *source_key, options_.converted_inverse);
    const auto target = inverse_->TargetRow(*connection_, *source_key);
    if (!source || !target) return;
    const auto agrees = [&](size_t column) {
      const auto other = inverse_column_[column];
      if (!other || (!look->unfit && !sql_.columns()[column].converted)) return false;
      return (*source)[*other].digest == (*target)[*other].digest;
    };
    look->columns.erase(std::remove_if(look->columns.begin(), look->columns.end(), agrees),
                        look->columns.end());
    if (look->unfit && look->columns.empty()) {
      look->unfit = false;
      look->source = target;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
  }
}

RowSettler::Verdict RowSettler::Settle(std::stop_token stop, const std::vector<RowKey>& suspects) {
  Verdict verdict;
  if (suspects.empty()) return verdict;
  if (!connection_) {
    connection_ = mysql::Connection::Open(options_.connection);
    if (sql_.converts()) sql_.CreateConverted(*connection_, options_.converted);
    if (inverse_ && inverse_->converts()) {
      inverse_->CreateConverted(*connection_, options_.converted_inverse);
    }
  }
  std::vector<Suspect> open;
  for (const RowKey& key : suspects) open.push_back({key, "", 0, 0, 0, 0});
  try {
    while (!open.empty()) LookAgain(stop, &open, &verdict);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) connection_.reset();
    throw;
  }
  return verdict;
}

void RowSettler::LookAgain(std::stop_token stop, std::vector<Suspect>* open, Verdict* verdict) {
  const auto before = CatchUp(stop, stream_, *connection_);
  std::vector<std::pair<Suspect, Look>> differing;
  for (Suspect& suspect : *open) {
    base::ThrowIfStopped(stop);
    Look look = LookAt(suspect.key);
    if (!look.equal())
      differing.emplace_back(std::move(suspect), std::move(look));
    else
      ++verdict->counts.matching;
  }
  open->clear();
  const bool quiet = binlog::CurrentGtidPosition(*connection_).Encode() == before->Encode();
  for (auto& [suspect, look] : differing) {
    const std::string signature = look.Signature();
    const bool same = signature == suspect.signature;
    suspect.signature = signature;
    suspect.stable = same ? suspect.stable + 1 : 1;
    suspect.quiet = !quiet ? 0 : same ? suspect.quiet + 1 : 1;
    ++suspect.looks;
    if (suspect.quiet >= kQuietLooks || suspect.stable >= kLooks) {
      Report(suspect, look, verdict);
      continue;
    }
    if (suspect.looks >= kLooksBeforeHold && suspect.stable < kLooks / 2) {
      if (const auto held = LookWhileHeld(stop, suspect.key)) {
        if (held->equal()) {
          ++verdict->counts.matching;
          continue;
        }
        if (++suspect.held >= kHeldLooks) {
          Report(suspect, *held, verdict);
          continue;
        }
      }
    }
    open->push_back(std::move(suspect));
  }
  if (!open->empty()) {
    std::uniform_int_distribution<int> pause(kLeastPause, kMostPause);
    base::SleepFor(stop, Millis(pause(random_)));
  }
}

std::optional<RowSettler::Look> RowSettler::LookWhileHeld(std::stop_token stop, const RowKey& key) {
  mysql::ConnectionOptions options = options_.connection;
  options.idle_limit = std::chrono::seconds(5);
  auto holder = mysql::Connection::Open(options);
  holder.Execute("SET innodb_lock_wait_timeout=1");
  holder.Execute("START TRANSACTION");
  try {
    const Side live = options_.source_is_live ? Side::kSource : Side::kTarget;
    holder.Query("SELECT 1 FROM " + mysql::Quote(options_.live) + " l WHERE " +
                 sql_.IsRow(key, live, "l.") + " LOCK IN SHARE MODE");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRetryable) throw;
    return std::nullopt;
  }
  const auto deadline = base::Clock::now() + kLongestHold;
  std::optional<Look> look;
  if (CatchUp(stop, stream_, *connection_, deadline)) {
    base::SleepFor(stop, kCommitTail);
    if (CatchUp(stop, stream_, *connection_, deadline)) look = LookAt(key);
  }
  holder.Execute("ROLLBACK");
  return look;
}

void RowSettler::Report(const Suspect& suspect, const Look& look, Verdict* verdict) {
  const bool live_has =
      options_.source_is_live ? look.source || look.unfit : look.target.has_value();
  const bool off_stage_has =
      options_.source_is_live ? look.target.has_value() : look.source || look.unfit;
  state::Difference difference;
  difference.key =
      sql_.Describe(suspect.key, options_.source_is_live ? Side::kSource : Side::kTarget);
  if (live_has && !off_stage_has && IsQuarantined(suspect.key)) {
    ++verdict->counts.quarantined;
    difference.kind = "quarantined";
    verdict->quarantined.push_back(std::move(difference));
    return;
  }
  difference.kind = !off_stage_has ? "missing" : live_has ? "different" : "extra";
  ++(!off_stage_has ? verdict->counts.missing
     : live_has     ? verdict->counts.different
                    : verdict->counts.extra);
  WrongRow wrong{suspect.key, difference.kind, look.columns, {}};
  if (live_has != off_stage_has || look.unfit) {
    if (look.unfit) difference.live = look.reason;
    wrong.differences.push_back(std::move(difference));
  } else {
    for (const size_t i : look.columns) {
      const auto& column = sql_.columns()[i];
      difference.column = options_.source_is_live ? column.target : column.source;
      difference.live = (*look.source)[i].shown;
      difference.off_stage = (*look.target)[i].shown;
      if (!options_.source_is_live) std::swap(difference.live, difference.off_stage);
      wrong.differences.push_back(difference);
    }
  }
  verdict->wrong.push_back(std::move(wrong));
}

bool RowSettler::IsQuarantined(const RowKey& key) {
  const Side live = options_.source_is_live ? Side::kSource : Side::kTarget;
  return FindInQuarantine(*connection_, sql_, options_.quarantine, options_.live, live, key) ==
         InQuarantine::kYes;
}

}  // namespace osc::shadow
