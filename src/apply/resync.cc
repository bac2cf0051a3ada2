#include "src/apply/resync.h"

#include <algorithm>
#include <set>
#include <string>

#include "src/apply/unfit_row.h"
#include "src/mysql/key_value.h"
#include "src/mysql/server_message.h"

namespace osc::apply {
namespace {

constexpr int kMostRounds = 16;

// Keys as predicates on the source's column names.
class RowSet {
 public:
  explicit RowSet(const RowMapping& mapping) : mapping_(mapping) {}

  void AddFromChange(const Change& change, const binlog::RowImage& image) {
    std::vector<std::string> literals;
    for (const size_t part : mapping_.key) {
      const size_t source = mapping_.columns[part].source;
      literals.emplace_back();
      binlog::AppendLiteral(literals.back(), change.map->columns[source],
                            mapping_.source_types[source], image[source]);
    }
    rows_.insert(literals);
  }

  // A set of one row with this key.
  RowSet(const RowMapping& mapping, std::vector<std::string> literals) : mapping_(mapping) {
    rows_.insert(std::move(literals));
  }

  // The rows that this set has and the other one has not.
  std::vector<std::vector<std::string>> Beyond(const RowSet& other) const {
    std::vector<std::vector<std::string>> rows;
    std::set_difference(rows_.begin(), rows_.end(), other.rows_.begin(), other.rows_.end(),
                        std::back_inserter(rows));
    return rows;
  }

  bool Add(std::vector<std::string> literals) { return rows_.insert(std::move(literals)).second; }

  // alias: "" or a table alias with its point; on the live table's names or the off-stage one's.
  std::string Predicate(const std::string& alias, bool on_target) const {
    std::string text;
    for (const auto& literals : rows_) {
      text += text.empty() ? "(" : " OR (";
      for (size_t i = 0; i < mapping_.key.size(); ++i) {
        const auto& column = mapping_.columns[mapping_.key[i]];
        if (i > 0) text += " AND ";
        const std::string name =
            alias + mysql::QuoteIdentifier(on_target ? column.target
                                                     : mapping_.source_names[column.source]);
        text += name + "=" + literals[i];
        if (on_target) {
          text += mysql::EqualBytes(mapping_.source_types[column.source], column.type, literals[i],
                                    name);
        }
      }
      text += ')';
    }
    return "(" + text + ")";
  }

 private:
  const RowMapping& mapping_;
  std::set<std::vector<std::string>> rows_;
};

// Off-stage rows outside the set that hold a unique value which a live row of the set has now.
bool AddRowsInTheWay(mysql::Connection& connection, const RowMapping& mapping, RowSet* set) {
  bool grew = false;
  for (const auto& unique : mapping.target_unique) {
    std::string select = "SELECT ";
    for (size_t i = 0; i < mapping.key.size(); ++i) {
      const auto& column = mapping.columns[mapping.key[i]];
      if (i > 0) select += ',';
      select +=
          mysql::IdentityExpression(column.type, "o." + mysql::QuoteIdentifier(column.target));
    }
    select += " FROM " + mysql::Quote(mapping.target) + " o JOIN " + mysql::Quote(mapping.source) +
              " l ON ";
    for (size_t i = 0; i < unique.size(); ++i) {
      const auto& column = mapping.columns[unique[i]];
      if (i > 0) select += " AND ";
      // Columns of two collations would be compared by that of the source, or not at all.
      select +=
          mysql::EqualValue(mapping.source_types[column.source], column.type,
                            "l." + mysql::QuoteIdentifier(mapping.source_names[column.source]),
                            "o." + mysql::QuoteIdentifier(column.target));
    }
    select += " WHERE " + set->Predicate("l.", false) + " AND NOT " + set->Predicate("o.", true);
    auto rows = connection.Query(select);
    while (rows.Next()) {
      std::vector<std::string> literals;
      for (size_t i = 0; i < mapping.key.size(); ++i) {
        const auto& column = mapping.columns[mapping.key[i]];
        literals.push_back(mysql::IdentityLiteral(column.type, rows.Text(i)));
      }
      grew = set->Add(std::move(literals)) || grew;
    }
  }
  return grew;
}

}  // namespace

void Resync(mysql::Connection& connection, const RowMapping& mapping, const RowSql& sql,
            const Change& change) {
  RowSet set(mapping);
  if (change.kind == binlog::ChangeKind::kUpdate) set.AddFromChange(change, change.before);
  set.AddFromChange(change, change.after);
  const RowSet changed = set;
  std::string columns;
  std::string sources;
  for (const auto& column : mapping.columns) {
    columns += (columns.empty() ? "" : ",") + mysql::QuoteIdentifier(column.target);
    sources += (sources.empty() ? "" : ",") + SourceValue(mapping, column, "");
  }
  for (const auto& fill : mapping.fills) {
    columns += "," + mysql::QuoteIdentifier(fill.target);
    sources += "," + fill.literal;
  }
  for (int round = 1;; ++round) {
    connection.Execute(sql.delete_head() + set.Predicate("", true));
    try {
      connection.Execute("INSERT INTO " + mysql::Quote(mapping.target) + " (" + columns +
                         ") SELECT " + sources + " FROM " + mysql::Quote(mapping.source) +
                         " WHERE " + set.Predicate("", false) + " LOCK IN SHARE MODE");
      return;
    } catch (const Error& error) {
      if (error.server_errno() != mysql::kDuplicateEntry || round >= kMostRounds) throw;
      if (!AddRowsInTheWay(connection, mapping, &set)) {
        throw WithRivals(connection, mapping, set.Beyond(changed), error);
      }
    }
  }
}

std::vector<std::vector<std::string>> RowsInTheWay(mysql::Connection& connection,
                                                   const RowMapping& mapping,
                                                   const std::vector<std::string>& key) {
  const RowSet row(mapping, key);
  RowSet all = row;
  AddRowsInTheWay(connection, mapping, &all);
  return all.Beyond(row);
}

}  // namespace osc::apply
