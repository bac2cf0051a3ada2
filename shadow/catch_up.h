// Waiting for the stream before rows that differ are looked at again.
#pragma once

#include <optional>
#include <stop_token>

#include "src/apply/stream.h"
#include "src/base/wait.h"
#include "src/binlog/position.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// Waits until the stream has applied the binlog's end as of now, which is returned; nullopt when
// that takes longer than to the deadline, if there is one. Throws kCancelled, and kBusy when the
// stream has stopped. connection: to the server that the stream reads; used to ask for its end.
std::optional<binlog::Position> CatchUp(
    std::stop_token stop, apply::Stream& stream, mysql::Connection& connection,
    std::optional<base::Clock::time_point> deadline = std::nullopt);

// Waits until everything is applied that the stream's observer has been told of when this is
// called. Throws the same.
void WaitForNoted(std::stop_token stop, apply::Stream& stream);

}  // namespace osc::shadow
