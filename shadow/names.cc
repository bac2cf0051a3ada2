#include "shadow/names.h"

namespace osc::shadow {

mysql::TableName CheckpointName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscck_" + id};
}

mysql::TableName CopiedName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_osccp_" + id};
}

mysql::TableName PreparedName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscxa_" + id};
}

mysql::TableName QuarantineName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscq_" + id};
}

mysql::TableName HeldOldName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscqo_" + id};
}

mysql::TableName HeldNewName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscqn_" + id};
}

mysql::TableName DefaultedName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscd_" + id};
}

mysql::TableName HandedOverName(const std::string& id, const mysql::TableName& live) {
  return {live.database, "_oscs_" + id};
}

mysql::TableName SentryName(const std::string& id, const mysql::TableName& live) {
  std::string name = "~osc_" + id;
  // U+FFEE, the last character that both families store in a name and that is assigned.
  if (name < live.name) name = "\uFFEE" + name;
  return {live.database, name};
}

}  // namespace osc::shadow
