// What the acts of a migration's life begin with.
#include "tests/crash/fault_points_test.h"
#include "tests/support/audit.h"

namespace osc {

using std::chrono::seconds;
using Fixture = FaultPointsTest;

void Fixture::NeedNothing() {
  EndMigration();
  table_ = "users";
  PutSpecialRows();
  if (!engine_) StartEngine("OSC_FAULT", "");
}

void Fixture::NeedOneTable() {
  NeedNothing();
  const auto has = Value("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
                         database() + "' AND TABLE_NAME='users' AND COLUMN_NAME='later'");
  if (has == "1") Run("ALTER TABLE users DROP COLUMN later");
}

void Fixture::NeedReady() {
  NeedNothing();
  Alter();
  WaitFor("the migration to be ready", &Fixture::IsReady);
}

void Fixture::NeedFreshLive() {
  NeedReady();
  Cutover();
  WaitFor("the cutover", &Fixture::IsLive);
}

void Fixture::NeedLive() {
  const bool has_one = !id_.empty() && !state::IsFinal(store().Get(id_).state);
  if (table_ != "users" || !has_one) return NeedFreshLive();
  if (!engine_) StartEngine("OSC_FAULT", "");
  if (IsReady()) Cutover();
  if (IsReverted()) Reapply();
  WaitFor("the new table to be live", &Fixture::IsLive);
}

void Fixture::NeedTriggers() {
  if (!has_triggers_) EndMigration();
  NeedLive();
  if (!has_triggers_) testing::CreateAudit(connection(), "users");
  has_triggers_ = true;
}

void Fixture::NeedReverted() {
  NeedLive();
  Revert();
  WaitFor("the revert", &Fixture::IsReverted);
}

void Fixture::NeedSwapCutOff(const std::string& point) {
  NeedLive();
  EndEngine();
  StartEngine("OSC_FAULT", point);
  Revert();
  testing::WaitUntil(
      "the engine to die", [&] { return HasEngineDied(); }, seconds(30));
  engine_.reset();
}

void Fixture::NeedUnfitRows() {
  NeedFreshLive();
  WriteUnfitRows();
  testing::WaitUntil(
      "three rows to have no place", [&] { return UnfitRows() == 3; }, seconds(30));
}

void Fixture::NeedDefaulted() {
  EndMigration();
  table_ = "d";
  Run("DROP TABLE IF EXISTS d");
  Run("CREATE TABLE d (id INT PRIMARY KEY, token INT, email INT, amount INT, "
      "must VARCHAR(20) NOT NULL)");
  Run("INSERT INTO d VALUES (1, 1, 1, 1, 'one'), (2, 2, 2, 2, 'two')");
  if (!engine_) StartEngine("OSC_FAULT", "");
  Start("DROP COLUMN must");
  WaitFor("the migration to be ready", &Fixture::IsReady);
  Cutover();
  WaitFor("the cutover", &Fixture::IsLive);
}

}  // namespace osc
