#include <gtest/gtest.h>

#include "src/apply/row_sql.h"

namespace osc::apply {
namespace {

mysql::ServerInfo MySql(int major, int minor, int patch) {
  return {mysql::Family::kMySql, major, minor, patch, ""};
}

class RowSqlTest : public testing::Test {
 protected:
  RowSqlTest() {
    mapping_.target = {"d", "t"};
    for (const char* name : {"id", "v", "w"}) {
      RowMapping::Column column;
      column.target = name;
      mapping_.columns.push_back(column);
    }
    mapping_.key = {0};
    mapping_.preserved_temporal = {"at"};
  }

  std::string Tail(const mysql::ServerInfo& server) const {
    return RowSql(mapping_).UpdateTail(server, "010");
  }

  RowMapping mapping_;
};

TEST_F(RowSqlTest, AnUpdateOfManyIsWrittenAsTheServerKnowsIt) {
  const std::string old = " ON DUPLICATE KEY UPDATE `v`=VALUES(`v`),`at`=`d`.`t`.`at`";
  EXPECT_EQ(Tail({mysql::Family::kMariaDb, 10, 11, 18, ""}), old);
  EXPECT_EQ(Tail(MySql(8, 0, 18)), old);
  EXPECT_EQ(Tail(MySql(8, 0, 19)),
            " AS osc_new ON DUPLICATE KEY UPDATE `v`=osc_new.`v`,`at`=`d`.`t`.`at`");
}

TEST_F(RowSqlTest, ADuplicateOfAnotherKeyHasNoKeyToUpdate) {
  mapping_.has_other_unique = true;
  mapping_.key = {0, 2};
  EXPECT_EQ(Tail(MySql(9, 7, 4)),
            " AS osc_new ON DUPLICATE KEY UPDATE `id`=IF(`d`.`t`.`id`=osc_new.`id` AND "
            "`d`.`t`.`w`=osc_new.`w`,`d`.`t`.`id`,NULL),`v`=osc_new.`v`,`at`=`d`.`t`.`at`");
}

}  // namespace
}  // namespace osc::apply
