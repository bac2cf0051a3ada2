#include "inverse/readiness.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ddl/foreign_key_checks.h"
#include "ddl/table_definition.h"
#include "ddl/trigger_checks.h"

namespace osc::inverse {
namespace {

constexpr size_t kMostNamed = 20;
constexpr uint64_t kFewRows = 500;
constexpr std::chrono::seconds kObstacleInterval{10};

std::string Kind(const apply::Quarantine::Listed& listed) {
  return listed.duplicate ? "duplicate" : "does_not_fit";
}

std::string Text(const state::UnfitRow& row) {
  std::string text = row.key.empty() ? "a row" : row.key;
  if (!row.column.empty()) text += ", column " + row.column;
  if (!row.value.empty()) text += ", value " + row.value;
  return text + ": " + row.reason;
}

}  // namespace

void Readiness::Look(const apply::Stream& stream, bool at_once) {
  apply::Quarantine* const quarantine = stream.quarantine();
  apply::DefaultedRows* const defaulted = stream.defaulted();
  const uint64_t version = quarantine != nullptr ? quarantine->version() : 0;
  const uint64_t defaulted_version = defaulted != nullptr ? defaulted->version() : 0;
  const bool unfit_changed = quarantine != seen_ || version != seen_version_;
  const bool defaulted_changed = quarantine != seen_ || defaulted_version != seen_defaulted_;
  const auto now = base::Clock::now();
  try {
    if (!connection_) connection_ = mysql::Connection::Open(tables_.connection);
    bool has_news = unfit_changed || (defaulted_changed && now >= next_look_);
    if (at_once || now >= next_look_for_obstacle_) {
      next_look_for_obstacle_ = now + kObstacleInterval;
      has_news = LookForObstacle() || has_news;
    }
    if (!has_news) return;
    // While a whole table goes to the quarantine, or comes back, reading it again and again would
    // keep the stream from its work.
    if (!at_once && unfit_rows_ > kFewRows && now < next_look_at_many_) return;
    reasons_.clear();
    rows_.clear();
    LookAtUnfit(quarantine);
    LookAtDefaulted(defaulted);
    LookAtReseeded(stream);
    if (obstacle_) reasons_.push_back({"obstacle", "", 0, obstacle_->message()});
  } catch (const Error&) {
    connection_.reset();
    seen_ = nullptr;
    seen_version_ = 0;
    throw;
  }
  store_.SetUnfitRows(tables_.id, rows_);
  seen_ = quarantine;
  seen_version_ = version;
  seen_defaulted_ = defaulted_version;
  // Counting many rows must not become the server's main work.
  constexpr int kShare = 20;
  constexpr int kShareOfMany = 4;
  const auto took = base::Clock::now() - now;
  next_look_ = defaulted_rows_ > kFewRows ? now + kShare * took : now;
  next_look_at_many_ = now + kShareOfMany * took;
}

// True when it is another one than before, or none any more.
bool Readiness::LookForObstacle() {
  const std::string before = obstacle_ ? obstacle_->message() : "";
  obstacle_.reset();
  try {
    ddl::RefuseForeignKeys(*connection_, {tables_.live, tables_.off_stage});
    TryTriggers();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    obstacle_ = error;
  }
  return before != (obstacle_ ? obstacle_->message() : "");
}

// Once for the same triggers: it takes a table on the server.
void Readiness::TryTriggers() {
  const auto triggers = mysql::ReadTriggers(*connection_, tables_.live);
  if (triggers != tried_triggers_) {
    trigger_refusal_.reset();
    try {
      const ddl::TableDefinition table = ddl::ReadTableDefinition(*connection_, tables_.off_stage);
      ddl::TryTriggers(*connection_, table, "", triggers, tables_.live);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRefused) throw;
      trigger_refusal_ = error;
    }
    tried_triggers_ = triggers;
  }
  if (trigger_refusal_) throw *trigger_refusal_;
}

void Readiness::LookAtUnfit(apply::Quarantine* quarantine) {
  unfit_rows_ = 0;
  if (quarantine == nullptr) return;
  const auto list = quarantine->List(*connection_, apply::Quarantine::kMostDescribed);
  // Afterwards: what has come back meanwhile must not block a revert without a name.
  unfit_rows_ = quarantine->Count(*connection_);
  if (unfit_rows_ == 0) return;
  std::map<std::pair<std::string, std::string>, size_t> places;
  for (const auto& listed : list) {
    rows_.push_back({listed.row.key, listed.row.column, listed.row.value, listed.row.reason,
                     listed.transaction});
    const auto [place, added] =
        places.try_emplace({Kind(listed), listed.row.column}, reasons_.size());
    if (added) reasons_.push_back({Kind(listed), listed.row.column, 0, Text(rows_.back())});
    ++reasons_[place->second].rows;
  }
  if (unfit_rows_ > rows_.size()) {
    reasons_.push_back({"more", "", unfit_rows_ - rows_.size(), "not looked at one by one"});
  }
}

void Readiness::LookAtDefaulted(apply::DefaultedRows* defaulted) {
  defaulted_rows_ = defaulted != nullptr ? defaulted->Count(*connection_) : 0;
  if (defaulted_rows_ == 0) return;
  constexpr uint64_t kMostListed = 100;
  const std::string why = "inserted since, has its type's implicit default";
  for (const std::string& column : defaulted->columns()) {
    reasons_.push_back({"defaulted", column, defaulted_rows_, why});
  }
  for (const std::string& key : defaulted->List(*connection_, kMostListed)) {
    rows_.push_back({key, defaulted->columns().front(), "", why, ""});
  }
}

void Readiness::LookAtReseeded(const apply::Stream& stream) {
  has_lost_columns_ = stream.IsReseeded() && !stream.mapping().preserved.empty();
  if (!has_lost_columns_) return;
  const uint64_t rows = store_.GetCopyState(tables_.id).rows_copied;
  for (const std::string& column : stream.mapping().preserved) {
    reasons_.push_back({"reseeded", column, rows,
                        "lost when the off-stage table was rebuilt; every row has the default"});
  }
}

std::string Readiness::Verdict() const {
  if (is_blocked()) return "blocked";
  return defaulted_rows_ > 0 || has_lost_columns_ ? "lossy" : "ready";
}

state::StoredError Readiness::Refusal() const {
  if (obstacle_) return {"refused", obstacle_->message(), obstacle_->hint()};
  std::string message = std::to_string(unfit_rows_) +
                        (unfit_rows_ == 1 ? " row has" : " rows have") +
                        " no place in the other table:";
  const size_t named = std::min<uint64_t>({rows_.size(), unfit_rows_, kMostNamed});
  for (size_t i = 0; i < named; ++i) message += "\n  " + Text(rows_[i]);
  if (unfit_rows_ > named) message += "\n  and " + std::to_string(unfit_rows_ - named) + " more";
  return {"refused", message,
          "change or delete these rows, then try again (`osc show " + tables_.id +
              " --json` names up to 100 of them); or --accept-loss"};
}

}  // namespace osc::inverse
