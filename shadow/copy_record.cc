#include "shadow/copy_record.h"

#include <nlohmann/json.hpp>

#include "shadow/names.h"
#include "src/apply/stream.h"
#include "src/mysql/table_exists.h"

namespace osc::shadow {
namespace {

std::string Encode(const CopyRecord::Content& content) {
  const state::Store::CopyState& copy = content.copy;
  nlohmann::json chunks = nlohmann::json::array();
  for (const state::Chunk& chunk : copy.outstanding) {
    chunks.push_back({chunk.number, chunk.low, chunk.high});
  }
  return nlohmann::json{{"number", content.number},        {"epoch", content.epoch},
                        {"watermark", copy.watermark},     {"all_handed_out", copy.all_handed_out},
                        {"next_number", copy.next_number}, {"rows_copied", copy.rows_copied},
                        {"outstanding", std::move(chunks)}}
      .dump();
}

CopyRecord::Content Decode(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  CopyRecord::Content content;
  content.number = json.at("number");
  content.epoch = json.at("epoch");
  state::Store::CopyState& copy = content.copy;
  copy.watermark = json.at("watermark");
  copy.all_handed_out = json.at("all_handed_out");
  copy.next_number = json.at("next_number");
  copy.rows_copied = json.at("rows_copied");
  for (const auto& chunk : json.at("outstanding")) {
    copy.outstanding.push_back({chunk.at(0), chunk.at(1), chunk.at(2)});
  }
  return content;
}

}  // namespace

CopyRecord::CopyRecord(const std::string& id, const mysql::TableName& live)
    : marker_(" /* " + apply::Marker(id, "copied") + " */ "), name_(CopiedName(id, live)) {}

void CopyRecord::Create(mysql::Connection& connection) const {
  connection.Execute("CREATE TABLE IF NOT EXISTS " + mysql::Quote(name_) + marker_ +
                     "(id INT NOT NULL PRIMARY KEY, state LONGTEXT CHARACTER SET utf8mb4 NOT NULL) "
                     "ENGINE=InnoDB");
}

void CopyRecord::Save(mysql::Connection& connection, const Content& content) const {
  connection.Execute("REPLACE INTO " + mysql::Quote(name_) + " (id, state) VALUES (1," +
                     mysql::QuoteText(Encode(content)) + ")");
}

void CopyRecord::Touch(mysql::Connection& connection) const {
  connection.Execute("REPLACE INTO " + mysql::Quote(name_) + " (id, state) VALUES (2, UUID())");
}

std::optional<CopyRecord::Content> CopyRecord::Load(mysql::Connection& connection) const {
  if (!mysql::TableExists(connection, name_)) return std::nullopt;
  const auto text =
      connection.QueryValue("SELECT state FROM " + mysql::Quote(name_) + " WHERE id=1");
  if (!text) return std::nullopt;
  try {
    return Decode(*text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kDiverged, mysql::Quote(name_) + " has been changed by somebody else: " +
                                          std::string(error.what()));
  }
}

}  // namespace osc::shadow
