#include "ddl/projection.h"

#include <algorithm>
#include <optional>

#include "ddl/name.h"
#include "ddl/shared_key.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

bool Holds(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return SameName(other, name); });
}

// Under which name a column of the original lives on; nullopt when it was dropped.
std::optional<std::string> NewName(const std::string& name, const AlterStatement& alter) {
  for (const ColumnRename& rename : alter.renames) {
    if (SameName(rename.from, name)) return rename.to;
  }
  if (Holds(alter.dropped_columns, name)) return std::nullopt;
  return name;
}

void MapColumns(const AlterStatement& alter, Projection* projection) {
  const TableDefinition& source = projection->source;
  const TableDefinition& target = projection->target;
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const std::optional<std::string> name = NewName(source.columns[i].name, alter);
    const std::optional<size_t> found = name ? target.FindColumn(*name) : std::nullopt;
    if (!found || target.columns[*found].generated) continue;
    // No server turns a VIRTUAL column into a plain one (errors 1907 and 3106; seen on MariaDB 11.8
    // and MySQL 9.7); its values are not in the table.
    if (source.columns[i].virtual_generated) {
      throw Error(ErrorCode::kRefused,
                  "virtual column '" + source.columns[i].name + "' of " +
                      mysql::Quote(source.name) + " would become a plain column",
                  "drop it and add the plain column under the same name, then fill it");
    }
    projection->columns.push_back({i, *found});
  }
}

void SortByTarget(Projection* projection) {
  std::sort(projection->columns.begin(), projection->columns.end(),
            [](const ColumnPair& a, const ColumnPair& b) { return a.target < b.target; });
}

bool IsOverSharedKey(const Projection& projection, const Key& key) {
  return std::all_of(projection.key.begin(), projection.key.end(), [&](const ColumnPair& pair) {
    return std::any_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
      return !part.expression && part.prefix_length == 0 && part.column == pair.target;
    });
  });
}

// The source columns that feed a key of the target; nullopt when it is not fed by whole columns.
std::optional<std::vector<size_t>> FeedingColumns(const Projection& projection, const Key& key) {
  std::vector<size_t> sources;
  for (const KeyPart& part : key.parts) {
    const auto pair =
        std::find_if(projection.columns.begin(), projection.columns.end(),
                     [&](const ColumnPair& candidate) { return candidate.target == part.column; });
    if (part.expression || part.prefix_length > 0 || pair == projection.columns.end()) {
      return std::nullopt;
    }
    sources.push_back(pair->source);
  }
  return sources;
}

// From the tables, the column pairs and the shared key, all else.
void Complete(Projection* projection) {
  const TableDefinition& target = projection->target;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const bool written = std::any_of(projection->columns.begin(), projection->columns.end(),
                                     [i](const ColumnPair& pair) { return pair.target == i; });
    if (!written && !target.columns[i].generated) projection->preserved.push_back(i);
  }
  for (const Key& key : target.keys) {
    if (!key.unique || IsOverSharedKey(*projection, key)) continue;
    if (const auto sources = FeedingColumns(*projection, key)) {
      projection->ordered_values.push_back(*sources);
    } else {
      projection->unordered_unique = true;
    }
  }
}

}  // namespace

Projection ForwardProjection(const TableDefinition& original, const TableDefinition& altered,
                             const AlterStatement& alter) {
  Projection projection;
  projection.source = original;
  projection.target = altered;
  MapColumns(alter, &projection);
  SortByTarget(&projection);
  ChooseSharedKey(&projection);
  Complete(&projection);
  return projection;
}

Projection Invert(const Projection& projection) {
  Projection inverse;
  inverse.source = projection.target;
  inverse.target = projection.source;
  for (const ColumnPair& pair : projection.columns) {
    if (inverse.target.columns[pair.source].generated) continue;
    inverse.columns.push_back({pair.target, pair.source});
  }
  SortByTarget(&inverse);
  inverse.source_key = projection.target_key;
  inverse.target_key = projection.source_key;
  std::vector<ColumnPair> others = projection.key;
  for (const KeyPart& part : inverse.source.FindKey(inverse.source_key)->parts) {
    const auto pair = std::find_if(others.begin(), others.end(), [&](const ColumnPair& candidate) {
      return candidate.target == part.column;
    });
    inverse.key.push_back({pair->target, pair->source});
    others.erase(pair);
  }
  for (const ColumnPair& pair : others) inverse.key.push_back({pair.target, pair.source});
  Complete(&inverse);
  return inverse;
}

}  // namespace osc::ddl
