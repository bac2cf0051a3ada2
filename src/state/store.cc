#include "src/state/store.h"

#include <algorithm>
#include <random>
#include <utility>

#include "src/state/migration_id.h"
#include "src/state/store_impl.h"

namespace osc::state {
namespace {

#define OSC_MIGRATION_COLUMNS                                                                    \
  "id, server, connection, database, table_name, alter_clauses, settings, state, live, paused, " \
  "cutover_asked, keep_table, created_at, updated_at, expires_at, error_code, error_message, "   \
  "error_hint, old_definition, new_definition, notes, require_revertible, revert_defaults, "     \
  "restored, seeded_epoch, object, together"

Migration ReadMigration(Query& row) {
  Migration migration;
  migration.id = row[0].getString();
  migration.server = row[1].getString();
  migration.connection = row[2].getString();
  migration.database = row[3].getString();
  migration.table = row[4].getString();
  migration.alter = row[5].getString();
  migration.settings = LoadSettings(row[6].getString());
  migration.state = ParseState(row[7].getString());
  migration.live =
      row[8].getString() == LiveName(LiveTable::kNew) ? LiveTable::kNew : LiveTable::kOld;
  migration.paused = row[9].getInt() != 0;
  migration.cutover_asked = row[10].getInt() != 0;
  migration.keep_table = row[11].getInt() != 0;
  migration.created_at = FromMillis(row[12].getInt64());
  migration.updated_at = FromMillis(row[13].getInt64());
  if (!row[14].isNull()) migration.expires_at = FromMillis(row[14].getInt64());
  migration.error = ReadError(row, 15);
  migration.old_definition = row[18].getString();
  migration.new_definition = row[19].getString();
  migration.notes = row[20].getString();
  migration.require_revertible = row[21].getInt() != 0;
  migration.revert_defaults = row[22].getString();
  migration.restored = row[23].getInt() != 0;
  migration.seeded_epoch = row[24].getInt();
  migration.object = row[25].getString();
  migration.together = row[26].getString();
  return migration;
}

[[noreturn]] void RefuseSecond(const std::string& table, const std::string& id,
                               MigrationState state) {
  std::string hint = "wait for it (osc watch " + id + ") or give it up (osc cancel " + id + ")";
  if (IsEnding(state)) {
    hint = "wait until its tables are dropped: osc watch " + id;
  } else if (!IsBeforeCutover(state) && state != MigrationState::kCuttingOver) {
    hint = "end its revert window first: osc complete " + id;
  }
  throw Error(ErrorCode::kRefused,
              "migration " + id + " of " + table + " is not finished (" +
                  std::string(StateName(state)) + ")",
              hint);
}

void CheckUnfinished(Database& database, const std::string& server, const std::string& schema,
                     const std::string& table) {
  Query other(
      database.Prepare("SELECT id, state FROM migration WHERE server = ? AND database = ?"
                       " AND table_name = ?"
                       " AND state NOT IN ('completed', 'cancelled', 'failed')"));
  if (other.Bind(server, schema, table).Next()) {
    RefuseSecond(schema + "." + table, other[0].getString(), ParseState(other[1].getString()));
  }
}

// Runs one UPDATE of a migration whose last two parameters are updated_at and id. `bind` binds the
// others and returns the index of updated_at.
template <typename Bind>
void Update(Database& database, const std::string& id, const char* sql, Bind&& bind) {
  database.Write([&] {
    Query update(database.Prepare(sql));
    const int next = bind(update);
    update.BindAt(next, NowMillis());
    update.BindAt(next + 1, id);
    if (update.Run() == 0) {
      throw Error(ErrorCode::kInternal, "there is no migration " + id + " to update");
    }
  });
}

void Insert(Database& database, Migration* migration) {
  CheckUnfinished(database, migration->server, migration->database, migration->table);
  const bool given = !migration->id.empty();
  if (!given) migration->id = NewMigrationId();
  while (true) {
    Query taken(database.Prepare("SELECT 1 FROM migration WHERE id = ?"));
    if (!taken.Bind(migration->id).Next()) break;
    if (given) {
      throw Error(ErrorCode::kRefused, "migration " + migration->id + " exists already",
                  "osc show " + migration->id + " tells what became of it");
    }
    migration->id = NewMigrationId();
  }
  const int64_t now = NowMillis();
  Query insert(database.Prepare(
      "INSERT INTO migration (id, server, connection, database, table_name, alter_clauses,"
      " settings, state, live, created_at, updated_at, notes, require_revertible,"
      " revert_defaults, object, together)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 'old', ?, ?, ?, ?, ?, ?, ?)"));
  insert
      .Bind(migration->id, migration->server, migration->connection, migration->database,
            migration->table, migration->alter, SaveSettings(migration->settings), now, now,
            migration->notes, migration->require_revertible ? 1 : 0, migration->revert_defaults,
            migration->object, migration->together)
      .Run();
}

}  // namespace

std::string NewMigrationId() {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr size_t kLetters = 26;
  std::random_device random;
  std::string id;
  for (size_t i = 0; i < 8; ++i) {
    std::uniform_int_distribution<size_t> pick(0, (i == 0 ? kLetters : kCharacters.size()) - 1);
    id += kCharacters[pick(random)];
  }
  return id;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::Open(const std::filesystem::path& directory) {
  return Store(std::make_unique<Impl>(directory));
}

void Store::CheckIntegrity() { impl_->database.CheckIntegrity(); }
void Store::BackUp() { impl_->database.BackUp(); }

Migration Store::Create(Migration migration) { return CreateAll({std::move(migration)}).front(); }

std::vector<Migration> Store::CreateAll(std::vector<Migration> migrations) {
  Database& database = impl_->database;
  database.Write([&] {
    for (Migration& migration : migrations) Insert(database, &migration);
  });
  for (Migration& migration : migrations) migration = Get(migration.id);
  return migrations;
}

void Store::RequireNoUnfinished(const std::string& server, const std::string& database,
                                const std::string& table) {
  impl_->database.Read([&] { CheckUnfinished(impl_->database, server, database, table); });
}

std::vector<Migration> Store::Companions(const Migration& migration) {
  if (migration.together.empty() || ChangesNothing(migration)) return {Get(migration.id)};
  std::vector<Migration> all = List();
  std::erase_if(all, [&](const Migration& other) {
    return other.together != migration.together || ChangesNothing(other);
  });
  return all;
}

std::vector<std::string> Store::Unfinished() {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(
        database.Prepare("SELECT id FROM migration WHERE state NOT IN"
                         " ('completed', 'cancelled', 'failed') ORDER BY created_at, rowid"));
    std::vector<std::string> ids;
    while (rows.Next()) ids.push_back(rows[0].getString());
    return ids;
  });
}

std::vector<Migration> Store::List() {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(database.Prepare("SELECT " OSC_MIGRATION_COLUMNS
                                " FROM migration ORDER BY created_at, rowid"));
    std::vector<Migration> migrations;
    while (rows.Next()) migrations.push_back(ReadMigration(rows));
    return migrations;
  });
}

Migration Store::Get(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query row(database.Prepare("SELECT " OSC_MIGRATION_COLUMNS " FROM migration WHERE id = ?"));
    if (!row.Bind(id).Next()) {
      throw Error(ErrorCode::kNotFound, "there is no migration " + id, "osc list shows all");
    }
    return ReadMigration(row);
  });
}

Migration Store::Find(const std::string& id_prefix) {
  const bool possible = !id_prefix.empty() && id_prefix.size() <= 8 &&
                        std::all_of(id_prefix.begin(), id_prefix.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                        });
  if (!possible) {
    throw Error(ErrorCode::kInvalidArgument, "'" + id_prefix + "' is not a migration id",
                "an id is eight lower-case letters and digits, or the beginning of one; osc list "
                "shows all");
  }
  Database& database = impl_->database;
  const std::vector<std::string> ids = database.Read([&] {
    Query rows(
        database.Prepare("SELECT id FROM migration WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id"));
    rows.Bind(id_prefix);
    std::vector<std::string> found;
    while (rows.Next()) found.push_back(rows[0].getString());
    return found;
  });
  if (ids.empty()) {
    throw Error(ErrorCode::kNotFound, "there is no migration " + id_prefix, "osc list shows all");
  }
  if (ids.size() > 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "'" + id_prefix + "' begins the ids of " + std::to_string(ids.size()) +
                    " migrations, among them " + ids[0] + " and " + ids[1],
                "write more of the id");
  }
  return Get(ids.front());
}

bool Store::HasChanged() {
  const int64_t version = impl_->database.DataVersion();
  return std::exchange(impl_->data_version, version) != version;
}

void Store::SetState(const std::string& id, MigrationState state) {
  Update(impl_->database, id, "UPDATE migration SET state = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, std::string(StateName(state)));
           return 2;
         });
}

void Store::SetPrepared(const std::string& id, const std::string& old_definition,
                        const std::string& new_definition, const std::string& notes,
                        const std::string& revert_defaults) {
  Update(impl_->database, id,
         "UPDATE migration SET old_definition = ?, new_definition = ?, notes = ?,"
         " revert_defaults = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.Bind(old_definition, new_definition, notes, revert_defaults);
           return 5;
         });
}

void Store::SetFailed(const std::string& id, MigrationState state, const StoredError& error) {
  Update(impl_->database, id,
         "UPDATE migration SET state = ?, error_code = ?, error_message = ?, error_hint = ?,"
         " updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, std::string(StateName(state)));
           BindError(update, 2, error);
           return 5;
         });
}

void Store::SetError(const std::string& id, const std::optional<StoredError>& error) {
  Update(impl_->database, id,
         "UPDATE migration SET error_code = ?, error_message = ?, error_hint = ?, updated_at = ?"
         " WHERE id = ?",
         [&](Query& update) {
           BindError(update, 1, error);
           return 4;
         });
}

void Store::SetPaused(const std::string& id, bool paused) {
  Update(impl_->database, id, "UPDATE migration SET paused = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, paused ? 1 : 0);
           return 2;
         });
}

void Store::SetCutoverAsked(const std::string& id, bool asked) {
  Update(impl_->database, id, "UPDATE migration SET cutover_asked = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, asked ? 1 : 0);
           return 2;
         });
}

void Store::SetKeepTable(const std::string& id, bool keep) {
  Update(impl_->database, id, "UPDATE migration SET keep_table = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, keep ? 1 : 0);
           return 2;
         });
}

void Store::SetSettings(const std::string& id, const Settings& settings) {
  Update(impl_->database, id, "UPDATE migration SET settings = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, SaveSettings(settings));
           return 2;
         });
}

void Store::SetConnection(const std::string& id, const std::string& connection) {
  Update(impl_->database, id, "UPDATE migration SET connection = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, connection);
           return 2;
         });
}

void Store::SetServer(const std::string& id, const std::string& server) {
  Update(impl_->database, id, "UPDATE migration SET server = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           update.BindAt(1, server);
           return 2;
         });
}

void Store::ClearRestored(const std::string& id) {
  Update(impl_->database, id, "UPDATE migration SET restored = 0, updated_at = ? WHERE id = ?",
         [](Query&) { return 1; });
}

void Store::SetExpiry(const std::string& id, const std::optional<Time>& expires_at) {
  Update(impl_->database, id, "UPDATE migration SET expires_at = ?, updated_at = ? WHERE id = ?",
         [&](Query& update) {
           BindTime(update, 1, expires_at);
           return 2;
         });
}

void Store::End(const std::string& id, MigrationState state, const std::string& command) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare(
              "UPDATE migration SET state = ?, expires_at = NULL, updated_at = ? WHERE id = ?"))
        .Bind(std::string(StateName(state)), NowMillis(), id)
        .Run();
    Query(database.Prepare("UPDATE intent SET done = 1 WHERE migration_id = ? AND command = ?"
                           " AND done IS NULL"))
        .Bind(id, command)
        .Run();
  });
}

}  // namespace osc::state
