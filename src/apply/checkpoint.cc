#include "src/apply/checkpoint.h"

#include <charconv>
#include <random>

#include "src/mysql/host_list.h"

namespace osc::apply {
namespace {

[[noreturn]] void ThrowTakenOver() {
  throw Error(ErrorCode::kDiverged, "another engine has taken this migration over",
              "one engine only, with one state directory, may run it: stop this one or the other");
}

}  // namespace

std::string LaneCheckpoint::Encode() const {
  std::string text = position.Encode();
  if (begun) text += "\n" + std::to_string(begun->rows) + " " + begun->transaction;
  return text;
}

LaneCheckpoint LaneCheckpoint::Decode(mysql::Family family, const std::string& text) {
  const size_t line = text.find('\n');
  LaneCheckpoint lane;
  lane.position = binlog::Position::Decode(family, text.substr(0, line));
  if (line == std::string::npos) return lane;
  lane.begun = Begun{};
  const char* end = text.data() + text.size();
  const auto rows = std::from_chars(text.data() + line + 1, end, lane.begun->rows);
  if (rows.ec != std::errc() || rows.ptr == end || *rows.ptr != ' ') {
    throw Error(ErrorCode::kInvalidArgument, "'" + text + "' is not a checkpoint");
  }
  lane.begun->transaction.assign(rows.ptr + 1, end);
  return lane;
}

std::string TransactionName(const binlog::Transaction& transaction) {
  if (transaction.gtid) return transaction.gtid->ToString();
  return transaction.file + ":" + std::to_string(transaction.end_offset);
}

binlog::Position Checkpoint::Start() const {
  binlog::Position start = lanes.front().position;
  for (const auto& [lane, begun] : lanes) {
    if (start.gtids && lane.gtids) {
      start.gtids = start.gtids->Intersection(*lane.gtids);
      if (lane.Covers(start) && !start.Covers(lane)) continue;
      start.file = lane.file;
      start.offset = lane.offset;
    } else if (!lane.Covers(start)) {
      start = lane;
    }
  }
  return start;
}

CheckpointTable::CheckpointTable(mysql::TableName name, std::string marker)
    : name_(std::move(name)), marker_(std::move(marker)) {}

void CheckpointTable::Create(mysql::Connection& connection, const binlog::Position& start,
                             int lanes, int epoch) const {
  connection.Execute("CREATE TABLE IF NOT EXISTS " + mysql::Quote(name_) + " /* " + marker_ +
                     " */ (lane INT NOT NULL PRIMARY KEY, epoch INT NOT NULL, "
                     "position LONGBLOB NOT NULL, owner BIGINT UNSIGNED NOT NULL DEFAULT 0) "
                     "ENGINE=InnoDB");
  if (connection.QueryValue("SELECT COUNT(*) FROM " + mysql::Quote(name_)) != "0") return;
  std::string insert = "INSERT INTO " + mysql::Quote(name_) + " (lane, epoch, position) VALUES ";
  for (int lane = 0; lane < lanes; ++lane) {
    if (lane > 0) insert += ',';
    insert += "(" + std::to_string(lane) + "," + std::to_string(epoch) + "," +
              mysql::QuoteText(start.Encode()) + ")";
  }
  connection.Execute(insert);
}

void CheckpointTable::Drop(mysql::Connection& connection) const {
  connection.Execute("DROP TABLE IF EXISTS " + mysql::Quote(name_) + " /* " + marker_ + " */");
}

void CheckpointTable::Claim(mysql::Connection& connection) {
  std::random_device random;
  owner_ = (static_cast<uint64_t>(random()) << 32) | random();
  connection.Execute("UPDATE " + mysql::Quote(name_) + " SET owner=" + std::to_string(owner_));
}

Checkpoint CheckpointTable::Load(mysql::Connection& connection) const {
  Checkpoint checkpoint;
  auto rows = connection.Query("SELECT lane, epoch, position FROM " + mysql::Quote(name_) +
                               " ORDER BY lane");
  while (rows.Next()) {
    const int epoch = static_cast<int>(rows.Number(1));
    if (rows.Number(0) != checkpoint.lanes.size() ||
        (!checkpoint.lanes.empty() && epoch != checkpoint.epoch)) {
      throw Error(ErrorCode::kDiverged, "the checkpoint table " + mysql::Quote(name_) +
                                            " has been changed by somebody else");
    }
    checkpoint.epoch = epoch;
    checkpoint.lanes.push_back(LaneCheckpoint::Decode(connection.server().family, rows.Text(2)));
  }
  if (checkpoint.lanes.empty()) {
    throw Error(ErrorCode::kDiverged, "the checkpoint table " + mysql::Quote(name_) +
                                          " is empty: somebody else has changed it");
  }
  return checkpoint;
}

std::string CheckpointTable::LoadLane(mysql::Connection& connection, int lane) const {
  return connection
      .QueryValue("SELECT position FROM " + mysql::Quote(name_) +
                  " WHERE lane=" + std::to_string(lane) + " FOR UPDATE")
      .value_or("");
}

CheckpointUpdate CheckpointTable::SetLanes(const std::vector<int>& lanes,
                                           const std::string& encoded) const {
  std::string numbers;
  for (const int lane : lanes) numbers += (numbers.empty() ? "" : ",") + std::to_string(lane);
  return CheckpointUpdate("UPDATE " + mysql::Quote(name_) +
                          " SET position=" + mysql::QuoteText(encoded) + " WHERE lane IN (" +
                          numbers + ") AND " + OwnedAndWritable());
}

CheckpointUpdate CheckpointTable::SetAllLanes(const std::string& encoded, int epoch) const {
  return CheckpointUpdate("UPDATE " + mysql::Quote(name_) +
                          " SET position=" + mysql::QuoteText(encoded) +
                          ", epoch=" + std::to_string(epoch) + " WHERE " + OwnedAndWritable());
}

void CheckpointTable::RequireOwned(mysql::Connection& connection) const {
  const auto owned =
      connection.QueryValue("SELECT 1 FROM " + mysql::Quote(name_) + " WHERE " + OwnedOnly());
  if (!owned) ThrowTakenOver();
}

std::string CheckpointTable::OwnedOnly() const { return "owner=" + std::to_string(owner_); }

std::string CheckpointTable::OwnedAndWritable() const {
  return OwnedOnly() + " AND " + mysql::kIsWritable;
}

void CheckpointUpdate::Run(mysql::Connection& connection) const {
  if (connection.Execute(sql_) > 0) return;
  mysql::RequireWritable(connection);
  ThrowTakenOver();
}

}  // namespace osc::apply
