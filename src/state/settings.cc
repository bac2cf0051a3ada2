// The settings of a migration by the names they have on the command line; one table serves
// `osc set`, the store and `osc show --json`.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "src/base/duration.h"
#include "src/base/error.h"
#include "src/mysql/host_list.h"
#include "src/mysql/sql_lexer.h"
#include "src/state/migration.h"

namespace osc::state {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kAuto = "auto";

[[noreturn]] void Bad(std::string_view name, std::string_view value, const std::string& expected) {
  throw Error(ErrorCode::kInvalidArgument,
              std::string(name) + ": '" + std::string(value) + "' is not " + expected);
}

struct DurationSetting {
  std::string_view name;
  milliseconds Settings::*field;
  milliseconds least;
  milliseconds most;
};
constexpr std::array<DurationSetting, 5> kDurations{{
    {"retention", &Settings::retention, milliseconds(0), hours(24 * 366)},
    {"chunk-time", &Settings::chunk_time, milliseconds(1), seconds(60)},
    {"cutover-lock-timeout", &Settings::cutover_lock_timeout, milliseconds(100), seconds(300)},
    {"max-lag", &Settings::max_lag, milliseconds(10), hours(24)},
    {"snapshot-wait", &Settings::snapshot_wait, milliseconds(0), hours(24 * 366)},
}};

struct NumberSetting {
  std::string_view name;
  int Settings::*field;
  int least;
  int most;
};
constexpr std::array<NumberSetting, 2> kNumbers{{
    {"copy-threads", &Settings::copy_threads, 1, 64},
    {"apply-lanes", &Settings::apply_lanes, 1, 64},
}};

struct SwitchSetting {
  std::string_view name;
  bool Settings::*field;
};
constexpr std::array<SwitchSetting, 4> kSwitches{{
    {"postpone-cutover", &Settings::postpone_cutover},
    {"verify", &Settings::verify},
    {"force-cutover", &Settings::force_cutover},
    {"pause-stream", &Settings::pause_stream},
}};

struct LimitsSetting {
  std::string_view name;
  LoadLimits Settings::*field;
};
constexpr std::array<LimitsSetting, 2> kLimits{{
    {"max-load", &Settings::max_load},
    {"critical-load", &Settings::critical_load},
}};

struct TextSetting {
  std::string_view name;
  std::string Settings::*field;
  void (*check)(std::string_view name, std::string_view value);  // throws kInvalidArgument
};

void CheckQuery(std::string_view name, std::string_view value) {
  if (!mysql::SqlLexer(value).Next().Is("SELECT")) Bad(name, value, "a SELECT of one number");
}

// The engine may have been started elsewhere.
void CheckPath(std::string_view name, std::string_view value) {
  if (!value.starts_with('/')) Bad(name, value, "an absolute path");
}

void CheckHosts(std::string_view name, std::string_view value) {
  if (value == kAuto) return;
  mysql::ConnectionOptions options;
  options.host = value;
  try {
    mysql::EachHost(options);
  } catch (const Error& error) {
    throw error.Within(std::string(name));
  }
}

constexpr std::array<TextSetting, 4> kTexts{{
    {"throttle-query", &Settings::throttle_query, CheckQuery},
    {"throttle-file", &Settings::throttle_file, CheckPath},
    {"replica", &Settings::replicas, CheckHosts},
    {"hooks", &Settings::hooks, CheckPath},
}};
constexpr std::string_view kNone = "none";  // of limits and texts

constexpr std::string_view kNice = "nice";
constexpr double kMostNice = 1000;

constexpr std::string_view kDeferIndexes = "defer-indexes";
constexpr std::array<std::string_view, 3> kDeferWords{"auto", "on", "off"};  // as DeferIndexes
constexpr std::string_view kAlgorithm = "algorithm";
constexpr std::array<std::string_view, 3> kAlgorithmWords{"osc", "instant",
                                                          "auto"};  // as Algorithm

std::string KnownNames() {
  std::string names;
  const auto add = [&names](std::string_view name) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  };
  for (const auto& setting : kDurations) add(setting.name);
  for (const auto& setting : kNumbers) add(setting.name);
  for (const auto& setting : kSwitches) add(setting.name);
  for (const auto& setting : kLimits) add(setting.name);
  for (const auto& setting : kTexts) add(setting.name);
  add(kNice);
  add(kDeferIndexes);
  add(kAlgorithm);
  return names;
}

milliseconds DurationValue(const DurationSetting& setting, std::string_view value) {
  milliseconds parsed{};
  try {
    parsed = base::ParseDuration(value);
  } catch (const Error& error) {
    throw error.Within(std::string(setting.name));
  }
  if (parsed < setting.least || parsed > setting.most) {
    Bad(setting.name, value,
        "between " + base::FormatDuration(setting.least) + " and " +
            base::FormatDuration(setting.most));
  }
  return parsed;
}

int NumberValue(const NumberSetting& setting, std::string_view value) {
  int parsed = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, parsed);
  if (error != std::errc() || stop != end || parsed < setting.least || parsed > setting.most) {
    Bad(setting.name, value,
        "a whole number from " + std::to_string(setting.least) + " to " +
            std::to_string(setting.most));
  }
  return parsed;
}

bool SwitchValue(std::string_view name, std::string_view value) {
  if (value == "on" || value == "true" || value == "1") return true;
  if (value == "off" || value == "false" || value == "0") return false;
  Bad(name, value, "on or off");
}

LoadLimits LimitsValue(std::string_view name, std::string_view value) {
  LoadLimits limits;
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const size_t equals = std::min(one.find('='), one.size());
    const std::string_view most = one.substr(std::min(one.size(), equals + 1));
    double number = 0;
    const auto [stop, error] = std::from_chars(most.data(), most.data() + most.size(), number);
    // Names of status variables are put into statements as they are.
    const bool is_name = equals > 0 && std::all_of(one.begin(), one.begin() + equals, [](char c) {
                           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                         });
    if (!is_name || error != std::errc() || stop != most.data() + most.size() || number < 0) {
      Bad(name, value, "status variables with their limits, as in Threads_running=50");
    }
    limits[std::string(one.substr(0, equals))] = number;
  }
  return limits;
}

std::string LimitsText(const LoadLimits& limits) {
  std::string text;
  for (const auto& [variable, most] : limits) {
    // The shortest form, without an exponent for what is a whole number.
    text += (text.empty() ? "" : ",") + variable + "=" + nlohmann::json(most).dump();
  }
  return text.empty() ? std::string(kNone) : text;
}

std::optional<double> NiceValue(std::string_view value) {
  if (value == kAuto) return std::nullopt;
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || !(number >= 0) || number > kMostNice) {
    Bad(kNice, value,
        "auto, or a number from 0 (no rest) to 1000: 1 rests as long as it has worked");
  }
  return number;
}

template <typename Choice>
Choice WordValue(std::string_view name, const std::array<std::string_view, 3>& words,
                 std::string_view value) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == value) return static_cast<Choice>(i);
  }
  Bad(name, value,
      std::string(words[0]) + ", " + std::string(words[1]) + " or " + std::string(words[2]));
}

std::string AsText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) {
  return kAlgorithmWords.at(static_cast<size_t>(algorithm));
}

void ApplySetting(Settings* settings, std::string_view name, std::string_view value) {
  for (const auto& setting : kDurations) {
    if (setting.name == name) {
      settings->*setting.field = DurationValue(setting, value);
      return;
    }
  }
  for (const auto& setting : kNumbers) {
    if (setting.name == name) {
      settings->*setting.field = NumberValue(setting, value);
      return;
    }
  }
  for (const auto& setting : kSwitches) {
    if (setting.name == name) {
      settings->*setting.field = SwitchValue(name, value);
      return;
    }
  }
  const std::string_view given = value == kNone ? std::string_view() : value;
  for (const auto& setting : kLimits) {
    if (setting.name == name) {
      settings->*setting.field = LimitsValue(name, given);
      return;
    }
  }
  for (const auto& setting : kTexts) {
    if (setting.name == name) {
      if (!given.empty()) setting.check(name, given);
      settings->*setting.field = given;
      return;
    }
  }
  if (name == kNice) {
    settings->nice = NiceValue(value);
    return;
  }
  if (name == kDeferIndexes) {
    settings->defer_indexes = WordValue<DeferIndexes>(name, kDeferWords, value);
    return;
  }
  if (name == kAlgorithm) {
    settings->algorithm = WordValue<Algorithm>(name, kAlgorithmWords, value);
    return;
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no setting '" + std::string(name) + "'",
              "the settings are " + KnownNames());
}

std::string SaveSettings(const Settings& settings) {
  nlohmann::ordered_json json;
  for (const auto& setting : kDurations) {
    json[std::string(setting.name)] = base::FormatDuration(settings.*setting.field);
  }
  for (const auto& setting : kNumbers) json[std::string(setting.name)] = settings.*setting.field;
  for (const auto& setting : kSwitches) json[std::string(setting.name)] = settings.*setting.field;
  for (const auto& setting : kLimits) {
    json[std::string(setting.name)] = LimitsText(settings.*setting.field);
  }
  for (const auto& setting : kTexts) {
    const std::string& text = settings.*setting.field;
    json[std::string(setting.name)] = text.empty() ? std::string(kNone) : text;
  }
  json[std::string(kNice)] = std::string(kAuto);
  if (settings.nice) json[std::string(kNice)] = *settings.nice;
  json[std::string(kDeferIndexes)] = kDeferWords[static_cast<size_t>(settings.defer_indexes)];
  json[std::string(kAlgorithm)] = AlgorithmName(settings.algorithm);
  return json.dump();
}

Settings LoadSettings(const std::string& text) {
  Settings settings;
  try {
    const auto json = nlohmann::json::parse(text);
    for (const auto& [name, value] : json.items()) ApplySetting(&settings, name, AsText(value));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kInternal, "cannot read stored settings: " + std::string(error.what()));
  }
  return settings;
}

}  // namespace osc::state
