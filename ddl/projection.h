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
  // What tells that two rows are the same row: the source key's columns in its order, each among
  // `columns`. Where the ALTER extends or narrows the key, the columns that only the target's key
  // has follow; each table then has a stricter unique key than this.
  std::vector<ColumnPair> key;
  // How many columns at the front of `key` are those of the source's key, along which it is read.
  size_t ordered_key_columns() const { return source.FindKey(source_key)->parts.size(); }
  // What else must keep its order between rows when several lanes write the target: for every
  // unique key of the target, but the shared one and those that hold all of its columns, the source
  // columns that feed it, in the key's order (indexes into source.columns). Two rows of different
  // shared keys may exchange such a value. Text is equal under the key's collation, not by bytes:
  // rows that differ only there meet as a duplicate that the server reports, never silently.
  std::vector<std::vector<size_t>> ordered_values;
  // The target has another such key that cannot be told from source columns: over a prefix, an
  // expression, or a preserved or generated column. Only one lane keeps the order then.
  bool unordered_unique = false;
};

// renames: those of the ALTER that made `altered` out of `original`; columns are matched by
// identity through them, never by name alone: a new column under an old name is not the old column.
// Throws Error kRefused when a virtual column becomes a plain one, or when the tables share no
// unique key over NOT NULL columns that a copy can be ordered by, naming the candidates and why
// each was passed over. The shared key is the source's primary key if that will do, else its
// shortest unique key, integers first; only if none has the same columns in both tables, one whose
// columns are some of those of its counterpart, or the other way round.
Projection ForwardProjection(const TableDefinition& original, const TableDefinition& altered,
                             const AlterStatement& alter);
// The other direction of the same pair of tables, with the same shared key. A plain column that the
// ALTER made a generated one is preserved here: nothing feeds it. A stored one that it made a plain
// one is computed by the server again: what was written to the plain one feeds nothing.
Projection Invert(const Projection& projection);

}  // namespace osc::ddl
