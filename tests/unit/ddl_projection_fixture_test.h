// What unit tests see of a projection, in a line of text.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "ddl/projection.h"
#include "src/base/error.h"
#include "tests/unit/ddl_fixture_test.h"

namespace osc::ddl {

inline const std::string kInt = "int(11)";

inline std::string Columns(const Projection& projection) {
  std::string shown;
  for (const ColumnPair& pair : projection.columns) {
    shown += (shown.empty() ? "" : " ") + projection.source.columns[pair.source].name + ">" +
             projection.target.columns[pair.target].name;
  }
  for (const size_t index : projection.preserved) {
    shown += " *" + projection.target.columns[index].name;
  }
  return shown;
}

inline std::string KeyOf(const Projection& projection) {
  std::string shown = projection.source_key + "/" + projection.target_key + ":";
  for (const ColumnPair& pair : projection.key) {
    shown += " " + projection.source.columns[pair.source].name + ">" +
             projection.target.columns[pair.target].name;
  }
  return shown;
}

inline std::string Ordered(const Projection& projection) {
  std::string shown;
  for (const std::vector<size_t>& columns : projection.ordered_values) {
    shown += "(";
    for (const size_t index : columns) shown += " " + projection.source.columns[index].name;
    shown += " )";
  }
  return shown + (projection.unordered_unique ? " unordered" : "");
}

inline Projection Project(const TableDefinition& original, const TableDefinition& altered,
                          const std::string& alter) {
  return ForwardProjection(original, altered, ParseAlter(alter));
}

inline std::string Refusal(const TableDefinition& original, const TableDefinition& altered,
                           const std::string& alter) {
  try {
    Project(original, altered, alter);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRefused);
    EXPECT_FALSE(error.hint().empty());
    return error.message();
  }
  return "accepted";
}

inline const KeyText kPrimary{"PRIMARY", {"id"}};

}  // namespace osc::ddl
