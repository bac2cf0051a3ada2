#include "ddl/migration_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ddl/alter_join.h"
#include "ddl/name.h"
#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

constexpr std::string_view kSql = ".sql";
constexpr std::string_view kUp = "migrate:up";
constexpr std::string_view kDown = "migrate:down";

[[noreturn]] void Invalid(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, message, hint);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t DigitsAt(std::string_view text) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
}

std::string Words(std::string_view text) {
  std::string words(text);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// "1.2" of "V1_2__x.sql"; empty when it is no name of Flyway's.
std::string FlywayVersion(std::string_view name) {
  const size_t end = name.find("__");
  if (!name.starts_with('V') || end == name.npos) return "";
  std::string version(name.substr(1, end - 1));
  std::replace(version.begin(), version.end(), '_', '.');
  bool digits = false;  // were before this
  for (const char c : version) {
    if (!IsDigit(c) && !(c == '.' && digits)) return "";
    digits = IsDigit(c);
  }
  return digits ? version : "";
}

struct Line {
  size_t begin = 0;
  size_t end = 0;
  std::string_view section;  // of dbmate: migrate:up or migrate:down, with its options
};

// The lines that are comments of dbmate or goose.
std::vector<Line> SectionLines(std::string_view text) {
  std::vector<Line> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.starts_with("--")) {
      line.remove_prefix(std::min(line.find_first_not_of("- \t"), line.size()));
      if (line.starts_with(kUp) || line.starts_with(kDown) || line.starts_with("+goose")) {
        lines.push_back({at, end, line});
      }
    }
    at = end + 1;
  }
  return lines;
}

size_t LineNumber(std::string_view text, size_t at) {
  return 1 + static_cast<size_t>(std::count(text.begin(), text.begin() + at, '\n'));
}

void CheckOptions(const std::string& place, std::string_view options) {
  while (true) {
    options.remove_prefix(std::min(options.find_first_not_of(" \t"), options.size()));
    if (options.empty()) return;
    const std::string option(options.substr(0, options.find_first_of(" \t")));
    // Either way: on these servers DDL commits by itself.
    if (option != "transaction:false" && option != "transaction:true") {
      Invalid(place + ": dbmate's option '" + option + "' is not known", "transaction:false is");
    }
    options.remove_prefix(option.size());
  }
}

// Blanks out all but the part that dbmate runs; line numbers stay.
std::string UpSection(const std::string& name, std::string text, const std::vector<Line>& lines) {
  const auto is_up = [](const Line& line) { return line.section.starts_with(kUp); };
  const auto up = std::find_if(lines.begin(), lines.end(), is_up);
  if (up == lines.end() || up != lines.begin() ||
      std::find_if(std::next(up), lines.end(), is_up) != lines.end()) {
    Invalid(name + ": the sections are not one migrate:up and one migrate:down after it",
            "write -- migrate:up, the change, -- migrate:down, and the way back");
  }
  const size_t line = LineNumber(text, up->begin);
  CheckOptions(Place(name, line), up->section.substr(kUp.size()));
  const SqlScript before = SplitScript(std::string_view(text).substr(0, up->begin), name);
  if (!before.statements.empty()) {
    Invalid(Place(name, before.statements.front().line) + ": a statement stands before migrate:up",
            "dbmate would not run it; move it behind the line -- migrate:up");
  }
  const auto down = std::next(up);
  if (down != lines.end()) text.resize(down->begin);
  return text;
}

// The first words, as far as they say what kind of statement it is.
std::string KindOf(const std::vector<mysql::SqlToken>& tokens) {
  constexpr std::array<std::string_view, 14> kObjects{
      "TABLE",    "INDEX", "VIEW",     "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT",
      "DATABASE", "USER",  "SEQUENCE", "SCHEMA",  "ROLE",      "SERVER",   "PACKAGE"};
  std::string kind;
  for (const char c : tokens.front().text) {
    kind += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  if (tokens.front().kind != mysql::TokenKind::kWord) return "this statement";
  if (kind != "CREATE" && kind != "DROP" && kind != "ALTER" && kind != "RENAME") return kind;
  for (const mysql::SqlToken& token : tokens) {
    if (token.Is("TEMPORARY")) kind += " TEMPORARY";
    for (const std::string_view object : kObjects) {
      if (token.Is(object)) return kind + " " + std::string(object);
    }
  }
  return kind;
}

bool SameTable(const AlterStatement& a, const AlterStatement& b) {
  return FoldName(a.table) == FoldName(b.table) &&
         (a.database.empty() || b.database.empty() || FoldName(a.database) == FoldName(b.database));
}

void AddMigration(const std::string& place, AlterStatement alter, MigrationFile* file) {
  bool others = false;  // behind the migration of this table
  for (size_t i = file->steps.size(); i-- > 0;) {
    FileStep& step = file->steps[i];
    if (!step.migration) {
      others = true;
      continue;
    }
    if (!SameTable(step.alter, alter)) continue;
    if (step.object) {
      // A table that may have been there before gets the ALTER all the same.
      if (step.object->action != ObjectAction::kCreateTable || step.object->if_needed) break;
      if (others) break;
      step.object->text +=
          ";\nALTER TABLE " + mysql::QuoteIdentifier(alter.table) + " " + alter.clauses;
      step.object->alters.push_back(alter.clauses);
      return;
    }
    const std::string first = Place(file->name, step.line);
    const std::string both = place + ": table " + alter.table + " is changed at " + first + " too";
    if (step.alter.table != alter.table || step.alter.database != alter.database) {
      throw Error(ErrorCode::kRefused, both + ", by another spelling of its name",
                  "write the name in one way");
    }
    if (others) {
      throw Error(ErrorCode::kRefused, both + ", and other statements stand between",
                  "write one ALTER TABLE, or put what follows into a file of its own");
    }
    try {
      step.alter = JoinAlters(step.alter, alter);
    } catch (const Error& error) {
      throw error.Within(both + ", and they cannot become one migration");
    }
    return;
  }
  file->steps.push_back({0, true, std::move(alter), {}, "", ""});
}

// A foreign key binds the rows of the other table also while its own table is off stage.
bool HasForeignKey(const std::vector<mysql::SqlToken>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const mysql::SqlToken& token) { return token.Is("REFERENCES"); });
}

void AddStep(const ScriptStatement& statement, MigrationFile* file) {
  const std::string place = Place(file->name, statement.line);
  const auto tokens = mysql::Tokenize(statement.text);
  const std::string kind = KindOf(tokens);
  if (kind == "ALTER TABLE" || kind == "CREATE INDEX" || kind == "DROP INDEX") {
    const size_t steps = file->steps.size();
    AlterStatement alter;
    try {
      alter = ParseAlter(statement.text);
    } catch (const Error& error) {
      throw error.Within(place);
    }
    AddMigration(place, std::move(alter), file);
    if (file->steps.size() > steps) file->steps.back().line = statement.line;
    return;
  }
  std::vector<ObjectStatement> objects;
  try {
    if (!HasForeignKey(tokens)) objects = ParseObjectStatement(statement.text);
  } catch (const Error& error) {
    throw error.Within(place);
  }
  for (ObjectStatement& object : objects) {
    AlterStatement named;
    named.database = object.database;
    named.table = object.name;
    file->steps.push_back({statement.line, true, std::move(named), std::move(object), "", kind});
  }
  if (!objects.empty()) return;
  const bool binds = kind == "CREATE TABLE";
  file->steps.push_back({statement.line,
                         false,
                         {},
                         {},
                         statement.text,
                         binds ? "CREATE TABLE with a foreign key" : kind});
}

// -1, 0, 1, by each of the numbers between dots; any number of digits.
int CompareVersions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    std::array<std::string_view, 2> part;
    for (const auto& [text, number] :
         {std::pair<std::string_view&, std::string_view&>(a, part[0]),
          std::pair<std::string_view&, std::string_view&>(b, part[1])}) {
      number = text.substr(0, text.find('.'));
      text.remove_prefix(std::min(number.size() + 1, text.size()));
      number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    }
    if (part[0].size() != part[1].size()) return part[0].size() < part[1].size() ? -1 : 1;
    if (const int order = part[0].compare(part[1])) return order < 0 ? -1 : 1;
  }
  return 0;
}

}  // namespace

const std::string& TextOf(const FileStep& step) {
  return step.object ? step.object->text : step.alter.clauses;
}

std::string_view FormatName(FileFormat format) {
  constexpr std::array<std::string_view, 4> kNames{"plain", "flyway", "golang-migrate", "dbmate"};
  return kNames[static_cast<size_t>(format)];
}

std::string WhyNotRun(std::string_view name) {
  if (name.ends_with(".down.sql")) return "a way back of golang-migrate; osc revert takes it back";
  if (name.find("__") == name.npos) return "";
  if (name.starts_with("R__")) return "a repeatable file of Flyway, which osc does not run";
  if (!name.starts_with('U') && !name.starts_with('B')) return "";
  std::string versioned(name);
  versioned[0] = 'V';
  if (FlywayVersion(versioned).empty()) return "";
  return name.starts_with('U') ? "an undo file of Flyway; osc revert takes a change back"
                               : "a baseline of Flyway, which osc does not run";
}

MigrationFile ParseMigrationFile(const std::string& name, std::string_view bytes) {
  MigrationFile file;
  file.name = name;
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!bytes.substr(i).starts_with("\r\n")) text += bytes[i];
  }
  file.checksum = base::Sha256(text);
  // Blanks instead of the mark that some editors put before UTF-8.
  if (text.starts_with("\xef\xbb\xbf")) text.replace(0, 3, 3, ' ');

  const std::string_view stem =
      std::string_view(name).substr(0, name.size() - (name.ends_with(kSql) ? kSql.size() : 0));
  const std::vector<Line> sections = SectionLines(text);
  const bool goose = std::any_of(sections.begin(), sections.end(), [](const Line& line) {
    return line.section.starts_with("+goose");
  });
  if (goose) {
    Invalid(name + ": this file is written for goose, which osc does not know",
            "keep only the statements of its Up section");
  }
  const size_t digits = DigitsAt(stem);
  if (const std::string version = FlywayVersion(stem); !version.empty()) {
    file.format = FileFormat::kFlyway;
    file.version = version;
    file.description = Words(stem.substr(stem.find("__") + 2));
  } else if (digits > 0 && stem.substr(digits).starts_with('_') && stem.ends_with(".up")) {
    file.format = FileFormat::kGolangMigrate;
    file.version = stem.substr(0, digits);
    file.description = Words(stem.substr(digits + 1, stem.size() - digits - 4));
  } else if (!sections.empty()) {
    if (digits == 0) {
      Invalid(name + ": it has sections of dbmate, and no version before its name",
              "name it as dbmate does: 20261122100000_" + name);
    }
    file.format = FileFormat::kDbmate;
    file.version = stem.substr(0, digits);
    file.description = Words(stem.substr(std::min(digits + 1, stem.size())));
  } else {
    file.description = Words(stem);
  }
  if (!sections.empty() && file.format != FileFormat::kDbmate) {
    Invalid(Place(name, LineNumber(text, sections.front().begin)) +
                ": a section of dbmate stands in a file that is named as one of " +
                std::string(FormatName(file.format)),
            "name it as dbmate does, or take the sections out");
  }
  if (file.format == FileFormat::kDbmate) text = UpSection(name, std::move(text), sections);

  SqlScript script = SplitScript(text, name);
  file.directives = std::move(script.directives);
  for (const ScriptStatement& statement : script.statements) AddStep(statement, &file);
  if (file.steps.empty()) Invalid(name + ": there is no statement in it", "take it out");
  return file;
}

void SortMigrationFiles(std::vector<MigrationFile>* files) {
  for (const MigrationFile& file : *files) {
    const MigrationFile& first = files->front();
    if (file.format == first.format) continue;
    Invalid(first.name + " is a file of " + std::string(FormatName(first.format)) + ", " +
                file.name + " one of " + std::string(FormatName(file.format)) +
                ": the order of the two is not known",
            "keep the files of one tool in one folder; plain files are those of no tool");
  }
  std::sort(files->begin(), files->end(), [](const MigrationFile& a, const MigrationFile& b) {
    const int order = CompareVersions(a.version, b.version);
    return order != 0 ? order < 0 : a.name < b.name;
  });
  for (size_t i = 1; i < files->size(); ++i) {
    const MigrationFile& a = (*files)[i - 1];
    const MigrationFile& b = (*files)[i];
    if (a.name == b.name) {
      Invalid("the file " + a.name + " is there twice", "the ledger tells files by their names");
    }
    if (!a.version.empty() && CompareVersions(a.version, b.version) == 0) {
      Invalid(a.name + " and " + b.name + " have the same version", "give one of them another");
    }
  }
}

}  // namespace osc::ddl
