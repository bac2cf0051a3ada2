// Tests of the comparison of the two tables: what is wrong off stage is put there by hand.
#pragma once

#include "tests/support/users_test.h"

namespace osc::testing {

class VerifyTest : public UsersTest {
 protected:
  // Like anybody who writes to the off-stage table: osc follows the live one only. OFF in the
  // statement stands for it.
  void Corrupt(const std::string& id, const std::string& sql) {
    const std::string off_stage = osc().Show(id)["off_stage_table"];
    std::string text = sql;
    text.replace(text.find("OFF"), 3, mysql::QuoteIdentifier(off_stage));
    Run(text);
  }
  nlohmann::json Verify(const std::string& id, int exit_code, const Names& more = {}) {
    Names command{"verify", id, "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = osc().Run(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.Describe();
    return outcome.Json().at("verify");
  }
};

}  // namespace osc::testing
