#include "inverse/takeover.h"

#include <algorithm>

#include "ddl/server_checks.h"
#include "inverse/door.h"
#include "shadow/copy_record.h"
#include "shadow/names.h"
#include "shadow/reseed.h"
#include "src/apply/checkpoint.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/binlog/history.h"
#include "src/binlog/reader.h"
#include "src/mysql/host_list.h"
#include "src/mysql/table_exists.h"

namespace osc::inverse {
namespace {

using state::MigrationState;

// A name in a statement, however it is quoted and whatever stands around it: to take too many for
// meant costs a question to the operator.
bool Mentions(std::string_view statement, const std::string& name) {
  return statement.find(name) != std::string_view::npos;
}

}  // namespace

void Takeover::RequireSettings() {
  auto connection = mysql::Connection::Open(tables_.connection);
  const auto findings =
      ddl::CheckRequirements(connection.server(), ddl::ReadServerVariables(connection));
  for (const ddl::DoctorFinding& finding : findings) {
    if (finding.status != ddl::FindingStatus::kProblem) continue;
    throw Error(ErrorCode::kRefused,
                "the server at " + connection.options().Describe() +
                    " cannot be gone on with: " + finding.detail,
                finding.fix.empty() ? finding.hint : finding.fix);
  }
  if (binlog::HasGtids(connection)) return;
  throw Error(
      ErrorCode::kRefused,
      "the server at " + connection.options().Describe() +
          " cannot be gone on with: it has no GTIDs, by which it would be known what it has");
}

// Before that nothing is on any server yet, or all is made anew; and what the server does itself
// has no tables of osc's.
bool Takeover::IsPrepared() const {
  const state::Migration migration = store_.Get(tables_.id);
  const MigrationState state = migration.state;
  return migration.settings.algorithm == state::Algorithm::kOsc &&
         state != MigrationState::kQueued && state != MigrationState::kPreparing &&
         !state::IsEnding(state);
}

void Takeover::RequireFit(std::stop_token stop) {
  if (store_.Get(tables_.id).state == MigrationState::kQueued) return;
  auto connection = mysql::Connection::Open(tables_.connection);
  if (IsPrepared() && !tables_.object) RequireTables(stop, connection);
  const binlog::GtidSet seen = Seen(connection);
  if (checkpoint_) RequireNoOwnPast(stop, connection, seen);
  RequireCommits(connection, seen);
}

void Takeover::RequireTables(std::stop_token stop, mysql::Connection& connection) {
  const std::string there = connection.options().Describe();
  const MigrationState state = store_.Get(tables_.id).state;
  const bool is_new = state::IsBeforeCutover(state);
  const bool may_begin_anew = is_new && store_.GetProgress(tables_.id).host_named;
  const apply::CheckpointTable table(shadow::CheckpointName(tables_.id, tables_.live), "");
  for (const mysql::TableName& name : {tables_.live, tables_.off_stage, table.name()}) {
    if (mysql::TableExists(connection, name)) continue;
    const bool has_both = name.name == table.name().name;
    if (has_both && state == MigrationState::kReseeding) return ReseedFromTheBeginning();
    if (may_begin_anew && (has_both || name.name == tables_.off_stage.name)) {
      if (has_both) shadow::CheckReseed(tables_, 0);
      begins_anew_ = true;
      return;
    }
    throw Error(ErrorCode::kDiverged,
                "the server at " + there + " is not a copy of " + tables_.server_identity +
                    ", where the migration ran: it has no table " + mysql::Quote(name),
                is_new ? "if it is the primary all the same, name it alone, and the copy begins "
                         "anew there: osc set " +
                             tables_.id + " host=..."
                       : "osc set " + tables_.id + " host=... names others");
  }
  const apply::Checkpoint checkpoint = table.Load(connection);
  for (const apply::LaneCheckpoint& lane : checkpoint.lanes) {
    if (lane.position.gtids && binlog::HoldsAll(connection, *lane.position.gtids)) continue;
    throw Error(ErrorCode::kDiverged,
                "the server at " + there +
                    " has the migration's checkpoint, but not all of the "
                    "commits that it stands for: " +
                    lane.position.ToString(),
                "it is no replica of " + tables_.server_identity + " but made from its data");
  }
  try {
    binlog::RequireReadableFrom(stop, tables_.connection, checkpoint.Start());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPositionLost) throw;
    // What cannot be read any more may be what the reseed was for.
    if (state == MigrationState::kReseeding) return ReseedFromTheBeginning();
    throw Error(ErrorCode::kRefused, error.message(),
                "the new primary's binlog has to hold what it has replicated since then "
                "(log_slave_updates, no purged files)");
  }
  checkpoint_ = checkpoint.Start();
}

void Takeover::ReseedFromTheBeginning() {
  shadow::CheckReseed(tables_, static_cast<int>(store_.Swaps(tables_.id).size()));
  reseeds_ = true;
}

binlog::GtidSet Takeover::Seen(mysql::Connection& connection) {
  const std::string text = store_.GetProgress(tables_.id).seen_gtid;
  try {
    return binlog::GtidSet::Parse(connection.server().family, text);
  } catch (const Error&) {
    throw Error(ErrorCode::kDiverged, "the server at " + connection.options().Describe() +
                                          " is a " + connection.server().Name() +
                                          ", which knows nothing of the position " + text);
  }
}

// A server with commits that the former one never had, and after them those of the former one: the
// off-stage table there agrees with nothing.
void Takeover::RequireNoOwnPast(std::stop_token stop, mysql::Connection& connection,
                                const binlog::GtidSet& seen) {
  binlog::Position start = *checkpoint_;
  const state::Progress progress = store_.GetProgress(tables_.id);
  const auto& own = tables_.connection.expected_server;
  for (const auto& former : progress.former_servers) {
    // MySQL's binlog has, without that, all that the checkpoint does not stand for.
    if (former.identity != own || !connection.server().IsMariaDb()) continue;
    start = {binlog::GtidSet::Parse(connection.server().family, former.left_at), "", 0};
  }
  const auto is_table = [this](std::string_view database, std::string_view table) {
    return database == tables_.live.database &&
           (table == tables_.live.name || table == tables_.off_stage.name ||
            table == shadow::CheckpointName(tables_.id, tables_.live).name);
  };
  const auto is_statement = [this](std::string_view statement) {
    return Mentions(statement, tables_.live.name) || Mentions(statement, tables_.id);
  };
  std::optional<std::string> found;
  try {
    found = binlog::FindOwnPast(stop, connection, start, seen, is_table, is_statement);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPositionLost) throw;
    if (progress.host_named) return;
    throw Error(ErrorCode::kRefused,
                "the server at " + connection.options().Describe() +
                    " was the primary once, and its binlog no longer tells whether it has commits "
                    "that were lost when it was left",
                "if it has none, name it alone: osc set " + tables_.id + " host=...");
  }
  if (!found) return;
  throw Error(ErrorCode::kDiverged,
              "the server at " + connection.options().Describe() + " has diverged from " +
                  tables_.server_identity + ": it has a commit to the tables, " + *found +
                  ", that was never there",
              "it has to be made anew from that server's data");
}

void Takeover::RequireCommits(mysql::Connection& connection, const binlog::GtidSet& seen) {
  const std::string there = connection.options().Describe();
  const state::Progress progress = store_.GetProgress(tables_.id);
  if (progress.host_named) return;
  if (seen.IsEmpty()) {
    throw Error(ErrorCode::kDiverged,
                "it is not known whether the server at " + there + " is a copy of " +
                    tables_.server_identity + ": no commit has been seen there yet",
                "if it is the primary, name it alone: osc set " + tables_.id + " host=...");
  }
  if (binlog::HoldsAll(connection, seen)) return;
  const std::string lacks = "the server at " + there + " lacks commits that were seen on " +
                            tables_.server_identity + ", up to " + seen.ToString();
  const std::string hint =
      "if it is the primary and these commits are lost, name it alone: osc set " + tables_.id +
      " host=...";
  for (const auto& former : progress.former_servers) {
    if (former.identity != tables_.connection.expected_server) continue;
    throw Error(ErrorCode::kDiverged,
                lacks + "; it was the primary once, and has been left for that one", hint);
  }
  // A replica may have stopped for a while, and have some commits of its own for ages.
  if (mysql::IsSetUpAsReplica(connection)) {
    throw Error(
        ErrorCode::kBusy,
        lacks + "; as long as it is set up as a replica, it is not taken for the new primary",
        hint);
  }
  if (!binlog::HasOwnCommits(connection, seen)) {
    throw Error(ErrorCode::kBusy,
                lacks +
                    "; as long as nobody writes to it, it is not taken for "
                    "the new primary",
                hint);
  }
}

void Takeover::AgreeWithServer(std::stop_token stop) {
  const std::string id = tables_.id;
  // What was made off stage may not have come here; nothing is lost by making it again.
  if (tables_.object && !store_.OpenSwap(id) && state::IsBeforeCutover(store_.Get(id).state)) {
    store_.SetState(id, MigrationState::kPreparing);
    return;
  }
  if (!reseeds_) Door(store_, tables_).AgreeWithServer(stop);
  if (tables_.object) return;
  if (const auto open = store_.OpenSwap(id)) store_.DropSwapIntent(id, open->number);
  auto connection = mysql::Connection::Open(tables_.connection);
  connection.Execute("DROP TABLE IF EXISTS /* " + apply::Marker(id, "sentry") + " */ " +
                     mysql::Quote(shadow::SentryName(id, tables_.live)));
  store_.MakeVerificationStale(id, "the migration goes on on another server");
  const auto record = shadow::CopyRecord(id, tables_.live).Load(connection);
  const int swaps = static_cast<int>(store_.Swaps(id).size());
  if (swaps > 0) return AgreeOnReseed(connection, swaps, record);
  store_.SetSeededEpoch(id, 0);
  store_.SetCopyState(id, record ? record->copy : state::Store::CopyState{});
  OSC_FAULT_POINT("takeover.copy_known");
  store_.SetState(id, MigrationState::kCopying);
}

void Takeover::AgreeOnReseed(mysql::Connection& connection, int swaps,
                             const std::optional<shadow::CopyRecord::Content>& record) {
  const std::string id = tables_.id;
  const state::Migration migration = store_.Get(id);
  const auto there = shadow::HandedOverName(id, tables_.live);
  const bool is_under_way =
      !reseeds_ && record && record->epoch == swaps && mysql::TableExists(connection, there);
  const bool is_known = record && record->number == store_.GetProgress(id).copy_number;
  const bool is_lost = migration.state == MigrationState::kReseeding ||
                       (migration.seeded_epoch == swaps && !is_known);
  if (!is_under_way && !is_lost) {
    if (migration.seeded_epoch > swaps) store_.SetSeededEpoch(id, record ? record->epoch : 0);
    return;
  }
  // With nothing copied it begins by emptying the table.
  store_.SetCopyState(id, is_under_way ? record->copy : state::Store::CopyState{});
  store_.SetSeededEpoch(id, swaps);
  store_.SetState(id, MigrationState::kReseeding);
  store_.AddEvent(id, is_under_way ? "the off-stage table is being rebuilt there"
                                   : "the off-stage table is to be rebuilt there once more");
}

void Takeover::Leave() {
  auto connection = mysql::Connection::Open(tables_.connection);
  const std::string& now = tables_.connection.expected_server;
  state::Progress progress = store_.GetProgress(tables_.id);
  auto& former = progress.former_servers;
  former.erase(std::remove_if(former.begin(), former.end(),
                              [&](const state::Progress::FormerServer& server) {
                                return server.identity == now ||
                                       server.identity == tables_.server_identity;
                              }),
               former.end());
  former.push_back(
      {tables_.server_identity, binlog::HeldOf(connection, tables_.server_identity).ToString()});
  progress.host_named = false;
  progress.seen_gtid = binlog::CurrentGtidPosition(connection).ToString();
  store_.SetProgress(tables_.id, progress);
}

void Takeover::Run(std::stop_token stop) {
  const std::string id = tables_.id;
  const std::string& now = tables_.connection.expected_server;
  OSC_FAULT_POINT("takeover.begun");
  // Where the stream stood on the former server says nothing of this one.
  state::Progress progress = store_.GetProgress(id);
  progress.stream_gtid.clear();
  progress.stream_running = false;
  store_.SetProgress(id, progress);
  if (begins_anew_) {
    store_.SetCopyState(id, {});
    store_.MakeVerificationStale(id, "the migration begins anew on another server");
    store_.SetState(id, MigrationState::kPreparing);
  } else if (IsPrepared()) {
    AgreeWithServer(stop);
  }
  const std::string text =
      "the migration goes on on another server: " + tables_.connection.Describe() + " (" + now +
      "), before it was " + tables_.server_identity;
  spdlog::warn("{} {}", id, text);
  store_.AddEvent(id, text);
  Leave();
  OSC_FAULT_POINT("takeover.before_end");
  store_.SetServer(id, now);
}

}  // namespace osc::inverse
