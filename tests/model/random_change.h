// A random table and a random ALTER of it.
#pragma once

#include <string>

#include "tests/model/model_table.h"

namespace osc::testing::model {

struct RandomChange {
  Definition before;
  Definition after;
  std::string alter;  // as `osc alter --alter` takes it
  int logical_columns = 0;
};

// A primary key of one or two columns, two to six other columns, up to two unique keys, and an
// ALTER of one to three changes, each of other columns. Writes that fit both definitions are
// always possible.
RandomChange MakeRandomChange(Random& random);

}  // namespace osc::testing::model
