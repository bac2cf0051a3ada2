#include "inverse/binlog_watch.h"

#include "ddl/server_checks.h"
#include "src/base/log.h"

namespace osc::inverse {
namespace {

constexpr std::chrono::seconds kInterval{30};

}  // namespace

void BinlogWatch::Look(const apply::Stream::Status& stream, state::Progress* progress) {
  // A stream that could not even start knows nothing of its lag; the last word stays.
  const bool knows = stream.running || !stream.applied.ToString().empty();
  if (knows) progress->stream_current_at = std::chrono::system_clock::now() - stream.lag;
  if (base::Clock::now() < next_) return;
  next_ = base::Clock::now() + kInterval;
  try {
    Ask(stream.applied, progress);
  } catch (const Error& error) {
    spdlog::debug("cannot ask for the binary logs: {}", error.message());
  }
}

void BinlogWatch::Ask(const binlog::Position& needed, state::Progress* progress) {
  mysql::ConnectionOptions options = options_;
  options.read_timeout = std::chrono::seconds(10);
  auto connection = mysql::Connection::Open(options);
  const auto kept = ddl::ReadBinlogRetention(ddl::ReadServerVariables(connection));
  progress->binlogs_kept_seconds = kept.time.count();
  progress->binlog_limit_bytes = kept.bytes;
  progress->binlog_behind_bytes = 0;
  if (kept.bytes == 0 || needed.file.empty()) return;
  auto logs = connection.Query("SHOW BINARY LOGS");
  while (logs.Next()) {
    // Numbered by at least six digits: a longer name is a later one.
    const std::string file = logs.Text(0);
    const bool is_later =
        file.size() != needed.file.size() ? file.size() > needed.file.size() : file > needed.file;
    if (is_later) progress->binlog_behind_bytes += logs.Number(1);
    if (file == needed.file && logs.Number(1) > needed.offset) {
      progress->binlog_behind_bytes += logs.Number(1) - needed.offset;
    }
  }
}

}  // namespace osc::inverse
