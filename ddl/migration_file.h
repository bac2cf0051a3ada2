// Migration files as their tools name and write them: plain *.sql, Flyway, golang-migrate, dbmate.
// Pure: works on names and bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ddl/alter_statement.h"
#include "ddl/object_statement.h"
#include "ddl/sql_script.h"

namespace osc::ddl {

enum class FileFormat { kPlain, kFlyway, kGolangMigrate, kDbmate };
std::string_view FormatName(FileFormat format);  // "golang-migrate"

// What one part of a file does.
struct FileStep {
  size_t line = 0;
  // An ALTER TABLE, CREATE INDEX or DROP INDEX, or several of one table, or an object.
  bool migration = true;
  AlterStatement alter;                   // of a migration; with an object only its name
  std::optional<ObjectStatement> object;  // a table or view that it creates or drops
  std::string text;                       // of any other statement, as written
  std::string kind;                       // of any other statement: "CREATE TABLE", "INSERT"
};

// "DROP TABLE `t`", or an ALTER's clauses.
const std::string& TextOf(const FileStep& step);

struct MigrationFile {
  std::string name;  // without its folder: what the ledger knows it by
  FileFormat format = FileFormat::kPlain;
  std::string version;      // "1.2", "20261122100000"; empty for plain files
  std::string description;  // "add nick"
  std::string checksum;     // SHA-256 of the bytes, with \r\n as \n
  std::vector<ScriptDirective> directives;
  std::vector<FileStep> steps;  // in order; at least one
};

// Why a file of this name is known and not run: it takes a change back (".down.sql", "U1__x.sql"),
// or is one that its tool runs otherwise ("R__x.sql"). Empty for all others.
std::string WhyNotRun(std::string_view name);

// Throws kInvalidArgument (what SplitScript throws, a file without statements, sections that are
// wrong) and kRefused (an ALTER that osc does not carry, ALTERs of one table that cannot be one),
// both with "name:line: " before the message.
MigrationFile ParseMigrationFile(const std::string& name, std::string_view bytes);

// Sorts: by version as numbers, plain files by name. Throws kInvalidArgument, naming both, for
// files of different formats, of one name, or of one version.
void SortMigrationFiles(std::vector<MigrationFile>* files);

}  // namespace osc::ddl
