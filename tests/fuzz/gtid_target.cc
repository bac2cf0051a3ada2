#include <vector>

#include "src/base/error.h"
#include "src/binlog/gtid_event.h"
#include "src/binlog/gtid_set.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {
namespace {

using binlog::Gtid;
using binlog::GtidSet;

void CheckSet(const GtidSet& set) {
  const std::string text = set.ToString();
  Require(GtidSet::Parse(set.family(), text) == set, "the set reads back from '" + text + "'");
  Require(set.Contains(set), "a set contains itself");
  Require(set.IsEmpty() == text.empty(), "only an empty set has no text");
  if (set.family() == mysql::Family::kMySql) {
    Require(set.EncodeForDump().size() >= 8, "the encoded set has its count");
  }
}

// MariaDB: one sequence number of two servers is one transaction, whichever of them a set names.
bool Same(const GtidSet& a, const GtidSet& b) { return a.Contains(b) && b.Contains(a); }

void CheckPair(const GtidSet& a, const GtidSet& b) {
  GtidSet both = a;
  both.Add(b);
  CheckSet(both);
  Require(both.Contains(a) && both.Contains(b), "a sum contains its parts");
  const GtidSet common = a.Intersection(b);
  CheckSet(common);
  Require(a.Contains(common) && b.Contains(common), "an intersection is in both sets");
  Require(Same(common, b.Intersection(a)), "an intersection has no order");
  if (a.Contains(b)) Require(Same(both, a), "a contained set adds nothing");
}

// Two sets with a '|' between them, or one.
void RunText(mysql::Family family, std::string_view text) {
  std::vector<GtidSet> sets;
  for (size_t at = 0; at <= text.size() && sets.size() < 2;) {
    const size_t end = std::min(text.find('|', at), text.size());
    try {
      sets.push_back(GtidSet::Parse(family, text.substr(at, end - at)));
    } catch (const Error& error) {
      Require(error.code() == ErrorCode::kInvalidArgument, "bad text is a bad argument");
      return;
    }
    CheckSet(sets.back());
    at = end + 1;
  }
  if (sets.size() == 2) CheckPair(sets[0], sets[1]);
}

void CheckGtid(const Gtid& gtid) {
  if (gtid.number == 0) return;
  GtidSet set(gtid.family);
  set.Add(gtid);
  Require(set.Contains(gtid), "a set contains what was added to it");
  try {
    CheckSet(set);
  } catch (const Error& error) {
    Require(false, "a GTID of an event can be written and read: " + error.message());
  }
}

}  // namespace

void RunGtid(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  try {
    switch (input[0] & 7) {
      case 0:
        return RunText(mysql::Family::kMySql, rest);
      case 1:
        return RunText(mysql::Family::kMariaDb, rest);
      case 2:
        return CheckGtid(binlog::ParseMySqlGtid(rest));
      case 3:
        return CheckGtid(binlog::ParseTaggedGtid(rest));
      default:
        return CheckGtid(binlog::ParseMariaDbGtid(rest, 7).gtid);
    }
  } catch (const Error& error) {
    Require(error.code() == ErrorCode::kDiverged, "a damaged event is Diverged");
  }
}

}  // namespace osc::fuzz
