#include "shadow/server_load.h"

#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "ddl/name.h"
#include "src/mysql/quote.h"

namespace osc::shadow {
namespace {

constexpr const char* kHistory = "innodb_history_list_length";

// By their names in lower case: SHOW STATUS does not mind how they are written.
std::map<std::string, std::string> ReadStatus(mysql::Connection& connection,
                                              const state::LoadLimits& limits) {
  std::string names;
  bool wants_history = false;
  for (const auto& [name, most] : limits) {
    wants_history |= ddl::FoldName(name) == kHistory;
    names += (names.empty() ? "" : ",") + mysql::QuoteText(name);
  }
  std::map<std::string, std::string> values;
  auto rows = connection.Query("SHOW GLOBAL STATUS WHERE Variable_name IN (" + names + ")");
  while (rows.Next()) values[ddl::FoldName(rows.Text(0))] = rows.Text(1);
  if (wants_history && !connection.server().IsMariaDb()) {
    values[kHistory] = connection
                           .QueryValue(
                               "SELECT `COUNT` FROM information_schema.INNODB_METRICS WHERE "
                               "NAME='trx_rseg_history_len'")
                           .value_or("");
  }
  return values;
}

double Value(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(ddl::FoldName(name));
  if (found == values.end()) {
    throw Error(ErrorCode::kInvalidArgument, "the server has no status variable " + name,
                "SHOW GLOBAL STATUS lists them");
  }
  const std::string& text = found->second;
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the status variable " + name + " is no number but '" + text + "'");
  }
  return value;
}

std::string Text(double number) {
  return std::floor(number) == number && std::abs(number) < 1e15
             ? std::to_string(static_cast<int64_t>(number))
             : nlohmann::json(number).dump();
}

}  // namespace

void RequireKnown(mysql::Connection& connection, const state::LoadLimits& limits) {
  if (limits.empty()) return;
  const auto values = ReadStatus(connection, limits);
  for (const auto& [name, most] : limits) Value(values, name);
}

std::string AboveLimit(mysql::Connection& connection, const state::LoadLimits& limits,
                       const std::string& setting) {
  if (limits.empty()) return "";
  const auto values = ReadStatus(connection, limits);
  for (const auto& [name, most] : limits) {
    const double value = Value(values, name);
    if (value > most) return name + " is " + Text(value) + ", above " + setting + " " + Text(most);
  }
  return "";
}

}  // namespace osc::shadow
