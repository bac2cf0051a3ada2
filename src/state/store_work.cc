// The part of the store that follows the engine's work: progress, swaps, the copy.
#include "src/state/store_impl.h"

namespace osc::state {

Progress Store::GetProgress(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query row(database.Prepare("SELECT content FROM progress WHERE migration_id = ?"));
    return row.Bind(id).Next() ? LoadProgress(row[0].getString()) : Progress{};
  });
}

void Store::SetProgress(const std::string& id, const Progress& progress) {
  Database& database = impl_->database;
  const std::string content = SaveProgress(progress);
  database.Write(
      [&] {
        Query(database.Prepare(
                  "INSERT INTO progress (migration_id, content) VALUES (?, ?)"
                  " ON CONFLICT (migration_id) DO UPDATE SET content = excluded.content"))
            .Bind(id, content)
            .Run();
      },
      Database::Durability::kEventual);
}

void Store::SetUnfitRows(const std::string& id, const std::vector<UnfitRow>& rows) {
  Database& database = impl_->database;
  database.Write(
      [&] {
        Query(database.Prepare("DELETE FROM unfit_row WHERE migration_id = ?")).Bind(id).Run();
        int64_t number = 0;
        for (const UnfitRow& row : rows) {
          Query(database.Prepare("INSERT INTO unfit_row (migration_id, number, key, column_name,"
                                 " value, reason, transaction_name) VALUES (?, ?, ?, ?, ?, ?, ?)"))
              .Bind(id, ++number, row.key, row.column, row.value, row.reason, row.transaction)
              .Run();
        }
      },
      Database::Durability::kEventual);
}

std::vector<UnfitRow> Store::UnfitRows(const std::string& id, size_t limit) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(
        database.Prepare("SELECT key, column_name, value, reason, transaction_name FROM unfit_row"
                         " WHERE migration_id = ? ORDER BY number LIMIT ?"));
    rows.Bind(id, static_cast<int64_t>(limit));
    std::vector<UnfitRow> list;
    while (rows.Next()) {
      list.push_back({rows[0].getString(), rows[1].getString(), rows[2].getString(),
                      rows[3].getString(), rows[4].getString()});
    }
    return list;
  });
}

namespace {

Swap ReadSwap(Query& row) {
  Swap swap;
  swap.number = row[0].getInt();
  swap.direction = row[1].getString();
  swap.freeze_point = row[2].getString();
  swap.intent = row[3].getString();
  if (!row[4].isNull()) swap.at = FromMillis(row[4].getInt64());
  swap.lock_ms = row[5].getDouble();
  return swap;
}

// A swap row that has no outcome yet must be there: anything else is a bug of the caller.
void RequireOne(int changed, const std::string& id, int number) {
  if (changed == 1) return;
  throw Error(ErrorCode::kInternal,
              "migration " + id + " has no open swap " + std::to_string(number));
}

// Which table is live after a turn, and until when it can be taken back. Within a transaction.
void SetDoor(Database& database, const std::string& id, MigrationState state, LiveTable live,
             const std::optional<Time>& expires_at) {
  Query update(
      database.Prepare("UPDATE migration SET state = ?, live = ?, expires_at = ?,"
                       " updated_at = ? WHERE id = ?"));
  update.Bind(std::string(StateName(state)), std::string(LiveName(live)));
  BindTime(update, 3, expires_at);
  update.BindAt(4, NowMillis());
  update.BindAt(5, id);
  update.Run();
}

}  // namespace

Swap Store::RecordSwapIntent(const std::string& id, const std::string& direction,
                             const std::string& intent) {
  Database& database = impl_->database;
  return database.Write([&] {
    Query last(
        database.Prepare("SELECT coalesce(max(number), 0) FROM swap WHERE migration_id = ?"));
    last.Bind(id).Next();
    Swap swap;
    swap.number = last[0].getInt() + 1;
    swap.direction = direction;
    swap.intent = intent;
    Query(database.Prepare(
              "INSERT INTO swap (migration_id, number, direction, intent) VALUES (?, ?, ?, ?)"))
        .Bind(id, swap.number, direction, intent)
        .Run();
    return swap;
  });
}

void Store::SetFreezePoint(const std::string& id, int number, const std::string& freeze_point) {
  Database& database = impl_->database;
  database.Write([&] {
    Query update(
        database.Prepare("UPDATE swap SET freeze_point = ? WHERE migration_id = ?"
                         " AND number = ? AND done_at IS NULL"));
    RequireOne(update.Bind(freeze_point, id, number).Run(), id, number);
  });
}

void Store::FinishSwap(const std::string& id, const Swap& swap, MigrationState state,
                       LiveTable live, const std::optional<Time>& expires_at) {
  Database& database = impl_->database;
  database.Write([&] {
    Query done(
        database.Prepare("UPDATE swap SET freeze_point = ?, done_at = ?, lock_ms = ?"
                         " WHERE migration_id = ? AND number = ? AND done_at IS NULL"));
    done.Bind(swap.freeze_point, swap.at ? ToMillis(*swap.at) : NowMillis(), swap.lock_ms, id,
              swap.number);
    RequireOne(done.Run(), id, swap.number);
    SetDoor(database, id, state, live, expires_at);
  });
}

void Store::DropSwapIntent(const std::string& id, int number) {
  Database& database = impl_->database;
  database.Write([&] {
    Query drop(database.Prepare(
        "DELETE FROM swap WHERE migration_id = ? AND number = ? AND done_at IS NULL"));
    RequireOne(drop.Bind(id, number).Run(), id, number);
  });
}

void Store::TakeBackSwaps(const std::string& id, int left, MigrationState state, LiveTable live,
                          const std::optional<Time>& expires_at) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("DELETE FROM swap WHERE migration_id = ? AND number > ?"))
        .Bind(id, left)
        .Run();
    SetDoor(database, id, state, live, expires_at);
  });
}

std::vector<Swap> Store::Swaps(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query rows(database.Prepare(
        "SELECT number, direction, freeze_point, intent, done_at, lock_ms FROM swap"
        " WHERE migration_id = ? AND done_at IS NOT NULL ORDER BY number"));
    rows.Bind(id);
    std::vector<Swap> swaps;
    while (rows.Next()) swaps.push_back(ReadSwap(rows));
    return swaps;
  });
}

std::optional<Swap> Store::OpenSwap(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&]() -> std::optional<Swap> {
    Query row(database.Prepare(
        "SELECT number, direction, freeze_point, intent, done_at, lock_ms FROM swap"
        " WHERE migration_id = ? AND done_at IS NULL"));
    if (!row.Bind(id).Next()) return std::nullopt;
    return ReadSwap(row);
  });
}

Store::CopyState Store::GetCopyState(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    SQLite::Transaction snapshot(database.sqlite());  // both tables as of one moment
    CopyState copy;
    Query row(
        database.Prepare("SELECT watermark, all_handed_out, next_number, rows_copied FROM copy"
                         " WHERE migration_id = ?"));
    if (row.Bind(id).Next()) {
      copy.watermark = row[0].getString();
      copy.all_handed_out = row[1].getInt() != 0;
      copy.next_number = static_cast<uint64_t>(row[2].getInt64());
      copy.rows_copied = static_cast<uint64_t>(row[3].getInt64());
    }
    Query chunks(database.Prepare(
        "SELECT number, low, high FROM chunk WHERE migration_id = ? ORDER BY number"));
    chunks.Bind(id);
    while (chunks.Next()) {
      copy.outstanding.push_back({static_cast<uint64_t>(chunks[0].getInt64()),
                                  chunks[1].getString(), chunks[2].getString()});
    }
    return copy;
  });
}

// Neither of the two waits for the disk: the copy does chunks anew whose record was lost with the
// machine's power, and the next durable commit brings both along.
void Store::HandOutChunk(const std::string& id, const Chunk& chunk, bool last) {
  Database& database = impl_->database;
  const auto number = static_cast<int64_t>(chunk.number);
  database.Write(
      [&] {
        Query(database.Prepare(
                  "INSERT INTO copy (migration_id, watermark, all_handed_out, next_number)"
                  " VALUES (?, ?, ?, ?) ON CONFLICT (migration_id) DO UPDATE SET"
                  " watermark = excluded.watermark, all_handed_out = excluded.all_handed_out,"
                  " next_number = excluded.next_number"))
            .Bind(id, chunk.high, last ? 1 : 0, number + 1)
            .Run();
        Query(database.Prepare(
                  "INSERT INTO chunk (migration_id, number, low, high) VALUES (?, ?, ?, ?)"))
            .Bind(id, number, chunk.low, chunk.high)
            .Run();
      },
      Database::Durability::kEventual);
}

void Store::FinishChunk(const std::string& id, uint64_t number, uint64_t rows) {
  Database& database = impl_->database;
  database.Write(
      [&] {
        Query drop(database.Prepare("DELETE FROM chunk WHERE migration_id = ? AND number = ?"));
        if (drop.Bind(id, static_cast<int64_t>(number)).Run() == 0) return;  // counted already
        Query(database.Prepare("UPDATE copy SET rows_copied = rows_copied + ?"
                               " WHERE migration_id = ?"))
            .Bind(static_cast<int64_t>(rows), id)
            .Run();
      },
      Database::Durability::kEventual);
}

void Store::SetCopyState(const std::string& id, const CopyState& copy) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("DELETE FROM chunk WHERE migration_id = ?")).Bind(id).Run();
    Query(database.Prepare(
              "INSERT INTO copy (migration_id, watermark, all_handed_out, next_number,"
              " rows_copied) VALUES (?, ?, ?, ?, ?) ON CONFLICT (migration_id) DO UPDATE SET"
              " watermark = excluded.watermark, all_handed_out = excluded.all_handed_out,"
              " next_number = excluded.next_number, rows_copied = excluded.rows_copied"))
        .Bind(id, copy.watermark, copy.all_handed_out ? 1 : 0,
              static_cast<int64_t>(copy.next_number), static_cast<int64_t>(copy.rows_copied))
        .Run();
    for (const Chunk& chunk : copy.outstanding) {
      Query(database.Prepare(
                "INSERT INTO chunk (migration_id, number, low, high) VALUES (?, ?, ?, ?)"))
          .Bind(id, static_cast<int64_t>(chunk.number), chunk.low, chunk.high)
          .Run();
    }
  });
}

void Store::SetSeededEpoch(const std::string& id, int epoch) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("UPDATE migration SET seeded_epoch = ?, updated_at = ? WHERE id = ?"))
        .Bind(epoch, NowMillis(), id)
        .Run();
  });
}

std::string Store::HooksTold(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query row(database.Prepare("SELECT hooks_told FROM migration WHERE id = ?"));
    return row.Bind(id).Next() ? row[0].getString() : std::string();
  });
}

void Store::SetHooksTold(const std::string& id, const std::string& told) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("UPDATE migration SET hooks_told = ? WHERE id = ?"))
        .Bind(told, id)
        .Run();
  });
}

void Store::FinishCopy(const std::string& id) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("DELETE FROM chunk WHERE migration_id = ?")).Bind(id).Run();
    Query(database.Prepare("INSERT INTO copy (migration_id, all_handed_out) VALUES (?, 1)"
                           " ON CONFLICT (migration_id) DO UPDATE SET all_handed_out = 1"))
        .Bind(id)
        .Run();
  });
}

void Store::CopyAnew(const std::string& id, MigrationState state, const std::string& server) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("DELETE FROM chunk WHERE migration_id = ?")).Bind(id).Run();
    Query(database.Prepare("DELETE FROM copy WHERE migration_id = ?")).Bind(id).Run();
    Query(
        database.Prepare(
            "UPDATE migration SET state = ?, server = ?, paused = 0, cutover_asked = 0, error_code "
            "= NULL,"
            " error_message = NULL, error_hint = NULL, updated_at = ?, seeded_epoch ="
            " (SELECT count(*) FROM swap WHERE migration_id = migration.id AND done_at IS NOT NULL)"
            " WHERE id = ?"))
        .Bind(std::string(StateName(state)), server, NowMillis(), id)
        .Run();
  });
}

}  // namespace osc::state
