#include "ddl/temporary_table.h"

#include <random>

#include "src/base/log.h"

namespace osc::ddl {
namespace {

std::string RandomName() {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string name = "_osc_plan_";
  for (int i = 0; i < 8; ++i) name += kLetters[random() % kLetters.size()];
  return name;
}

}  // namespace

TemporaryTable::TemporaryTable(mysql::Connection& connection, const std::string& database)
    : connection_(connection), name_{database, RandomName()} {}

TemporaryTable::~TemporaryTable() {
  try {
    connection_.Execute("DROP TEMPORARY TABLE IF EXISTS " + mysql::Quote(name_));
  } catch (const std::exception& error) {
    spdlog::warn("the temporary table {} stays until the connection ends: {}", name_.name,
                 error.what());
  }
}

}  // namespace osc::ddl
