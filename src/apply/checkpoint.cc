#include "src/apply/checkpoint.h"

#include <charconv>

namespace osc::apply {

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
                             int lanes) const {
  connection.Execute("CREATE TABLE IF NOT EXISTS " + mysql::Quote(name_) + " /* " + marker_ +
                     " */ (lane INT NOT NULL PRIMARY KEY, epoch INT NOT NULL, "
                     "position LONGBLOB NOT NULL) ENGINE=InnoDB");
  if (connection.QueryValue("SELECT COUNT(*) FROM " + mysql::Quote(name_)) != "0") return;
  std::string insert = "INSERT INTO " + mysql::Quote(name_) + " VALUES ";
  for (int lane = 0; lane < lanes; ++lane) {
    if (lane > 0) insert += ',';
    insert += "(" + std::to_string(lane) + ",0," + mysql::QuoteText(start.Encode()) + ")";
  }
  connection.Execute(insert);
}

void CheckpointTable::Drop(mysql::Connection& connection) const {
  connection.Execute("DROP TABLE IF EXISTS " + mysql::Quote(name_) + " /* " + marker_ + " */");
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
    checkpoint.lanes.push_back(
        LaneCheckpoint::Decode(connection.server().family, rows.Text(2)));
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

std::string CheckpointTable::SetLane(int lane, const std::string& encoded) const {
  return SetLanes({lane}, encoded);
}

std::string CheckpointTable::SetLanes(const std::vector<int>& lanes,
                                      const std::string& encoded) const {
  std::string numbers;
  for (const int lane : lanes) numbers += (numbers.empty() ? "" : ",") + std::to_string(lane);
  return "UPDATE " + mysql::Quote(name_) + " SET position=" + mysql::QuoteText(encoded) +
         " WHERE lane IN (" + numbers + ")";
}

std::string CheckpointTable::SetAllLanes(const std::string& encoded, int epoch) const {
  return "UPDATE " + mysql::Quote(name_) + " SET position=" + mysql::QuoteText(encoded) +
         ", epoch=" + std::to_string(epoch);
}

}  // namespace osc::apply
