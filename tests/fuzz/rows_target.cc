#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/row_image.h"
#include "src/binlog/transaction_builder.h"
#include "tests/fuzz/sql_check.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {
namespace {

using binlog::MappedColumn;

binlog::Event MakeEvent(uint8_t type, std::string_view body) {
  binlog::EventHeader header;
  header.type = type;
  return {header, body};
}

std::string Members(unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text += (i == 0 ? "'m" : ",'m") + std::to_string(i) + "'";
  }
  return text;
}

std::string Fraction(const char* name, const MappedColumn& mapped) {
  return mapped.metadata == 0 ? name
                              : std::string(name) + "(" + std::to_string(mapped.metadata) + ")";
}

// A type that a table map shows as this column, as the server would print it. `variant` picks one
// of those that look alike.
std::string TypeText(const MappedColumn& mapped, bool variant) {
  const unsigned metadata = mapped.metadata;
  const std::string sign = variant ? " unsigned" : "";
  const std::string size = "(" + std::to_string(metadata) + ")";
  switch (mapped.type) {
    case binlog::kFieldTiny:
      return "tinyint" + sign;
    case binlog::kFieldShort:
      return "smallint" + sign;
    case binlog::kFieldInt24:
      return "mediumint" + sign;
    case binlog::kFieldLong:
      return "int" + sign;
    case binlog::kFieldLongLong:
      return "bigint" + sign;
    case binlog::kFieldFloat:
      return "float";
    case binlog::kFieldDouble:
      return "double";
    case binlog::kFieldYear:
      return "year";
    case binlog::kFieldDate:
    case binlog::kFieldNewDate:
      return "date";
    case binlog::kFieldTime:
    case binlog::kFieldOldTime:
      return Fraction("time", mapped);
    case binlog::kFieldDateTime:
    case binlog::kFieldOldDateTime:
      return Fraction("datetime", mapped);
    case binlog::kFieldTimestamp:
    case binlog::kFieldOldTimestamp:
      return Fraction("timestamp", mapped);
    case binlog::kFieldDecimal:
      return "decimal(" + std::to_string(metadata & 0xff) + "," + std::to_string(metadata >> 8) +
             ")";
    case binlog::kFieldBit:
      return "bit(" + std::to_string((metadata & 0xff) + (metadata >> 8) * 8) + ")";
    case binlog::kFieldString:
      return (variant ? "binary" : "char") + size;
    case binlog::kFieldVarchar:
    case binlog::kFieldVarString:
      return (variant ? "varbinary" : "varchar") + size;
    case binlog::kFieldEnum:
      return "enum(" + Members(metadata == 2 ? 300 : 5) + ")";
    case binlog::kFieldSet:
      return "set(" + Members(metadata == 8 ? 64 : metadata * 8 - (metadata > 0 ? 1 : 0)) + ")";
    case binlog::kFieldBlob: {
      const char* const kSizes[] = {"", "tiny", "", "medium", "long"};
      return kSizes[metadata > 4 ? 0 : metadata] + std::string(variant ? "blob" : "text");
    }
    case binlog::kFieldJson:
      return "json";
    default:
      return "geometry";
  }
}

mysql::ColumnType TypeOf(const MappedColumn& mapped, bool variant) {
  const mysql::ColumnType type = mysql::ParseColumnType(TypeText(mapped, variant), "");
  const bool has_charset =
      type.IsText() || type.kind == mysql::TypeKind::kEnum || type.kind == mysql::TypeKind::kSet;
  return has_charset ? mysql::ParseColumnType(type.text, "utf8mb4_bin") : type;
}

void CheckRows(const binlog::RowsEvent& event, uint8_t choices) {
  std::vector<mysql::ColumnType> columns;
  for (size_t i = 0; i < event.map().columns.size(); ++i) {
    columns.push_back(TypeOf(event.map().columns[i], (choices >> i % 8 & 1) != 0));
  }
  binlog::CheckTableMap(event.map(), columns);
  binlog::RowReader reader(event);
  binlog::RowImage before;
  binlog::RowImage after;
  std::string literal;
  while (reader.Next(&before, &after)) {
    for (const binlog::RowImage* image : {&before, &after}) {
      for (size_t i = 0; i < image->size(); ++i) {
        literal.clear();
        binlog::AppendLiteral(literal, event.map().columns[i], columns[i], (*image)[i]);
        RequireOneExpression(literal);
      }
    }
  }
}

}  // namespace

void RunRows(std::string_view input) {
  try {
    binlog::ByteReader reader(input);
    const auto choices = static_cast<uint8_t>(reader.Little(1));
    const auto event_type = static_cast<uint8_t>(reader.Little(1));
    const std::string_view map = reader.Take(reader.Little(2));
    binlog::TransactionBuilder builder(mysql::Family::kMySql, false,
                                       [](auto, auto) { return true; });
    builder.Add(MakeEvent(binlog::kTableMapEvent, map));
    builder.Add(MakeEvent(event_type, reader.Rest()));
    const auto transaction = builder.Add(MakeEvent(binlog::kXidEvent, "12345678"));
    if (!transaction) return;
    for (const binlog::RowsEvent& event : transaction->rows) CheckRows(event, choices);
  } catch (const Error& error) {
    Require(error.code() == ErrorCode::kDiverged || error.code() == ErrorCode::kUnprojectable ||
                error.code() == ErrorCode::kPositionLost,
            "damaged rows are Diverged: " + error.message());
  }
}

}  // namespace osc::fuzz
