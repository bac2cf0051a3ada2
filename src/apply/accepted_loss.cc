#include "src/apply/accepted_loss.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "src/base/fault_point.h"
#include "src/mysql/key_value.h"

namespace osc::apply {
namespace {

enum Accepted { kNot = 0, kChanged = 1, kLeftOut = 2 };

std::string HeldRow(const Quarantine& quarantine) {
  std::string pairs;
  for (const auto& column : quarantine.mapping().columns) {
    pairs += (pairs.empty() ? "" : ",") +
             JsonPair(column.target, column.type, mysql::QuoteIdentifier(column.target));
  }
  return "JSON_OBJECT(" + pairs + ")";
}

nlohmann::ordered_json Parse(const std::optional<std::string>& text) {
  return nlohmann::ordered_json::parse(text.value_or("null"), nullptr, false);
}

bool TryPutOffStage(mysql::Connection& connection, const Quarantine& quarantine,
                    const std::string& identity, bool lives_on) {
  try {
    quarantine.PutOffStage(connection, identity, lives_on);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
    return false;
  }
}

std::string TargetName(const RowMapping& mapping, const std::string& source) {
  for (const auto& column : mapping.columns) {
    if (mapping.source_names[column.source] == source) return column.target;
  }
  return "";
}

// That `o`, a row off stage, and `h`, a held row, are the same.
std::string SameKey(const RowMapping& mapping) {
  std::string same;
  for (const size_t part : mapping.key) {
    const std::string name = mysql::QuoteIdentifier(mapping.columns[part].target);
    same += (same.empty() ? "o." : " AND o.") + name + "=h." + name;
  }
  return same;
}

// Whether the row that has just been put off stage has a value that only the other table wants to
// be unique, and that another row has too.
bool CollidesBack(mysql::Connection& connection, const Quarantine& quarantine,
                  const RowMapping& back, const std::string& is_row) {
  for (const auto& unique : back.target_unique) {
    std::string same;
    for (const size_t part : unique) {
      const RowMapping::Column& column = back.columns[part];
      const std::string name = mysql::QuoteIdentifier(back.source_names[column.source]);
      same += " AND " + mysql::EqualValue(back.source_types[column.source], column.type,
                                          "h." + name, "o." + name);
    }
    if (connection
            .QueryValue("SELECT 1 FROM " + quarantine.held_table() + " h JOIN " +
                        mysql::Quote(quarantine.mapping().target) + " o ON NOT (" +
                        SameKey(quarantine.mapping()) + ")" + same + is_row + " LIMIT 1")
            .has_value()) {
      return true;
    }
  }
  return false;
}

// Whether the row as it was coerced has a text that is no member of an ENUM in the other table:
// what the server makes of an unknown member, or the first one of its own, which stands for NULL.
bool HasNoMember(mysql::Connection& connection, const Quarantine& quarantine,
                 const RowMapping& back, const std::string& is_row) {
  std::string any;
  for (const auto& column : back.columns) {
    const mysql::ColumnType& held = back.source_types[column.source];
    if (column.type.kind != mysql::TypeKind::kEnum ||
        (held.kind != mysql::TypeKind::kEnum && !held.IsText())) {
      continue;
    }
    std::string members;
    for (const std::string& member : column.type.members) {
      members += (members.empty() ? "" : ",") + mysql::QuoteText(member);
    }
    any += (any.empty() ? "" : " OR ") + mysql::QuoteIdentifier(back.source_names[column.source]) +
           " NOT IN (" + members + ")";
  }
  return !any.empty() &&
         connection
             .QueryValue("SELECT 1 FROM " + quarantine.held_table() + is_row + " AND (" + any + ")")
             .has_value();
}

void TakeFromStage(mysql::Connection& connection, const Quarantine& quarantine,
                   const std::string& is_row) {
  connection.Execute("DELETE o FROM " + mysql::Quote(quarantine.mapping().target) + " o JOIN " +
                     quarantine.held_table() + " h ON " + SameKey(quarantine.mapping()) + is_row);
}

}  // namespace

void AcceptLoss(mysql::Connection& connection, const Quarantine& quarantine, const RowMapping& back,
                const std::function<void(const std::string& line)>& report) {
  if (!quarantine.exists()) return;
  const std::string entries = quarantine.entries_table();
  if (connection.QueryValue("SELECT 1 FROM " + entries + " WHERE NOT described LIMIT 1")) {
    throw Error(ErrorCode::kRefused,
                "more than " + std::to_string(Quarantine::kMostDescribed) +
                    " rows have no place in the other table: too many to report what is lost",
                "change or delete most of them first");
  }
  // The whole rows, which may be large, are asked for one by one.
  auto rows = connection.Query(
      "SELECT identity, is_current, lives_on, key_text, column_name, reason, `transaction` FROM " +
      entries + " ORDER BY number FOR UPDATE");
  while (rows.Next()) {
    const std::string identity = rows.Text(0);
    const std::string where = Quarantine::IsRow(identity);
    bool stored = rows.Number(1) != 0 &&
                  TryPutOffStage(connection, quarantine, identity, rows.Number(2) != 0);
    if (stored && (HasNoMember(connection, quarantine, back, where) ||
                   CollidesBack(connection, quarantine, back, where))) {
      TakeFromStage(connection, quarantine, where);
      stored = false;
    }
    connection.Execute("UPDATE " + entries +
                       " SET accepted=" + std::to_string(stored ? kChanged : kLeftOut) + where);
    const std::string column = rows.Text(4);
    nlohmann::ordered_json line{{"key", rows.Text(3)},
                                {"column", column},
                                {"value", nullptr},
                                {"reason", rows.Text(5)},
                                {"transaction", rows.Text(6)},
                                {"outcome", stored ? "changed" : "left_out"},
                                {"stored", nullptr}};
    line["row"] = Parse(connection.QueryValue("SELECT live_row FROM " + entries + where));
    if (line["row"].contains(column)) line["value"] = line["row"][column];
    if (stored) {
      const auto held = Parse(connection.QueryValue("SELECT " + HeldRow(quarantine) + " FROM " +
                                                    quarantine.held_table() + where));
      const std::string target = TargetName(quarantine.mapping(), column);
      if (held.contains(target)) line["stored"] = held[target];
    }
    report(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

void TakeBackLoss(mysql::Connection& connection, const Quarantine& quarantine) {
  if (!quarantine.exists()) return;
  const RowMapping& mapping = quarantine.mapping();
  connection.Execute("BEGIN");
  connection.Execute("DELETE o FROM " + mysql::Quote(mapping.target) + " o JOIN " +
                     quarantine.held_table() + " h ON " + SameKey(mapping) + " JOIN " +
                     quarantine.entries_table() +
                     " e ON e._osc_row=h._osc_row WHERE e.accepted=" + std::to_string(kChanged));
  connection.Execute("UPDATE " + quarantine.entries_table() + " SET accepted=0 WHERE accepted<>0");
  OSC_FAULT_POINT("loss.taken_back");
  connection.Execute("COMMIT");
}

void SettleLoss(mysql::Connection& connection, Quarantine& quarantine, const RowMapping& back) {
  if (!quarantine.exists()) return;
  std::string set;
  const auto assign = [&](const std::string& name, const std::string& value) {
    set += (set.empty() ? "n." : ",n.") + mysql::QuoteIdentifier(name) + "=" + value;
  };
  for (const auto& column : back.columns) {
    const std::string held = back.source_names[column.source];
    if (TargetName(quarantine.mapping(), column.target) != held) continue;
    assign(column.target, SourceValue(back, column, "h."));
  }
  for (const std::string& name : back.preserved_temporal) {
    assign(name, "n." + mysql::QuoteIdentifier(name));
  }
  const std::string table = mysql::Quote(back.target) + " n";
  auto rows =
      connection.Query("SELECT identity, source_key, accepted FROM " + quarantine.entries_table());
  while (rows.Next()) {
    const uint64_t accepted = rows.Number(2);
    if (accepted == kNot) {
      throw Error(
          ErrorCode::kDiverged,
          "the tables were swapped with a row that has no place in the other one: " + rows.Text(1));
    }
    const std::string key = rows.Text(1);
    if (accepted == kLeftOut) {
      connection.Execute("DELETE n FROM " + table + " WHERE " + key);
    } else {
      connection.Execute("UPDATE " + table + " JOIN " + quarantine.held_table() + " h ON h." +
                         Quarantine::IsRow(rows.Text(0)).substr(sizeof(" WHERE ") - 1) + " SET " +
                         set + " WHERE " + key);
    }
  }
  quarantine.Clear(connection);
}

}  // namespace osc::apply
