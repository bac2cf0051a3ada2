#include "inverse/readiness.h"

#include <algorithm>
#include <map>
#include <utility>

namespace osc::inverse {
namespace {

constexpr size_t kMostNamed = 20;

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

void Readiness::Look(apply::Quarantine* quarantine) {
  const uint64_t version = quarantine != nullptr ? quarantine->version() : 0;
  if (quarantine == seen_ && version == seen_version_) return;
  std::vector<apply::Quarantine::Listed> list;
  uint64_t count = 0;
  if (quarantine != nullptr && quarantine->exists()) {
    try {
      if (!connection_) connection_ = mysql::Connection::Open(options_);
      count = quarantine->Count(*connection_);
      if (count > 0) list = quarantine->List(*connection_, apply::Quarantine::kMostDescribed);
    } catch (const Error&) {
      connection_.reset();
      throw;
    }
  }
  const bool had_rows = !rows_.empty();
  rows_.clear();
  reasons_.clear();
  std::map<std::pair<std::string, std::string>, size_t> places;
  for (const auto& listed : list) {
    rows_.push_back({listed.row.key, listed.row.column, listed.row.value, listed.row.reason,
                     listed.transaction});
    const auto [place, added] =
        places.try_emplace({Kind(listed), listed.row.column}, reasons_.size());
    if (added) reasons_.push_back({Kind(listed), listed.row.column, 0, Text(rows_.back())});
    ++reasons_[place->second].rows;
  }
  if (count > list.size()) {
    reasons_.push_back({"more", "", count - list.size(), "not looked at one by one"});
  }
  unfit_rows_ = count;
  if (had_rows || !rows_.empty()) store_.SetUnfitRows(id_, rows_);
  seen_ = quarantine;
  seen_version_ = version;
}

state::StoredError Readiness::Refusal() const {
  std::string message = std::to_string(unfit_rows_) +
                        (unfit_rows_ == 1 ? " row has" : " rows have") +
                        " no place in the other table:";
  const size_t named = std::min(rows_.size(), kMostNamed);
  for (size_t i = 0; i < named; ++i) message += "\n  " + Text(rows_[i]);
  if (unfit_rows_ > named) message += "\n  and " + std::to_string(unfit_rows_ - named) + " more";
  return {"refused", message,
          "change or delete these rows, then try again (`osc show " + id_ +
              " --json` names up to 100 of them); or --accept-loss"};
}

}  // namespace osc::inverse
