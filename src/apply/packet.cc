#include "src/apply/packet.h"

namespace osc::apply {

// Far below every server's max_allowed_packet (16 MiB on MariaDB, 64 MiB on MySQL).
constexpr size_t kPacketBytes = 256 * 1024;

void Packet::Add(const std::string& statement, std::optional<uint64_t> expected) {
  if (!text_.empty()) {
    if (text_.size() + statement.size() > kPacketBytes) {
      Flush();
    } else {
      text_ += ';';
    }
  }
  text_ += statement;
  expected_.push_back(expected);
}

void Packet::Flush() {
  if (text_.empty()) return;
  matched_.clear();
  const std::string text = std::move(text_);
  const auto expected = std::move(expected_);
  text_.clear();
  expected_.clear();
  connection_.ExecuteMany(text, &matched_);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] && *expected[i] != matched_[i]) {
      throw Error(ErrorCode::kDiverged, "a statement matched " + std::to_string(matched_[i]) +
                                            " rows instead of " + std::to_string(*expected[i]));
    }
  }
}

}  // namespace osc::apply
