#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/row_image.h"
#include "src/binlog/transaction_builder.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {

void RunEvents(std::string_view input) {
  if (input.empty()) return;
  const mysql::Family family =
      (input[0] & 1) == 0 ? mysql::Family::kMySql : mysql::Family::kMariaDb;
  const bool with_gtids = (input[0] & 2) != 0;
  binlog::TransactionBuilder builder(
      family, with_gtids, [](std::string_view, std::string_view table) { return table != "not"; });
  std::string_view rest = input.substr(1);
  try {
    while (!rest.empty()) {
      const binlog::EventHeader header = binlog::ParseEventHeader(rest);
      const size_t size =
          std::min(std::max<size_t>(header.size, binlog::kEventHeaderSize), rest.size());
      const auto transaction = builder.Add(
          {header, rest.substr(binlog::kEventHeaderSize, size - binlog::kEventHeaderSize)});
      rest.remove_prefix(size);
      if (!transaction) continue;
      for (const binlog::RowsEvent& event : transaction->rows) {
        binlog::RowReader reader(event);
        binlog::RowImage before;
        binlog::RowImage after;
        while (reader.Next(&before, &after)) {
        }
      }
    }
  } catch (const Error& error) {
    Require(error.code() == ErrorCode::kDiverged || error.code() == ErrorCode::kPositionLost,
            "damaged events are Diverged: " + error.message());
  }
}

}  // namespace osc::fuzz
