#include "ddl/privileges.h"

#include <optional>

#include "src/mysql/quote.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

bool IsDenied(mysql::Connection& connection, const std::string& sql) {
  try {
    // MySQL 9.7 denies INNODB_TABLES only when it sends the rows, so they have to be read.
    const bool has_rows = sql.starts_with("SELECT") || sql.starts_with("SHOW");
    has_rows ? (void)connection.Query(sql) : (void)connection.Execute(sql);
  } catch (const Error& error) {
    switch (error.server_errno()) {
      case 1044:  // access denied to the database
      case 1142:  // command denied for the table
      case 1143:  // for the column
      case 1227:  // needs one of these privileges
        return true;
      case 0:
        throw;  // not the server's
      default:
        break;
    }
    if (error.code() == ErrorCode::kConnectionLost || error.code() == ErrorCode::kOutcomeUnknown) {
      throw;
    }
  }
  return false;
}

// One GRANT line of SHOW GRANTS, as far as it says what is granted where.
struct Grant {
  std::vector<std::string> privileges;  // in capitals, "ALL PRIVILEGES" among them
  std::string database;                 // a pattern; "*" for all
  std::string table;                    // "*" for all
};

std::optional<Grant> ParseGrant(const std::string& line) {
  const std::vector<mysql::SqlToken> tokens = mysql::Tokenize(line);
  if (!tokens[0].Is("GRANT")) return std::nullopt;
  Grant grant;
  std::string privilege;
  size_t i = 1;
  for (; i < tokens.size() && !tokens[i].Is("ON"); ++i) {
    if (tokens[i].kind == mysql::TokenKind::kWord) {
      privilege += (privilege.empty() ? "" : " ") + tokens[i].text;
    } else if (tokens[i].Is(',')) {
      grant.privileges.push_back(privilege);
      privilege.clear();
    } else {
      return std::nullopt;  // a role, or privileges on columns
    }
  }
  grant.privileges.push_back(privilege);
  if (i + 3 >= tokens.size() || !tokens[i + 2].Is('.')) return std::nullopt;
  grant.database = tokens[i + 1].text;
  grant.table = tokens[i + 3].text;
  return grant;
}

// The database part of a grant is a LIKE pattern, with backslash as escape.
bool MatchesPattern(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '%') {
    for (size_t skip = 0; skip <= name.size(); ++skip) {
      if (MatchesPattern(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  if (pattern[0] == '_') return MatchesPattern(pattern.substr(1), name.substr(1));
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern[0] == name[0] && MatchesPattern(pattern.substr(1), name.substr(1));
}

std::vector<Grant> ReadGrants(mysql::Connection& connection) {
  std::string sql = "SHOW GRANTS";
  if (!connection.server().IsMariaDb()) {
    // MySQL lists what active roles bring only when it is told the roles.
    const std::string roles = connection.QueryValue("SELECT CURRENT_ROLE()").value_or("NONE");
    if (roles != "NONE" && !roles.empty()) sql += " FOR CURRENT_USER() USING " + roles;
  }
  std::vector<Grant> grants;
  mysql::Result rows = connection.Query(sql);
  while (rows.Next()) {
    if (auto grant = ParseGrant(rows.Text(0))) grants.push_back(std::move(*grant));
  }
  return grants;
}

bool Holds(const std::vector<Grant>& grants, const std::string& privilege,
           const std::string& database) {
  for (const Grant& grant : grants) {
    const bool covers = grant.database == "*" || (!database.empty() && grant.table == "*" &&
                                                  MatchesPattern(grant.database, database));
    if (!covers) continue;
    for (const std::string& held : grant.privileges) {
      if (held == privilege || held == "ALL PRIVILEGES" || held == "ALL") return true;
    }
  }
  return false;
}

void ProbeDatabase(mysql::Connection& connection, const std::string& database,
                   std::vector<std::string>* missing) {
  const std::string absent = mysql::Quote({database, "_osc_privilege_probe"});
  const std::string absent_too = mysql::Quote({database, "_osc_privilege_probe_2"});
  const std::pair<const char*, std::string> probes[] = {
      {"SELECT", "SELECT 1 FROM " + absent},
      {"INSERT", "INSERT INTO " + absent + " VALUES (1)"},
      {"UPDATE", "UPDATE " + absent + " SET a = 1"},
      {"DELETE", "DELETE FROM " + absent},
      {"CREATE", "CREATE TABLE " + absent + " LIKE " + absent_too},
      {"ALTER", "ALTER TABLE " + absent + " ADD a INT"},
      {"DROP", "TRUNCATE TABLE " + absent},
      {"INDEX", "CREATE INDEX i ON " + absent + " (a)"},
      {"LOCK TABLES", "LOCK TABLES " + absent + " READ"},
      {"CREATE TEMPORARY TABLES", "CREATE TEMPORARY TABLE " + absent + " LIKE " + absent_too},
  };
  const bool no_select = IsDenied(connection, probes[0].second);
  for (const auto& [privilege, sql] : probes) {
    const std::string_view name = privilege;
    const bool needs_select =
        name == "CREATE" || name == "CREATE TEMPORARY TABLES" || name == "LOCK TABLES";
    if (name == "SELECT" ? no_select : IsDenied(connection, sql)) {
      // Without SELECT these probes fail whatever else is granted: ask the grants.
      if (needs_select && no_select && Holds(ReadGrants(connection), privilege, database)) continue;
      missing->push_back(privilege);
    }
  }
}

// REPLICATION SLAVE. MariaDB has no statement that needs this privilege alone.
bool MayReadBinlog(mysql::Connection& connection, const std::vector<Grant>& grants) {
  const mysql::ServerInfo& server = connection.server();
  if (server.IsMariaDb()) return Holds(grants, "REPLICATION SLAVE", "");
  return !IsDenied(connection, server.AtLeast(8, 0, 22) ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
}

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

}  // namespace

std::string QuotedCurrentUser(mysql::Connection& connection) {
  const std::string user = connection.QueryValue("SELECT CURRENT_USER()").value_or("");
  const size_t at = user.rfind('@');
  if (at == std::string::npos) return "'" + user + "'";
  return "'" + user.substr(0, at) + "'@'" + user.substr(at + 1) + "'";
}

namespace {

std::string KillPrivilege(mysql::Connection& connection) {
  return connection.server().IsMariaDb() ? "CONNECTION ADMIN" : "CONNECTION_ADMIN";
}

std::string GrantPattern(const std::string& database) {
  std::string pattern;
  for (const char c : database) {
    if (c == '_' || c == '%' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return mysql::QuoteIdentifier(pattern);
}

}  // namespace

MissingPrivileges FindMissingPrivileges(mysql::Connection& connection,
                                        const std::string& database) {
  MissingPrivileges missing;
  const std::vector<Grant> grants = ReadGrants(connection);
  if (!database.empty()) {
    ProbeDatabase(connection, database, &missing.on_database);
    // Without it information_schema hides triggers, and osc would not see that the table has some.
    // CREATE TRIGGER cannot be probed: without SUPER it fails before privileges are looked at.
    if (!Holds(grants, "TRIGGER", database)) missing.on_database.push_back("TRIGGER");
  }
  if (IsDenied(connection, "SELECT NAME FROM " +
                               std::string(connection.server().InnodbTablesTable()) + " LIMIT 1")) {
    missing.global.push_back("PROCESS");
  }
  if (IsDenied(connection, std::string(connection.server().BinlogStatusStatement()))) {
    missing.global.push_back(connection.server().IsMariaDb() ? "BINLOG MONITOR"
                                                             : "REPLICATION CLIENT");
  }
  if (!MayReadBinlog(connection, grants)) missing.global.push_back("REPLICATION SLAVE");
  return missing;
}

bool MayKillSessions(mysql::Connection& connection) {
  const std::vector<Grant> grants = ReadGrants(connection);
  return Holds(grants, "SUPER", "") || Holds(grants, KillPrivilege(connection), "");
}

void RequireKillPrivilege(mysql::Connection& connection) {
  if (MayKillSessions(connection)) return;
  const std::string user = QuotedCurrentUser(connection);
  throw Error(
      ErrorCode::kRefused,
      "user " + user + " may not end the sessions of other users, which forcing a swap needs",
      "GRANT " + KillPrivilege(connection) + " ON *.* TO " + user);
}

std::optional<std::string> WhyLocksAreNotTold(mysql::Connection& connection) {
  if (connection.server().IsMariaDb()) return std::nullopt;
  for (const char* table : {"metadata_locks", "threads", "setup_instruments"}) {
    if (!IsDenied(connection,
                  "SELECT 1 FROM performance_schema." + std::string(table) + " LIMIT 1"))
      continue;
    return "GRANT SELECT ON performance_schema.* TO " + QuotedCurrentUser(connection);
  }
  const auto enabled = connection.QueryValue(
      "SELECT ENABLED FROM performance_schema.setup_instruments WHERE "
      "NAME='wait/lock/metadata/sql/mdl' AND @@global.performance_schema");
  if (enabled == "YES") return std::nullopt;
  return "start the server with performance_schema=ON and the instrument "
         "wait/lock/metadata/sql/mdl, as is its default";
}

DoctorFinding CheckTriggersPossible(mysql::Connection& connection) {
  const auto mend = WhyLocksAreNotTold(connection);
  const bool is_trusted =
      connection.QueryValue("SELECT @@log_bin_trust_function_creators").value_or("0") == "1" ||
      Holds(ReadGrants(connection), "SUPER", "");
  if (!mend && is_trusted) {
    return {"triggers", FindingStatus::kOk, "tables with triggers can be migrated", "", ""};
  }
  std::string detail = "tables with triggers cannot be migrated: ";
  std::string hint = "only needed for tables with triggers: ";
  if (mend) {
    detail += "the server does not tell who uses a table";
    hint += *mend;
  }
  if (!is_trusted) {
    detail += std::string(mend ? ", and " : "") + "to create triggers takes SUPER";
    hint += std::string(mend ? "; " : "") + "SET GLOBAL log_bin_trust_function_creators = 1";
  }
  return {"triggers", FindingStatus::kOk, detail, "", hint};
}

DoctorFinding CheckPrivileges(mysql::Connection& connection, const std::string& database) {
  const MissingPrivileges missing = FindMissingPrivileges(connection, database);
  if (!missing.Any()) {
    return {"privileges", FindingStatus::kOk, "all that osc needs are there", "", ""};
  }
  const std::string user = QuotedCurrentUser(connection);
  std::string detail = "user " + user + " lacks";
  std::string fix;
  if (!missing.on_database.empty()) {
    detail += " " + Join(missing.on_database) + " on database " + mysql::QuoteIdentifier(database);
    fix = "GRANT " + Join(missing.on_database) + " ON " + GrantPattern(database) + ".* TO " + user;
  }
  if (!missing.global.empty()) {
    detail += (fix.empty() ? " " : " and ") + Join(missing.global) + " on the server";
    fix += (fix.empty() ? "" : "; ") + std::string("GRANT ") + Join(missing.global) +
           " ON *.* TO " + user;
  }
  return {"privileges", FindingStatus::kProblem, detail, fix, "have them granted"};
}

}  // namespace osc::ddl
