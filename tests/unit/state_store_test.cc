#include "src/state/ledger.h"
#include "src/state/migration_id.h"
#include "tests/support/store_test.h"

namespace osc::state {
namespace {

using std::chrono::milliseconds;

using StateStoreTest = StoreTest;

TEST_F(StateStoreTest, GivesBackWhatWasCreated) {
  Store store = Store::Open(directory_);
  Migration wanted = NewMigration("users");
  wanted.settings.retention = std::chrono::hours(3);
  wanted.settings.postpone_cutover = true;
  wanted.notes = R"([{"kind":"lossy"}])";
  wanted.require_revertible = true;
  wanted.revert_defaults = "[2]";
  const Migration created = store.Create(wanted);

  ASSERT_EQ(created.id.size(), 8U);
  EXPECT_TRUE(created.id[0] >= 'a' && created.id[0] <= 'z');
  EXPECT_EQ(created.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
            std::string::npos);
  const Migration found = Store::Open(directory_).Get(created.id);
  EXPECT_EQ(found.database, "shop");
  EXPECT_EQ(found.table, "users");
  EXPECT_EQ(found.alter, "DROP COLUMN title");
  EXPECT_EQ(found.settings.retention, std::chrono::hours(3));
  EXPECT_TRUE(found.settings.postpone_cutover);
  EXPECT_EQ(found.state, MigrationState::kQueued);
  EXPECT_EQ(found.live, LiveTable::kOld);
  EXPECT_EQ(found.notes, wanted.notes);
  EXPECT_TRUE(found.require_revertible);
  EXPECT_EQ(found.revert_defaults, "[2]");
  EXPECT_FALSE(found.error);
  EXPECT_FALSE(found.expires_at);
  EXPECT_EQ(found.created_at, created.created_at);
}

TEST_F(StateStoreTest, SeveralAreMadeTogetherOrNone) {
  Store store = Store::Open(directory_);
  store.Create(NewMigration("taken"));
  Migration one = NewMigration("orders");
  Migration other = NewMigration("taken");
  one.together = other.together = "release";
  EXPECT_THROW(store.CreateAll({one, other}), Error);
  EXPECT_EQ(store.List().size(), 1U);
  other.table = "items";
  const auto made = store.CreateAll({one, other});
  ASSERT_EQ(made.size(), 2U);
  const auto companions = store.Companions(made[1]);
  ASSERT_EQ(companions.size(), 2U);
  EXPECT_EQ(companions[0].id, made[0].id);
  EXPECT_EQ(companions[1].id, made[1].id);
  EXPECT_EQ(store.Companions(store.List().front()).size(), 1U);
  Migration nothing = NewMigration("nothing");
  nothing.together = "release";
  nothing.object = "{}";
  const std::string id = store.Create(nothing).id;
  EXPECT_EQ(store.Companions(made[1]).size(), 3U) << "it is not known yet that it changes nothing";
  store.SetPrepared(id, "same", "same", "[]", "");
  EXPECT_EQ(store.Companions(made[1]).size(), 2U);
  EXPECT_EQ(store.Companions(store.Get(id)).size(), 1U);
}

TEST_F(StateStoreTest, ACopyCanBeginAnew) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  store.HandOutChunk(id, {1, "", "5"}, true);
  store.SetPaused(id, true);
  store.SetError(id, StoredError{"position_lost", "message", "hint"});
  Swap swap = store.RecordSwapIntent(id, "cutover", "{}");
  store.FinishSwap(id, swap, MigrationState::kLive, LiveTable::kNew, std::nullopt);
  store.CopyAnew(id, MigrationState::kReseeding, "another");
  const Migration found = store.Get(id);
  EXPECT_EQ(found.state, MigrationState::kReseeding);
  EXPECT_EQ(found.seeded_epoch, 1);
  EXPECT_EQ(found.server, "another");
  EXPECT_FALSE(found.error);
  EXPECT_FALSE(found.paused);
  const auto copy = store.GetCopyState(id);
  EXPECT_EQ(copy.next_number, 1U);
  EXPECT_FALSE(copy.all_handed_out);
  EXPECT_TRUE(copy.outstanding.empty());
}

TEST_F(StateStoreTest, EachSetterChangesWhatItNames) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  const Time expiry = Time(milliseconds(1'800'000'000'123));
  Settings settings;
  settings.copy_threads = 7;

  store.SetState(id, MigrationState::kCatchingUp);
  store.SetPrepared(id, "old", "new", "[]", "[1]");
  store.SetPaused(id, true);
  store.SetCutoverAsked(id, true);
  store.SetKeepTable(id, true);
  store.SetSettings(id, settings);
  store.SetExpiry(id, expiry);
  store.SetError(id, StoredError{"diverged", "message", "hint"});

  Migration found = store.Get(id);
  EXPECT_EQ(found.state, MigrationState::kCatchingUp);
  EXPECT_EQ(found.old_definition, "old");
  EXPECT_EQ(found.new_definition, "new");
  EXPECT_EQ(found.revert_defaults, "[1]");
  EXPECT_TRUE(found.paused);
  EXPECT_TRUE(found.cutover_asked);
  EXPECT_TRUE(found.keep_table);
  EXPECT_EQ(found.settings.copy_threads, 7);
  EXPECT_EQ(found.expires_at, expiry);
  ASSERT_TRUE(found.error);
  EXPECT_EQ(found.error->code, "diverged");
  EXPECT_EQ(found.error->hint, "hint");

  store.SetError(id, std::nullopt);
  store.SetExpiry(id, std::nullopt);
  found = store.Get(id);
  EXPECT_FALSE(found.error);
  EXPECT_FALSE(found.expires_at);

  store.SetFailed(id, MigrationState::kFailed, StoredError{"refused", "no", ""});
  found = store.Get(id);
  EXPECT_EQ(found.state, MigrationState::kFailed);
  EXPECT_EQ(found.error->message, "no");

  EXPECT_EQ(Catch([&] { store.SetPaused("nosuchid", true); }).code(), ErrorCode::kInternal);
}

TEST_F(StateStoreTest, RefusesASecondUnfinishedMigrationOfATable) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  Store other = Store::Open(directory_);

  Error error = Catch([&] { other.Create(NewMigration("users")); });
  EXPECT_EQ(error.code(), ErrorCode::kRefused);
  EXPECT_NE(error.message().find(id), std::string::npos);
  EXPECT_NE(error.hint().find("osc cancel " + id), std::string::npos);

  store.SetState(id, MigrationState::kLive);
  error = Catch([&] { other.Create(NewMigration("users")); });
  EXPECT_EQ(error.hint(), "end its revert window first: osc complete " + id);

  EXPECT_NO_THROW(other.Create(NewMigration("orders")));
  Migration elsewhere = NewMigration("users");
  elsewhere.server = "other:3306:2";
  EXPECT_NO_THROW(other.Create(elsewhere));
  store.SetState(id, MigrationState::kCompleted);
  EXPECT_NO_THROW(other.Create(NewMigration("users")));
  EXPECT_EQ(Catch([&] { other.RequireNoUnfinished("host:3306:1", "shop", "users"); }).code(),
            ErrorCode::kRefused);
  EXPECT_NO_THROW(other.RequireNoUnfinished("host:3306:1", "shop", "items"));
  EXPECT_EQ(store.Unfinished().size(), 3U);
  EXPECT_EQ(store.List().size(), 4U);
  EXPECT_EQ(store.List().front().id, id);
}

TEST_F(StateStoreTest, FindsByUniquePrefix) {
  Store store = Store::Open(directory_);
  std::vector<std::string> ids;
  for (int i = 0; i < 80; ++i) {
    ids.push_back(store.Create(NewMigration("t" + std::to_string(i))).id);
  }
  for (const std::string& id : ids) {
    EXPECT_EQ(store.Find(id).id, id);
    EXPECT_EQ(store.Find(id.substr(0, 7)).id, id);
  }
  // 80 ids over 26 first letters: some letter begins two of them.
  int ambiguous = 0;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const auto matches = std::count_if(ids.begin(), ids.end(),
                                       [&](const std::string& id) { return id[0] == letter; });
    if (matches < 2) continue;
    ++ambiguous;
    EXPECT_EQ(Catch([&] { store.Find(std::string(1, letter)); }).code(),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_GT(ambiguous, 0);
  EXPECT_EQ(Catch([&] { store.Find("0000"); }).code(), ErrorCode::kNotFound);
  for (const char* bad : {"", "%", "ABC", "a b", "abcdefghi", "_"}) {
    EXPECT_EQ(Catch([&] { store.Find(bad); }).code(), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST_F(StateStoreTest, SeesTheChangesOfOtherConnectionsOnly) {
  Store store = Store::Open(directory_);
  Store other = Store::Open(directory_);
  EXPECT_FALSE(store.HasChanged());
  const std::string id = other.Create(NewMigration("users")).id;
  EXPECT_TRUE(store.HasChanged());
  EXPECT_FALSE(store.HasChanged());
  store.SetPaused(id, true);
  EXPECT_FALSE(store.HasChanged());
  EXPECT_TRUE(other.HasChanged());
  other.SetProgress(id, Progress{});
  EXPECT_TRUE(store.HasChanged());
}

TEST_F(StateStoreTest, KeepsProgress) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  EXPECT_EQ(store.GetProgress(id).readiness, "none");

  Progress progress;
  progress.rows_copied = 18'000'000'000'000'000'000ULL;
  progress.percent = 41.5;
  progress.eta_seconds = 93;
  progress.stream_direction = "new-to-old";
  progress.throttle_reason = "lag";
  progress.readiness = "blocked";
  progress.reasons.push_back({"blocked", "name", 3, "row 7: too long: 'gr\xfc\xdf'"});
  store.SetProgress(id, progress);
  progress.rows_applied = 5;
  store.SetProgress(id, progress);

  const Progress found = Store::Open(directory_).GetProgress(id);
  EXPECT_EQ(found.rows_copied, progress.rows_copied);
  EXPECT_EQ(found.rows_applied, 5U);
  EXPECT_EQ(found.percent, 41.5);
  EXPECT_EQ(found.eta_seconds, 93);
  EXPECT_EQ(found.stream_direction, "new-to-old");
  ASSERT_EQ(found.reasons.size(), 1U);
  EXPECT_EQ(found.reasons[0].rows, 3U);
  EXPECT_EQ(found.reasons[0].column, "name");
}

TEST_F(StateStoreTest, ASwapHasAnIntentAndThenAnOutcome) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  EXPECT_FALSE(store.OpenSwap(id));

  Swap swap = store.RecordSwapIntent(id, "cutover", "{\"sentry\":\"s\"}");
  EXPECT_EQ(swap.number, 1);
  store.SetFreezePoint(id, 1, "0-1-99");
  ASSERT_TRUE(Store::Open(directory_).OpenSwap(id));
  EXPECT_EQ(store.OpenSwap(id)->freeze_point, "0-1-99");
  EXPECT_TRUE(store.Swaps(id).empty());
  EXPECT_THROW(store.RecordSwapIntent(id, "cutover", ""), Error);  // one at a time

  store.DropSwapIntent(id, 1);
  EXPECT_FALSE(store.OpenSwap(id));
  EXPECT_EQ(Catch([&] { store.DropSwapIntent(id, 1); }).code(), ErrorCode::kInternal);

  swap = store.RecordSwapIntent(id, "cutover", "{}");
  swap.freeze_point = "0-1-120";
  swap.lock_ms = 7.25;
  const Time expiry = Time(milliseconds(1'800'000'000'000));
  store.FinishSwap(id, swap, MigrationState::kLive, LiveTable::kNew, expiry);
  EXPECT_FALSE(store.OpenSwap(id));
  ASSERT_EQ(store.Swaps(id).size(), 1U);
  EXPECT_EQ(store.Swaps(id)[0].freeze_point, "0-1-120");
  EXPECT_EQ(store.Swaps(id)[0].lock_ms, 7.25);
  EXPECT_TRUE(store.Swaps(id)[0].at);
  const Migration live = store.Get(id);
  EXPECT_EQ(live.state, MigrationState::kLive);
  EXPECT_EQ(live.live, LiveTable::kNew);
  EXPECT_EQ(live.expires_at, expiry);

  EXPECT_EQ(store.RecordSwapIntent(id, "revert", "{}").number, 2);
  EXPECT_THROW(store.FinishSwap(id, swap, MigrationState::kLive, LiveTable::kNew, expiry), Error);
}

TEST_F(StateStoreTest, SwapsThatTheServerHasLostAreTakenBack) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  const Time expiry = Time(milliseconds(1'800'000'000'000));
  store.FinishSwap(id, store.RecordSwapIntent(id, "cutover", "{}"), MigrationState::kLive,
                   LiveTable::kNew, expiry);
  store.FinishSwap(id, store.RecordSwapIntent(id, "revert", "{}"), MigrationState::kReverted,
                   LiveTable::kOld, expiry);
  store.RecordSwapIntent(id, "reapply", "{}");

  store.TakeBackSwaps(id, 1, MigrationState::kLive, LiveTable::kNew, expiry);
  EXPECT_EQ(store.Swaps(id).size(), 1U);
  EXPECT_FALSE(store.OpenSwap(id));
  EXPECT_EQ(store.Get(id).state, MigrationState::kLive);
  EXPECT_EQ(store.Get(id).live, LiveTable::kNew);

  store.TakeBackSwaps(id, 0, MigrationState::kCatchingUp, LiveTable::kOld, std::nullopt);
  EXPECT_TRUE(store.Swaps(id).empty());
  EXPECT_FALSE(store.Get(id).expires_at);
}

TEST_F(StateStoreTest, TheCopyIsPutBack) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  store.HandOutChunk(id, {1, "", "(100)"}, false);
  const Store::CopyState before = store.GetCopyState(id);
  store.FinishChunk(id, 1, 100);
  store.HandOutChunk(id, {2, "(100)", "(200)"}, true);

  store.SetCopyState(id, before);
  const Store::CopyState copy = Store::Open(directory_).GetCopyState(id);
  EXPECT_EQ(copy.watermark, "(100)");
  EXPECT_FALSE(copy.all_handed_out);
  EXPECT_EQ(copy.next_number, 2U);
  EXPECT_EQ(copy.rows_copied, 0U);
  ASSERT_EQ(copy.outstanding.size(), 1U);
  EXPECT_EQ(copy.outstanding[0].high, "(100)");
}

TEST_F(StateStoreTest, FormerServersAndTheCopyAreRemembered) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  Progress progress = store.GetProgress(id);
  EXPECT_TRUE(progress.former_servers.empty());
  progress.former_servers.push_back({"db1:3306:1", "0-1-100"});
  progress.copy_number = 2;
  store.SetProgress(id, progress);
  store.SetSeededEpoch(id, 1);
  Store later = Store::Open(directory_);
  const Progress found = later.GetProgress(id);
  ASSERT_EQ(found.former_servers.size(), 1U);
  EXPECT_EQ(found.former_servers[0].identity, "db1:3306:1");
  EXPECT_EQ(found.former_servers[0].left_at, "0-1-100");
  EXPECT_EQ(found.copy_number, 2);
  EXPECT_EQ(later.Get(id).seeded_epoch, 1);
}

TEST_F(StateStoreTest, TheCopyKnowsItsOutstandingChunks) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  EXPECT_EQ(store.GetCopyState(id).next_number, 1U);

  store.HandOutChunk(id, {1, "", "(100)"}, false);
  store.HandOutChunk(id, {2, "(100)", "(200)"}, false);
  store.HandOutChunk(id, {3, "(200)", "(250)"}, true);
  store.FinishChunk(id, 2, 100);
  store.FinishChunk(id, 2, 100);  // a repetition is not counted

  const Store::CopyState copy = Store::Open(directory_).GetCopyState(id);
  EXPECT_EQ(copy.watermark, "(250)");
  EXPECT_TRUE(copy.all_handed_out);
  EXPECT_EQ(copy.next_number, 4U);
  EXPECT_EQ(copy.rows_copied, 100U);
  ASSERT_EQ(copy.outstanding.size(), 2U);
  EXPECT_EQ(copy.outstanding[0].number, 1U);
  EXPECT_EQ(copy.outstanding[0].low, "");
  EXPECT_EQ(copy.outstanding[1].low, "(200)");
}

TEST_F(StateStoreTest, IntentsAndHistory) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  const int64_t first = store.AddIntent(id, "pause", "{}");
  const int64_t second = store.AddIntent(id, "set", R"({"max-lag":"3s"})");
  ASSERT_EQ(store.OpenIntents(id).size(), 2U);
  EXPECT_EQ(store.OpenIntents(id)[1].arguments, R"({"max-lag":"3s"})");
  EXPECT_FALSE(store.GetIntent(first).done);

  store.FinishIntent(first, std::nullopt);
  store.FinishIntent(second, StoredError{"refused", "not now", "later"});
  EXPECT_TRUE(store.OpenIntents(id).empty());
  EXPECT_EQ(store.GetIntent(first).done, true);
  EXPECT_EQ(store.GetIntent(second).done, false);
  EXPECT_EQ(store.GetIntent(second).error->message, "not now");

  store.AddEvent(id, "created");
  store.AddEvent(id, "copied");
  ASSERT_EQ(store.Events(id).size(), 2U);
  EXPECT_EQ(store.Events(id)[1].text, "copied");
}

TEST_F(StateStoreTest, AMigrationMayBringItsId) {
  Store store = Store::Open(directory_);
  Migration wanted = NewMigration("users");
  wanted.id = NewMigrationId();
  EXPECT_EQ(store.Create(wanted).id, wanted.id);
  Migration other = NewMigration("orders");
  other.id = wanted.id;
  EXPECT_EQ(Catch([&] { store.Create(other); }).code(), ErrorCode::kRefused);
}

TEST_F(StateStoreTest, KeepsACopyOfLedgers) {
  LedgerFile file;
  file.file = "V1__x.sql";
  file.number = 3;
  file.version = "1";
  file.description = "x";
  file.checksum = "abc";
  file.state = LedgerState::kReverted;
  file.migrations = {"abcd1234", "efgh5678"};
  file.steps_done = 4;
  file.step_begun = 5;
  file.as_they_are = "INSERT (line 2)";
  file.error = "none";
  file.started_at = "2026-11-22T10:00:00.000Z";
  file.finished_at = "2026-11-22T10:00:01.000Z";
  file.applied_by = "osc@db1";
  file.engine = "ci:/state";
  file.osc_version = "1";
  LedgerCopy(directory_).Put("s", "shop", file);
  LedgerCopy copy(directory_);
  copy.Put("t", "shop", file);
  file.file = "V0__x.sql";
  file.number = 1;
  copy.Put("s", "shop", file);
  const std::vector<LedgerFile> files = copy.Files("s", "shop");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].file, "V0__x.sql");
  const LedgerFile& found = files[1];
  EXPECT_EQ(found.file, "V1__x.sql");
  EXPECT_EQ(found.number, 3);
  EXPECT_EQ(found.version + found.description + found.checksum, "1xabc");
  EXPECT_EQ(found.state, LedgerState::kReverted);
  EXPECT_EQ(found.migrations, (std::vector<std::string>{"abcd1234", "efgh5678"}));
  EXPECT_EQ(found.steps_done, 4);
  EXPECT_EQ(found.step_begun, 5);
  EXPECT_EQ(found.as_they_are + found.error, "INSERT (line 2)none");
  EXPECT_EQ(found.started_at + found.finished_at,
            "2026-11-22T10:00:00.000Z2026-11-22T10:00:01.000Z");
  EXPECT_EQ(found.applied_by + found.engine + found.osc_version, "osc@db1ci:/state1");
  copy.Remove("s", "shop", "V0__x.sql");
  EXPECT_EQ(copy.Files("s", "shop").size(), 1U);
  EXPECT_EQ(copy.All().size(), 2U);
}

}  // namespace
}  // namespace osc::state
