#include "inverse/migration_runner.h"

#include "inverse/conductor.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/base/wait.h"

namespace osc::inverse {
namespace {

// Login refused: no repetition mends a wrong password, and some servers lock the account.
bool IsLoginRefused(const Error& error) {
  const unsigned code = error.server_errno();
  return code == 1044 || code == 1045 || code == 1698;
}

bool IsWorthAnotherTry(const Error& error) {
  return (base::IsRetryable(error.code()) || error.code() == ErrorCode::kOutcomeUnknown) &&
         !IsLoginRefused(error);
}

}  // namespace

MigrationRunner::MigrationRunner(std::filesystem::path state_directory, std::string id)
    : state_directory_(std::move(state_directory)), id_(std::move(id)) {}

MigrationRunner::~MigrationRunner() = default;

void MigrationRunner::start() {
  thread_ = std::jthread([this](std::stop_token stop) {
    Run(stop);
    finished_ = true;
  });
}

void MigrationRunner::Run(std::stop_token stop) {
  const base::RetryPolicy policy{};
  for (int attempt = 1; !stop.stop_requested(); ++attempt) {
    try {
      Conductor(state_directory_, id_).Run(stop);
      return;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) return;
      spdlog::warn("{} {}", id_, error.message());
      NoteTrouble(error);
      if (!IsWorthAnotherTry(error)) return;
    } catch (const std::exception& error) {
      spdlog::error("{} {}", id_, error.what());
      NoteTrouble(Error(ErrorCode::kInternal, error.what()));
      return;
    }
    base::SleepFor(stop, base::BackoffDelay(policy, attempt));
  }
}

// What keeps the migration from going on is shown where people look.
void MigrationRunner::NoteTrouble(const Error& error) {
  try {
    state::Store store = state::Store::Open(state_directory_);
    state::Progress progress = store.GetProgress(id_);
    progress.stream_running = false;
    progress.note = "trying again: " + error.message();
    if (!IsWorthAnotherTry(error)) {
      progress.note.clear();
      store.SetError(id_, state::StoredError{std::string(ErrorCodeName(error.code())),
                                             error.message(), error.hint()});
    }
    store.SetProgress(id_, progress);
  } catch (const std::exception& unwritable) {
    spdlog::error("{} cannot write the state: {}", id_, unwritable.what());
  }
}

}  // namespace osc::inverse
