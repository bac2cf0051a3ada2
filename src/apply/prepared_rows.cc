#include "src/apply/prepared_rows.h"

#include <algorithm>

#include "src/base/fault_point.h"
#include "src/mysql/table_exists.h"

namespace osc::apply {
namespace {

// Twice this as a literal: far below every server's max_allowed_packet.
constexpr size_t kPieceBytes = 256 * 1024;

}  // namespace

PreparedRows::PreparedRows(mysql::TableName name, std::string marker)
    : name_(std::move(name)), marker_(std::move(marker)) {}

void PreparedRows::Find(mysql::Connection& connection) {
  epochs_.clear();
  exists_ = mysql::TableExists(connection, name_);
  if (!exists_) return;
  auto rows = connection.Query("SELECT xid, epoch FROM " + mysql::Quote(name_) + " WHERE piece=0");
  while (rows.Next()) epochs_[rows.Text(0)] = static_cast<int>(rows.Number(1));
}

void PreparedRows::Store(mysql::Connection& connection, const binlog::Transaction& transaction,
                         int epoch) {
  if (!exists_) {
    // An xid has at most 64 bytes in each of its two parts, written in hexadecimal.
    connection.Execute("CREATE TABLE IF NOT EXISTS " + mysql::Quote(name_) + " /* " + marker_ +
                       " */ (xid VARBINARY(300) NOT NULL, piece INT NOT NULL, epoch INT NOT NULL, "
                       "data LONGBLOB NOT NULL, PRIMARY KEY (xid, piece)) ENGINE=InnoDB");
    exists_ = true;
    OSC_FAULT_POINT("apply.prepared_table_created");
  }
  int piece = 0;
  const auto write = [&](std::string_view bytes) {
    std::string insert = "INSERT INTO " + mysql::Quote(name_) + " VALUES (" +
                         mysql::QuoteText(transaction.xid) + "," + std::to_string(piece++) + "," +
                         std::to_string(epoch) + ",";
    mysql::AppendStringLiteral(insert, "binary", bytes);
    connection.Execute(insert + ")");
  };
  connection.Execute("BEGIN");
  connection.Execute(DeleteSql(transaction.xid));
  std::string bytes;
  if (transaction.spool) {
    transaction.spool->Flush();
    for (uint64_t at = 0; at < transaction.spool->size(); at += bytes.size()) {
      bytes.resize(std::min<uint64_t>(kPieceBytes, transaction.spool->size() - at));
      transaction.spool->Read(at, bytes.size(), bytes.data());
      write(bytes);
    }
    bytes.clear();
  }
  binlog::RowEncoder encoder;
  for (const binlog::RowsEvent& event : transaction.rows) encoder.Append(event, &bytes);
  for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    write(std::string_view(bytes).substr(at, kPieceBytes));
  }
  connection.Execute("COMMIT");
  epochs_[transaction.xid] = epoch;
}

std::shared_ptr<binlog::RowSpool> PreparedRows::Load(mysql::Connection& connection,
                                                     const std::string& xid,
                                                     const std::string& directory) const {
  auto spool = std::make_shared<binlog::RowSpool>(directory);
  // One by one: together they may be more than fits into memory.
  for (int piece = 0;; ++piece) {
    const auto data = connection.QueryValue("SELECT data FROM " + mysql::Quote(name_) +
                                            " WHERE xid=" + mysql::QuoteText(xid) +
                                            " AND piece=" + std::to_string(piece));
    if (!data) break;
    spool->AppendEncoded(*data);
  }
  return spool;
}

std::string PreparedRows::DeleteSql(const std::string& xid) const {
  return "DELETE FROM " + mysql::Quote(name_) + " WHERE xid=" + mysql::QuoteText(xid);
}

}  // namespace osc::apply
