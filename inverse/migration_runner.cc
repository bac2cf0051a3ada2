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

MigrationRunner::MigrationRunner(std::filesystem::path state_directory, std::string id,
                                 Describe describe)
    : state_directory_(std::move(state_directory)),
      id_(std::move(id)),
      describe_(std::move(describe)) {}

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
      RunOnce(stop);
      return;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) return;
      spdlog::warn("{} {}", id_, error.message());
      // As long as nobody can be told, a full or read-only disk, say, it goes on.
      if (NoteTrouble(error) && !IsWorthAnotherTry(error)) return;
    } catch (const std::exception& error) {
      spdlog::error("{} {}", id_, error.what());
      NoteTrouble(Error(ErrorCode::kInternal, error.what()));
      return;
    }
    base::SleepFor(stop, base::BackoffDelay(policy, attempt));
  }
}

// The threads of a conductor may take long to end when their server has vanished: who looks is told
// before.
void MigrationRunner::RunOnce(std::stop_token stop) {
  Conductor conductor(state_directory_, id_, describe_);
  try {
    conductor.Run(stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled && IsWorthAnotherTry(error)) NoteTrouble(error);
    throw;
  }
}

// What keeps the migration from going on is shown where people look.
bool MigrationRunner::NoteTrouble(const Error& error) {
  try {
    state::Store store = state::Store::Open(state_directory_);
    state::Progress progress = store.GetProgress(id_);
    progress.stream_running = false;
    const bool tries_again = IsWorthAnotherTry(error);
    progress.note = tries_again ? "trying again: " + error.message() : "";
    store.SetProgress(id_, progress);
    if (!tries_again) {
      const state::StoredError stored{std::string(ErrorCodeName(error.code())), error.message(),
                                      error.hint()};
      store.SetError(id_, stored);
      // Nobody works on what is asked for any more, until somebody asks again.
      for (const state::Intent& intent : store.OpenIntents(id_)) {
        store.FinishIntent(intent.number, stored);
      }
    }
    return true;
  } catch (const std::exception& unwritable) {
    spdlog::error("{} cannot write the state: {}", id_, unwritable.what());
    return false;
  }
}

}  // namespace osc::inverse
