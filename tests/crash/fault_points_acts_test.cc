// The acts of a migration's life.
#include <filesystem>

#include "ddl/object_statement.h"
#include "src/base/wait.h"
#include "src/binlog/gtid_set.h"
#include "src/mysql/connection_json.h"
#include "src/mysql/host_list.h"
#include "src/mysql/session_list.h"
#include "src/mysql/table_exists.h"
#include "tests/crash/fault_points_test.h"
#include "tests/support/audit.h"

namespace osc {

using state::MigrationState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Fixture = FaultPointsTest;

const std::string Fixture::kWiderCode = "MODIFY code VARCHAR(50) NULL DEFAULT 'c'";

const std::vector<Fixture::Act>& Fixture::Acts() {
  static const std::vector<Act> acts{
      {"road", &Fixture::NeedNothing, &Fixture::Alter, &Fixture::IsReady},
      {"cutover", &Fixture::NeedReady, &Fixture::Cutover, &Fixture::IsLive},
      {"revert", &Fixture::NeedLive, &Fixture::Revert, &Fixture::IsReverted},
      {"reapply", &Fixture::NeedReverted, &Fixture::Reapply, &Fixture::IsLive},
      {"revert with triggers", &Fixture::NeedTriggers, &Fixture::Revert, &Fixture::IsReverted},
      {"settle a swap that is done", &Fixture::NeedSwapDone, &Fixture::DoNothing,
       &Fixture::IsReverted},
      {"settle a swap that is not", &Fixture::NeedSwapUndone, &Fixture::DoNothing,
       &Fixture::IsReverted},
      {"revert behind a transaction", &Fixture::NeedLive, &Fixture::RevertBehindATransaction,
       &Fixture::IsRevertedAfterTheTransaction},
      {"verify what has changed", &Fixture::NeedLive, &Fixture::VerifySinceLast,
       &Fixture::IsVerified},
      {"repair", &Fixture::NeedLive, &Fixture::Repair, &Fixture::IsVerified},
      {"set", &Fixture::NeedLive, &Fixture::Set, &Fixture::IsAnswered},
      {"unfit rows", &Fixture::NeedFreshLive, &Fixture::WriteUnfitRows, &Fixture::IsUnfitSettled},
      {"revert with loss", &Fixture::NeedUnfitRows, &Fixture::RevertWithLoss, &Fixture::IsReverted},
      {"xa", &Fixture::NeedFreshLive, &Fixture::WriteXa, &Fixture::IsCaughtUp},
      {"complete", &Fixture::NeedReverted, &Fixture::Complete, &Fixture::IsCompleted},
      {"expire", &Fixture::NeedReverted, &Fixture::Expire, &Fixture::IsCompleted},
      {"restart the copy", &Fixture::NeedReady, &Fixture::RestartCopy, &Fixture::IsReady},
      {"reseed", &Fixture::NeedUnfitRows, &Fixture::Reseed, &Fixture::IsReseeded},
      {"cancel", &Fixture::NeedReady, &Fixture::Cancel, &Fixture::IsCancelled},
      {"fail", &Fixture::NeedNothing, &Fixture::AlterBadly, &Fixture::IsFailed},
      {"defaulted rows", &Fixture::NeedDefaulted, &Fixture::WriteDefaulted, &Fixture::IsCaughtUp},
      {"change instantly", &Fixture::NeedOneTable, &Fixture::ChangeInstantly,
       &Fixture::IsChangedInstantly},
      {"change instantly behind a transaction", &Fixture::NeedOneTable,
       &Fixture::ChangeInstantlyBehindATransaction, &Fixture::IsChangedAfterTheTransaction},
      {"leave it to osc", &Fixture::NeedOneTable, &Fixture::LeaveItToOsc, &Fixture::IsLive},
      {"make a table", &Fixture::NeedNothing, &Fixture::MakeATable, &Fixture::IsPlayed},
      {"drop a table", &Fixture::NeedNothing, &Fixture::DropATable, &Fixture::IsPlayed},
      {"replace a view", &Fixture::NeedNothing, &Fixture::ReplaceAView, &Fixture::IsPlayed},
      {"truncate", &Fixture::NeedLive, &Fixture::Truncate, &Fixture::IsCaughtUp},
  };
  return acts;
}

void Fixture::SetUp() {
  UsersTest::SetUp();
  if (IsSkipped()) return;
  CreateUsers("users",
              std::string(kTitle) +
                  ", stamp INT NOT NULL DEFAULT 0, code VARCHAR(5) NOT NULL DEFAULT 'c', u INT "
                  "NULL, UNIQUE KEY by_u (u)",
              FirstRows());
  Run("UPDATE users SET title=CONCAT('title-', token)");
  PutSpecialRows();
  store_.emplace(state::Store::Open(osc().state().path()));
  writers_ = std::make_unique<testing::Writers>(server(), database(), "users", 2);
}

void Fixture::TearDown() {
  if (!IsSkipped() && !HasFailure()) {
    EndMigration();
    PutSpecialRows();
    if (!truncated_) ExpectExactly(*writers_, "users");
    if (reseeded_) {
      ExpectNoRow("users", "title<>'none'");
    } else {
      ExpectTitles("users", FirstRows());
    }
    EXPECT_THAT(Tables(), ::testing::IsSubsetOf({"d", "users"}));
  }
  engine_.reset();
  writers_.reset();
  holder_.reset();
  UsersTest::TearDown();
}

// Rows that no writer touches, each time as they were.
void Fixture::PutSpecialRows() {
  Run("START TRANSACTION");
  Run("DELETE FROM users WHERE id BETWEEN -9000009 AND -9000001");
  Run("INSERT INTO users (id, token, email, code, u) VALUES (-9000001, 5000001, 's1', 'a', NULL), "
      "(-9000002, 5000002, 's2', 'b', NULL), (-9000003, 5000003, 's3', 'c', 1), "
      "(-9000004, 5000004, 's4', 'd', 2)");
  Run("COMMIT");
}

state::Store& Fixture::store() { return *store_; }

void Fixture::StartEngine(const std::string& variable, const std::string& value) {
  osc().SetEnvironment(variable, value);
  engine_ = osc().Start({"serve"});
  osc().SetEnvironment(variable, "");
  testing::WaitUntil(
      "an engine", [&] { return engine_->HasEnded() || osc().state().EnginePid().has_value(); },
      seconds(20));
}

void Fixture::EndEngine() {
  if (engine_) engine_->Signal(SIGTERM);
  if (engine_) engine_->Wait(seconds(30));
  engine_.reset();
}

bool Fixture::HasEngineDied() {
  if (!engine_->HasEnded()) return false;
  const testing::Outcome outcome = engine_->Wait(seconds(1));
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL) << outcome.Describe();
  return true;
}

void Fixture::WaitFor(const std::string& what, bool (Fixture::*is_done)()) {
  const bool done = base::PollUntil({}, base::Clock::now() + seconds(60), milliseconds(10),
                                    [&] { return (this->*is_done)(); });
  if (!done) throw std::runtime_error("gave up waiting: " + what + osc().Show(id_).dump(1));
}

bool Fixture::IsIn(MigrationState state) {
  return !id_.empty() && store().Get(id_).state == state && IsAnswered();
}

void Fixture::Start(const std::string& alter, const std::string& algorithm) {
  const size_t before = store().List().size();
  // It may find no engine any more when it has put the migration into the store.
  Names command{"alter",
                "--table",
                table_,
                "--alter",
                alter,
                "--detach",
                "--no-autostart",
                "--chunk-time",
                "10ms",
                "--defer-indexes",
                "on",
                "--cutover-lock-timeout",
                "2s",
                "--algorithm",
                algorithm};
  if (algorithm == "osc") command.push_back("--postpone-cutover");
  const testing::Outcome outcome = osc().Run(command);
  const auto list = store().List();
  if (list.size() == before) throw std::runtime_error("osc alter: " + outcome.Describe());
  id_ = list.back().id;
}

void Fixture::Wish(const std::string& command, const std::string& arguments) {
  store().AddIntent(id_, command, arguments);
}

bool Fixture::IsChangedInstantly() {
  if (!IsCompleted()) return false;
  EXPECT_EQ(Value("SELECT MAX(later) FROM users"), "3");
  return true;
}

void Fixture::ChangeInstantlyBehindATransaction() {
  stage_ = 0;
  holder_ = std::make_unique<mysql::Connection>(server().Connect(database()));
  holder_->Execute("START TRANSACTION");
  holder_->QueryValue("SELECT COUNT(*) FROM users");
  ChangeInstantly();
}

bool Fixture::IsChangedAfterTheTransaction() {
  const auto events = store().Events(id_);
  for (size_t i = 0; stage_ == 0 && i < events.size(); ++i) {
    if (events[i].text.find("gave up") == std::string::npos) continue;
    holder_->Execute("ROLLBACK");
    stage_ = 1;
  }
  return stage_ == 1 && IsChangedInstantly();
}

void Fixture::Play(std::vector<Turn> turns) {
  turns_ = std::move(turns);
  turn_begun_ = false;
}

void Fixture::MakeATable() {
  const std::string is_there =
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='" + database() +
      "' AND TABLE_NAME='made'";
  Play({{"CREATE TABLE made (id INT)", MigrationState::kLive, "INSERT INTO made VALUES (1)", ""},
        {"revert", MigrationState::kReverted, is_there, "0"},
        {"reapply", MigrationState::kLive, "SELECT COUNT(*) FROM made", "1"},
        {"complete", MigrationState::kCompleted, "DROP TABLE made", ""}});
}

void Fixture::DropATable() {
  Run("CREATE TABLE made (id INT)");
  Run("INSERT INTO made VALUES (1)");
  const std::string rows = "SELECT COUNT(*) FROM made";
  const std::string is_there =
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='" + database() +
      "' AND TABLE_NAME='made'";
  Play({{"DROP TABLE made", MigrationState::kLive, is_there, "0"},
        {"revert", MigrationState::kReverted, rows, "1"},
        {"reapply", MigrationState::kLive, is_there, "0"},
        {"complete", MigrationState::kCompleted, is_there, "0"}});
}

void Fixture::ReplaceAView() {
  const std::string column =
      "SELECT GROUP_CONCAT(COLUMN_NAME) FROM information_schema.COLUMNS WHERE "
      "TABLE_SCHEMA='" +
      database() + "' AND TABLE_NAME='seen'";
  Run("CREATE VIEW seen AS SELECT id FROM users");
  Play({{"ALTER VIEW seen AS SELECT u FROM users", MigrationState::kLive, column, "u"},
        {"revert", MigrationState::kReverted, column, "id"},
        {"reapply", MigrationState::kLive, column, "u"},
        {"complete", MigrationState::kCompleted, "DROP VIEW seen", ""}});
}

bool Fixture::IsPlayed() {
  if (stage_ == static_cast<int>(turns_.size())) return true;
  const Turn& turn = turns_.at(stage_);
  if (!turn_begun_) {
    turn_begun_ = true;
    turn.what.find(' ') == std::string::npos ? Wish(turn.what) : StartObject(turn.what);
  }
  if (!IsIn(turn.then)) return false;
  if (turn.value.empty()) {
    Run(turn.check);
  } else {
    EXPECT_EQ(Value(turn.check), turn.value) << turn.what;
  }
  turn_begun_ = false;
  return ++stage_ == static_cast<int>(turns_.size());
}

void Fixture::StartObject(const std::string& statement) {
  ddl::ObjectStatement object = ddl::ParseObjectStatement(statement).at(0);
  if (object.action == ddl::ObjectAction::kCreateTable) object.alters = {"ADD KEY by_id (id)"};
  state::Migration migration;
  migration.server = mysql::ChooseServer(server().Options()).identity;
  migration.connection = mysql::SaveConnection(server().Options());
  migration.database = database();
  migration.table = object.name;
  migration.alter = object.text;
  migration.object = ddl::SaveObject(object);
  migration.settings.cutover_lock_timeout = std::chrono::seconds(2);
  id_ = store().Create(migration).id;
}

// The table is as it was before; both agree before the other one goes.
void Fixture::EndMigration() {
  holder_.reset();
  stage_ = 0;
  if (id_.empty() || state::IsFinal(store().Get(id_).state)) return;
  if (!engine_) StartEngine("OSC_FAULT", "");
  const bool before = state::IsBeforeCutover(store().Get(id_).state);
  if (IsLive()) {
    Revert();
    WaitFor("the revert", &Fixture::IsReverted);
    Check();
  }
  before ? Cancel() : Complete();
  WaitFor("its end", before ? &Fixture::IsCancelled : &Fixture::IsCompleted);
  if (table_ == "d") {
    EXPECT_EQ(Value("SELECT must FROM d WHERE id=1"), "one");
  }
  if (has_triggers_) testing::DropAudit(connection(), "users");
  has_triggers_ = false;
}

void Fixture::Check() {
  if (!engine_) StartEngine("OSC_FAULT", "");
  const MigrationState state = store().Get(id_).state;
  EXPECT_FALSE(store().Get(id_).error && state != MigrationState::kFailed)
      << store().Get(id_).error->message;
  if (state::IsFinal(state)) {
    EXPECT_THAT(Tables(), ::testing::IsSubsetOf({"d", "users"}));
  } else if (table_ == "d") {
    ExpectInvariant(id_);
  } else {
    ExpectInvariant(id_, {"token", "email", "amount", "code", "u"});
  }
  writers_->WaitForTransactions(10);
  if (has_triggers_) {
    testing::ExpectAudited(connection(), "users", osc().Show(id_)["off_stage_table"]);
  }
}

void Fixture::NoteEndOfBinlog() {
  binlog_end_ = Value("SELECT " + std::string(connection().server().ExecutedGtidVariable()));
}

bool Fixture::IsCaughtUp() {
  const auto parse = [&](const std::string& text) {
    return binlog::GtidSet::Parse(connection().server().family, text);
  };
  return parse(store().GetProgress(id_).stream_gtid).Contains(parse(binlog_end_));
}

uint64_t Fixture::UnfitRows() {
  const std::string entries = "_oscq_" + id_;
  if (!mysql::TableExists(connection(), {database(), entries})) return 0;
  return std::stoull(Value("SELECT COUNT(*) FROM " + entries));
}

void Fixture::WriteUnfitRows() {
  stage_ = 0;
  Run("UPDATE users SET code='much too long' WHERE id=-9000001");
  Run("UPDATE users SET code=NULL WHERE id=-9000002");
  Run("UPDATE users SET u=1 WHERE id=-9000004");
}

bool Fixture::IsUnfitSettled() {
  const uint64_t rows = UnfitRows();
  if (stage_ == 0 && rows == 3) {  // one that only another one keeps out
    Run("UPDATE users SET u=3 WHERE id=-9000003");
    stage_ = 1;
  } else if (stage_ == 1 && rows == 2) {
    Run("UPDATE users SET code='mend' WHERE id=-9000001");
    Run("DELETE FROM users WHERE id=-9000002");
    stage_ = 2;
  }
  return stage_ == 2 && rows == 0;
}

void Fixture::Reseed() {
  reseeded_ = true;
  stage_ = 0;
  Wish("reseed", R"({"accept_loss": true})");
}

// Once it is done, the rows without a place are found again, and can be mended.
bool Fixture::IsReseeded() {
  if (stage_ == 0 && IsLive() && UnfitRows() == 3) {
    PutSpecialRows();
    stage_ = 1;
  }
  return stage_ == 1 && IsLive() && UnfitRows() == 0;
}

void Fixture::RevertWithLoss() {
  const auto file = osc().state().path() / "lost.jsonl";
  Wish("revert", nlohmann::json{{"loss_report", file.string()}}.dump());
}

void Fixture::RevertBehindATransaction() {
  stage_ = 0;
  holder_ = std::make_unique<mysql::Connection>(server().Connect(database()));
  holder_->Execute("START TRANSACTION");
  holder_->Execute("INSERT INTO users (token, email) VALUES (0, 'held')");
  events_before_ = store().Events(id_).size();
  Revert();
}

// The transaction ends while an attempt waits for the lock, and takes numbers of AUTO_INCREMENT
// with it that no row has.
bool Fixture::IsRevertedAfterTheTransaction() {
  const auto events = store().Events(id_);
  for (size_t i = events_before_; stage_ == 0 && i < events.size(); ++i) {
    if (events[i].text.find("gave up") != std::string::npos) stage_ = 1;
  }
  if (stage_ == 1) {
    for (const mysql::Session& session : mysql::ListSessions(connection())) {
      const bool is_lock = session.statement.find("LOCK TABLES") == 0 ||
                           session.statement.find("swap:gate") != std::string::npos;
      if (!is_lock || !session.WaitsForMetadataLock() ||
          session.statement.find(database()) == std::string::npos) {
        continue;
      }
      std::string rows;
      for (int i = 0; i < 100; ++i) {
        rows += (i ? ",(0,'held" : "(0,'held") + std::to_string(i) + "')";
      }
      holder_->Execute("INSERT INTO users (token, email) VALUES " + rows);
      holder_->Execute("ROLLBACK");
      stage_ = 2;
      break;
    }
  }
  return stage_ == 2 && IsReverted();
}

// Rows that no writer touches are wrong off stage.
void Fixture::Repair() {
  const std::string off_stage =
      mysql::QuoteIdentifier(osc().Show(id_)["off_stage_table"].get<std::string>());
  Run("UPDATE " + off_stage + " SET amount=amount+5 WHERE id=-9000003");
  Run("DELETE FROM " + off_stage + " WHERE id=-9000002");
  Wish("verify", R"({"repair": true})");
}

void Fixture::WriteDefaulted() {
  Run("INSERT INTO d (id, token) VALUES (10, 1), (11, 2)");
  Run("UPDATE d SET id=12 WHERE id=11");
  Run("UPDATE d SET id=20 WHERE id=2");
  Run("DELETE FROM d WHERE id=10");
  NoteEndOfBinlog();
}

void Fixture::Truncate() {
  truncated_ = true;
  Run("TRUNCATE TABLE users");
  NoteEndOfBinlog();
}

void Fixture::WriteXa() {
  for (const bool commit : {true, false}) {
    testing::XaSession session(
        server().Connect(database()), "'" + database() + id_ + (commit ? "c" : "r") + "'",
        {"UPDATE users SET code='xa' WHERE id=-9000001",
         std::string("UPDATE users SET u=") + (commit ? "7" : "8") + " WHERE id=-9000003"});
    session.Prepare();
    commit ? session.Commit() : session.Rollback();
  }
  EXPECT_EQ(Value("SELECT u FROM users WHERE id=-9000003"), "7");
  NoteEndOfBinlog();
}

}  // namespace osc
