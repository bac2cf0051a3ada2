#include "shadow/quarantined_row.h"

#include "src/mysql/table_exists.h"

namespace osc::shadow {

// The entries know the live table's row by a predicate on it.
InQuarantine FindInQuarantine(mysql::Connection& connection, const ComparisonSql& sql,
                              const mysql::TableName& quarantine, const mysql::TableName& live,
                              ComparisonSql::Side live_side, const RowKey& key) {
  if (!mysql::TableExists(connection, quarantine)) return InQuarantine::kNo;
  auto rows = connection.Query("SELECT source_key FROM " + mysql::Quote(quarantine));
  const std::string find = "SELECT 1 FROM " + mysql::Quote(live) + " n WHERE " +
                           sql.IsRow(key, live_side, "n.") + " AND (";
  constexpr int kAtOnce = 200;
  std::string predicates;
  int count = 0;
  bool all_described = true;
  const auto finds = [&] {
    const bool found = count > 0 && connection.Query(find + predicates + ")").row_count() > 0;
    predicates.clear();
    count = 0;
    return found;
  };
  while (rows.Next()) {
    if (!rows[0]) {
      all_described = false;
      continue;
    }
    predicates += (count++ > 0 ? " OR (" : "(") + rows.Text(0) + ")";
    if (count >= kAtOnce && finds()) return InQuarantine::kYes;
  }
  if (finds()) return InQuarantine::kYes;
  return all_described ? InQuarantine::kNo : InQuarantine::kUnknown;
}

}  // namespace osc::shadow
