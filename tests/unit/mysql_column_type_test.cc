#include <gtest/gtest.h>

#include "src/mysql/column_type.h"

namespace osc::mysql {
namespace {

TEST(ColumnType, ReadsWhatTheServersPrint) {
  const struct {
    const char* text;
    TypeKind kind;
    uint32_t length;
    uint32_t scale;
    uint32_t fraction_digits;
    bool is_unsigned;
  } kCases[] = {
      {"int", TypeKind::kInt, 0, 0, 0, false},
      {"int(11)", TypeKind::kInt, 0, 0, 0, false},
      {"int(10) unsigned zerofill", TypeKind::kInt, 0, 0, 0, true},
      {"int unsigned", TypeKind::kInt, 0, 0, 0, true},
      {"tinyint(1)", TypeKind::kTinyInt, 0, 0, 0, false},
      {"smallint(6)", TypeKind::kSmallInt, 0, 0, 0, false},
      {"mediumint(9)", TypeKind::kMediumInt, 0, 0, 0, false},
      {"bigint(20) unsigned", TypeKind::kBigInt, 0, 0, 0, true},
      {"decimal(65,30)", TypeKind::kDecimal, 65, 30, 0, false},
      {"decimal(10,0) unsigned", TypeKind::kDecimal, 10, 0, 0, true},
      {"float", TypeKind::kFloat, 0, 0, 0, false},
      {"float(7,3) unsigned", TypeKind::kFloat, 7, 3, 0, true},
      {"double", TypeKind::kDouble, 0, 0, 0, false},
      {"bit(64)", TypeKind::kBit, 64, 0, 0, false},
      {"year(4)", TypeKind::kYear, 0, 0, 0, false},
      {"year", TypeKind::kYear, 0, 0, 0, false},
      {"date", TypeKind::kDate, 0, 0, 0, false},
      {"time(6)", TypeKind::kTime, 0, 0, 6, false},
      {"datetime", TypeKind::kDateTime, 0, 0, 0, false},
      {"datetime(3)", TypeKind::kDateTime, 0, 0, 3, false},
      {"timestamp(1)", TypeKind::kTimestamp, 0, 0, 1, false},
      {"char(3)", TypeKind::kChar, 3, 0, 0, false},
      {"varchar(16383)", TypeKind::kVarchar, 16383, 0, 0, false},
      {"binary(16)", TypeKind::kBinary, 16, 0, 0, false},
      {"varbinary(255)", TypeKind::kVarbinary, 255, 0, 0, false},
      {"tinytext", TypeKind::kTinyText, 0, 0, 0, false},
      {"text", TypeKind::kText, 0, 0, 0, false},
      {"mediumtext", TypeKind::kMediumText, 0, 0, 0, false},
      {"longtext", TypeKind::kLongText, 0, 0, 0, false},
      {"tinyblob", TypeKind::kTinyBlob, 0, 0, 0, false},
      {"blob", TypeKind::kBlob, 0, 0, 0, false},
      {"mediumblob", TypeKind::kMediumBlob, 0, 0, 0, false},
      {"longblob", TypeKind::kLongBlob, 0, 0, 0, false},
      {"json", TypeKind::kJson, 0, 0, 0, false},
      {"geometry", TypeKind::kGeometry, 0, 0, 0, false},
      {"point", TypeKind::kGeometry, 0, 0, 0, false},
      {"geomcollection", TypeKind::kGeometry, 0, 0, 0, false},
      {"vector(3)", TypeKind::kVector, 3, 0, 0, false},
      {"uuid", TypeKind::kUuid, 0, 0, 0, false},
      {"uuid /* old */", TypeKind::kOther, 0, 0, 0, false},
      {"inet4", TypeKind::kInet4, 0, 0, 0, false},
      {"inet6", TypeKind::kInet6, 0, 0, 0, false},
      {"text /*M!100301 COMPRESSED*/", TypeKind::kText, 0, 0, 0, false},
      {"varchar(9) /*M!100301 COMPRESSED*/", TypeKind::kVarchar, 9, 0, 0, false},
      {"int(11) /*M!100301 COMPRESSED*/", TypeKind::kOther, 0, 0, 0, false},
      {"datetime /* mariadb-5.3 */", TypeKind::kOther, 0, 0, 0, false},
      {"integer", TypeKind::kOther, 0, 0, 0, false},
      {"", TypeKind::kOther, 0, 0, 0, false},
      {"enum", TypeKind::kOther, 0, 0, 0, false},
      {"enum('a", TypeKind::kOther, 0, 0, 0, false},
      {"enum('a';'b')", TypeKind::kOther, 0, 0, 0, false},
  };
  for (const auto& test : kCases) {
    const ColumnType type = ParseColumnType(test.text, "");
    EXPECT_EQ(static_cast<int>(type.kind), static_cast<int>(test.kind)) << test.text;
    EXPECT_EQ(type.text, test.text);
    EXPECT_EQ(type.length, test.length) << test.text;
    EXPECT_EQ(type.scale, test.scale) << test.text;
    EXPECT_EQ(type.fraction_digits, test.fraction_digits) << test.text;
    EXPECT_EQ(type.is_unsigned, test.is_unsigned) << test.text;
    EXPECT_TRUE(type.members.empty()) << test.text;
  }
}

TEST(ColumnType, TellsCompressedOnes) {
  EXPECT_TRUE(ParseColumnType("blob /*M!100301 COMPRESSED*/", "").is_compressed);
  EXPECT_FALSE(ParseColumnType("blob", "").is_compressed);
  EXPECT_FALSE(ParseColumnType("enum('/*M!100301 COMPRESSED*/')", "latin1_bin").is_compressed);
}

TEST(ColumnType, ReadsMembers) {
  const ColumnType type =
      ParseColumnType("enum('a','b''c','d\\\\e','é','x\\ny','','(,)')", "latin1_swedish_ci");
  EXPECT_EQ(type.kind, TypeKind::kEnum);
  EXPECT_EQ(type.charset, "latin1");
  EXPECT_EQ(type.members, (std::vector<std::string>{"a", "b'c", "d\\e", "é", "x\ny", "", "(,)"}));
  EXPECT_EQ(ParseColumnType("set('unsigned /*')", "utf8mb4_bin").kind, TypeKind::kSet);
  EXPECT_FALSE(ParseColumnType("set(' unsigned')", "utf8mb4_bin").is_unsigned);
}

TEST(ColumnType, KeepsTheCollationOfCharacterTypesOnly) {
  EXPECT_EQ(ParseColumnType("varchar(3)", "utf8mb4_uca1400_ai_ci").charset, "utf8mb4");
  EXPECT_EQ(ParseColumnType("text", "utf8mb3_general_ci").collation, "utf8mb3_general_ci");
  EXPECT_EQ(ParseColumnType("blob", "").charset, "");
  EXPECT_EQ(CharsetOfCollation("binary"), "binary");
  EXPECT_EQ(CharsetOfCollation("ucs2_general_ci"), "ucs2");
  EXPECT_EQ(CharsetOfCollation(""), "");
}

}  // namespace
}  // namespace osc::mysql
