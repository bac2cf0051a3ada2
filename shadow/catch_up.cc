#include "shadow/catch_up.h"

#include "src/binlog/reader.h"

namespace osc::shadow {
namespace {

void ThrowUnlessRunning(const apply::Stream& stream) {
  if (stream.status().running) return;
  throw Error(ErrorCode::kBusy, "the stream does not run, the verification waits for it");
}

}  // namespace

std::optional<binlog::Position> CatchUp(std::stop_token stop, apply::Stream& stream,
                                        mysql::Connection& connection,
                                        std::optional<base::Clock::time_point> deadline) {
  const binlog::Position position = binlog::CurrentGtidPosition(connection);
  while (true) {
    const auto until = deadline.value_or(base::Clock::now() + std::chrono::seconds(1));
    if (stream.WaitUntilApplied(stop, position, until)) return position;
    ThrowUnlessRunning(stream);
    if (deadline) return std::nullopt;
  }
}

void WaitForNoted(std::stop_token stop, apply::Stream& stream) {
  while (!stream.WaitForNoted(stop, base::Clock::now() + std::chrono::seconds(1))) {
    ThrowUnlessRunning(stream);
  }
}

}  // namespace osc::shadow
