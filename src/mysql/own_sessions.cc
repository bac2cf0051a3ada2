#include "src/mysql/own_sessions.h"

#include <mutex>
#include <set>

namespace osc::mysql {
namespace {

// Several servers may have given the same number.
struct Sessions {
  std::mutex mutex;
  std::multiset<uint64_t> ids;
};

Sessions& Own() {
  static Sessions* const own = new Sessions;  // outlives every connection
  return *own;
}

}  // namespace

void AddOwnSession(uint64_t thread_id) {
  const std::lock_guard lock(Own().mutex);
  Own().ids.insert(thread_id);
}

void RemoveOwnSession(uint64_t thread_id) {
  const std::lock_guard lock(Own().mutex);
  const auto place = Own().ids.find(thread_id);
  if (place != Own().ids.end()) Own().ids.erase(place);
}

bool IsOwnSession(uint64_t thread_id) {
  const std::lock_guard lock(Own().mutex);
  return Own().ids.count(thread_id) > 0;
}

}  // namespace osc::mysql
