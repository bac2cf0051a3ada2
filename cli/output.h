// What a command writes: results on stdout, everything else on stderr. With --json stdout gets JSON
// documents only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/base/error.h"

namespace osc::cli {

class Output {
 public:
  explicit Output(bool json) : json_(json) {}
  bool json() const { return json_; }

  void Text(const std::string& text) const;  // as it is; nothing with --json
  void Line(const std::string& line) const;  // a result for people; nothing with --json
  void Document(const nlohmann::ordered_json& document, bool one_line = false) const;
  void Note(const std::string& line) const;  // on stderr in every mode
  // The error and its hint for people, or as a document. `id` of the migration it is about, if any.
  // more: members of the document beside "error".
  void Fail(const Error& error, const std::string& id = "") const;
  void Fail(const Error& error, const std::string& id, nlohmann::ordered_json more) const;

 private:
  bool json_;
};

}  // namespace osc::cli
