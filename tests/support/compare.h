// Comparing tables on the server, independently of osc's own code.
#pragma once

#include <string>
#include <vector>

#include "tests/support/osc_process.h"

namespace osc::testing {

struct ComparedColumn {
  std::string live;       // its name on the live table
  std::string off_stage;  // and on the other
};

// The row invariant: for every row of the live table the off-stage table has one of the same key
// with equal columns, and no other row. Writers may be at work: they are held for the moment
// that the stream needs to catch up and the comparison takes. Reports differences to the test.
void ExpectSameRows(const TestServer& server, Osc& osc, const std::string& id,
                    const std::vector<ComparedColumn>& key,
                    const std::vector<ComparedColumn>& columns);

// The same for columns that have the same names on both tables.
void ExpectSameRows(const TestServer& server, Osc& osc, const std::string& id,
                    const std::vector<std::string>& key, const std::vector<std::string>& columns);

}  // namespace osc::testing
