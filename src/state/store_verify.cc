// The part of the store that keeps the verification: verdict, chunks, differences.
#include "src/state/store_impl.h"

namespace osc::state {
namespace {

void Forget(Database& database, const std::string& id) {
  Query(database.Prepare("DELETE FROM verify_chunk WHERE migration_id = ?")).Bind(id).Run();
  Query(database.Prepare("DELETE FROM difference WHERE migration_id = ?")).Bind(id).Run();
}

void Save(Database& database, const std::string& id, const Verification& verification) {
  Query row(database.Prepare(
      "INSERT OR REPLACE INTO verification (migration_id, state, swaps, incremental, repair,"
      " intent, started_at, finished_at, elapsed_ms, rows_estimated, rows_per_second, eta_seconds,"
      " note, chunks_skipped, replica) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  row.Bind(id, std::string(VerifyStateName(verification.state)), verification.swaps,
           verification.incremental ? 1 : 0, verification.repair ? 1 : 0);
  const auto bind = [&row](int index, const std::optional<int64_t>& value) {
    value ? row.BindAt(index, *value) : row.BindNull(index);
  };
  bind(6, verification.intent);
  BindTime(row, 7, verification.started_at);
  BindTime(row, 8, verification.finished_at);
  row.BindAt(9, verification.elapsed_ms);
  row.BindAt(10, static_cast<int64_t>(verification.rows_estimated));
  row.BindAt(11, verification.rows_per_second);
  bind(12, verification.eta_seconds);
  row.BindAt(13, verification.note);
  row.BindAt(14, static_cast<int64_t>(verification.chunks_skipped));
  row.BindAt(15, verification.replica);
  row.Run();
}

std::optional<int64_t> Number(Query& row, int index) {
  return row[index].isNull() ? std::nullopt : std::optional(row[index].getInt64());
}

uint64_t Unsigned(Query& row, int index) { return static_cast<uint64_t>(row[index].getInt64()); }

// The rows of an earlier comparison stay until the next one is done.
void HandOut(Database& database, const std::string& id, const VerifyChunk& chunk) {
  Query(database.Prepare("INSERT INTO verify_chunk (migration_id, number, backwards, low, high)"
                         " VALUES (?, ?, ?, ?, ?) ON CONFLICT (migration_id, number)"
                         " DO UPDATE SET high = excluded.high, dirty = 0"))
      .Bind(id, static_cast<int64_t>(chunk.number), chunk.backwards ? 1 : 0, chunk.low, chunk.high)
      .Run();
}

}  // namespace

Verification Store::GetVerification(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    SQLite::Transaction snapshot(database.sqlite());
    Verification verification;
    Query row(database.Prepare(
        "SELECT state, swaps, incremental, repair, intent, started_at, finished_at, elapsed_ms,"
        " rows_estimated, rows_per_second, eta_seconds, note, chunks_skipped, replica"
        " FROM verification WHERE migration_id = ?"));
    if (!row.Bind(id).Next()) return verification;
    verification.state = ParseVerifyState(row[0].getString());
    verification.swaps = row[1].getInt();
    verification.incremental = row[2].getInt() != 0;
    verification.repair = row[3].getInt() != 0;
    verification.intent = Number(row, 4);
    if (const auto at = Number(row, 5)) verification.started_at = FromMillis(*at);
    if (const auto at = Number(row, 6)) verification.finished_at = FromMillis(*at);
    verification.elapsed_ms = row[7].getInt64();
    verification.rows_estimated = Unsigned(row, 8);
    verification.rows_per_second = row[9].getDouble();
    verification.eta_seconds = Number(row, 10);
    verification.note = row[11].getString();
    verification.chunks_skipped = Unsigned(row, 12);
    verification.replica = row[13].getString();
    Query sums(database.Prepare(
        "SELECT count(*), coalesce(sum(done), 0), coalesce(sum(rows * done), 0),"
        " coalesce(sum(matching), 0), coalesce(sum(missing), 0), coalesce(sum(extra), 0),"
        " coalesce(sum(different), 0), coalesce(sum(quarantined), 0), coalesce(sum(repaired), 0)"
        " FROM verify_chunk WHERE migration_id = ?"));
    sums.Bind(id).Next();
    verification.chunks = Unsigned(sums, 0);
    verification.chunks_done = Unsigned(sums, 1);
    verification.counts = {Unsigned(sums, 2), Unsigned(sums, 3), Unsigned(sums, 4),
                           Unsigned(sums, 5), Unsigned(sums, 6), Unsigned(sums, 7),
                           Unsigned(sums, 8)};
    return verification;
  });
}

VerifyState Store::GetVerifyState(const std::string& id) {
  Database& database = impl_->database;
  return database.Read([&] {
    Query row(database.Prepare("SELECT state FROM verification WHERE migration_id = ?"));
    return row.Bind(id).Next() ? ParseVerifyState(row[0].getString()) : VerifyState::kNone;
  });
}

void Store::BeginVerification(const std::string& id, const Verification& verification) {
  Database& database = impl_->database;
  database.Write([&] {
    Forget(database, id);
    Save(database, id, verification);
  });
}

void Store::ReopenVerification(const std::string& id, Verification verification) {
  Database& database = impl_->database;
  database.Write([&] {
    // What was in quarantine may have come back without a change of its own.
    Query(database.Prepare("UPDATE verify_chunk SET done = 0 WHERE migration_id = ? AND"
                           " (dirty OR missing + extra + different + quarantined > 0)"))
        .Bind(id)
        .Run();
    Query(
        database.Prepare("DELETE FROM difference WHERE migration_id = ? AND (repaired OR chunk IN"
                         " (SELECT number FROM verify_chunk WHERE migration_id = ? AND NOT done))"))
        .Bind(id, id)
        .Run();
    Query(database.Prepare("UPDATE verify_chunk SET dirty = 0, matching = 0, missing = 0,"
                           " extra = 0, different = 0, quarantined = 0"
                           " WHERE migration_id = ? AND NOT done"))
        .Bind(id)
        .Run();
    Query(database.Prepare("UPDATE verify_chunk SET repaired = 0 WHERE migration_id = ?"))
        .Bind(id)
        .Run();
    Query skipped(
        database.Prepare("SELECT coalesce(sum(done), 0) FROM verify_chunk WHERE migration_id = ?"));
    skipped.Bind(id).Next();
    if (verification.incremental) verification.chunks_skipped = Unsigned(skipped, 0);
    Save(database, id, verification);
  });
}

void Store::SetVerification(const std::string& id, const Verification& verification) {
  Database& database = impl_->database;
  const bool is_news = GetVerifyState(id) != verification.state;
  database.Write([&] { Save(database, id, verification); },
                 is_news ? Database::Durability::kDurable : Database::Durability::kEventual);
}

void Store::MakeVerificationStale(const std::string& id, const std::string& why) {
  Database& database = impl_->database;
  database.Write([&] {
    Query(database.Prepare("UPDATE verification SET state = 'stale', note = ?"
                           " WHERE migration_id = ? AND state IN"
                           " ('pending', 'running', 'passed', 'failed')"))
        .Bind(why, id)
        .Run();
    // The tables may be others than those that were compared.
    Query(database.Prepare("UPDATE verify_chunk SET dirty = 1 WHERE migration_id = ?"))
        .Bind(id)
        .Run();
  });
}

std::vector<VerifyChunk> Store::VerifyChunks(const std::string& id) {
  return ListOf(impl_->database,
                "SELECT number, backwards, low, high, done, dirty, rows FROM verify_chunk"
                " WHERE migration_id = ? ORDER BY number",
                id, [](Query& row) {
                  return VerifyChunk{Unsigned(row, 0),   row[1].getInt() != 0, row[2].getString(),
                                     row[3].getString(), row[4].getInt() != 0, row[5].getInt() != 0,
                                     Unsigned(row, 6)};
                });
}

// Handing out and finishing do not wait for the disk: a chunk whose record is lost with the
// machine's power is compared once more, and the verdict, which is durable, comes after all of
// them.
void Store::HandOutVerifyChunk(const std::string& id, const VerifyChunk& chunk) {
  Database& database = impl_->database;
  database.Write([&] { HandOut(database, id, chunk); }, Database::Durability::kEventual);
}

void Store::SplitVerifyChunk(const std::string& id, const VerifyChunk& lower,
                             const VerifyChunk& upper) {
  Database& database = impl_->database;
  database.Write(
      [&] {
        HandOut(database, id, lower);
        HandOut(database, id, upper);
      },
      Database::Durability::kEventual);
}

// On disk when it returns: it may be all that knows of the change once the stream is past it.
void Store::MarkVerifyChunks(const std::string& id, const std::vector<uint64_t>& numbers) {
  Database& database = impl_->database;
  database.Write([&] {
    for (const uint64_t number : numbers) {
      Query(database.Prepare("UPDATE verify_chunk SET dirty = 1 WHERE migration_id = ? AND"
                             " number = ?"))
          .Bind(id, static_cast<int64_t>(number))
          .Run();
    }
  });
}

void Store::FinishVerifyChunk(const std::string& id, uint64_t number, const VerifyCounts& counts,
                              const std::vector<Difference>& differences) {
  Database& database = impl_->database;
  const auto as = [](uint64_t value) { return static_cast<int64_t>(value); };
  database.Write(
      [&] {
        Query(database.Prepare("UPDATE verify_chunk SET done = 1, rows = ?, matching = ?,"
                               " missing = ?, extra = ?, different = ?, quarantined = ?,"
                               " repaired = ? WHERE migration_id = ? AND number = ?"))
            .Bind(as(counts.rows), as(counts.matching), as(counts.missing), as(counts.extra),
                  as(counts.different), as(counts.quarantined), as(counts.repaired), id, as(number))
            .Run();
        for (const Difference& difference : differences) {
          Query(database.Prepare(
                    "INSERT INTO difference (migration_id, number, chunk, kind, key, column_name,"
                    " live, off_stage, repaired) SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3,"
                    " ?4, ?5, ?6, ?7, ?8 FROM difference WHERE migration_id = ?1"
                    " HAVING count(*) < ?9"))
              .Bind(id, as(number), difference.kind, difference.key, difference.column,
                    difference.live, difference.off_stage, difference.repaired ? 1 : 0,
                    kMostDifferences)
              .Run();
        }
      },
      Database::Durability::kEventual);
}

std::vector<Difference> Store::Differences(const std::string& id) {
  return ListOf(impl_->database,
                "SELECT kind, key, column_name, live, off_stage, repaired"
                " FROM difference WHERE migration_id = ? ORDER BY number",
                id, [](Query& row) {
                  return Difference{row[0].getString(), row[1].getString(), row[2].getString(),
                                    row[3].getString(), row[4].getString(), row[5].getInt() != 0};
                });
}

}  // namespace osc::state
