#include "cli/ledger_run.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/text.h"
#include "src/base/duration.h"
#include "src/mysql/named_lock.h"

namespace osc::cli {
namespace {

using state::LedgerFile;
using state::LedgerState;
using state::LiveTable;
using state::Migration;
using state::MigrationState;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckEvery{5};

mysql::ConnectionOptions ForSession(mysql::ConnectionOptions options, const std::string& database) {
  options.database = database;
  // Of a command that has vanished with its machine the server would hear no more; between two
  // checks a preflight may take its time.
  options.idle_limit = std::chrono::minutes(10);
  return options;
}

}  // namespace

ApplySession::ApplySession(mysql::ConnectionOptions connection, const std::string& database)
    : connection_(mysql::Connection::Open(ForSession(std::move(connection), database))),
      database_(database),
      lock_(mysql::LockName("osc.apply", database)) {
  const std::string isolation(connection_.server().IsolationVariable());
  connection_.Execute(
      "SET sql_mode=REPLACE(@@global.sql_mode, 'NO_BACKSLASH_ESCAPES', ''), "
      "time_zone=@@global.time_zone, innodb_lock_wait_timeout=@@global.innodb_lock_wait_timeout, " +
      isolation + "=@@global." + isolation);
}

void ApplySession::Lock(Interrupt& interrupt, const Output& out,
                        std::chrono::milliseconds patience) {
  const auto begin = Clock::now();
  bool told = false;
  while (!mysql::TakeLock(connection_, lock_, 1)) {
    const std::string holder = mysql::LockHolder(connection_, lock_);
    const std::string who = "another run works on the migration files of " + Printable(database_) +
                            (holder.empty() ? "" : ": " + holder);
    if (Clock::now() - begin >= patience) {
      throw Error(ErrorCode::kBusy, who,
                  "run it again when that one has ended; --run-lock-wait is how long it is waited "
                  "for");
    }
    if (!told) out.Note(who + "; waiting for its end");
    told = true;
    if (interrupt.Wait(std::chrono::milliseconds(1))) {
      throw Error(ErrorCode::kCancelled, "stopped; nothing was begun");
    }
  }
}

void ApplySession::Check() {
  const auto now = Clock::now();
  if (now < next_check_) return;
  next_check_ = now + kCheckEvery;
  if (mysql::HoldsLock(connection_, lock_)) return;
  throw Error(ErrorCode::kConnectionLost, "the run's lock on the server is gone",
              "the migration goes on; the same command goes on with the files");
}

std::string TargetDatabase(Context& context, ServerTarget& target) {
  std::string database = target.connection.QueryValue("SELECT DATABASE()").value_or("");
  if (!database.empty()) return database;
  context.stage = Stage::kInput;
  throw Error(ErrorCode::kInvalidArgument, "which database the files are for is not said",
              "name it with --database");
}

std::string EngineName(const Options& options) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::error_code error;
  const auto directory = std::filesystem::weakly_canonical(options.state_directory, error);
  return std::string(host.data()) + ":" + (error ? options.state_directory : directory).string();
}

LedgerRun::LedgerRun(Context& context_, ServerTarget target_, std::string database_)
    : context(context_),
      keeper(context_.options),
      target(std::move(target_)),
      database(std::move(database_)),
      session(target.choice.connection, database),
      ledger(target.choice.connection, target.choice.identity, database,
             context_.options.dry_run
                 ? std::nullopt
                 : std::optional(state::LedgerCopy(context_.options.state_directory))) {
  const Options& options = context.options;
  if (!options.dry_run) session.Lock(interrupt, context.out, options.run_lock_wait);
  if (!options.dry_run || std::filesystem::exists(options.state_directory / "osc.sqlite")) {
    store_.emplace(state::Store::Open(options.state_directory));
  }
  files = ledger.Files();
  for (const std::string& name : ledger.gone()) {
    context.out.Note("warning: " + Printable(name) + " was in the ledger " + inverse::kLedgerTable +
                     " and is not any more: it counts as a file that was not applied");
  }
  Refresh();
}

LedgerFile& LedgerRun::Find(const std::string& name) {
  std::vector<LedgerFile*> found;
  for (LedgerFile& file : files) {
    if (file.file == name) return file;
    if (!file.version.empty() && file.version == name) found.push_back(&file);
  }
  if (found.size() == 1) return *found.front();
  context.stage = Stage::kInput;
  if (found.empty()) {
    throw Error(
        ErrorCode::kNotFound, "the ledger of " + database + " has no file " + name,
        "SELECT file, state FROM " + std::string(inverse::kLedgerTable) + " lists what it has");
  }
  throw Error(ErrorCode::kInvalidArgument,
              found[0]->file + " and " + found[1]->file + " both have the version " + name,
              "name the file");
}

std::optional<Migration> LedgerRun::Lookup(const std::string& id) {
  if (!store_) return std::nullopt;
  try {
    return store_->Get(id);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return std::nullopt;
  }
}

void LedgerRun::Put(LedgerFile* file) {
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  file->error = nlohmann::json::parse(nlohmann::json(file->error).dump(-1, ' ', false, kReplace))
                    .get<std::string>();
  ledger.Put(file);
}

LedgerState StateOf(const LedgerFile& file, const std::vector<Migration>& migrations) {
  if (migrations.empty() || migrations.size() != file.migrations.size()) return file.state;
  const auto all = [&](auto&& is) { return std::all_of(migrations.begin(), migrations.end(), is); };
  const bool on_new = all([](const Migration& migration) {
    return migration.live == LiveTable::kNew &&
           (!state::IsFinal(migration.state) || migration.state == MigrationState::kCompleted);
  });
  const bool on_old = all([](const Migration& migration) {
    return migration.live == LiveTable::kOld && (migration.state == MigrationState::kReverted ||
                                                 migration.state == MigrationState::kCompleted);
  });
  switch (file.state) {
    case LedgerState::kReady:
    case LedgerState::kReverted:
      return on_new ? LedgerState::kApplied : file.state;
    case LedgerState::kReverting:
    case LedgerState::kApplied:
      return on_old ? LedgerState::kReverted : file.state;
    default:  // has steps that were not begun
      return file.state;
  }
}

void LedgerRun::Refresh() {
  for (LedgerFile& file : files) {
    std::vector<Migration> migrations;
    for (const std::string& id : file.migrations) {
      if (auto migration = Lookup(id)) migrations.push_back(std::move(*migration));
    }
    const LedgerState now = StateOf(file, migrations);
    if (now == file.state) continue;
    context.out.Note(Printable(file.file) + " is " + std::string(state::LedgerStateName(now)) +
                     " meanwhile");
    file.state = now;
    file.finished_at = base::FormatTime(std::chrono::system_clock::now());
    // A dry run changes nothing.
    if (!context.options.dry_run) Put(&file);
  }
}

nlohmann::ordered_json FileJson(LedgerRun& run, const LedgerFile& file, const std::string& action) {
  using Json = nlohmann::ordered_json;
  Json migrations = Json::array();
  for (const std::string& id : file.migrations) {
    Json one{{"id", id}};
    if (const auto migration = run.Lookup(id)) {
      const state::Progress progress = run.store().GetProgress(id);
      one["table"] = migration->table;
      one["alter"] = migration->alter;
      one["state"] = state::StateName(migration->state);
      one["live"] = state::LiveName(migration->live);
      one["readiness"] = state::IsFinal(migration->state) ? "none" : progress.readiness;
      one["expires_at"] =
          migration->expires_at ? Json(base::FormatTime(*migration->expires_at)) : Json();
    }
    migrations.push_back(std::move(one));
  }
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  return {{"file", file.file},
          {"version", text(file.version)},
          {"description", file.description},
          {"checksum", file.checksum},
          {"action", action},
          {"state", file.number == 0 ? "pending" : state::LedgerStateName(file.state)},
          {"migrations", std::move(migrations)},
          {"as_they_are", text(file.as_they_are)},
          {"error", text(file.error)},
          {"started_at", text(file.started_at)},
          {"finished_at", text(file.finished_at)},
          {"applied_by", text(file.applied_by)}};
}

}  // namespace osc::cli
