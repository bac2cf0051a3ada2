// The settings of a migration by the names they have on the command line; one table serves
// `osc set`, the store and `osc show --json`.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

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

constexpr std::string_view kNone = "none";  // of limits and texts
constexpr double kMostNice = 1000;

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

std::optional<double> NiceValue(std::string_view name, std::string_view value) {
  if (value == kAuto) return std::nullopt;
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || !(number >= 0) || number > kMostNice) {
    Bad(name, value,
        "auto, or a number from 0 (no rest) to 1000: 1 rests as long as it has worked");
  }
  return number;
}

using Words = std::array<std::string_view, 3>;
constexpr Words kDeferWords{"auto", "on", "off"};           // as DeferIndexes
constexpr Words kAlgorithmWords{"osc", "instant", "auto"};  // as Algorithm

using Json = nlohmann::ordered_json;

// One of them: how its text becomes a value, and the value a text, a number or a boolean again.
struct Setting {
  std::string_view name;
  std::function<void(Settings* settings, std::string_view name, std::string_view value)> set;
  std::function<Json(const Settings& settings)> get;
};

Setting Duration(std::string_view name, milliseconds Settings::*field, milliseconds least,
                 milliseconds most) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    milliseconds parsed{};
    try {
      parsed = base::ParseDuration(value);
    } catch (const Error& error) {
      throw error.Within(std::string(name));
    }
    if (parsed < least || parsed > most) {
      Bad(name, value,
          "between " + base::FormatDuration(least) + " and " + base::FormatDuration(most));
    }
    settings->*field = parsed;
  };
  return {name, set,
          [=](const Settings& settings) -> Json { return base::FormatDuration(settings.*field); }};
}

Setting Number(std::string_view name, int Settings::*field, int least, int most) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    int parsed = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, parsed);
    if (error != std::errc() || stop != end || parsed < least || parsed > most) {
      Bad(name, value,
          "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    settings->*field = parsed;
  };
  return {name, set, [=](const Settings& settings) -> Json { return settings.*field; }};
}

Setting Switch(std::string_view name, bool Settings::*field) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    settings->*field = SwitchValue(name, value);
  };
  return {name, set, [=](const Settings& settings) -> Json { return settings.*field; }};
}

Setting Limits(std::string_view name, LoadLimits Settings::*field) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    settings->*field = LimitsValue(name, value == kNone ? "" : value);
  };
  return {name, set, [=](const Settings& settings) -> Json { return LimitsText(settings.*field); }};
}

// check: throws kInvalidArgument.
Setting Text(std::string_view name, std::string Settings::*field,
             void (*check)(std::string_view name, std::string_view value)) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    const bool is_none = value == kNone || value.empty();
    if (!is_none) check(name, value);
    settings->*field = is_none ? "" : value;
  };
  const auto get = [=](const Settings& settings) -> Json {
    const std::string& text = settings.*field;
    return text.empty() ? std::string(kNone) : text;
  };
  return {name, set, get};
}

template <typename Choice>
Setting Word(std::string_view name, Choice Settings::*field, const Words& words) {
  const auto set = [=](Settings* settings, std::string_view name, std::string_view value) {
    const auto found = std::find(words.begin(), words.end(), value);
    if (found == words.end()) {
      Bad(name, value,
          std::string(words[0]) + ", " + std::string(words[1]) + " or " + std::string(words[2]));
    }
    settings->*field = static_cast<Choice>(found - words.begin());
  };
  return {name, set, [=](const Settings& settings) -> Json {
            return words[static_cast<size_t>(settings.*field)];
          }};
}

Setting Nice(std::string_view name) {
  const auto set = [](Settings* settings, std::string_view name, std::string_view value) {
    settings->nice = NiceValue(name, value);
  };
  return {name, set, [](const Settings& settings) -> Json {
            if (!settings.nice) return kAuto;
            return *settings.nice;
          }};
}

const std::vector<Setting>& AllSettings() {
  static const std::vector<Setting> settings{
      Duration("retention", &Settings::retention, milliseconds(0), hours(24 * 366)),
      Duration("chunk-time", &Settings::chunk_time, milliseconds(1), seconds(60)),
      Duration("cutover-lock-timeout", &Settings::cutover_lock_timeout, milliseconds(100),
               seconds(300)),
      Duration("max-lag", &Settings::max_lag, milliseconds(10), hours(24)),
      Duration("snapshot-wait", &Settings::snapshot_wait, milliseconds(0), hours(24 * 366)),
      Number("copy-threads", &Settings::copy_threads, 1, 64),
      Number("apply-lanes", &Settings::apply_lanes, 1, 64),
      Switch("postpone-cutover", &Settings::postpone_cutover),
      Switch("verify", &Settings::verify),
      Switch("force-cutover", &Settings::force_cutover),
      Switch("pause-stream", &Settings::pause_stream),
      Limits("max-load", &Settings::max_load),
      Limits("critical-load", &Settings::critical_load),
      Text("throttle-query", &Settings::throttle_query, CheckQuery),
      Text("throttle-file", &Settings::throttle_file, CheckPath),
      Text("replica", &Settings::replicas, CheckHosts),
      Text("hooks", &Settings::hooks, CheckPath),
      Nice("nice"),
      Word("defer-indexes", &Settings::defer_indexes, kDeferWords),
      Word("algorithm", &Settings::algorithm, kAlgorithmWords),
  };
  return settings;
}

std::string AsText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) {
  return kAlgorithmWords.at(static_cast<size_t>(algorithm));
}

void ApplySetting(Settings* settings, std::string_view name, std::string_view value) {
  std::string known;
  for (const Setting& setting : AllSettings()) {
    if (setting.name == name) return setting.set(settings, name, value);
    known += (known.empty() ? "" : ", ") + std::string(setting.name);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no setting '" + std::string(name) + "'",
              "the settings are " + known);
}

std::string SaveSettings(const Settings& settings) {
  Json json;
  for (const Setting& setting : AllSettings()) {
    json[std::string(setting.name)] = setting.get(settings);
  }
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
