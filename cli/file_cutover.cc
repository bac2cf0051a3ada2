#include "cli/file_cutover.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/engine_request.h"
#include "cli/ledger_run.h"
#include "cli/text.h"
#include "src/base/duration.h"
#include "src/mysql/connection_json.h"

namespace osc::cli {
namespace {

using state::LedgerCopy;
using state::Migration;
using state::MigrationState;

bool Waits(const Migration& migration) {
  return migration.state == MigrationState::kReady && !migration.cutover_asked;
}

// Of a file by its name or version, as the state directory remembers the ledgers.
std::vector<Migration> OfFile(Context& context, state::Store& store, LedgerCopy& copy) {
  const std::string& name = context.options.file;
  const std::string& database = context.options.connection.database;
  std::vector<LedgerCopy::Place> found;
  for (LedgerCopy::Place& place : copy.All()) {
    const bool named =
        place.file.file == name || (!place.file.version.empty() && place.file.version == name);
    if (named && (database.empty() || place.database == database)) found.push_back(place);
  }
  context.stage = Stage::kInput;
  if (found.empty()) {
    throw Error(ErrorCode::kNotFound, "osc apply has begun no file " + name + " from here",
                "osc list shows all migrations of this state directory");
  }
  if (found.size() > 1) {
    throw Error(ErrorCode::kInvalidArgument,
                found[0].database + "." + found[0].file.file + " and " + found[1].database + "." +
                    found[1].file.file + " are both meant by " + name,
                "name the file, and the database with --database");
  }
  std::vector<Migration> migrations;
  for (const std::string& id : found.front().file.migrations) {
    const Migration migration = store.Get(id);
    if (migration.live == state::LiveTable::kNew) continue;
    RequireAllowed("cutover", migration);
    migrations.push_back(migration);
  }
  return migrations;
}

// As far as no run works on the same ledger, which would do it itself.
void TellLedgers(Context& context, Interrupt& interrupt, state::Store& store, LedgerCopy& copy,
                 const std::vector<std::string>& ids) {
  for (LedgerCopy::Place& place : copy.All()) {
    std::vector<Migration> migrations;
    bool concerned = false;
    for (const std::string& id : place.file.migrations) {
      migrations.push_back(store.Get(id));
      concerned |= std::find(ids.begin(), ids.end(), id) != ids.end();
    }
    if (!concerned) continue;
    const state::LedgerState now = StateOf(place.file, migrations);
    if (now == place.file.state) continue;
    try {
      const auto choice =
          mysql::ChooseServer(mysql::LoadConnection(migrations.front().connection), place.server);
      ApplySession session(choice.connection, place.database);
      session.Lock(interrupt, context.out, std::chrono::milliseconds(0));
      place.file.state = now;
      place.file.finished_at = base::FormatTime(std::chrono::system_clock::now());
      inverse::Ledger(choice.connection, place.server, place.database,
                      LedgerCopy(context.options.state_directory))
          .Put(&place.file);
      context.out.Note(Printable(place.file.file) + " is applied");
    } catch (const Error& error) {
      context.out.Note("warning: the ledger of " + Printable(place.database) +
                       " is told by the next osc apply: " + Printable(error.message()));
    }
  }
}

}  // namespace

int RunCutovers(Context& context) {
  state::Store store = state::Store::Open(context.options.state_directory);
  LedgerCopy copy(context.options.state_directory);
  std::vector<Migration> migrations;
  if (context.options.file.empty()) {
    migrations = store.List();
    std::erase_if(migrations, [](const Migration& migration) { return !Waits(migration); });
  } else {
    migrations = OfFile(context, store, copy);
  }
  nlohmann::json arguments = nlohmann::json::object();
  if (context.options.force) arguments["force"] = true;
  Interrupt interrupt;
  EngineKeeper keeper(context.options);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<std::string> ids;
  for (const Migration& migration : migrations) {
    context.id = migration.id;
    if (!IsSwapped("cutover", store.Get(migration.id)) &&
        AskEngine(context, interrupt, keeper, store, migration, "cutover", arguments.dump(),
                  false) == End::kInterrupted) {
      return Detached(context, store, migration.id);
    }
    ids.push_back(migration.id);
    const Snapshot snapshot = TakeSnapshot(store, migration.id, true);
    context.out.Line(SwapMessage(context.options, snapshot));
    list.push_back(MigrationJson(snapshot));
  }
  context.id.clear();
  if (migrations.empty()) context.out.Line("no cutover is waited for");
  TellLedgers(context, interrupt, store, copy, ids);
  if (context.out.json()) context.out.Document(list);
  return kExitDone;
}

}  // namespace osc::cli
