#include "tests/model/seed_run.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "src/base/wait.h"
#include "src/binlog/gtid_set.h"
#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of sessions that write for as long as something takes: the seeds share the machine.
constexpr milliseconds kPace{25};

constexpr uint64_t kTurnsForAReseed = 6;

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what); }

bool PollUntil(const std::function<bool()>& done, seconds deadline) {
  return base::PollUntil({}, base::Clock::now() + deadline, milliseconds(10), done);
}

}  // namespace

SeedRun::SeedRun(const TestServer& server, const std::string& database, Osc& osc, uint64_t seed)
    : server_(server),
      database_(database),
      seed_(seed),
      osc_(osc),
      connection_(server.Connect(database)),
      store_(state::Store::Open(osc.state().path())),
      random_(seed),
      reseed_random_(~seed),
      change_(MakeRandomChange(random_)),
      model_("t" + std::to_string(seed), change_.before, change_.after, change_.logical_columns),
      dml_(connection_, model_, random_) {}

std::string SeedRun::Describe() const {
  return "OSC_TEST_SEED=" + std::to_string(seed_) + " OSC_TEST_SEEDS=1, migration " + id_ + "\n" +
         change_.before.CreateSql(model_.name()) + ";\nALTER: " + change_.alter +
         "\nlast statements:\n" + dml_.Log() + log_;
}

void SeedRun::Run() {
  connection_.Execute(change_.before.CreateSql(model_.name()));
  dml_.Insert(static_cast<int>(random_() % 30));
  WriteSideBySide(4, Values::kFitBoth, [this] {
    const nlohmann::json ready =
        osc_.Succeed({"alter", "--table", model_.name(), "--alter", change_.alter,
                      "--postpone-cutover", "--defer-indexes", seed_ % 2 == 0 ? "on" : "off",
                      "--copy-threads", seed_ % 3 == 0 ? "8" : "2", "--apply-lanes",
                      seed_ % 3 == 0 ? "8" : "4", "--json"})
            .Json();
    id_ = ready["id"];
    off_stage_ = ready["off_stage_table"];
  });
  dml_.Write(15, Values::kFitBoth);
  ExpectAsModelled();
  Turn("cutover");
  TurnOften();
  osc_.Succeed({"complete", id_});
  connection_.Execute("DROP TABLE " + mysql::QuoteIdentifier(model_.name()));
  counts_.statements += dml_.executed();
}

void SeedRun::TurnOften() {
  const uint64_t turns = 2 + random_() % 3;
  for (uint64_t i = 0; i < turns; ++i) {
    const std::string command = i % 2 == 0 ? "revert" : "reapply";
    dml_.Write(20, Values::kFitLive);
    ExpectAsModelled();
    if (reseed_random_() % kTurnsForAReseed == 0) Reseed();
    if (random_() % 2) {
      WriteSideBySide(6, Values::kFitLive, [] {});
      ExpectAsModelled();
    }
    if (model_.IsBlocked()) {
      ExpectBlocked(command);
      ++counts_.blocked;
      if (random_() % 2 == 0) {
        TurnWithLoss(command);
        continue;
      }
    }
    dml_.Mend();
    if (random_() % 2) ExpectAsModelled();
    Turn(command);
  }
}

void SeedRun::Turn(const std::string& command) {
  if (dml_.MayWriteEither() && random_() % 2) {
    WriteSideBySide(1, Values::kFitEither, [&] { osc_.Succeed({command, id_, "--wait"}); });
    ++counts_.turned_within;
  } else {
    osc_.Succeed({command, id_, "--wait"});
  }
  model_.Turn();
  ++counts_.turns;
  ExpectAsModelled();
}

void SeedRun::TurnWithLoss(const std::string& command) {
  const std::string file =
      osc_.state().home() / (id_ + "-" + std::to_string(counts_.turns) + ".jsonl");
  const size_t missing = model_.rows().size() - Read(off_stage_, model_.off_stage()).size();
  osc_.Succeed({command, id_, "--accept-loss", "--report", file});
  WaitUntilCaughtUp();
  size_t left_out = 0;
  const std::string differences = model_.AcceptLoss(Read(model_.name(), model_.off_stage()),
                                                    Read(off_stage_, model_.live()), &left_out);
  if (!differences.empty()) Fail("after an accepted loss:" + differences);
  std::ifstream report(file);
  std::string text;
  size_t lines = 0;
  size_t reported = 0;
  for (std::string line; std::getline(report, line); ++lines) {
    text += line + "\n";
    if (nlohmann::json::parse(line)["outcome"] == "left_out") ++reported;
  }
  if (lines != missing || reported != left_out) {
    Fail(std::to_string(missing) + " rows were without a place, " + std::to_string(left_out) +
         " are left out, the report says " + std::to_string(lines) + " and " +
         std::to_string(reported) + ":\n" + text);
  }
  model_.Turn();
  ++counts_.turns;
  ++counts_.accepted;
  ExpectAsModelled();
}

void SeedRun::Reseed() {
  WriteSideBySide(4, Values::kFitLive, [this] { osc_.Succeed({"reseed", id_, "--accept-loss"}); });
  model_.Reseed();
  ++counts_.reseeded;
  ExpectAsModelled();
}

void SeedRun::WriteSideBySide(int statements, Values values,
                              const std::function<void()>& meanwhile) {
  struct Session {
    mysql::Connection connection;
    ModelTable table;
    Random random;
    Lot lot;
    std::optional<RandomDml> dml{};
    std::string failure{};
  };
  const size_t count = 2 + random_() % 2;
  std::vector<std::unique_ptr<Session>> sessions;
  for (size_t i = 0; i < count; ++i) {
    sessions.push_back(std::make_unique<Session>(Session{
        server_.Connect(database_), model_, Random(random_()), Lot{static_cast<int>(i), {}}}));
    sessions.back()->table.rows().clear();
  }
  size_t next = 0;
  for (const auto& [key, row] : model_.rows()) {
    for (size_t i = 0; i < count; ++i) {
      if (i == next) {
        sessions[i]->table.rows().emplace(key, row);
      } else {
        sessions[i]->lot.elsewhere.push_back(row);
      }
    }
    next = (next + 1) % count;
  }
  std::atomic<bool> done = false;
  std::vector<std::jthread> threads;
  for (const auto& each : sessions) {
    Session& session = *each;
    session.dml.emplace(session.connection, session.table, session.random, session.lot);
    threads.emplace_back([&session, &done, statements, values] {
      try {
        session.dml->Write(statements, values);
        while (!done) {
          session.dml->Write(1, values);
          base::SleepFor({}, kPace);
        }
      } catch (const std::exception& error) {
        session.failure = error.what();
        try {
          session.connection.Execute("ROLLBACK");  // or the copy waits for its locks
        } catch (const Error&) {
          // The connection is lost.
        }
      }
    });
  }
  std::string failure;
  try {
    meanwhile();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  done = true;
  threads.clear();
  log_.clear();
  model_.rows().clear();
  for (const auto& session : sessions) {
    log_ += "session " + std::to_string(session->lot.number) + " at last:\n" + session->dml->Log();
    if (!session->failure.empty()) failure += "\na session: " + session->failure;
    model_.rows().merge(session->table.rows());
    counts_.statements += session->dml->executed();
  }
  if (!failure.empty()) Fail(failure);
}

void SeedRun::WaitUntilCaughtUp() {
  const mysql::Family family = connection_.server().family;
  const auto parse = [family](const std::string& text) {
    return binlog::GtidSet::Parse(family, text);
  };
  const binlog::GtidSet end = parse(
      connection_.QueryValue("SELECT " + std::string(connection_.server().ExecutedGtidVariable()))
          .value_or(""));
  const bool reached = PollUntil(
      [&] {
        if (const auto error = store_.Get(id_).error)
          Fail("the stream has stopped: " + error->message);
        return parse(store_.GetProgress(id_).stream_gtid).Contains(end);
      },
      seconds(60));
  if (!reached) Fail("the stream does not reach " + end.ToString());
}

std::map<Key, Row> SeedRun::Read(const std::string& table, const Definition& definition) {
  std::string names;
  for (const Column& column : definition.columns) {
    names += (names.empty() ? "" : ",") + column.type.Read(column.name);
  }
  mysql::Result result =
      connection_.Query("SELECT " + names + " FROM " + mysql::QuoteIdentifier(table));
  std::map<Key, Row> rows;
  while (result.Next()) {
    Row row(model_.logical_columns());
    for (size_t i = 0; i < definition.columns.size(); ++i) {
      if (result[i]) row[definition.columns[i].logical] = std::string(*result[i]);
    }
    rows.emplace(model_.KeyOf(row), row);
  }
  return rows;
}

std::string SeedRun::OffStageDifferences() {
  return model_.OffStageDifferences(Read(off_stage_, model_.off_stage()));
}

void SeedRun::ExpectAsModelled() {
  WaitUntilCaughtUp();
  const std::string live = model_.LiveDifferences(Read(model_.name(), model_.live()));
  if (!live.empty()) Fail("live table:" + live);
  std::string off_stage = OffStageDifferences();
  // A row that stood back from another one comes a moment after that one has gone.
  if (!off_stage.empty() && !model_.off_stage().unique.empty()) {
    PollUntil([&] { return (off_stage = OffStageDifferences()).empty(); }, seconds(10));
  }
  if (!off_stage.empty()) Fail("off-stage table:" + off_stage);
  if (counts_.turns > 0) ExpectReadiness();
}

void SeedRun::ExpectReadiness() {
  const size_t defaulted = model_.HasDefaulted() ? model_.NewRows() : 0;
  if (defaulted > 0) ++counts_.lossy;
  const bool lossy = defaulted > 0 || model_.HasLostColumns();
  const std::string expected = model_.IsBlocked() ? "blocked" : lossy ? "lossy" : "ready";
  const bool told = PollUntil(
      [&] {
        const state::Progress progress = store_.GetProgress(id_);
        size_t columns = 0;
        bool all_counted = true;
        for (const auto& reason : progress.reasons) {
          if (reason.kind != "defaulted") continue;
          ++columns;
          all_counted = all_counted && reason.rows == defaulted;
        }
        return progress.readiness == expected && all_counted && (columns > 0) == (defaulted > 0);
      },
      seconds(10));
  if (!told) {
    Fail("readiness should be " + expected + " with " + std::to_string(defaulted) +
         " rows defaulted: " + osc_.Show(id_)["revert"].dump(1));
  }
}

void SeedRun::ExpectBlocked(const std::string& turn) {
  const size_t missing = model_.rows().size() - Read(off_stage_, model_.off_stage()).size();
  const bool told = PollUntil(
      [&] {
        const state::Progress progress = store_.GetProgress(id_);
        size_t left_out = 0;
        for (const auto& reason : progress.reasons) {
          // Of rows that are there, with a value that they never had.
          const bool made_up = reason.kind == "defaulted" || reason.kind == "reseeded";
          if (!made_up) left_out += reason.rows;
        }
        return progress.readiness == "blocked" && left_out == missing;
      },
      seconds(10));
  if (!told) {
    Fail(std::to_string(missing) +
         " rows are missing off stage: " + osc_.Show(id_)["revert"].dump(1));
  }
  const Outcome refused = osc_.Run({turn, id_});
  if (refused.exit_code != 3) Fail(turn + " should be refused: " + refused.Describe());
}

}  // namespace osc::testing::model
