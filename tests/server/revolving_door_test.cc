// What R11 of the acceptance list asks for. R1 to R3, R7 and R8 stand in door_test.cc, R4 to R6 in
// lifecycle_test.cc, R9 in foreign_ddl_test.cc, R10, R12 and R13 in quarantine_test.cc.
#include "tests/support/server_test.h"

namespace osc {
namespace {

class RevolvingDoorTest : public testing::ServerTest {};

struct RenameCase {
  std::string name;
  std::string alter;
  std::string write;  // after the cutover, by the new names: gives a and b of row 1 other values
  std::string again;  // after the reapply: SELECT that gives 'A1,B1' of row 1 by the new names
};

// Values follow the column, whatever it is called meanwhile.
TEST_P(RevolvingDoorTest, R11RenamesAreMappedBackByIdentity) {
  const std::vector<RenameCase> cases{
      {"change", "CHANGE a z VARCHAR(20)", "UPDATE t SET z='A1', b='B1' WHERE id=1",
       "SELECT CONCAT(z, ',', b) FROM t WHERE id=1"},
      {"rename column", "RENAME COLUMN a TO z", "UPDATE t SET z='A1', b='B1' WHERE id=1",
       "SELECT CONCAT(z, ',', b) FROM t WHERE id=1"},
      {"exchange", "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
       "UPDATE t SET b='A1', a='B1' WHERE id=1", "SELECT CONCAT(b, ',', a) FROM t WHERE id=1"},
      {"new column under the old name", "CHANGE a z VARCHAR(20), ADD a VARCHAR(20) DEFAULT 'new'",
       "UPDATE t SET z='A1', b='B1', a='mine' WHERE id=1",
       "SELECT CONCAT(z, ',', b, IF(a='mine', '', a)) FROM t WHERE id=1"},
  };
  for (const RenameCase& now : cases) {
    SCOPED_TRACE(now.name);
    Run("DROP TABLE IF EXISTS t");
    Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), gone INT)");
    Run("INSERT INTO t VALUES (1, 'a1', 'b1', 11), (2, 'a2', 'b2', 12)");
    const std::string id = osc().Alter("t", now.alter + ", DROP COLUMN gone");
    Run(now.write);
    osc().Succeed({"revert", id});
    EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS(',', id, a, b, gone) ORDER BY id) FROM t"),
              "1,A1,B1,11,2,a2,b2,12");
    osc().Succeed({"reapply", id});
    EXPECT_EQ(Value(now.again), "A1,B1");
    osc().Succeed({"complete", id});
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RevolvingDoorTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
