// Keys that the server holds equal must have one hash, or their rows would meet in no lane.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "src/apply/order_hash.h"

namespace osc::apply {
namespace {

using mysql::ParseColumnType;

struct KeyColumn {
  const char* type;
  const char* collation = "";
  const char* target_type = nullptr;
  const char* target_collation = "";
};

std::optional<uint64_t> Hash(const KeyColumn& key, std::string_view bytes) {
  RowMapping mapping;
  mapping.source_types = {ParseColumnType(key.type, key.collation)};
  const bool same = key.target_type == nullptr;
  mapping.columns = {{0, "k", false, false,
                      ParseColumnType(same ? key.type : key.target_type,
                                      same ? key.collation : key.target_collation)}};
  mapping.key = {0};
  binlog::RowImage image = {
      {reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<uint32_t>(bytes.size()), false}};
  return KeyHash(mapping, image);
}

template <typename Number>
std::string Bytes(Number number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

TEST(KeyHash, ZerosOfBothSignsAreOneKey) {
  EXPECT_EQ(Hash({"double"}, Bytes(0.0)), Hash({"double"}, Bytes(-0.0)));
  EXPECT_EQ(Hash({"float"}, Bytes(0.0F)), Hash({"float"}, Bytes(-0.0F)));
  EXPECT_NE(Hash({"float"}, Bytes(0.0F)), Hash({"float"}, Bytes(0.5F)));
  EXPECT_NE(Hash({"double"}, Bytes(1.0)), Hash({"double"}, Bytes(-1.0)));
  EXPECT_NE(Hash({"double"}, Bytes(5e-324)), Hash({"double"}, Bytes(0.0)));
}

TEST(KeyHash, FollowsTheCollation) {
  const KeyColumn ci{"varchar(9)", "utf8mb4_general_ci"};
  EXPECT_EQ(Hash(ci, "a"), Hash(ci, "A"));
  EXPECT_EQ(Hash(ci, "a"), Hash(ci, "a  "));
  EXPECT_EQ(Hash(ci, "\xc3\xa4"), std::nullopt) << "may be equal to a";
  const KeyColumn bin{"varchar(9)", "utf8mb4_bin"};
  EXPECT_NE(Hash(bin, "a"), Hash(bin, "A"));
  EXPECT_EQ(Hash(bin, "a"), Hash(bin, "a ")) << "equal where the collation pads";
  EXPECT_NE(Hash(bin, "\xc3\xa4"), std::nullopt);
  EXPECT_NE(Hash(bin, "\xc3\xa4"), Hash(bin, "\xc3\x84"));
  EXPECT_EQ(Hash({"varchar(9)", "ucs2_general_ci"}, std::string_view("\0a", 2)), std::nullopt);
}

TEST(KeyHash, FollowsTheCoarserOfTwoCollations) {
  const KeyColumn to_ci{"varchar(9)", "utf8mb4_bin", "varchar(9)", "utf8mb4_general_ci"};
  EXPECT_EQ(Hash(to_ci, "a"), Hash(to_ci, "A"));
  EXPECT_EQ(Hash(to_ci, "\xc3\xa4"), std::nullopt);
  const KeyColumn to_bin{"varchar(9)", "utf8mb4_general_ci", "varchar(9)", "utf8mb4_bin"};
  EXPECT_EQ(Hash(to_bin, "a"), Hash(to_bin, "A"));
  const KeyColumn to_language{"varchar(9)", "utf8mb4_bin", "varchar(9)", "utf8mb4_latvian_ci"};
  EXPECT_EQ(Hash(to_language, "a"), std::nullopt);
}

TEST(KeyHash, LeavesOutZerosThatThePaddingAdds) {
  EXPECT_EQ(Hash({"binary(4)"}, std::string_view("a\0\0", 3)), Hash({"binary(4)"}, "a"));
  EXPECT_NE(Hash({"varbinary(4)"}, std::string_view("a\0", 2)), Hash({"varbinary(4)"}, "a"));
}

}  // namespace
}  // namespace osc::apply
