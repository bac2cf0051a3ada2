#include "shadow/mapping.h"

#include <algorithm>
#include <optional>

namespace osc::shadow {
namespace {

using mysql::ColumnType;

// Whether two values that differ in the source surely differ in the target, and the other way
// round, as far as the order of unique values goes.
bool KeepsEquality(const ColumnType& source, const ColumnType& target) {
  if (source.IsInteger() && target.IsInteger()) return true;
  if (source.IsText() && target.IsText()) return source.collation == target.collation;
  return source.kind == target.kind && source.length == target.length &&
         source.scale == target.scale && source.fraction_digits == target.fraction_digits &&
         source.members == target.members && source.collation == target.collation;
}

// The most bytes that a value can have, of text and byte strings; 0 of anything else.
uint64_t MostBytes(const ColumnType& type) {
  using mysql::TypeKind;
  switch (type.kind) {
    case TypeKind::kTinyText:
    case TypeKind::kTinyBlob:
      return 0xff;
    case TypeKind::kText:
    case TypeKind::kBlob:
      return 0xffff;
    case TypeKind::kMediumText:
    case TypeKind::kMediumBlob:
      return 0xffffff;
    case TypeKind::kLongText:
    case TypeKind::kLongBlob:
      return 0xffffffff;
    default:
      return type.IsText() ? 4 * static_cast<uint64_t>(type.length)
                           : (type.IsBinary() ? type.length : 0);
  }
}

bool IsLob(const ColumnType& type) {
  using mysql::TypeKind;
  return type.kind >= TypeKind::kTinyText && type.kind <= TypeKind::kLongBlob;
}

std::optional<size_t> MappedTo(const apply::RowMapping& mapping, const std::string& target) {
  for (size_t i = 0; i < mapping.columns.size(); ++i) {
    if (mapping.columns[i].target == target) return i;
  }
  return std::nullopt;
}

// The key's parts as indexes into mapping.columns; nullopt when one is not written as a whole.
std::optional<std::vector<size_t>> WrittenParts(const apply::RowMapping& mapping,
                                                const ddl::TableDefinition& target,
                                                const ddl::Key& key) {
  std::vector<size_t> parts;
  for (const ddl::KeyPart& part : key.parts) {
    if (part.expression || part.prefix_length != 0) return std::nullopt;
    const auto column = MappedTo(mapping, target.columns[part.column].name);
    if (!column) return std::nullopt;
    parts.push_back(*column);
  }
  return parts;
}

std::vector<apply::RowMapping::Fill> RequiredFills(const ddl::Projection& projection,
                                                   const std::vector<ddl::RevertDefault>& values) {
  std::vector<apply::RowMapping::Fill> fills;
  for (const size_t index : ddl::ColumnsWithoutValue(projection)) {
    const ddl::Column& column = projection.target.columns[index];
    apply::RowMapping::Fill fill{column.name, ddl::ImplicitDefault(column.type), true};
    for (const ddl::RevertDefault& value : values) {
      if (value.column == column.name) fill = {column.name, value.literal, false};
    }
    fills.push_back(std::move(fill));
  }
  return fills;
}

}  // namespace

apply::RowMapping MakeMapping(const ddl::Projection& projection, const mysql::TableName& live,
                              const mysql::TableName& off_stage,
                              const std::vector<ddl::RevertDefault>& values) {
  apply::RowMapping mapping;
  mapping.source = live;
  mapping.target = off_stage;
  for (const ddl::Column& column : projection.source.columns) {
    mapping.source_types.push_back(column.type);
    mapping.source_names.push_back(column.name);
  }
  const auto& target_columns = projection.target.columns;
  for (const ddl::ColumnPair& pair : projection.columns) {
    const ddl::Column& column = target_columns[pair.target];
    const ColumnType& source = projection.source.columns[pair.source].type;
    apply::RowMapping::Column mapped;
    mapped.source = pair.source;
    mapped.target = column.name;
    mapped.is_temporal = column.type.IsTemporal();
    mapped.is_shorter_lob = IsLob(column.type) && MostBytes(column.type) < MostBytes(source);
    mapped.type = column.type;
    mapping.columns.push_back(std::move(mapped));
  }
  for (const ddl::ColumnPair& part : projection.key) {
    mapping.key.push_back(*MappedTo(mapping, target_columns[part.target].name));
  }
  mapping.target_key = projection.target_key;
  mapping.keeps_key =
      std::all_of(projection.key.begin(), projection.key.end(), [&](const ddl::ColumnPair& part) {
        return KeepsEquality(projection.source.columns[part.source].type,
                             target_columns[part.target].type);
      });
  for (const size_t preserved : projection.preserved) {
    const ddl::Column& column = target_columns[preserved];
    mapping.preserved.push_back(column.name);
    if (column.type.IsTemporal()) mapping.preserved_temporal.push_back(column.name);
  }
  mapping.fills = RequiredFills(projection, values);
  mapping.ordered_values = projection.ordered_values;
  mapping.can_use_lanes = !projection.unordered_unique;
  for (const ddl::Key& key : projection.target.keys) {
    const bool is_shared =
        key.name == projection.target_key && key.parts.size() == projection.key.size();
    if (is_shared) mapping.key_is_primary = key.IsPrimary();
    if (!key.unique || is_shared) continue;
    mapping.has_other_unique = true;
    const auto parts = WrittenParts(mapping, projection.target, key);
    if (!parts) continue;
    mapping.target_unique.push_back(*parts);
    for (const size_t part : *parts) {
      const size_t source = mapping.columns[part].source;
      const size_t target = *projection.target.FindColumn(mapping.columns[part].target);
      if (!KeepsEquality(projection.source.columns[source].type, target_columns[target].type)) {
        mapping.can_use_lanes = false;
      }
    }
  }
  return mapping;
}

}  // namespace osc::shadow
