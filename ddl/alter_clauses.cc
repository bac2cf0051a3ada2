#include "ddl/alter_clauses.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "ddl/name.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

constexpr std::string_view kLeaveOut = "leave it out";
constexpr const char* kPrimary = "PRIMARY";

// Table options that say nothing about which row is which.
constexpr std::string_view kOptions[] = {"ENGINE",
                                         "AUTO_INCREMENT",
                                         "AVG_ROW_LENGTH",
                                         "AUTOEXTEND_SIZE",
                                         "CHECKSUM",
                                         "TABLE_CHECKSUM",
                                         "COMMENT",
                                         "COMPRESSION",
                                         "CONNECTION",
                                         "DELAY_KEY_WRITE",
                                         "ENCRYPTION",
                                         "ENGINE_ATTRIBUTE",
                                         "SECONDARY_ENGINE_ATTRIBUTE",
                                         "INSERT_METHOD",
                                         "KEY_BLOCK_SIZE",
                                         "MAX_ROWS",
                                         "MIN_ROWS",
                                         "PACK_KEYS",
                                         "PAGE_CHECKSUM",
                                         "ROW_FORMAT",
                                         "STATS_AUTO_RECALC",
                                         "STATS_PERSISTENT",
                                         "STATS_SAMPLE_PAGES",
                                         "TRANSACTIONAL",
                                         "CHARSET",
                                         "COLLATE",
                                         "IETF_QUOTES"};
// MariaDB's InnoDB.
constexpr std::string_view kEngineOptions[] = {"ENCRYPTED", "ENCRYPTION_KEY_ID", "PAGE_COMPRESSED",
                                               "PAGE_COMPRESSION_LEVEL"};

bool IsAny(const SqlToken& token, std::initializer_list<std::string_view> keywords) {
  return std::any_of(keywords.begin(), keywords.end(),
                     [&](std::string_view keyword) { return token.Is(keyword); });
}

// Parses one clause after the other. Each clause remembers where it began, for messages.
class ClauseParser {
 public:
  ClauseParser(TokenCursor& cursor, AlterStatement* alter) : at_(cursor), alter_(alter) {}

  void ParseAll() {
    while (true) {
      begin_ = at_.Peek().begin;
      if (at_.AtEnd() || at_.Peek().Is(',')) NotUnderstood();
      ParseClause();
      // These need no comma before them, and nothing may follow.
      if (AtPartitionBy()) ParsePartitionBy();
      if (AtRemovePartitioning()) ParseRemovePartitioning();
      if (at_.AtEnd()) return CheckIdentities();
      if (!at_.Skip(',')) NotUnderstood();
    }
  }

 private:
  [[noreturn]] void Refuse(std::string_view why, std::string_view hint) const {
    throw Error(ErrorCode::kRefused, at_.ClauseAt(begin_) + ": " + std::string(why),
                std::string(hint));
  }

  [[noreturn]] void NotUnderstood() const {
    if (at_.ClauseAt(begin_).empty()) {
      throw Error(ErrorCode::kRefused, "the ALTER has a comma without a clause beside it",
                  "take the comma out, or write the clause");
    }
    const std::string near = at_.AtEnd() ? "the end" : "'" + at_.Peek().text + "'";
    throw Error(ErrorCode::kRefused,
                "the clause '" + at_.ClauseAt(begin_) + "' is not understood near " + near,
                "check its spelling; osc runs only clauses that it understands");
  }

  void ParseClause() {
    RefuseMaintenance();
    if (at_.Skip("ADD")) return ParseAdd();
    if (at_.Skip("DROP")) return ParseDrop();
    if (at_.Skip("MODIFY")) return ParseModify();
    if (at_.Skip("CHANGE")) return ParseChange();
    if (at_.Skip("RENAME")) return ParseRename();
    if (at_.Skip("ALTER")) return ParseAlterPart();
    if (at_.Skip("CONVERT")) return ParseConvert();
    if (at_.Skip("FORCE")) return;
    if (AtPartitionBy() || AtRemovePartitioning()) return;
    ParseTableOptions();
  }

  // What changes no definition, or what osc decides itself.
  void RefuseMaintenance() const {
    const SqlToken& first = at_.Peek();
    const SqlToken& second = at_.Peek(1);
    if (IsAny(first, {"DISCARD", "IMPORT"}) && second.Is("TABLESPACE")) {
      Refuse("tablespaces are not exchanged by osc", "run it on the server itself");
    }
    const bool on_partition =
        IsAny(first,
              {"ADD", "DROP", "DISCARD", "IMPORT", "TRUNCATE", "COALESCE", "REORGANIZE", "EXCHANGE",
               "ANALYZE", "CHECK", "OPTIMIZE", "REBUILD", "REPAIR", "CONVERT"}) &&
        (second.Is("PARTITION") || (first.Is("CONVERT") && second.Is("TABLE")));
    if (on_partition || (first.Is("UPGRADE") && second.Is("PARTITIONING"))) {
      Refuse("partition maintenance is no schema change for osc", "run it on the server itself");
    }
    if (IsAny(first, {"ALGORITHM", "LOCK", "WAIT", "NOWAIT"})) {
      Refuse("osc itself chooses how the table is changed and locked", kLeaveOut);
    }
    if (IsAny(first, {"WITH", "WITHOUT"}) && second.Is("VALIDATION")) {
      Refuse("osc always has the rows validated", kLeaveOut);
    }
    if (IsAny(first, {"ENABLE", "DISABLE"}) && second.Is("KEYS")) {
      Refuse("InnoDB ignores it", kLeaveOut);
    }
    if (first.Is("ORDER") && second.Is("BY")) {
      Refuse("InnoDB keeps rows in the order of the primary key", kLeaveOut);
    }
    if (IsAny(first, {"SECONDARY_LOAD", "SECONDARY_UNLOAD", "SECONDARY_ENGINE"})) {
      Refuse("secondary engines are not carried", "run it on the server itself");
    }
    if (IsAny(first, {"TABLESPACE", "STORAGE", "UNION", "SEQUENCE", "PASSWORD", "NODEGROUP"}) ||
        (IsAny(first, {"DATA", "INDEX"}) && second.Is("DIRECTORY"))) {
      Refuse("this table option is not carried", kLeaveOut);
    }
    if (first.Is("START") && second.Is("TRANSACTION")) {
      Refuse("the server writes this into the binlog only, it is no clause of yours", kLeaveOut);
    }
    const bool versioning = IsAny(first, {"ADD", "DROP", "WITH"}) && second.Is("SYSTEM") &&
                            at_.Peek(2).Is("VERSIONING");
    if (versioning ||
        (IsAny(first, {"ADD", "DROP"}) && second.Is("PERIOD") && at_.Peek(2).Is("FOR"))) {
      Refuse("system versioning and periods are not carried", "run it on the server itself");
    }
  }

  void ParseAdd() {
    const bool column = at_.Skip("COLUMN");
    at_.SkipExistence();
    if (!at_.Peek().Is('(')) return column ? AddColumn() : AddItem();
    at_.Advance();
    do {
      column ? AddColumn() : AddItem();
    } while (at_.Skip(','));
    if (!at_.Skip(')')) NotUnderstood();
  }

  // A column, key or constraint.
  void AddItem() {
    if (IsAny(at_.Peek(), {"INDEX", "KEY", "FULLTEXT", "SPATIAL", "UNIQUE", "CHECK"}) ||
        (at_.Peek().Is("PRIMARY") && at_.Peek(1).Is("KEY")) ||
        (at_.Peek().Is("VECTOR") && IsAny(at_.Peek(1), {"INDEX", "KEY"}))) {
      return AddKey();
    }
    if (at_.Peek().Is("FOREIGN")) RefuseForeignKey();
    if (!at_.Skip("CONSTRAINT")) return AddColumn();
    at_.SkipExistence();
    if (!IsAny(at_.Peek(), {"PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})) {
      alter_->added_keys.push_back(at_.TakeName("the constraint's name"));
    }
    if (at_.Peek().Is("FOREIGN")) RefuseForeignKey();
    if (!IsAny(at_.Peek(), {"PRIMARY", "UNIQUE", "CHECK"})) NotUnderstood();
    AddKey();
  }

  // From its kind on: [UNIQUE ...] INDEX [name] (...)
  void AddKey() {
    if (at_.Peek().Is("PRIMARY")) {
      alter_->added_keys.push_back(kPrimary);
    } else if (!at_.Peek().Is("CHECK")) {
      while (IsAny(at_.Peek(), {"UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "INDEX", "KEY"})) {
        at_.Advance();
      }
      at_.SkipExistence();
      const bool named = at_.Peek().kind == TokenKind::kIdentifier ||
                         (at_.Peek().kind == TokenKind::kWord && !at_.Peek().Is("USING"));
      if (named) alter_->added_keys.push_back(at_.Peek().text);
    }
    SkipBody();
  }

  void AddColumn() {
    alter_->added_columns.push_back(TakeColumn());
    SkipBody();
  }

  void ParseDrop() {
    if (at_.Skip("PRIMARY")) {
      if (!at_.Skip("KEY")) NotUnderstood();
      alter_->dropped_keys.push_back(kPrimary);
      return;
    }
    if (at_.Peek().Is("FOREIGN") && at_.Peek(1).Is("KEY")) {
      at_.Advance();
      at_.Advance();
      at_.SkipExistence();
      alter_->dropped_keys.push_back(at_.TakeName("the foreign key's name"));
      return;
    }
    if (IsAny(at_.Peek(), {"INDEX", "KEY", "CONSTRAINT", "CHECK"})) {
      at_.Advance();
      at_.SkipExistence();
      alter_->dropped_keys.push_back(at_.TakeName("the name to drop"));
      return;
    }
    if (IsAny(at_.Peek(), {"TABLE", "DATABASE", "SCHEMA", "VIEW", "TRIGGER"})) NotUnderstood();
    at_.Skip("COLUMN");
    at_.SkipExistence();
    alter_->dropped_columns.push_back(TakeColumn());
    if (!at_.Skip("RESTRICT")) at_.Skip("CASCADE");
  }

  void ParseModify() {
    at_.Skip("COLUMN");
    at_.SkipExistence();
    TakeColumn();
    SkipBody();
  }

  void ParseChange() {
    at_.Skip("COLUMN");
    at_.SkipExistence();
    const std::string from = TakeColumn();
    AddRename(from, TakeColumn());
    SkipBody();
  }

  void ParseRename() {
    const bool key = IsAny(at_.Peek(), {"INDEX", "KEY"});
    if (!key && !at_.Peek().Is("COLUMN")) {
      Refuse("osc never renames the table itself",
             "use RENAME TABLE on the server when the migration is complete");
    }
    at_.Advance();
    at_.SkipExistence();
    const std::string from = key ? at_.TakeName("the index's name") : TakeColumn();
    if (!at_.Skip("TO")) NotUnderstood();
    const std::string to = key ? at_.TakeName("the index's new name") : TakeColumn();
    if (key) {
      alter_->changed_keys.insert(alter_->changed_keys.end(), {from, to});
    } else {
      AddRename(from, to);
    }
  }

  void ParseAlterPart() {
    if (IsAny(at_.Peek(), {"INDEX", "KEY", "CHECK", "CONSTRAINT"})) {
      at_.Advance();
      at_.SkipExistence();
      alter_->changed_keys.push_back(at_.TakeName("a name"));
      at_.Skip("NOT");
      if (!IsAny(at_.Peek(), {"VISIBLE", "INVISIBLE", "IGNORED", "ENFORCED"})) NotUnderstood();
      at_.Advance();
      return;
    }
    at_.Skip("COLUMN");
    at_.SkipExistence();
    TakeColumn();
    if (!IsAny(at_.Peek(), {"SET", "DROP"})) NotUnderstood();
    at_.Advance();
    if (!IsAny(at_.Peek(), {"DEFAULT", "VISIBLE", "INVISIBLE"})) NotUnderstood();
    SkipBody();
  }

  void ParseConvert() {
    alter_->character_set = true;
    if (!at_.Skip("TO")) NotUnderstood();
    if (at_.Skip("CHARACTER")) {
      if (!at_.Skip("SET")) NotUnderstood();
    } else if (!at_.Skip("CHARSET")) {
      NotUnderstood();
    }
    TakeOptionValue();
    if (at_.Skip("COLLATE")) TakeOptionValue();
  }

  bool AtPartitionBy() const { return at_.Peek().Is("PARTITION") && at_.Peek(1).Is("BY"); }
  bool AtRemovePartitioning() const {
    return at_.Peek().Is("REMOVE") && at_.Peek(1).Is("PARTITIONING");
  }

  // The rest of the statement: its own grammar has commas, too.
  void ParsePartitionBy() {
    alter_->partitions = true;
    while (!at_.AtEnd()) at_.Advance();
  }

  void ParseRemovePartitioning() {
    alter_->partitions = true;
    at_.Advance();
    at_.Advance();
    if (!at_.AtEnd()) NotUnderstood();
  }

  // MariaDB 10.11 and 11.8 drop a column that another clause of the ALTER renames, where a third
  // one adds a column under the new name; where none does, both families call the column unknown.
  void CheckIdentities() const {
    const auto& renames = alter_->renames;
    for (auto rename = renames.begin(); rename != renames.end(); ++rename) {
      const auto same = [&](const std::string& name) { return SameName(name, rename->from); };
      const bool again = std::any_of(std::next(rename), renames.end(),
                                     [&](const ColumnRename& other) { return same(other.from); });
      const auto& dropped = alter_->dropped_columns;
      if (!again && std::none_of(dropped.begin(), dropped.end(), same)) continue;
      throw Error(ErrorCode::kRefused,
                  "the ALTER renames column '" + rename->from + "' to '" + rename->to + "', and " +
                      (again ? "renames it again" : "drops it"),
                  "say in one clause what becomes of the column");
    }
  }

  // Options may follow each other without a comma.
  void ParseTableOptions() {
    bool any = false;
    while (!at_.AtEnd() && !at_.Peek().Is(',')) {
      if (any) RefuseMaintenance();
      if (any && (AtPartitionBy() || AtRemovePartitioning())) return;
      const bool with_default = at_.Skip("DEFAULT");
      if (at_.Peek().Is("CHARACTER") && at_.Peek(1).Is("SET")) {
        at_.Advance();
      } else if (with_default ? !IsAny(at_.Peek(), {"CHARSET", "COLLATE"}) : !IsTableOption()) {
        NotUnderstood();
      }
      const bool engine = at_.Peek().Is("ENGINE");
      if (IsAny(at_.Peek(), {"SET", "CHARSET", "COLLATE"})) alter_->character_set = true;
      at_.Advance();
      at_.Skip('=');
      if (engine) alter_->engine = at_.Peek().text;
      TakeOptionValue();
      any = true;
    }
  }

  bool IsTableOption() const {
    const SqlToken& token = at_.Peek();
    const auto is_word = [&](std::string_view option) { return token.Is(option); };
    // As SHOW CREATE TABLE of MariaDB writes the options of an engine.
    const auto is_quoted = [&](std::string_view option) {
      return token.kind == TokenKind::kIdentifier && SameName(token.text, option) &&
             at_.Peek(1).Is('=');
    };
    return std::any_of(std::begin(kOptions), std::end(kOptions), is_word) ||
           std::any_of(std::begin(kEngineOptions), std::end(kEngineOptions), is_word) ||
           std::any_of(std::begin(kEngineOptions), std::end(kEngineOptions), is_quoted);
  }

  void TakeOptionValue() {
    const TokenKind kind = at_.Peek().kind;
    if (kind == TokenKind::kEnd || kind == TokenKind::kOperator) NotUnderstood();
    at_.Advance();
  }

  std::string TakeColumn() {
    // Reserved on both; it would read as ALTER TABLE once more when the clauses stand alone.
    if (at_.Peek().Is("TABLE")) NotUnderstood();
    std::string name = at_.TakeName("a column's name");
    if (at_.Peek().Is('.')) {
      Refuse("column names are not qualified", "leave the table's name out of it");
    }
    alter_->columns.push_back(name);
    return name;
  }

  void AddRename(const std::string& from, const std::string& to) {
    if (from != to) alter_->renames.push_back({from, to});
  }

  [[noreturn]] void RefuseForeignKey() const {
    Refuse("foreign keys are not carried: they would follow the wrong table through a swap",
           "leave it out; foreign keys cannot be changed by osc");
  }

  // The rest of a definition: up to a comma or closing parenthesis that is not its own.
  void SkipBody() {
    int depth = 0;
    for (; !at_.AtEnd(); at_.Advance()) {
      const SqlToken& token = at_.Peek();
      if (depth == 0 && (token.Is(',') || token.Is(')'))) return;
      if (depth == 0 && token.Is("REFERENCES")) RefuseForeignKey();
      if (depth == 0 && (AtPartitionBy() || AtRemovePartitioning())) return;
      if (token.Is('(')) ++depth;
      if (token.Is(')')) --depth;
    }
    if (depth > 0) NotUnderstood();
  }

  TokenCursor& at_;
  AlterStatement* alter_;
  size_t begin_ = 0;
};

}  // namespace

void ParseClauses(TokenCursor& cursor, AlterStatement* alter) {
  ClauseParser(cursor, alter).ParseAll();
}

}  // namespace osc::ddl
