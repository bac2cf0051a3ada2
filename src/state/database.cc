#include "src/state/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stop_token>

#include "src/base/retry.h"
#include "src/state/backup.h"
#include "src/state/schema.h"

namespace osc::state {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr int kOpenBusyTimeoutMs = 1'000;  // of each attempt

[[noreturn]] void RefuseDirectory(const std::string& action, const std::filesystem::path& path,
                                  const std::string& reason) {
  throw Error(ErrorCode::kRefused, "cannot " + action + " " + path.string() + ": " + reason,
              "choose a directory you may write to with --state-dir or OSC_STATE_DIR");
}

// Directory 0700 and file 0600: statements and error messages in it may quote row values. SQLite
// gives the -wal and -shm files the mode of the main file.
void CreateFile(const std::filesystem::path& directory, const std::filesystem::path& file) {
  std::error_code error;
  const auto parent = directory.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    RefuseDirectory("create the state directory", directory, std::strerror(errno));
  }
  if (!std::filesystem::is_directory(directory, error)) {
    RefuseDirectory("use the state directory", directory, "it is not a directory");
  }
  if (std::filesystem::exists(file, error)) return;
  // Created closed under another name: when a process closes a descriptor of a file, it loses every
  // POSIX lock on that file, those of SQLite in its other threads too, and then the next process
  // that ends removes the write-ahead log from under them.
  std::string temporary = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) RefuseDirectory("write to", directory, std::strerror(errno));
  ::close(descriptor);
  const int linked = ::link(temporary.c_str(), file.c_str());
  const int cause = errno;
  ::unlink(temporary.c_str());
  if (linked != 0 && cause != EEXIST) RefuseDirectory("create", file, std::strerror(cause));
}

}  // namespace

Database::Database(const std::filesystem::path& directory) : file_(directory / "osc.sqlite") {
  CreateFile(directory, file_);
  // SQLite answers SQLITE_BUSY at once, without waiting, to one of two processes that both turn a
  // new file to WAL (seen with 3.40): so once more.
  base::Retry({}, {.attempts = 10}, [this] { Read([this] { Configure(); }); });
  sqlite_->setBusyTimeout(kBusyTimeoutMs);
}

void Database::Configure() {
  sqlite_ = std::make_unique<SQLite::Database>(
      file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kOpenBusyTimeoutMs);
  sqlite_->exec("PRAGMA synchronous = FULL");
  sqlite_->exec("PRAGMA foreign_keys = ON");
  const std::string mode = sqlite_->execAndGet("PRAGMA journal_mode = WAL").getString();
  if (mode != "wal") {
    throw Error(ErrorCode::kRefused, file_.string() + " cannot use a write-ahead log here",
                "put the state directory on a local file system with --state-dir");
  }
  UpgradeSchema(*sqlite_, file_.string());
  if (sqlite3_db_readonly(sqlite_->getHandle(), "main") == 1) {
    throw Error(ErrorCode::kRefused, file_.string() + " cannot be written to",
                "check who owns it, and that its file system is not mounted read-only");
  }
}

SQLite::Statement& Database::Prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) statement = std::make_unique<SQLite::Statement>(*sqlite_, sql);
  return *statement;
}

int64_t Database::DataVersion() {
  return Read([this] {
    Query query(Prepare("PRAGMA data_version"));
    query.Next();
    return query[0].getInt64();
  });
}

void Database::CheckIntegrity() {
  const std::string result =
      Read([this] { return sqlite_->execAndGet("PRAGMA quick_check(1)").getString(); });
  if (result == "ok") return;
  throw Error(ErrorCode::kRefused, file_.string() + " is damaged: " + result, HowToRestore(file_));
}

void Database::BackUp() {
  Read([this] { WriteBackup(*sqlite_, file_); });
}

void Database::Rethrow(const SQLite::Exception& error) const {
  const std::string text = file_.string() + ": " + error.what();
  switch (error.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorCode::kBusy, text, "another process holds the file; try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error(ErrorCode::kRefused, file_.string() + " is damaged: " + error.what(),
                  HowToRestore(file_));
    case SQLITE_FULL:
    case SQLITE_IOERR:
      throw Error(
          ErrorCode::kBusy, "cannot write " + text,
          "check free space and health of the disk that holds " + file_.parent_path().string());
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw Error(ErrorCode::kRefused, "cannot write " + text,
                  "check who owns the file and its directory, or choose another one with "
                  "--state-dir");
    default:
      throw Error(ErrorCode::kInternal, text);
  }
}

Database::Relaxed::Relaxed(Database& database, bool relaxed)
    : database_(database), relaxed_(relaxed) {
  if (relaxed_) database_.sqlite_->exec("PRAGMA synchronous = NORMAL");
}

Database::Relaxed::~Relaxed() {
  if (relaxed_) database_.sqlite_->tryExec("PRAGMA synchronous = FULL");
}

}  // namespace osc::state
