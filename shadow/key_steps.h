// Where the next chunk of a table ends.
#pragma once

#include "shadow/chunker.h"

namespace osc::shadow {

// To find the key so many rows further on the server reads them all. Integers that lie close
// together are counted instead: a range of n of them has at most n rows. Every few chunks are
// measured. Keeps a reference; one thread at a time.
class KeySteps {
 public:
  explicit KeySteps(const KeyRange& range) : range_(range) {}

  // About `rows` rows above `low`, at most twice as many, not above the table's last key as it was
  // at first; nullopt when fewer are left.
  std::optional<KeyLiterals> Next(mysql::Connection& connection, const KeyLiterals& low,
                                  uint64_t rows);

 private:
  std::optional<KeyLiterals> Guess(mysql::Connection& connection, const KeyLiterals& low,
                                   uint64_t rows);

  const KeyRange& range_;
  std::optional<uint64_t> last_;
  double keys_per_row_ = 0;  // 0: not measured
  int guesses_ = 0;          // since it was
};

}  // namespace osc::shadow
