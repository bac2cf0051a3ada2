#include "shadow/swap.h"

#include <algorithm>
#include <optional>

#include "shadow/names.h"
#include "shadow/swap_outcome.h"
#include "src/apply/accepted_loss.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/wait.h"
#include "src/mysql/own_sessions.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;

constexpr unsigned kTableExists = 1050;  // the sentry, met by a RENAME that nothing held back
// A PREPARE that is not held up answers well within this.
constexpr milliseconds kProbePatience{4};

std::string Comment(const SwapPlan& plan, const std::string& what) {
  return " /* " + apply::Marker(plan.id, what) + " */ ";
}

bool WaitForMetadataLocks(mysql::Connection& control, const mysql::Connection& one,
                          const mysql::Connection& other) {
  const auto sessions = mysql::ListSessions(control);
  for (const mysql::Connection* waiter : {&one, &other}) {
    const auto session = mysql::FindSession(sessions, waiter->thread_id());
    if (!session || !session->WaitsForMetadataLock()) return false;
  }
  return true;
}

uint64_t NextAutoIncrement(mysql::Connection& connection, const mysql::TableName& table) {
  if (!connection.server().IsMariaDb()) {
    connection.Execute("SET SESSION information_schema_stats_expiry=0");
  }
  const auto value = connection.QueryValue(
      "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
      mysql::QuoteText(table.database) + " AND TABLE_NAME=" + mysql::QuoteText(table.name));
  return std::strtoull(value.value_or("0").c_str(), nullptr, 10);
}

// One attempt's sessions. Whatever happens, undoing leaves nothing behind.
class Attempt {
 public:
  Attempt(const SwapPlan& plan, apply::Stream& stream)
      : plan_(plan),
        stream_(stream),
        sentry_(SentryName(plan.id, plan.live)),
        control_(Open()),
        locker_(OpenLocker()),
        renamer_(Open()),
        prober_(Open()) {}

  SwapResult Run(std::stop_token stop) {
    CreateSentry();
    // Before the lock, so that under it there is seldom anything left to do.
    TakeOverAutoIncrement(control_);
    const auto asked_at = Clock::now();
    Lock();
    SwapResult result;
    result.freeze_point = binlog::CurrentPosition(locker_);
    Drain(stop, result.freeze_point);
    OSC_FAULT_POINT("swap.drained");
    if (plan_.report_loss) {
      AcceptLoss();
    } else {
      RequireAPlaceForEveryRow();
    }
    TakeOverAutoIncrement(locker_);
    stream_.ExpectSwap();
    OSC_FAULT_POINT("swap.before_rename");
    SendRename();
    OSC_FAULT_POINT("swap.rename_sent");
    ProveThatRenameIsNext();
    OSC_FAULT_POINT("swap.rename_proven");
    // Before: should the reply be lost, the session ends with its lock, and the RENAME is next.
    sentry_gone_ = true;
    locker_.Execute("DROP TABLE" + Comment(plan_, "sentry") + mysql::Quote(sentry_));
    OSC_FAULT_POINT("swap.sentry_dropped");
    locker_.Execute("UNLOCK TABLES");
    rename_sent_ = false;
    OSC_FAULT_POINT("swap.unlocked");
    renamer_.Finish();
    result.lock_ms = std::chrono::duration<double, std::milli>(Clock::now() - asked_at).count();
    OSC_FAULT_POINT("swap.renamed");
    stream_.ConfirmSwap(plan_.number);
    return result;
  }

  // Ends the RENAME first: it must not find the sentry gone and the lock free.
  void Undo() {
    if (lock_sent_) EndLock();
    if (rename_sent_) EndRename();
    try {
      locker_.Execute("UNLOCK TABLES");
    } catch (const Error&) {
      // The session is gone and its locks with it.
    }
  }

  bool sentry_gone() const { return sentry_gone_; }

 private:
  mysql::Connection Open() const {
    mysql::ConnectionOptions options = plan_.connection;
    options.read_timeout = std::chrono::duration_cast<std::chrono::seconds>(plan_.lock_timeout) +
                           std::chrono::seconds(10);
    mysql::Connection connection = mysql::Connection::Open(options);
    const auto seconds =
        std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(plan_.lock_timeout).count());
    connection.Execute("SET lock_wait_timeout=" + std::to_string(seconds));
    return connection;
  }

  // The session whose lock makes writers wait. Should the server lose sight of us without a word,
  // it ends the session and with it the lock: after it has been idle for longer than any step may
  // take.
  mysql::Connection OpenLocker() const {
    mysql::Connection connection = Open();
    const auto seconds =
        std::chrono::ceil<std::chrono::seconds>(plan_.lock_timeout + kEndBlockersTime);
    connection.Execute("SET wait_timeout=" + std::to_string(seconds.count()) +
                       ", lock_wait_timeout=" + std::to_string(seconds.count() + 1));
    return connection;
  }

  void CreateSentry() {
    const std::string name = mysql::Quote(sentry_);
    control_.Execute("DROP TABLE IF EXISTS" + Comment(plan_, "sentry") + name);
    control_.Execute("CREATE TABLE" + Comment(plan_, "sentry") + name +
                     " (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB");
    OSC_FAULT_POINT("swap.sentry_created");
  }

  void Lock() {
    locker_.Send("LOCK TABLES " + mysql::Quote(plan_.live) + " WRITE, " + mysql::Quote(sentry_) +
                 " WRITE");
    lock_sent_ = true;
    if (!locker_.IsReady(plan_.lock_timeout) &&
        !EndBlockers(locker_, control_, plan_.live, plan_.may_kill, plan_.killed)) {
      // Looked at while the lock is waited for: whoever holds the table then is in the way.
      const std::string blockers = DescribeBlockers(control_, plan_.live);
      EndLock();
      throw Error(ErrorCode::kBusy,
                  "the lock on " + mysql::Quote(plan_.live) + " was not given within " +
                      std::to_string(plan_.lock_timeout.count()) + " ms" + blockers,
                  "end the transaction that holds the table, or wait: it will be tried again");
    }
    lock_sent_ = false;
    locker_.Finish();
    OSC_FAULT_POINT("swap.locked");
  }

  void EndLock() {
    try {
      control_.Execute("KILL QUERY " + std::to_string(locker_.thread_id()));
    } catch (const Error& error) {
      spdlog::warn("{} cannot end the wait for the lock: {}", plan_.id, error.message());
    }
    lock_sent_ = false;
    try {
      locker_.Finish();
    } catch (const Error&) {
      // As wanted. Else it was given just now, and Undo() unlocks.
    }
  }

  void Drain(std::stop_token stop, const binlog::Position& freeze_point) {
    if (stream_.WaitUntilApplied(stop, freeze_point, Clock::now() + plan_.lock_timeout)) return;
    if (const auto status = stream_.status(); status.error) throw *status.error;
    throw Error(ErrorCode::kBusy, "the stream did not reach the freeze point within " +
                                      std::to_string(plan_.lock_timeout.count()) + " ms");
  }

  void AcceptLoss() {
    apply::Quarantine* const unfit = stream_.quarantine();
    const uint64_t rows = unfit != nullptr ? unfit->Count(control_) : 0;
    if (rows == 0) return;
    const auto deadline = Clock::now() + plan_.lock_timeout;
    uint64_t done = 0;
    const auto report = [&](const std::string& line) {
      plan_.report_loss(line);
      if (++done == rows || Clock::now() < deadline) return;
      throw Error(ErrorCode::kRefused,
                  std::to_string(rows) + " rows have no place in the other table; when " +
                      std::to_string(done) + " of them had been changed or left out, writers had " +
                      "waited for the " + std::to_string(plan_.lock_timeout.count()) +
                      " ms of --cutover-lock-timeout",
                  "change or delete such rows first, or let writers wait longer: osc set " +
                      plan_.id + " cutover-lock-timeout=30s");
    };
    stream_.ExpectSwap();  // it is to stand still from here on
    control_.Execute("BEGIN");
    apply::AcceptLoss(control_, *unfit, stream_.mapping_after_swap(), report);
    plan_.report_loss(std::nullopt);
    control_.Commit();
    OSC_FAULT_POINT("swap.loss_accepted");
  }

  void RequireAPlaceForEveryRow() {
    apply::Quarantine* const unfit = stream_.quarantine();
    const uint64_t rows = unfit != nullptr ? unfit->Count(control_) : 0;
    if (rows == 0) return;
    throw Error(ErrorCode::kBusy, std::to_string(rows) + " rows of " + mysql::Quote(plan_.live) +
                                      " have no place in the other table");
  }

  // reader: may be the locking session, which I_S does not hold up.
  void TakeOverAutoIncrement(mysql::Connection& reader) {
    const uint64_t live = NextAutoIncrement(reader, plan_.live);
    if (live == 0 || NextAutoIncrement(control_, plan_.off_stage) >= live) return;
    control_.Execute("ALTER TABLE " + mysql::Quote(plan_.off_stage) +
                     Comment(plan_, "auto_increment") + "AUTO_INCREMENT=" + std::to_string(live));
    OSC_FAULT_POINT("swap.auto_increment_taken_over");
  }

  void SendRename() {
    const std::string live = mysql::Quote(plan_.live);
    const std::string off_stage = mysql::Quote(plan_.off_stage);
    const std::string sentry = mysql::Quote(sentry_);
    rename_sent_ = true;
    renamer_.Send("RENAME" + (" /* " + apply::SwapMarker(plan_.id, plan_.number)) + " */ TABLE " +
                  live + " TO " + sentry + ", " + off_stage + " TO " + live + ", " + sentry +
                  " TO " + off_stage);
  }

  void ProveThatRenameIsNext() {
    const std::string prepare = "PREPARE osc_probe FROM @osc_probe";
    prober_.Execute("SET @osc_probe=" +
                    mysql::QuoteText("SELECT 1 FROM " + mysql::Quote(plan_.live) + " LIMIT 0"));
    const auto deadline = Clock::now() + plan_.lock_timeout;
    while (Clock::now() < deadline) {
      if (renamer_.IsReady(milliseconds(0))) {  // it can only have failed: say why
        rename_sent_ = false;
        try {
          renamer_.Finish();
        } catch (const Error& error) {
          if (error.server_errno() != kTableExists) throw;
          throw Error(ErrorCode::kRetryable, "the session that held the lock has been ended");
        }
        throw Error(ErrorCode::kInternal, "the RENAME ended before its time");
      }
      prober_.Send(prepare);
      if (prober_.IsReady(kProbePatience)) {
        prober_.Finish();
        continue;
      }
      // The probe ends by itself after the RENAME.
      if (WaitForMetadataLocks(control_, prober_, renamer_)) return;
      prober_.IsReady(plan_.lock_timeout);
      prober_.Finish();
    }
    throw Error(ErrorCode::kBusy, "the RENAME did not get to wait for " + mysql::Quote(plan_.live) +
                                      DescribeBlockers(control_, plan_.live));
  }

  void EndRename() {
    try {
      control_.Execute("KILL QUERY " + std::to_string(renamer_.thread_id()));
    } catch (const Error& error) {
      spdlog::warn("{} cannot end the waiting RENAME: {}", plan_.id, error.message());
    }
    try {
      renamer_.Finish();
    } catch (const Error&) {
      // As wanted. The sentry would have made it fail all the same.
    }
    rename_sent_ = false;
  }

  const SwapPlan& plan_;
  apply::Stream& stream_;
  const mysql::TableName sentry_;
  mysql::Connection control_;
  mysql::Connection locker_;
  mysql::Connection renamer_;
  mysql::Connection prober_;
  bool lock_sent_ = false;
  bool rename_sent_ = false;
  bool sentry_gone_ = false;
};

void TakeBack(apply::Stream& stream, mysql::Connection& connection) {
  apply::Quarantine* const unfit = stream.quarantine();
  if (unfit == nullptr) return;
  try {
    apply::TakeBackLoss(connection, *unfit);
  } catch (const Error& error) {  // a stream that starts anew does it first
    throw Error(ErrorCode::kOutcomeUnknown,
                "the loss that was accepted could not be taken back: " + error.message());
  }
}

}  // namespace

SwapResult Swap(std::stop_token stop, const SwapPlan& plan, apply::Stream& stream) {
  mysql::Connection observer = mysql::Connection::Open(plan.connection);
  const std::string before = OffStageIdentity(observer, plan.id);
  const auto started_at = Clock::now();
  std::optional<Attempt> attempt;
  try {
    attempt.emplace(plan, stream);
    return attempt->Run(stop);
  } catch (const Error& error) {
    if (attempt) attempt->Undo();
    const bool gone = attempt && attempt->sentry_gone();
    attempt.reset();
    bool happened = false;
    try {
      happened = DidSwapHappen(std::stop_token(), observer, plan, before);
    } catch (const Error& unknown) {
      throw Error(ErrorCode::kOutcomeUnknown,
                  error.message() + "; what happened could not be asked: " + unknown.message());
    }
    if (!happened) {
      OSC_FAULT_POINT("swap.undone");
      if (plan.report_loss) TakeBack(stream, observer);
      stream.ForgetSwap();
      throw;
    }
    if (!gone) {
      throw Error(
          ErrorCode::kDiverged,
          "the tables were renamed although the swap had been given up: " + error.message());
    }
    // The freeze point was reached and the lock held to the end; only a reply was lost.
    SwapResult result;
    result.freeze_point = stream.status().applied;
    result.lock_ms = std::chrono::duration<double, std::milli>(Clock::now() - started_at).count();
    stream.ConfirmSwap(plan.number);
    return result;
  }
}

}  // namespace osc::shadow
