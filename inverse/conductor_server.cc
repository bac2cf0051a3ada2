// The part of Conductor that finds the server to work on. A lost server, or one that is not to be
// written to any more, ends the conductor; the next one looks anew.
#include <nlohmann/json.hpp>
#include <utility>

#include "inverse/conductor.h"
#include "inverse/takeover.h"
#include "src/mysql/connection_json.h"
#include "src/mysql/host_list.h"

namespace osc::inverse {

using state::MigrationState;

namespace {

bool IsRefusal(const Error& error) {
  return error.code() == ErrorCode::kRefused || error.code() == ErrorCode::kDiverged;
}

}  // namespace

void Conductor::FindServer(std::stop_token stop) {
  for (const state::Intent& intent : store_.OpenIntents(id_)) TakeHosts(intent);
  tables_ = shadow::LoadTables(store_.Get(id_));
  bool is_chosen = false;
  try {
    const mysql::ServerChoice choice =
        mysql::ChooseServer(tables_.connection, tables_.server_identity);
    tables_.connection = choice.connection;
    is_chosen = true;
    if (choice.identity == tables_.server_identity) {
      claim_.emplace(tables_.connection, tables_.live);
    } else {
      TakeOver(stop);
    }
  } catch (const Error& error) {
    if (!IsRefusal(error)) throw;
    // A copy from the beginning may do where nothing else does.
    const bool may_copy = is_chosen && !state::IsEnding(store_.Get(id_).state);
    NoteRefusedServer(
        Error(error.code(), error.message(), may_copy ? LostHint(error) : error.hint()));
    // The one that is missed may come back.
    throw Error(ErrorCode::kBusy, error.message(), error.hint());
  }
  ForgetRefusedServer();
}

void Conductor::TakeOver(std::stop_token stop) {
  Takeover takeover(store_, tables_);
  takeover.RequireSettings();
  try {
    takeover.RequireFit(stop);
  } catch (const Error& error) {
    if (!IsRefusal(error) && error.code() != ErrorCode::kBusy) throw;
    if (!CopiesAnewThere()) throw;
    return;
  }
  claim_.emplace(tables_.connection, tables_.live);
  takeover.Run(stop);
  tables_.server_identity = tables_.connection.expected_server;
}

bool Conductor::CopiesAnewThere() {
  for (const state::Intent& intent : store_.OpenIntents(id_)) {
    const bool restarts = nlohmann::json::parse(intent.arguments).value("restart_copy", false);
    if (!restarts && intent.command != "reseed") continue;
    const MigrationState state = store_.Get(id_).state;
    if (state::RefuseCommand(restarts ? "restart-copy" : "reseed", state, id_)) continue;
    claim_.emplace(tables_.connection, tables_.live);
    try {
      store_.AddEvent(id_, "asked for: " + intent.command);
      CopyAnew(restarts ? MigrationState::kPreparing : MigrationState::kReseeding);
      store_.FinishIntent(intent.number, std::nullopt);
      return true;
    } catch (const Error& error) {
      claim_.reset();
      if (error.code() != ErrorCode::kRefused) throw;
      store_.FinishIntent(intent.number,
                          state::StoredError{std::string(ErrorCodeName(error.code())),
                                             error.message(), error.hint()});
    }
  }
  return false;
}

void Conductor::LoadTables() {
  const mysql::ConnectionOptions server = tables_.connection;
  tables_ = shadow::LoadTables(store_.Get(id_));
  tables_.connection = server;
}

bool Conductor::TakeHosts(const state::Intent& intent) {
  if (intent.command != "set") return false;
  const auto arguments = nlohmann::json::parse(intent.arguments);
  if (!arguments.contains("host")) return false;
  mysql::ConnectionOptions connection = mysql::LoadConnection(store_.Get(id_).connection);
  connection.host = arguments["host"].get<std::string>();
  connection.socket.clear();
  state::Progress progress = store_.GetProgress(id_);
  progress.host_named = mysql::EachHost(connection).size() == 1;
  store_.SetProgress(id_, progress);
  store_.SetConnection(id_, mysql::SaveConnection(connection));
  store_.AddEvent(id_, "the operator sets its hosts: " + connection.host);
  store_.FinishIntent(intent.number, std::nullopt);
  return true;
}

void Conductor::NoteRefusedServer(const Error& error) {
  state::Progress progress = store_.GetProgress(id_);
  if (progress.server_refused == error.message()) return;
  const state::Migration migration = store_.Get(id_);
  if (!state::IsEnding(migration.state)) {
    progress.readiness = "stopped";
    progress.reasons = {{"stream_stopped", "", 0, error.message()}};
  }
  progress.server_refused = error.message();
  progress.stream_running = false;
  store_.SetProgress(id_, progress);
  store_.SetError(id_, state::StoredError{std::string(ErrorCodeName(error.code())), error.message(),
                                          error.hint()});
  store_.AddEvent(id_, error.message());
}

void Conductor::ForgetRefusedServer() {
  state::Progress progress = store_.GetProgress(id_);
  progress.host_named = false;
  const std::string refused = std::exchange(progress.server_refused, "");
  store_.SetProgress(id_, progress);
  const auto error = store_.Get(id_).error;
  if (!refused.empty() && error && error->message == refused) store_.SetError(id_, std::nullopt);
}

void Conductor::NoteFirstPosition() {
  state::Progress progress = store_.GetProgress(id_);
  if (!progress.seen_gtid.empty()) return;
  auto connection = mysql::Connection::Open(tables_.connection);
  progress.seen_gtid = binlog::CurrentGtidPosition(connection).ToString();
  store_.SetProgress(id_, progress);
}

void Conductor::RequireOnlyPrimary() {
  auto connection = mysql::Connection::Open(tables_.connection);
  mysql::RequireWritable(connection);
  mysql::ConnectionOptions hosts = mysql::LoadConnection(store_.Get(id_).connection);
  if (mysql::EachHost(hosts).size() == 1) return;
  hosts.connect_timeout = std::chrono::seconds(1);  // somebody waits for the swap
  try {
    if (mysql::ChooseServer(hosts, tables_.server_identity).identity == tables_.server_identity) {
      return;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    throw Error(ErrorCode::kBusy, error.message(), error.hint());
  }
  throw Error(ErrorCode::kConnectionLost, "another server has become the primary");
}

}  // namespace osc::inverse
