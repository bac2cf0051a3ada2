#include "shadow/swap_outcome.h"

#include <algorithm>
#include <optional>

#include "shadow/names.h"
#include "shadow/object_swap.h"
#include "src/apply/applied_tracker.h"
#include "src/apply/checkpoint.h"
#include "src/base/fault_point.h"
#include "src/base/wait.h"
#include "src/binlog/reader.h"
#include "src/mysql/statement_tables.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;

// True when the table with this id stands off stage, false when it has another name, nullopt when
// there is none any more. The database's name is encoded in this table; our id alone is unique.
std::optional<bool> IsOffStage(mysql::Connection& connection, const std::string& id,
                               const std::string& identity) {
  const auto name = connection.QueryValue("SELECT NAME FROM " +
                                          std::string(connection.server().InnodbTablesTable()) +
                                          " WHERE TABLE_ID=" + mysql::QuoteText(identity));
  if (!name) return std::nullopt;
  return name->find("/_osc_" + id + "_") != std::string::npos;
}

}  // namespace

std::string OffStageIdentity(mysql::Connection& connection, const std::string& id) {
  // A partitioned table has an entry for each partition and none of its own: the lowest speaks for
  // all.
  const std::string query = "SELECT MIN(TABLE_ID) FROM " +
                            std::string(connection.server().InnodbTablesTable()) +
                            " WHERE NAME LIKE '%/\\_osc\\_" + id + "\\_%'";
  // While the stream carries over a TRUNCATE, the table is not there for a moment: the server drops
  // it and makes it anew (seen on MySQL 9.7).
  std::optional<std::string> identity;
  base::PollUntil({}, Clock::now() + std::chrono::seconds(5), milliseconds(20), [&] {
    identity = connection.QueryValue(query);
    return identity.has_value();
  });
  if (!identity) {
    throw Error(ErrorCode::kDiverged, "the off-stage table of migration " + id + " is gone",
                "somebody else has dropped or renamed it");
  }
  return *identity;
}

// The stream had applied everything when the RENAME was let go,
// so that it stands behind the checkpoint or, once the stream has passed it, in it.
bool DoesBinlogHoldSwap(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan) {
  const apply::CheckpointTable table(CheckpointName(plan.id, plan.live), "");
  const apply::Checkpoint checkpoint = table.Load(connection);
  if (checkpoint.epoch >= plan.number) return true;
  const std::string marker = apply::SwapMarker(plan.id, plan.number);
  const binlog::Position end = binlog::CurrentPosition(connection);
  binlog::Position position = checkpoint.Start();
  binlog::Reader reader(plan.connection, position,
                        [](std::string_view, std::string_view) { return false; });
  while (!position.Covers(end)) {
    const auto transaction = reader.Next(stop);
    base::ThrowIfStopped(stop);
    if (!transaction) continue;
    apply::AdvancePosition(&position, *transaction);
    const std::string_view statement = transaction->statement;
    if (statement.find(marker) == std::string_view::npos) continue;
    const auto markers = mysql::ClassifyStatement(statement, transaction->schema).markers;
    if (std::find(markers.begin(), markers.end(), marker) != markers.end()) return true;
  }
  return false;
}

bool DidSwapHappen(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan,
                   const std::string& identity_before) {
  LockedStatement rename = ObjectStatement(plan, "");
  rename.marker = apply::Marker(plan.id, "swap:");
  WaitUntilGone(stop, connection, rename);
  bool happened = false;
  if (const auto is_off_stage = IsOffStage(connection, plan.id, identity_before)) {
    happened = !*is_off_stage;
  } else {
    // A TRUNCATE has replaced the table: before the swap, carried over by the stream, or after it.
    happened = DoesBinlogHoldSwap(stop, connection, plan);
  }
  OSC_FAULT_POINT("swap.outcome_known");
  connection.Execute("DROP TABLE IF EXISTS /* " + apply::Marker(plan.id, "sentry") + " */ " +
                     mysql::Quote(SentryName(plan.id, plan.live)));
  return happened;
}

}  // namespace osc::shadow
