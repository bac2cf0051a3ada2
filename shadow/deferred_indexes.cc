#include "shadow/deferred_indexes.h"

#include <algorithm>
#include <functional>

#include "ddl/deferred_keys.h"
#include "ddl/server_algorithms.h"
#include "src/apply/checkpoint.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/base/wait.h"
#include "src/mysql/own_sessions.h"
#include "src/mysql/server_message.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

constexpr unsigned kUnknownVariable = 1193;
constexpr unsigned kDuplicateKeyName = 1061;
constexpr unsigned kInterrupted = 1317;

// For what is asked for to be heard within a moment.
constexpr base::RetryPolicy kPolicy{.attempts = 1000, .longest_delay = std::chrono::seconds(5)};

std::string AlterTable(const std::string& id, const mysql::TableName& table) {
  return "ALTER TABLE /* " + apply::Marker(id, "index") + " */ " + mysql::Quote(table) + " ";
}

std::string AddClauses(const ddl::TableDefinition& table, const std::vector<std::string>& keys) {
  std::string clauses;
  for (const std::string& key : keys) {
    clauses += (clauses.empty() ? "ADD " : ", ADD ") + ddl::KeyClause(table, key);
  }
  return clauses;
}

// MySQL 8.0.27 and later sort in so many threads, and with so much memory, as the session says.
void SetUpSorting(mysql::Connection& connection, bool gently) {
  if (connection.server().IsMariaDb()) return;
  const std::string threads = gently ? "1" : "4";
  for (const std::string& setting :
       {"innodb_ddl_threads=" + threads, "innodb_parallel_read_threads=" + threads,
        std::string("innodb_ddl_buffer_size=67108864")}) {
    try {
      connection.Execute("SET SESSION " + setting);
    } catch (const Error& error) {
      if (error.server_errno() != kUnknownVariable) throw;
    }
  }
}

// "id=3 and id=8 have the same email", or empty when none are found any more.
std::string DescribeDuplicates(mysql::Connection& connection, const Tables& tables,
                               const ddl::Key& key) {
  const ddl::TableDefinition& table = tables.forward.target;
  std::string values;
  std::string present;
  for (const ddl::KeyPart& part : key.parts) {
    const std::string name = mysql::QuoteIdentifier(table.columns[part.column].name);
    values +=
        (values.empty() ? "" : ",") +
        (part.prefix_length > 0 ? "LEFT(" + name + "," + std::to_string(part.prefix_length) + ")"
                                : name);
    present += (present.empty() ? "" : " AND ") + name + " IS NOT NULL";
  }
  std::string row;
  std::string names;
  for (const ddl::ColumnPair& pair : tables.forward.key) {
    const std::string& name = table.columns[pair.target].name;
    names += (names.empty() ? "" : ", ") + name;
    row += (row.empty() ? "" : ",") + mysql::QuoteIdentifier(name);
  }
  auto rows =
      connection.Query("SELECT GROUP_CONCAT(CONCAT_WS('-'," + row + ") ORDER BY " + row +
                       " SEPARATOR ' and ') FROM " + mysql::Quote(tables.off_stage) + " WHERE " +
                       present + " GROUP BY " + values + " HAVING COUNT(*)>1 LIMIT 5");
  std::string list;
  while (rows.Next()) list += (list.empty() ? "" : "; ") + rows.Text(0);
  return list.empty() ? "" : "rows with the same " + key.name + ", by " + names + ": " + list;
}

Error NameDuplicates(mysql::Connection& connection, const Tables& tables, const Error& error) {
  std::string found;
  for (const std::string& name : MissingKeys(connection, tables)) {
    const ddl::Key& key = *tables.forward.target.FindKey(name);
    if (key.unique && found.empty()) found = DescribeDuplicates(connection, tables, key);
  }
  return {ErrorCode::kUnprojectable,
          "a unique key cannot be built on " + mysql::Quote(tables.off_stage) + ": " +
              error.message() + (found.empty() ? "" : "; " + found),
          "somebody else has written to it: run the migration again"};
}

// Ends the statement of another session as long as this object lives and a stop is asked for.
class KillOnStop {
 public:
  KillOnStop(std::stop_token stop, const mysql::ConnectionOptions& options, uint64_t session)
      : callback_(std::move(stop), [options, session] {
          try {
            mysql::Connection::Open(options).Execute("KILL QUERY " + std::to_string(session));
          } catch (const std::exception& error) {
            spdlog::warn("the build of an index goes on until the server ends it: {}",
                         error.what());
          }
        }) {}

 private:
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace

std::string ReasonNotToDefer(mysql::Connection& connection) {
  const auto sessions = mysql::ListSessions(connection);
  const auto replicas =
      std::count_if(sessions.begin(), sessions.end(), [](const mysql::Session& session) {
        return session.command.starts_with("Binlog Dump") && !mysql::IsOwnSession(session.id);
      });
  if (replicas == 0) return "";
  return "building them at once would hold up what reads the binlog (" + std::to_string(replicas) +
         (replicas == 1 ? " session); " : " sessions); ") +
         "--defer-indexes on does it all the same";
}

void DropKeys(mysql::Connection& connection, const std::string& id, const mysql::TableName& table,
              const std::vector<std::string>& keys) {
  std::string clauses;
  for (const std::string& key : keys) {
    clauses += (clauses.empty() ? "DROP KEY " : ", DROP KEY ") + mysql::QuoteIdentifier(key);
  }
  connection.Execute(AlterTable(id, table) + clauses);
}

std::vector<std::string> MissingKeys(mysql::Connection& connection, const Tables& tables) {
  const ddl::TableDefinition now = ddl::ReadTableDefinition(connection, tables.off_stage);
  std::vector<std::string> missing;
  for (const ddl::Key& key : tables.forward.target.keys) {
    if (now.FindKey(key.name) == nullptr) missing.push_back(key.name);
  }
  return missing;
}

void BuildMissingKeys(std::stop_token stop, const Tables& tables, bool gently) {
  mysql::ConnectionOptions options = tables.connection;
  options.read_timeout = std::chrono::seconds(0);  // it says nothing until it is done
  // The stream waits meanwhile: the server can build on while rows change, but may then take a
  // value on its way from one row to another for a duplicate (MySQL manual, "Online DDL
  // Limitations"; 9.7.4 in nearly every build under a thousand writes a second), or find at the end
  // that it has not kept all the changes (error 1799), and all that it has built is lost.
  const char* how = ", ALGORITHM=INPLACE, LOCK=SHARED";
  const auto build = [&] {
    auto connection = mysql::Connection::Open(options);
    const auto missing = MissingKeys(connection, tables);
    if (missing.empty()) return;
    SetUpSorting(connection, gently);
    // Nobody but the stream waits behind it, and what is built is lost if it gives up at the end.
    connection.Execute("SET SESSION lock_wait_timeout=3600");
    const KillOnStop kill(stop, tables.connection, connection.thread_id());
    base::ThrowIfStopped(stop);
    OSC_FAULT_POINT("index.begun");
    try {
      connection.Execute(AlterTable(tables.id, tables.off_stage) +
                         AddClauses(tables.forward.target, missing) + how);
    } catch (const Error& error) {
      base::ThrowIfStopped(stop);
      switch (error.server_errno()) {
        case mysql::kDuplicateEntry:
          throw NameDuplicates(connection, tables, error);
        case kDuplicateKeyName:  // an earlier attempt of ours went on without us
        case kInterrupted:
          break;
        default:
          if (ddl::IsAlgorithmRefused(error)) {
            how = "";
            break;
          }
          if (base::IsRetryable(error.code())) throw;
          throw Error(error.code(),
                      "the indexes of " + mysql::Quote(tables.off_stage) +
                          " cannot be built: " + error.message(),
                      "with --defer-indexes off they are built with the copy",
                      error.server_errno());
      }
      throw Error(ErrorCode::kRetryable, error.message());
    }
    OSC_FAULT_POINT("index.built");
  };
  base::Retry(stop, kPolicy, build, [&](const Error& error) {
    spdlog::warn("{} building indexes: {}", tables.id, error.message());
  });
}

}  // namespace osc::shadow
