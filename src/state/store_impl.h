// What the parts of the store share. Private to src/state.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "src/state/database.h"
#include "src/state/store.h"

namespace osc::state {

class Store::Impl {
 public:
  explicit Impl(const std::filesystem::path& directory)
      : database(directory), data_version(database.DataVersion()) {}

  Database database;
  int64_t data_version;
};

inline int64_t ToMillis(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
inline Time FromMillis(int64_t millis) { return Time(std::chrono::milliseconds(millis)); }
inline int64_t NowMillis() { return ToMillis(std::chrono::system_clock::now()); }

inline void BindTime(Query& query, int index, const std::optional<Time>& time) {
  if (time) {
    query.BindAt(index, ToMillis(*time));
  } else {
    query.BindNull(index);
  }
}

// Error columns stand side by side: code, message, hint.
inline void BindError(Query& query, int index, const std::optional<StoredError>& error) {
  if (error) {
    query.BindAt(index, error->code);
    query.BindAt(index + 1, error->message);
    query.BindAt(index + 2, error->hint);
  } else {
    for (int i = 0; i < 3; ++i) query.BindNull(index + i);
  }
}
inline std::optional<StoredError> ReadError(Query& query, int index) {
  if (query[index].isNull()) return std::nullopt;
  return StoredError{query[index].getString(), query[index + 1].getString(),
                     query[index + 2].getString()};
}

// What `read` makes of each row that `sql` finds for this migration.
template <typename Read>
auto ListOf(Database& database, const char* sql, const std::string& id, Read&& read) {
  return database.Read([&] {
    Query rows(database.Prepare(sql));
    rows.Bind(id);
    std::vector<decltype(read(rows))> list;
    while (rows.Next()) list.push_back(read(rows));
    return list;
  });
}

}  // namespace osc::state
