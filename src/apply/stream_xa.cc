// The part of Stream that deals with XA transactions, whose rows come before it is known whether
// they happen.
#include <limits>

#include "src/apply/stream.h"
#include "src/base/fault_point.h"

namespace osc::apply {

// What is prepared neither happens nor is lost until somebody says so, maybe much later: its rows
// wait in a table. They are written before the position can pass them; doing so again after a
// restart changes nothing. The transaction keeps its locks on the rows and on the table all the
// while, so that nobody else changes these rows, the copy waits for them, and no swap comes
// between. Who was prepared before the stream began is not known here and need not be: the copy's
// locking reads wait for its end and see what it did. Returns true when rows were added to the
// transaction.
bool Stream::HandleXa(std::stop_token stop, binlog::Transaction* transaction) {
  using Xa = binlog::Transaction::Xa;
  const std::string& xid = transaction->xid;
  if (transaction->xa == Xa::kPrepare && transaction->HasRows()) {
    RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
      prepared_.Store(connection, *transaction, epoch_);
    });
    OSC_FAULT_POINT("apply.prepared_stored");
    transaction->spool.reset();
    transaction->rows.clear();
    return false;
  }
  if (transaction->xa == Xa::kNone || !prepared_.Has(xid)) return false;
  if (transaction->xa == Xa::kRollback) {
    RunOnOwnConnection(
        stop, [&](mysql::Connection& connection) { connection.Execute(prepared_.DeleteSql(xid)); });
    OSC_FAULT_POINT("apply.prepared_dropped");
    prepared_.Forget(xid);
    return false;
  }
  if (prepared_.Epoch(xid) != epoch_) {
    throw Error(ErrorCode::kDiverged,
                "rows of " + mysql::Quote(options_.live) +
                    " were prepared by an XA transaction before a swap and committed after it");
  }
  RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
    transaction->spool = prepared_.Load(connection, xid, options_.row_memory.directory);
  });
  return true;
}

// Rows and the table that they came from: the one is committed everywhere when the other goes.
void Stream::ForgetPrepared(std::stop_token stop, const binlog::Transaction& transaction) {
  WaitForAllLanes(stop);
  std::vector<int> behind;
  for (int lane = 0; lane < static_cast<int>(lanes_.size()); ++lane) {
    if (!LaneCovers(lane, transaction, std::numeric_limits<uint64_t>::max())) {
      behind.push_back(lane);
    }
  }
  OSC_FAULT_POINT("apply.prepared_applied");
  RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
    connection.Execute("BEGIN");
    connection.Execute(prepared_.DeleteSql(transaction.xid));
    if (!behind.empty()) checkpoint_.SetLanes(behind, read_.Encode()).Run(connection);
    connection.Execute("COMMIT");
    OSC_FAULT_POINT("apply.prepared_forgotten");
  });
  prepared_.Forget(transaction.xid);
  tracker_->Begin(next_number_++, transaction, 0);
}

}  // namespace osc::apply
