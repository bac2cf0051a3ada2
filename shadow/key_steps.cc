#include "shadow/key_steps.h"

namespace osc::shadow {
namespace {

constexpr int kMostGuesses = 10;
constexpr double kMostKeysPerRow = 2;

}  // namespace

std::optional<KeyLiterals> KeySteps::Next(mysql::Connection& connection, const KeyLiterals& low,
                                          uint64_t rows) {
  if (auto guess = Guess(connection, low, rows)) return guess;
  auto high = range_.Step(connection, low, rows);
  guesses_ = 0;
  keys_per_row_ = 0;
  if (high && !low.empty() && range_.IsInteger()) {
    keys_per_row_ = static_cast<double>(range_.OrderOf(*high) - range_.OrderOf(low)) /
                    static_cast<double>(rows);
  }
  return high;
}

std::optional<KeyLiterals> KeySteps::Guess(mysql::Connection& connection, const KeyLiterals& low,
                                           uint64_t rows) {
  if (keys_per_row_ == 0 || keys_per_row_ > kMostKeysPerRow || guesses_ >= kMostGuesses) {
    return std::nullopt;
  }
  if (!last_) {
    const auto end = range_.End(connection, true);
    if (!end) return std::nullopt;
    last_ = range_.OrderOf(*end);
  }
  const uint64_t from = range_.OrderOf(low);
  const auto keys = static_cast<uint64_t>(static_cast<double>(rows) * keys_per_row_);
  if (from >= *last_ || keys >= *last_ - from) return std::nullopt;
  ++guesses_;
  return range_.KeyAt(from + keys);
}

}  // namespace osc::shadow
