// Random tables, random ALTERs, random writes, and the door turned at random, each step held to a
// model in memory. OSC_TEST_SEEDS says how many, OSC_TEST_SEED the first; a failure names its own.
#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "src/base/wait.h"
#include "src/mysql/quote.h"
#include "tests/model/random_change.h"
#include "tests/model/random_dml.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using testing::Outcome;
using testing::model::Column;
using testing::model::Definition;
using testing::model::Key;
using testing::model::ModelTable;
using testing::model::Random;
using testing::model::RandomChange;
using testing::model::RandomDml;
using testing::model::Row;
using testing::model::Values;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

class ModelTest : public testing::ServerTest {
 protected:
  std::map<Key, Row> Read(const std::string& table, const Definition& definition,
                          const ModelTable& model) {
    std::string names;
    for (const Column& column : definition.columns) {
      names += (names.empty() ? "" : ",") + mysql::QuoteIdentifier(column.name);
    }
    mysql::Result result =
        connection().Query("SELECT " + names + " FROM " + mysql::QuoteIdentifier(table));
    std::map<Key, Row> rows;
    while (result.Next()) {
      Row row(model.logical_columns());
      for (size_t i = 0; i < definition.columns.size(); ++i) {
        if (result[i]) row[definition.columns[i].logical] = std::string(*result[i]);
      }
      rows.emplace(model.KeyOf(row), row);
    }
    return rows;
  }

  void ExpectAsModelled(const std::string& id, const ModelTable& model) {
    osc().WaitUntilCaughtUp(id);
    EXPECT_EQ(model.LiveDifferences(Read(model.name(), model.live(), model)), "") << "live";
    const std::string off_stage = osc().Show(id)["off_stage_table"];
    std::string differences;
    const auto differ = [&] {
      differences = model.OffStageDifferences(Read(off_stage, model.off_stage(), model));
      return !differences.empty();
    };
    // A row that stood back from another one comes a moment after that one has gone.
    if (differ() && !model.off_stage().unique.empty()) {
      base::PollUntil({}, base::Clock::now() + seconds(5), std::chrono::milliseconds(50),
                      [&] { return !differ(); });
    }
    EXPECT_EQ(differences, "") << off_stage;
  }

  void ExpectBlocked(const std::string& id, const ModelTable& model, const std::string& turn) {
    const size_t there = Read(osc().Show(id)["off_stage_table"], model.off_stage(), model).size();
    const size_t missing = model.rows().size() - there;
    nlohmann::json shown;
    const bool told =
        base::PollUntil({}, base::Clock::now() + seconds(5), std::chrono::milliseconds(50), [&] {
          shown = osc().Show(id)["revert"];
          size_t left_out = 0;
          for (const nlohmann::json& reason : shown["reasons"]) {
            // Of rows that are there, with a value that they never had.
            if (reason["kind"] != "defaulted") left_out += reason["rows"].get<size_t>();
          }
          return shown["readiness"] == "blocked" && left_out == missing;
        });
    EXPECT_TRUE(told) << missing << " rows are missing off stage: " << shown.dump(1);
    const Outcome refused = osc().Run({turn, id});
    EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  }

  void RunSeed(uint64_t seed) {
    Random random(seed);
    RandomChange change = testing::model::MakeRandomChange(random);
    ModelTable model("t" + std::to_string(seed), change.before, change.after,
                     change.logical_columns);
    RandomDml dml(connection(), model, random);
    const std::string create = change.before.CreateSql(model.name());
    try {
      Run(create);
      dml.Insert(static_cast<int>(random() % 30));
      const auto alter = osc().Start({"alter", "--table", model.name(), "--alter", change.alter,
                                      "--postpone-cutover", "--json"});
      dml.Write(10, Values::kFitBoth);
      const Outcome ready = alter->Wait(testing::Osc::kDeadline);
      if (ready.exit_code != 0) throw std::runtime_error(ready.Describe());
      const std::string id = ready.Json()["id"];
      dml.Write(15, Values::kFitBoth);
      ExpectAsModelled(id, model);
      osc().Succeed({"cutover", id});
      model.Turn();
      const uint64_t turns = 2 + random() % 3;
      for (uint64_t i = 0; i < turns && !HasFailure(); ++i) {
        const std::string turn = i % 2 == 0 ? "revert" : "reapply";
        dml.Write(25, Values::kFitLive);
        ExpectAsModelled(id, model);
        if (model.IsBlocked()) {
          ExpectBlocked(id, model, turn);
          ++blocked_;
        }
        dml.Mend();
        if (random() % 2) ExpectAsModelled(id, model);
        if (HasFailure()) break;
        osc().Succeed({turn, id});
        model.Turn();
        ++turns_;
        ExpectAsModelled(id, model);
      }
      osc().Succeed({"complete", id});
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    if (!HasFailure()) return;
    std::cout << "OSC_TEST_SEED=" << seed << " OSC_TEST_SEEDS=1\n"
              << create << ";\nALTER: " << change.alter << "\nlast statements:\n"
              << dml.Log();
  }

  int turns_ = 0;
  int blocked_ = 0;
};

TEST_P(ModelTest, TablesAreAsModelledAfterEveryTurn) {
  const uint64_t first = FromEnvironment("OSC_TEST_SEED", 1);
  const uint64_t count = FromEnvironment("OSC_TEST_SEEDS", 6);
  for (uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunSeed(seed);
  }
  std::cout << "turns: " << turns_ << ", blocked before: " << blocked_ << "\n";
}

INSTANTIATE_TEST_SUITE_P(Servers, ModelTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
