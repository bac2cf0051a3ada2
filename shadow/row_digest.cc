#include "shadow/row_digest.h"

#include <algorithm>
#include <span>

#include "shadow/compared_column.h"

namespace osc::shadow {
namespace {

using mysql::ColumnType;
using mysql::ServerInfo;
using mysql::TypeKind;
using Values = std::span<const DigestedValue>;

// The server's parser and its evaluation go as deep as functions are nested.
constexpr size_t kMostNested = 64;

// CRC32 and CRC32C that go on from a former value.
bool HasTwoCrcs(const ServerInfo& server) { return server.IsMariaDb() && server.AtLeast(10, 8); }

bool IsString(const ColumnType& type) {
  return type.IsText() || type.IsBinary() || type.kind == TypeKind::kGeometry ||
         type.kind == TypeKind::kVector;
}

// Printed so that one can tell where it ends, whatever follows.
bool EndsItself(const ColumnType& type) {
  return type.kind == TypeKind::kDate || type.kind == TypeKind::kDateTime ||
         type.kind == TypeKind::kTimestamp || (type.kind == TypeKind::kDecimal && type.scale > 0);
}

// crc: the function, which goes on from what it gave for the value before. From 1 on: it would give
// 0 for nothing but empty texts, and as a factor hide the other chain.
std::string Unmarked(const std::string& crc, Values values) {
  std::string chain = "1";
  for (const DigestedValue& value : values) {
    const std::string plain = Plain(value.type, value.expression);
    chain = crc + "(" + chain + "," + (value.nullable ? "IFNULL(" + plain + ",'')" : plain) + ")";
  }
  return chain;
}

// Tells where a value ends, ('ab','c') from ('a','bc'), and NULL from all else. What is between two
// values is a multiplication because the CRC is not linear to it.
std::string Marked(const std::string& crc, Values values) {
  std::string chain = "1";
  bool is_open = false;  // the one before
  for (const DigestedValue& value : values) {
    std::string plain = Plain(value.type, value.expression);
    if (is_open) chain += "*31";
    is_open = !EndsItself(value.type);
    if (value.nullable && is_open) chain += "+ISNULL(" + value.expression + ")";
    if (value.nullable) plain = "IFNULL(" + plain + (is_open ? ",'')" : ",'#')");
    chain = crc + "(" + chain + "," + plain + ")";
  }
  return chain;
}

std::string Chain(const std::string& crc, Values values, decltype(Marked) chain_of) {
  std::string all;
  for (; !values.empty(); values = values.subspan(std::min(kMostNested, values.size()))) {
    const std::string chain = chain_of(crc, values.first(std::min(kMostNested, values.size())));
    all = all.empty() ? chain : crc + "(" + all + "*31," + chain + ")";
  }
  return all;
}

struct Crcs {
  std::string first;
  std::string second;
};

// The second one has what is long, and the key, so that rows with the same values do not have the
// same factor.
Crcs MakeCrcs(const std::vector<DigestedValue>& row) {
  std::vector<DigestedValue> again;
  for (const DigestedValue& value : row) {
    if (value.is_key || IsString(value.type)) again.push_back(value);
  }
  return {Chain("CRC32C", row, Marked), Chain("CRC32", again.empty() ? row : again, Unmarked)};
}

// Values with a separator; then, because it may be part of a text, how long each is, in a form that
// tells where it ends: three bytes, or a zero for NULL.
std::string Text(const std::vector<DigestedValue>& row, const ServerInfo& server) {
  // All of it is bytes by that. Else MySQL converts what it takes for constants, as all values of a
  // table's only row, to the character set of a column, and fails.
  std::string text = "CAST('' AS BINARY)";
  std::string ends;
  for (const DigestedValue& value : row) {
    text += ",'#',";
    const std::string piece = Canonical(value.type, value.expression, server);
    if (!value.nullable) {
      text += piece;
    } else if (IsLarge(value.type)) {
      text += "IF(ISNULL(" + value.expression + "),''," + piece + ")";
    } else {
      text += "IFNULL(" + piece + ",'')";
    }
    if (HasOwnLength(value.type)) {
      const std::string length = "LENGTH(" + value.expression + ")+65536";
      ends += "," + (value.nullable ? "IFNULL(" + length + ",0)" : length);
    } else if (value.nullable) {
      ends += ",ISNULL(" + value.expression + ")";
    }
  }
  if (!ends.empty()) text += ",CHAR(" + ends.substr(1) + ")";
  return "CONCAT(" + text + ")";
}

}  // namespace

std::string RowDigest(const std::vector<DigestedValue>& row, const ServerInfo& server) {
  if (HasTwoCrcs(server)) {
    const Crcs crcs = MakeCrcs(row);
    return "CONCAT(" + crcs.first + ",'-'," + crcs.second + ")";
  }
  const std::string text = Text(row, server);
  return server.IsMariaDb() ? "MD5(" + text + ")" : "LEFT(SHA2(" + text + ",256),40)";
}

std::string RangeDigest(const std::vector<DigestedValue>& row, const ServerInfo& server) {
  const std::string chance = "CAST(RAND()*4000000000 AS UNSIGNED)";
  if (HasTwoCrcs(server)) {
    const Crcs crcs = MakeCrcs(row);
    return "BIT_XOR(COALESCE(" + crcs.first + "*" + crcs.second + "," + chance + "))";
  }
  const std::string text = Text(row, server);
  if (server.IsMariaDb()) {
    return "BIT_XOR(COALESCE(CAST(CONV(LEFT(MD5(" + text + "),16),16,10) AS UNSIGNED)," + chance +
           "))";
  }
  return "HEX(BIT_XOR(COALESCE(UNHEX(SHA2(" + text + ",256)),UNHEX(SHA2(UUID(),256)))))";
}

}  // namespace osc::shadow
