// The part of the store through which people and the engine talk: intents and history.
#include "src/state/store_impl.h"

namespace osc::state {
namespace {

Intent ReadIntent(Query& row) {
  Intent intent;
  intent.number = row[0].getInt64();
  intent.migration_id = row[1].getString();
  intent.command = row[2].getString();
  intent.arguments = row[3].getString();
  if (!row[4].isNull()) intent.done = row[4].getInt() != 0;
  intent.error = ReadError(row, 5);
  return intent;
}

}  // namespace

int64_t Store::AddIntent(const std::string& id, const std::string& command,
                         const std::string& arguments) {
  Database& database = impl_->database;
  return database.Write([&] {
    Query(database.Prepare("INSERT INTO intent (migration_id, command, arguments, created_at)"
                           " VALUES (?, ?, ?, ?)"))
        .Bind(id, command, arguments, NowMillis())
        .Run();
    return database.LastInsertRowid();
  });
}

std::vector<Intent> Store::OpenIntents(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(database.Prepare(
        "SELECT number, migration_id, command, arguments, done, error_code, error_message,"
        " error_hint FROM intent WHERE migration_id = ? AND done IS NULL ORDER BY number"));
    rows.Bind(id);
    std::vector<Intent> intents;
    while (rows.Next()) intents.push_back(ReadIntent(rows));
    return intents;
  });
}

Intent Store::GetIntent(int64_t number) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query row(database.Prepare(
        "SELECT number, migration_id, command, arguments, done, error_code, error_message,"
        " error_hint FROM intent WHERE number = ?"));
    if (!row.Bind(number).Next()) {
      throw Error(ErrorCode::kInternal, "there is no intent " + std::to_string(number));
    }
    return ReadIntent(row);
  });
}

void Store::SetIntentArguments(int64_t number, const std::string& arguments) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("UPDATE intent SET arguments = ? WHERE number = ?"))
        .Bind(arguments, number)
        .Run();
  });
}

void Store::FinishIntent(int64_t number, const std::optional<StoredError>& error) {
  Database& database = impl_->database;
  database.Write([&] {
    Query update(
        database.Prepare("UPDATE intent SET done = ?, error_code = ?, error_message = ?,"
                         " error_hint = ? WHERE number = ?"));
    update.BindAt(1, error ? 0 : 1);
    BindError(update, 2, error);
    update.BindAt(5, number);
    update.Run();
  });
}

void Store::AddEvent(const std::string& id, const std::string& text) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("INSERT INTO event (migration_id, at, text) VALUES (?, ?, ?)"))
        .Bind(id, NowMillis(), text)
        .Run();
  });
}

std::vector<Event> Store::Events(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(
        database.Prepare("SELECT at, text FROM event WHERE migration_id = ? ORDER BY number"));
    rows.Bind(id);
    std::vector<Event> events;
    while (rows.Next()) events.push_back({FromMillis(rows[0].getInt64()), rows[1].getString()});
    return events;
  });
}

}  // namespace osc::state
