#include <gtest/gtest.h>

#include "src/base/error.h"
#include "src/binlog/gtid_set.h"
#include "src/binlog/position.h"

namespace osc::binlog {
namespace {

constexpr auto kMySql = mysql::Family::kMySql;
constexpr auto kMariaDb = mysql::Family::kMariaDb;
const std::string kA = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string kB = "c6e3b0a9-e54e-11f1-93ce-02fc00000001";

TEST(GtidSet, ParseGivesTheCanonicalText) {
  struct Case {
    mysql::Family family;
    std::string text;
    std::string canonical;
  };
  const Case cases[] = {
      {kMySql, "", ""},
      {kMySql, " \n", ""},
      {kMySql, kA + ":1", kA + ":1"},
      {kMySql, kA + ":1-5:7", kA + ":1-5:7"},
      {kMySql, kA + ":7:1-5", kA + ":1-5:7"},
      {kMySql, kA + ":1-5:6-9", kA + ":1-9"},
      {kMySql, kA + ":1-5:3-9:11:10", kA + ":1-11"},
      {kMySql, kA + ":5-9:1-2:3-4", kA + ":1-9"},
      {kMySql, kB + ":1-3,\n" + kA + ":4", kA + ":4," + kB + ":1-3"},
      {kMySql, "3E11FA47-71CA-11E1-9E33-C80AA9429562:1", kA + ":1"},
      {kMySql, kA + ":1-2," + kA + ":3", kA + ":1-3"},
      {kMySql, kA + " : 1 - 2 , ", kA + ":1-2"},
      // Seen on MySQL 9.7: tags follow within the same uuid.
      {kMySql, kA + ":1-5:app:1-3:7:zeta:9", kA + ":1-5," + kA + ":app:1-3:7," + kA + ":zeta:9"},
      {kMySql, kA + ":App:1", kA + ":app:1"},
      {kMySql, kA + ":1-9223372036854775806", kA + ":1-9223372036854775806"},
      {kMariaDb, "", ""},
      {kMariaDb, "0-1-100", "0-1-100"},
      {kMariaDb, "1-2-7, 0-1-100", "0-1-100,1-2-7"},
      {kMariaDb, "0-1-100,0-2-90", "0-1-100"},
      {kMariaDb, "4294967295-4294967295-18446744073709551615",
       "4294967295-4294967295-18446744073709551615"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const GtidSet set = GtidSet::Parse(c.family, c.text);
    EXPECT_EQ(set.ToString(), c.canonical);
    EXPECT_EQ(GtidSet::Parse(c.family, set.ToString()), set);
    EXPECT_EQ(set.IsEmpty(), c.canonical.empty());
  }
}

TEST(GtidSet, MalformedTextIsRefused) {
  const std::pair<mysql::Family, std::string> cases[] = {
      {kMySql, "x"},
      {kMySql, kA},
      {kMySql, kA + ":"},
      {kMySql, kA + ":0"},
      {kMySql, kA + ":5-4"},
      {kMySql, kA + ":1-"},
      {kMySql, kA + ":1-2-3"},
      {kMySql, kA + ":9223372036854775807"},
      {kMySql, kA + ":99999999999999999999"},
      {kMySql, kA + ":tag"},
      {kMySql, kA + ":1:tag"},
      {kMySql, kA + ":ta-g:1"},
      {kMySql, kA + ":1,0-1-2"},
      {kMySql, kA + "0:1"},
      {kMySql, "3e11fa47071ca-11e1-9e33-c80aa9429562:1"},
      {kMySql, "0-1-100"},
      {kMariaDb, "0-1"},
      {kMariaDb, "0-1-2-3"},
      {kMariaDb, "0--1"},
      {kMariaDb, "a-1-2"},
      {kMariaDb, "4294967296-1-2"},
      {kMariaDb, "0-1-18446744073709551616"},
      {kMariaDb, kA + ":1"},
  };
  for (const auto& [family, text] : cases) {
    SCOPED_TRACE(text);
    try {
      GtidSet::Parse(family, text);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    }
  }
}

TEST(GtidSet, ContainsAndIntersection) {
  struct Case {
    mysql::Family family;
    std::string left;
    std::string right;
    bool contains;
    std::string both;
    std::string either;
  };
  const Case cases[] = {
      {kMySql, "", "", true, "", ""},
      {kMySql, kA + ":1", "", true, "", kA + ":1"},
      {kMySql, "", kA + ":1", false, "", kA + ":1"},
      {kMySql, kA + ":1-10", kA + ":2-3:5-10", true, kA + ":2-3:5-10", kA + ":1-10"},
      {kMySql, kA + ":1-4:6-10", kA + ":3-7", false, kA + ":3-4:6-7", kA + ":1-10"},
      {kMySql, kA + ":1-4:6-10", kA + ":5", false, "", kA + ":1-10"},
      {kMySql, kA + ":1-4", kA + ":tag:1-4", false, "", kA + ":1-4," + kA + ":tag:1-4"},
      {kMySql, kA + ":1-4:tag:1-9", kA + ":tag:4", true, kA + ":tag:4",
       kA + ":1-4," + kA + ":tag:1-9"},
      {kMySql, kA + ":1-4", kB + ":1", false, "", kA + ":1-4," + kB + ":1"},
      {kMariaDb, "0-1-10", "0-2-9", true, "0-2-9", "0-1-10"},
      {kMariaDb, "0-1-10", "0-1-11", false, "0-1-10", "0-1-11"},
      {kMariaDb, "0-1-10", "0-1-3,1-1-1", false, "0-1-3", "0-1-10,1-1-1"},
      {kMariaDb, "0-1-10,1-1-5", "1-1-5", true, "1-1-5", "0-1-10,1-1-5"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.left + " and " + c.right);
    const GtidSet left = GtidSet::Parse(c.family, c.left);
    const GtidSet right = GtidSet::Parse(c.family, c.right);
    EXPECT_EQ(left.Contains(right), c.contains);
    EXPECT_EQ(left.Intersection(right).ToString(), c.both);
    EXPECT_EQ(right.Intersection(left).ToString(), c.both);
    EXPECT_TRUE(left.Contains(left.Intersection(right)));
    GtidSet either = left;
    either.Add(right);
    EXPECT_EQ(either.ToString(), c.either);
    EXPECT_TRUE(either.Contains(right));
  }
}

TEST(GtidSet, AddAndContainSingleGtids) {
  GtidSet mysql_set(kMySql);
  for (const uint64_t number : {1, 2, 3, 7, 5, 6, 4, 4}) {
    const Gtid gtid{kMySql, kA + ":t", 0, 0, number};
    mysql_set.Add(gtid);
    EXPECT_TRUE(mysql_set.Contains(gtid));
  }
  EXPECT_EQ(mysql_set.ToString(), kA + ":t:1-7");
  EXPECT_FALSE(mysql_set.Contains(Gtid{kMySql, kA, 0, 0, 1}));
  EXPECT_FALSE(mysql_set.Contains(Gtid{kMySql, kA + ":t", 0, 0, 8}));
  EXPECT_THROW(mysql_set.Add(Gtid{kMariaDb, "", 0, 1, 1}), Error);

  GtidSet mariadb_set(kMariaDb);
  mariadb_set.Add(Gtid{kMariaDb, "", 3, 1, 9});
  mariadb_set.Add(Gtid{kMariaDb, "", 3, 2, 10});
  mariadb_set.Add(Gtid{kMariaDb, "", 3, 1, 4});
  EXPECT_EQ(mariadb_set.ToString(), "3-2-10");
  EXPECT_TRUE(mariadb_set.Contains(Gtid{kMariaDb, "", 3, 7, 10}));
  EXPECT_FALSE(mariadb_set.Contains(Gtid{kMariaDb, "", 3, 2, 11}));
  EXPECT_FALSE(mariadb_set.Contains(Gtid{kMariaDb, "", 0, 2, 1}));
}

TEST(Position, EncodeAndDecode) {
  struct Case {
    mysql::Family family;
    std::optional<std::string> gtids;
    std::string file;
    uint64_t offset;
  };
  const Case cases[] = {
      {kMySql, std::nullopt, "binlog.000001", 4},
      {kMySql, std::nullopt, "", 0},
      {kMySql, std::nullopt, "a@b:c.000001", 5'000'000'000},
      {kMySql, "", "binlog.000001", 4},
      {kMySql, kA + ":1-5:tag:3", "binlog.000001", 18446744073709551615u},
      {kMariaDb, "0-1-5,2-2-2", "mysql-bin.1000000", 325},
  };
  for (const Case& c : cases) {
    Position position;
    if (c.gtids) position.gtids = GtidSet::Parse(c.family, *c.gtids);
    position.file = c.file;
    position.offset = c.offset;
    const Position again = Position::Decode(c.family, position.Encode());
    EXPECT_EQ(again.gtids, position.gtids);
    EXPECT_EQ(again.file, position.file);
    EXPECT_EQ(again.offset, position.offset);
  }
  for (const char* text : {"", "x", "gtids:0-1-5", "@file", "@file:", "@file:1x", "gtids:zz@file:1",
                           "0-1-5@file:1", "file:1@"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW(Position::Decode(kMariaDb, text), Error);
  }
}

TEST(Position, Covers) {
  const auto at = [](const char* file, uint64_t offset) {
    return Position{std::nullopt, file, offset};
  };
  EXPECT_TRUE(at("binlog.000001", 10).Covers(at("binlog.000001", 10)));
  EXPECT_FALSE(at("binlog.000001", 9).Covers(at("binlog.000001", 10)));
  EXPECT_TRUE(at("binlog.000010", 4).Covers(at("binlog.000009", 99)));
  EXPECT_TRUE(at("binlog.1000000", 4).Covers(at("binlog.999999", 99)));
  EXPECT_FALSE(at("binlog.999999", 99).Covers(at("binlog.1000000", 4)));
  EXPECT_FALSE(at("other.000010", 4).Covers(at("binlog.000009", 99)));
  // The GTIDs decide where there are any.
  Position early{GtidSet::Parse(kMariaDb, "0-1-5"), "binlog.000009", 99};
  Position late{GtidSet::Parse(kMariaDb, "0-1-6"), "binlog.000001", 4};
  EXPECT_TRUE(late.Covers(early));
  EXPECT_FALSE(early.Covers(late));
  EXPECT_EQ(early.ToString(), "0-1-5");
  EXPECT_EQ(at("binlog.000001", 7).ToString(), "binlog.000001:7");
}

}  // namespace
}  // namespace osc::binlog
