// A session with an XA transaction of its own. One that a failed test leaves prepared would keep
// the test's database for ever, so it is rolled back at the end.
#pragma once

#include <string>
#include <vector>

#include "src/mysql/connection.h"

namespace osc::testing {

class XaSession {
 public:
  XaSession(mysql::Connection connection, const std::string& xid,
            const std::vector<std::string>& statements)
      : connection_(std::move(connection)), xid_(xid) {
    connection_.Execute("XA START " + xid_);
    for (const std::string& statement : statements) connection_.Execute(statement);
    connection_.Execute("XA END " + xid_);
  }
  ~XaSession() {
    if (!is_open_) return;
    try {
      connection_.Execute("XA ROLLBACK " + xid_);
    } catch (const Error&) {
    }
  }
  XaSession(const XaSession&) = delete;
  XaSession& operator=(const XaSession&) = delete;

  void Prepare() { connection_.Execute("XA PREPARE " + xid_); }
  void Commit() { End("XA COMMIT "); }
  void Rollback() { End("XA ROLLBACK "); }

 private:
  void End(const std::string& how) {
    connection_.Execute(how + xid_);
    is_open_ = false;
  }

  mysql::Connection connection_;
  const std::string xid_;
  bool is_open_ = true;
};

}  // namespace osc::testing
