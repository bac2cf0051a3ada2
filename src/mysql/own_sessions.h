// The sessions that this process has open, so that it never takes one of them for somebody else's.
#pragma once

#include <cstdint>

namespace osc::mysql {

// Connection keeps account of itself here. Any thread. By Connection::thread_id, whatever the
// server.
void AddOwnSession(uint64_t thread_id);
void RemoveOwnSession(uint64_t thread_id);
bool IsOwnSession(uint64_t thread_id);

}  // namespace osc::mysql
