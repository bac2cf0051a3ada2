#include "src/state/migration.h"

#include <array>

#include "src/base/error.h"

namespace osc::state {
namespace {

// In the order of MigrationState.
constexpr std::array<std::string_view, 19> kStateNames{
    "queued",       "preparing", "copying",   "indexing",  "catching-up", "verifying", "ready",
    "cutting-over", "live",      "reverting", "reverted",  "reapplying",  "reseeding", "completing",
    "cancelling",   "failing",   "completed", "cancelled", "failed"};

// What an operator can do from a state, for hints.
std::string NextStep(MigrationState state, const std::string& id) {
  switch (state) {
    case MigrationState::kReady:
      return "osc cutover " + id + " swaps the tables, osc cancel " + id + " gives it up";
    case MigrationState::kLive:
      return "osc revert " + id + " takes the change back, osc complete " + id +
             " ends the revert window";
    case MigrationState::kReverted:
      return "osc reapply " + id + " goes forward again, osc complete " + id +
             " drops the new table";
    case MigrationState::kCuttingOver:
    case MigrationState::kReverting:
    case MigrationState::kReapplying:
      return "osc watch " + id + " shows when the swap is done";
    case MigrationState::kReseeding:
      return "osc watch " + id + " shows how far it is, osc complete " + id +
             " gives the off-stage table up";
    case MigrationState::kCompleting:
    case MigrationState::kCancelling:
    case MigrationState::kFailing:
      return "osc watch " + id + " shows when its tables are dropped";
    case MigrationState::kCompleted:
    case MigrationState::kCancelled:
    case MigrationState::kFailed:
      return "osc show " + id + " has its history";
    default:
      return "osc watch " + id + " shows how far it is, osc cancel " + id + " gives it up";
  }
}

bool IsAllowed(std::string_view command, MigrationState state) {
  if (IsFinal(state)) return false;
  if (IsEnding(state)) {  // it is asked for once more, and waited for
    return (command == "complete" && state == MigrationState::kCompleting) ||
           (command == "cancel" && state == MigrationState::kCancelling);
  }
  if (command == "cutover") return IsBeforeCutover(state);
  // A cutover that cannot get its lock keeps trying; giving it up must stay possible.
  if (command == "cancel") return IsBeforeCutover(state) || state == MigrationState::kCuttingOver;
  const bool reseeding = state == MigrationState::kReseeding;
  if (command == "pause-stream") {
    return reseeding || IsBeforeCutover(state) || state == MigrationState::kLive ||
           state == MigrationState::kReverted;
  }
  if (command == "pause") {
    return reseeding || (IsBeforeCutover(state) && state != MigrationState::kReady);
  }
  if (command == "revert") return state == MigrationState::kLive;
  if (command == "reapply") return state == MigrationState::kReverted;
  if (command == "complete") {
    return reseeding || state == MigrationState::kLive || state == MigrationState::kReverted;
  }
  if (command == "verify") {
    return state == MigrationState::kCatchingUp || state == MigrationState::kVerifying ||
           state == MigrationState::kReady || state == MigrationState::kLive ||
           state == MigrationState::kReverted;
  }
  if (command == "reseed") {
    return reseeding || state == MigrationState::kLive || state == MigrationState::kReverted;
  }
  if (command == "restart-copy") return IsBeforeCutover(state);
  // Also after the cutover: `resume` is how a person says that a stopped stream may go on.
  return command == "resume" || command == "set";
}

// Why not, when IsAllowed says no: the part after "cannot <command> <id>: ".
std::string Reason(std::string_view command, MigrationState state) {
  switch (state) {
    case MigrationState::kCompleting:
      return "its revert window has ended, the off-stage table is being dropped";
    case MigrationState::kCancelling:
      return "it has been cancelled, its tables are being dropped";
    case MigrationState::kFailing:
      return "it has failed, its tables are being dropped";
    case MigrationState::kCompleted:
      return "it is completed, its revert window has ended";
    case MigrationState::kCancelled:
      return "it was cancelled before its cutover";
    case MigrationState::kFailed:
      return "it has failed";
    case MigrationState::kCuttingOver:
      return "its cutover is under way";
    case MigrationState::kReverting:
      return "it is being reverted";
    case MigrationState::kReapplying:
      return "it is being reapplied";
    case MigrationState::kReseeding:
      return "its off-stage table is being rebuilt";
    case MigrationState::kLive:
      return command == "reapply" ? "it has not been reverted, the new table is live already"
                                  : "the new table is live already";
    case MigrationState::kReverted:
      return command == "revert" ? "it is reverted already, the old table is live"
                                 : "it has been reverted, the old table is live";
    case MigrationState::kReady:
      if (command == "pause") return "all rows are copied, it waits for its cutover";
      break;
    default:
      if (command == "verify") return "its rows are not all copied yet";
      break;
  }
  return "it has not been cut over yet (" + std::string(StateName(state)) + ")";
}

}  // namespace

std::string_view StateName(MigrationState state) {
  return kStateNames.at(static_cast<size_t>(state));
}

MigrationState ParseState(std::string_view name) {
  for (size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<MigrationState>(i);
  }
  throw Error(ErrorCode::kInternal, "'" + std::string(name) + "' is not a state of a migration");
}

bool IsFinal(MigrationState state) {
  return state == MigrationState::kCompleted || state == MigrationState::kCancelled ||
         state == MigrationState::kFailed;
}

bool IsBeforeCutover(MigrationState state) { return state <= MigrationState::kReady; }

bool IsEnding(MigrationState state) {
  return state == MigrationState::kCompleting || state == MigrationState::kCancelling ||
         state == MigrationState::kFailing;
}

MigrationState EndOf(MigrationState state) {
  if (state == MigrationState::kCompleting) return MigrationState::kCompleted;
  if (state == MigrationState::kCancelling) return MigrationState::kCancelled;
  return state == MigrationState::kFailing ? MigrationState::kFailed : state;
}

std::optional<Refusal> RefuseCommand(std::string_view command, MigrationState state,
                                     const std::string& id) {
  if (IsAllowed(command, state)) return std::nullopt;
  return Refusal{"cannot " + std::string(command) + " " + id + ": " + Reason(command, state),
                 NextStep(state, id)};
}

bool IsDoneByServer(const Migration& migration) {
  return migration.settings.algorithm == Algorithm::kInstant &&
         migration.state == MigrationState::kCompleted;
}

std::optional<Refusal> RefuseCommand(std::string_view command, const Migration& migration) {
  if (!migration.object.empty() && (command == "verify" || command == "reseed" ||
                                    command == "restart-copy" || command == "pause-stream")) {
    return Refusal{"cannot " + std::string(command) + " " + migration.id +
                       ": no rows are copied for " + migration.alter,
                   "osc show " + migration.id + " tells what can be done"};
  }
  if (!IsDoneByServer(migration) || (command != "revert" && command != "reapply")) {
    const auto refusal = RefuseCommand(command, migration.state, migration.id);
    const bool needs_stream = command == "cutover" || command == "revert" || command == "reapply" ||
                              command == "verify" || command == "reseed";
    if (refusal || !needs_stream || !migration.settings.pause_stream) return refusal;
    return Refusal{"cannot " + std::string(command) + " " + migration.id +
                       ": its stream is paused, so that the other table is not up to date",
                   "osc resume " + migration.id + " goes on with it"};
  }
  return Refusal{"cannot " + std::string(command) + " " + migration.id +
                     ": the server has made the change itself (ALGORITHM=INSTANT), so that there "
                     "is no other table to go to",
                 "make the opposite change, as a migration of its own: osc alter --table " +
                     migration.database + "." + migration.table + " --alter ..."};
}

std::string_view LiveName(LiveTable live) { return live == LiveTable::kOld ? "old" : "new"; }

bool ChangesNothing(const Migration& migration) {
  return !migration.object.empty() && !migration.old_definition.empty() &&
         migration.old_definition == migration.new_definition;
}

}  // namespace osc::state
