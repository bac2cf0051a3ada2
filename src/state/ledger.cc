#include "src/state/ledger.h"

#include <algorithm>
#include <array>

#include "src/state/database.h"

namespace osc::state {
namespace {

constexpr std::array<std::string_view, 6> kNames{"applying", "ready",     "applied",
                                                 "failed",   "reverting", "reverted"};

}  // namespace

std::string_view LedgerStateName(LedgerState state) { return kNames[static_cast<size_t>(state)]; }

LedgerState ParseLedgerState(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw Error(
        ErrorCode::kRefused,
        "the ledger has the state '" + std::string(name) + "', which this osc does not know",
        "has a newer osc, or a person, written it? The states are applying, ready, applied, "
        "failed, reverting and reverted");
  }
  return static_cast<LedgerState>(found - kNames.begin());
}

std::string JoinIds(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
  return text;
}

std::vector<std::string> SplitIds(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::string_view id = text.substr(0, text.find(' '));
    if (!id.empty()) ids.emplace_back(id);
    text.remove_prefix(std::min(id.size() + 1, text.size()));
  }
  return ids;
}

class LedgerCopy::Impl {
 public:
  explicit Impl(const std::filesystem::path& directory) : database(directory) {}
  Database database;
};

LedgerCopy::LedgerCopy(const std::filesystem::path& directory)
    : impl_(std::make_unique<Impl>(directory)) {}
LedgerCopy::LedgerCopy(LedgerCopy&&) noexcept = default;
LedgerCopy::~LedgerCopy() = default;

void LedgerCopy::Put(const std::string& server, const std::string& database,
                     const LedgerFile& file) {
  impl_->database.Write([&] {
    Query(impl_->database.Prepare("INSERT OR REPLACE INTO ledger VALUES"
                                  " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        .Bind(server, database, file.file, file.number, file.version, file.description,
              file.checksum, std::string(LedgerStateName(file.state)), JoinIds(file.migrations),
              file.steps_done, file.step_begun, file.as_they_are, file.error, file.started_at,
              file.finished_at, file.applied_by, file.engine, file.osc_version)
        .Run();
  });
}

void LedgerCopy::Remove(const std::string& server, const std::string& database,
                        const std::string& file) {
  impl_->database.Write([&] {
    Query(impl_->database.Prepare(
              "DELETE FROM ledger WHERE server = ? AND database = ? AND file = ?"))
        .Bind(server, database, file)
        .Run();
  });
}

std::vector<LedgerCopy::Place> LedgerCopy::All() {
  return impl_->database.Read([&] {
    Query row(impl_->database.Prepare(
        "SELECT server, database, file, number, version, description, checksum, state, migrations,"
        " steps_done, step_begun, as_they_are, error, started_at, finished_at, applied_by, engine,"
        " osc_version FROM ledger ORDER BY server, database, number"));
    std::vector<Place> places;
    while (row.Next()) {
      Place place{row[0].getString(), row[1].getString(), {}};
      LedgerFile& file = place.file;
      file.file = row[2].getString();
      file.number = row[3].getInt64();
      file.version = row[4].getString();
      file.description = row[5].getString();
      file.checksum = row[6].getString();
      file.state = ParseLedgerState(row[7].getString());
      file.migrations = SplitIds(row[8].getString());
      file.steps_done = row[9].getInt64();
      file.step_begun = row[10].getInt64();
      file.as_they_are = row[11].getString();
      file.error = row[12].getString();
      file.started_at = row[13].getString();
      file.finished_at = row[14].getString();
      file.applied_by = row[15].getString();
      file.engine = row[16].getString();
      file.osc_version = row[17].getString();
      places.push_back(std::move(place));
    }
    return places;
  });
}

std::vector<LedgerFile> LedgerCopy::Files(const std::string& server, const std::string& database) {
  std::vector<LedgerFile> files;
  for (Place& place : All()) {
    if (place.server == server && place.database == database)
      files.push_back(std::move(place.file));
  }
  return files;
}

}  // namespace osc::state
