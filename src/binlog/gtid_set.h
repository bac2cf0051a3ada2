// GTIDs and sets of them in both dialects.
//
// MySQL:   source uuid, optional tag, number; a set holds intervals for each uuid and tag, as
//          "uuid:1-5:7,uuid:tag:1-3" (tags since 8.3).
// MariaDB: domain-server-sequence; a position holds the last GTID of each domain, as
// "0-1-100,1-2-7"
//          and covers every GTID of that domain up to this sequence number.
//
// Values; copying copies. Not synchronised.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/server_info.h"

namespace osc::binlog {

struct Gtid {
  mysql::Family family = mysql::Family::kMySql;
  std::string source;      // MySQL: "uuid" or "uuid:tag", lower case
  uint32_t domain = 0;     // MariaDB
  uint32_t server_id = 0;  // MariaDB
  uint64_t number = 0;     // MySQL's transaction number, MariaDB's sequence number

  std::string ToString() const;
};

class GtidSet {
 public:
  explicit GtidSet(mysql::Family family = mysql::Family::kMySql) : family_(family) {}
  // Accepts white space and new lines as the servers print them; throws Error kInvalidArgument.
  static GtidSet Parse(mysql::Family family, std::string_view text);

  mysql::Family family() const { return family_; }
  bool IsEmpty() const;
  bool Contains(const Gtid& gtid) const;
  bool Contains(const GtidSet& other) const;  // every GTID of the other is in this one
  void Add(const Gtid& gtid);
  void Add(const GtidSet& other);
  // What both hold; the point to start reading from when several readers stand at their own sets.
  GtidSet Intersection(const GtidSet& other) const;
  // Canonical: sorted, no white space, intervals joined; Parse(ToString()) gives the same set.
  std::string ToString() const;
  void AppendTo(std::string* text) const;
  // MySQL only: the binary form that COM_BINLOG_DUMP_GTID takes.
  std::string EncodeForDump() const;

  friend bool operator==(const GtidSet&, const GtidSet&) = default;

 private:
  struct Interval {
    uint64_t first;
    uint64_t last;  // inclusive
    friend bool operator==(const Interval&, const Interval&) = default;
  };
  struct DomainEnd {
    uint32_t server_id;
    uint64_t sequence;
    friend bool operator==(const DomainEnd&, const DomainEnd&) = default;
  };
  void ParseMySqlItem(std::string_view item, std::string_view text);
  void ParseMariaDbItem(std::string_view item, std::string_view text);
  static void AddInterval(std::vector<Interval>* intervals, Interval added);

  mysql::Family family_;
  std::map<std::string, std::vector<Interval>> intervals_;  // MySQL
  std::map<uint32_t, DomainEnd> domains_;                   // MariaDB
};

}  // namespace osc::binlog
