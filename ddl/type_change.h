// What a value written under one column type may lose under another. Used by revert_notes.cc.
#pragma once

#include <string>
#include <vector>

#include "src/mysql/column_type.h"

namespace osc::ddl {

struct TypeLoss {
  bool blocks = false;  // the value is refused (strict mode); otherwise it is changed
  std::string detail;
};

// written: the type that values are written under; read_back: the one that they must go back to.
std::vector<TypeLoss> LossesGoingBack(const mysql::ColumnType& written,
                                      const mysql::ColumnType& read_back);

// Whether two values that differ as `written` may be one and the same as `read_back`, so that a
// unique key refuses them. By type alone: collations are looked at elsewhere.
bool MayBecomeEqual(const mysql::ColumnType& written, const mysql::ColumnType& read_back);

}  // namespace osc::ddl
