// Understands CREATE and DROP of tables and views as far as taking them back needs: which object,
// and how the same statement reads for another name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osc::ddl {

enum class ObjectAction {
  kCreateTable,
  kDropTable,
  kCreateView,   // CREATE VIEW
  kReplaceView,  // CREATE OR REPLACE VIEW: creates it where there is none
  kAlterView,
  kDropView,
};
std::string_view ActionName(ObjectAction action);  // "create-table", "replace-view"

struct ObjectStatement {
  ObjectAction action{};
  std::string database;  // empty when the text names none
  std::string name;
  bool if_needed = false;  // IF EXISTS, IF NOT EXISTS: it may turn out to change nothing
  std::string text;        // as the user wrote it, trimmed, or that of one name of several
  // Of what creates: text = head + the name + tail; without IF NOT EXISTS and OR REPLACE.
  std::string head;
  std::string tail;
  // ALTER TABLE clauses that the new table gets before anybody sees it.
  std::vector<std::string> alters;

  bool creates() const {
    return action != ObjectAction::kDropTable && action != ObjectAction::kDropView;
  }
  bool is_view() const {
    return action != ObjectAction::kCreateTable && action != ObjectAction::kDropTable;
  }
};

// One for each object that is named; empty when the text is of another kind. Throws kRefused for
// what cannot be taken back as it stands (OR REPLACE of a table), naming it and saying what to do.
std::vector<ObjectStatement> ParseObjectStatement(std::string_view text);

std::string SaveObject(const std::optional<ObjectStatement>& object);  // JSON text, or empty
std::optional<ObjectStatement> LoadObject(const std::string& text);

}  // namespace osc::ddl
