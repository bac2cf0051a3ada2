// Kills the engine at every named fault point that an act of a migration's life passes, with
// writers at work, and looks whether it goes on as if nothing had happened. Which points there are
// is not listed anywhere: an act is run once with a trace, which names them.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "src/state/store.h"
#include "tests/support/users_test.h"
#include "tests/support/xa_session.h"

namespace osc {

class FaultPointsTest : public testing::UsersTest {
 public:
  // A part of a migration's life, which can be played again and again.
  struct Act {
    std::string name;
    // Brings the migration to where the act begins. An unarmed engine runs and is ended after it.
    void (FaultPointsTest::*prepare)();
    // With the engine at work, which may die at any moment: writes, and puts wishes into the store.
    void (FaultPointsTest::*begin)();
    // True at the end of the act. Asked again and again, it may do what comes next.
    bool (FaultPointsTest::*is_done)();
  };
  static const std::vector<Act>& Acts();
  // Every name in the sources.
  static std::vector<std::string> NamesInSources();

 protected:
  void SetUp() override;
  void TearDown() override;

  // The names passed, in the order of their first passing.
  Names Trace(const Act& act);
  // Kills the engine at the first of these that it passes, starts another that dies at one of the
  // others, and so on until the act is over. Returns those at which one died.
  Names KillAt(const Act& act, const Names& points);
  // Kills the engine again and again within half a second of its start, at most so often. Returns
  // how often.
  int KillAtRandom(const Act& act, std::mt19937& random, int most);
  virtual int FirstRows() const { return 300; }

 private:
  // What acts are made of.
  void NeedNothing();
  void NeedOneTable();
  void NeedReady();
  void NeedLive();
  void NeedFreshLive();
  void NeedTriggers();
  void NeedReverted();
  void NeedSwapCutOff(const std::string& point);
  void NeedSwapDone() { NeedSwapCutOff("swing.swapped"); }
  void NeedSwapUndone() { NeedSwapCutOff("swap.drained"); }
  void NeedUnfitRows();
  void NeedDefaulted();

  void Alter() { Start("DROP COLUMN title, DROP KEY by_u, ADD more INT DEFAULT 5, " + kWiderCode); }
  void AlterBadly() { Start("ADD UNIQUE KEY by_amount (amount)"); }
  void ChangeInstantly() { Start("ADD COLUMN later INT DEFAULT 3", "instant"); }
  void ChangeInstantlyBehindATransaction();
  void LeaveItToOsc() { Start("ADD KEY by_token_and_amount (token, amount)", "auto"); }
  void Cutover() { Wish("cutover"); }
  void Revert() { Wish("revert"); }
  void Reapply() { Wish("reapply"); }
  void Complete() { Wish("complete"); }
  void Cancel() { Wish("cancel"); }
  void Set() { Wish("set", R"({"max-lag": "2s"})"); }
  void VerifySinceLast() { Wish("verify", R"({"since_last": true})"); }
  void Repair();
  void Expire() { store().SetExpiry(id_, std::chrono::system_clock::now()); }
  void RevertWithLoss();
  void RevertBehindATransaction();
  void WriteUnfitRows();
  void WriteDefaulted();
  void Truncate();
  void WriteXa();
  void RestartCopy() { Wish("resume", R"({"restart_copy": true})"); }
  void Reseed();
  void DoNothing() {}
  // What becomes of a table or a view, one turn after the other.
  struct Turn {
    std::string what;            // a statement for a new migration, or a command for this one
    state::MigrationState then;  // to which it leads
    std::string check;           // SQL, of which a query gives `value`
    std::string value;
  };
  void Play(std::vector<Turn> turns);
  void MakeATable();
  void DropATable();
  void ReplaceAView();

  bool IsReady() { return IsIn(state::MigrationState::kReady); }
  bool IsVerified() {
    return IsAnswered() && store().GetVerifyState(id_) == state::VerifyState::kPassed;
  }
  bool IsLive() { return IsIn(state::MigrationState::kLive); }
  bool IsReverted() { return IsIn(state::MigrationState::kReverted); }
  bool IsCompleted() { return IsIn(state::MigrationState::kCompleted); }
  bool IsChangedInstantly();
  bool IsChangedAfterTheTransaction();
  bool IsCancelled() { return IsIn(state::MigrationState::kCancelled); }
  bool IsFailed() { return IsIn(state::MigrationState::kFailed); }
  bool IsAnswered() { return store().OpenIntents(id_).empty(); }
  bool IsRevertedAfterTheTransaction();
  bool IsCaughtUp();
  bool IsUnfitSettled();
  bool IsReseeded();
  bool IsPlayed();

  static const std::string kWiderCode;

  void Start(const std::string& alter, const std::string& algorithm = "osc");
  void StartObject(const std::string& statement);
  void Wish(const std::string& command, const std::string& arguments = "{}");
  bool IsIn(state::MigrationState state);
  void WaitFor(const std::string& what, bool (FaultPointsTest::*is_done)());
  void EndMigration();
  void PutSpecialRows();
  uint64_t UnfitRows();
  void NoteEndOfBinlog();
  void Check();
  void StartEngine(const std::string& variable, const std::string& value);
  void EndEngine();
  bool HasEngineDied();
  state::Store& store();

  std::string table_ = "users";
  std::string id_;
  std::unique_ptr<testing::OscProcess> engine_;
  std::optional<state::Store> store_;
  std::unique_ptr<testing::Writers> writers_;
  std::unique_ptr<mysql::Connection> holder_;
  std::string binlog_end_;
  size_t events_before_ = 0;
  int stage_ = 0;
  std::vector<Turn> turns_;
  bool turn_begun_ = false;
  bool truncated_ = false;
  bool reseeded_ = false;
  bool has_triggers_ = false;
};

}  // namespace osc
