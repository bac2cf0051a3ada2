// The one exception type of the program. Callers branch on the code, never on the text.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace osc {

enum class ErrorCode {
  kInvalidArgument,  // bad usage or input; exit code 2
  kRefused,          // a precondition does not hold (preflight, readiness, state); exit code 3
  kNotFound,         // the named object does not exist
  kBusy,             // somebody else holds it; trying later may do
  kRetryable,        // the server rolled the work back (deadlock, lock wait): the same may succeed
  kConnectionLost,   // nothing of the statement can have happened, or it is safe to repeat
  kOutcomeUnknown,   // the reply of a COMMIT, DDL or RENAME never came: look, then act
  kPositionLost,     // the binlog no longer holds what the stream needs
  kDiverged,         // a table is not what it must be: foreign DDL, a missing row
  kUnprojectable,    // a row or value has no place in the other definition
  kCancelled,        // a stop was asked for
  kInternal,         // a bug, or an error of the server that has no better class
};

// The code's name as it stands in JSON and logs, for example "position_lost".
std::string_view ErrorCodeName(ErrorCode code);

// message: names the operation and the object. hint: what the operator can do about it, may be
// empty. server_errno: the server's error number, 0 when the error is not the server's.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = "",
        unsigned server_errno = 0)
      : std::runtime_error(message),
        code_(code),
        hint_(std::move(hint)),
        server_errno_(server_errno) {}

  ErrorCode code() const { return code_; }
  const std::string& hint() const { return hint_; }
  unsigned server_errno() const { return server_errno_; }
  std::string message() const { return what(); }

  // The same error with "context: " before its message.
  Error Within(const std::string& context) const {
    return Error(code_, context + ": " + what(), hint_, server_errno_);
  }

 private:
  ErrorCode code_;
  std::string hint_;
  unsigned server_errno_;
};

}  // namespace osc
