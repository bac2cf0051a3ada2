// Which column of one table becomes which of the other. The same type serves both directions: the
// forward stream projects old to new, the inverse stream new to old.
#pragma once

#include <string>
#include <vector>

#include "ddl/alter_statement.h"
#include "ddl/table_definition.h"

namespace osc::ddl {

struct ColumnPair {
  size_t source = 0;  // index into the source's columns
  size_t target = 0;  // index into the target's columns
};

struct Projection {
  TableDefinition source;
  TableDefinition target;
  std::vector<ColumnPair> columns;  // written on the target, in its order; generated ones left out
  std::vector<size_t> preserved;    // target columns that the source does not have (not generated):
                                    // never touched on a row that lives on
  std::string source_key;           // the shared key's name on either side
  std::string target_key;
  std::vector<ColumnPair> key;      // its columns in the source key's order, each among `columns`
  // Unique keys of the source other than the shared one whose columns are all whole: the order of
  // their values must be kept between rows. Indexes into source.columns.
  std::vector<std::vector<size_t>> ordered_values;
};

// renames: those of the ALTER that made `altered` out of `original`; columns are matched by identity
// through them, never by name alone: a new column under an old name is not the old column.
// Throws Error kRefused when the tables share no unique key over NOT NULL columns that a copy can
// be ordered by, naming the candidates and why each was passed over.
Projection ForwardProjection(const TableDefinition& original, const TableDefinition& altered,
                             const AlterStatement& alter);
// The other direction of the same pair of tables.
Projection Invert(const Projection& projection);

}  // namespace osc::ddl
