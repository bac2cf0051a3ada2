#include "inverse/inspection.h"

#include "shadow/comparison_way.h"
#include "src/base/log.h"
#include "src/base/retry.h"

namespace osc::inverse {
namespace {

using state::VerifyState;

bool IsOpen(VerifyState state) {
  return state == VerifyState::kPending || state == VerifyState::kRunning;
}

}  // namespace

Inspection::Inspection(state::Store& store, std::filesystem::path state_directory,
                       const shadow::Tables& tables, apply::Stream& stream,
                       shadow::ChangedChunks& changed, shadow::Pace& pace,
                       std::function<std::string()> throttle)
    : store_(store),
      state_directory_(std::move(state_directory)),
      tables_(tables),
      stream_(stream),
      changed_(changed),
      pace_(pace),
      throttle_(std::move(throttle)) {}

Inspection::~Inspection() { Stop(); }

void Inspection::Ask(const Request& request) {
  // The thread writes its verdict before it ends.
  if (thread_.joinable() && !IsOpen(store_.GetVerifyState(tables_.id))) Finish();
  const state::Verification last = verification();
  const bool is_open = IsOpen(last.state);
  if (request.intent && is_open && last.intent) joined_.insert(*request.intent);
  if (is_open && (request.since_last || !last.incremental)) {
    state::Verification now = last;
    if (!now.intent) now.intent = request.intent;
    if (!request.repair || last.repair) return store_.SetVerification(tables_.id, now);
    // What it has found so far is to be repaired as well.
    Stop();
    now.repair = true;
    if (now.state == VerifyState::kRunning) return store_.ReopenVerification(tables_.id, now);
    return store_.SetVerification(tables_.id, now);
  }
  // The verdict was there when the engine was interrupted, only the answer is missing.
  const bool is_done = last.state == VerifyState::kPassed || last.state == VerifyState::kFailed;
  if (request.intent && last.intent == request.intent && is_done) return Answer(std::nullopt);
  if (is_open) Stop();
  state::Verification next;
  next.state = VerifyState::kPending;
  next.swaps = static_cast<int>(store_.Swaps(tables_.id).size());
  next.intent = is_open && last.intent ? last.intent : request.intent;
  next.repair = request.repair || (is_open && last.repair);
  next.replica = request.replica;
  next.incremental = request.since_last && last.chunks > 0 &&
                     shadow::CanUseChunks(tables_, last.swaps, next.swaps);
  if (next.incremental) {
    store_.SetVerification(tables_.id, next);
  } else {
    store_.BeginVerification(tables_.id, next);
  }
  store_.AddEvent(tables_.id, next.incremental ? "verification of what has changed begins"
                                               : "verification begins");
}

void Inspection::Step() {
  if (!thread_.joinable()) {
    if (base::Clock::now() < next_start_ || !IsOpen(store_.GetVerifyState(tables_.id))) return;
    return Start();
  }
  if (ended_) Finish();
}

void Inspection::Finish() {
  thread_ = {};
  verifier_.reset();
  if (error_) {
    if (base::IsRetryable(error_->code())) {
      spdlog::warn("{} verification: {}", tables_.id, error_->message());
      next_start_ = base::Clock::now() + std::chrono::seconds(1);
      return;
    }
    if (error_->code() == ErrorCode::kCancelled) return;
    if (error_->code() == ErrorCode::kRefused && error_->server_errno() == 0) {
      return Abandon(error_->message(), error_->hint());
    }
    return GiveUp(*error_);
  }
  const state::Verification done = verification();
  const auto& counts = done.counts;
  store_.AddEvent(
      tables_.id,
      "verification " + std::string(state::VerifyStateName(done.state)) + ": " +
          std::to_string(counts.rows) + " rows compared, " + std::to_string(counts.differences()) +
          " differences" +
          (counts.repaired > 0 ? ", " + std::to_string(counts.repaired) + " rows repaired" : ""));
  Answer(std::nullopt);
}

void Inspection::Start() {
  const state::Verification open = verification();
  const int swaps = static_cast<int>(store_.Swaps(tables_.id).size());
  if (open.swaps != swaps) return Abandon("the tables were swapped meanwhile");
  verifier_ = std::make_unique<shadow::Verifier>(
      shadow::VerifyOptions{state_directory_, tables_, swaps}, stream_, changed_, pace_, throttle_);
  ended_ = false;
  error_.reset();
  thread_ = std::jthread([this](std::stop_token stop) {
    try {
      verifier_->Run(stop);
    } catch (const Error& error) {
      error_ = error;
    } catch (const std::exception& error) {
      error_ = Error(ErrorCode::kInternal, error.what());
    }
    ended_ = true;
  });
}

void Inspection::Stop() {
  thread_ = {};  // asks it to stop and waits
  verifier_.reset();
}

bool Inspection::is_open() { return IsOpen(store_.GetVerifyState(tables_.id)); }

void Inspection::Abandon(const std::string& why, const std::string& hint) {
  Stop();
  store_.MakeVerificationStale(tables_.id, why);
  store_.AddEvent(tables_.id, "the verification does not count: " + why);
  Answer(state::StoredError{"refused", "the verification came to no verdict: " + why,
                            hint.empty() ? "osc verify " + tables_.id + " begins again" : hint});
}

void Inspection::GiveUp(const Error& error) {
  spdlog::error("{} the verification cannot be done: {}", tables_.id, error.message());
  state::Verification failed = verification();
  failed.state = VerifyState::kFailed;
  failed.note = "it cannot be done: " + error.message();
  store_.SetVerification(tables_.id, failed);
  store_.AddEvent(tables_.id, "verification failed: " + failed.note);
  Answer(std::nullopt);
}

bool Inspection::IsFor(int64_t intent) {
  const state::Verification now = verification();
  return (IsOpen(now.state) || thread_.joinable()) &&
         (now.intent == intent || joined_.contains(intent));
}

void Inspection::Answer(const std::optional<state::StoredError>& error) {
  std::set<int64_t> intents = std::move(joined_);
  joined_.clear();
  const state::Verification last = verification();
  if (last.intent) intents.insert(*last.intent);
  for (const int64_t intent : intents) {
    if (!store_.GetIntent(intent).done) store_.FinishIntent(intent, error);
  }
}

state::StoredError Inspection::Refusal() {
  const state::Verification found = verification();
  const uint64_t differences = found.counts.differences();
  const std::string hint = "osc show " + tables_.id + " tells more; osc verify " + tables_.id +
                           " looks again, with --repair it mends the off-stage table; osc set " +
                           tables_.id + " verify=off swaps all the same";
  if (differences == 0) return {"refused", "the verification failed: " + found.note, hint};
  return {"refused",
          "the verification found " + std::to_string(differences) +
              (differences == 1 ? " row that differs" : " rows that differ"),
          hint};
}

}  // namespace osc::inverse
