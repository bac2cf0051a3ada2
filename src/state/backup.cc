#include "src/state/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "src/base/error.h"
#include "src/state/schema.h"

namespace osc::state {
namespace {

void SyncAndClose(int descriptor, const std::filesystem::path& path) {
  const bool failed = descriptor < 0 || ::fsync(descriptor) != 0;
  const int cause = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (failed) {
    throw Error(ErrorCode::kBusy, "cannot write " + path.string() + ": " + std::strerror(cause));
  }
}

// When it was made; empty when there is none that could be used.
std::string TimeOfGoodBackup(const std::filesystem::path& backup) {
  struct stat status {};
  if (::stat(backup.c_str(), &status) != 0) return "";
  try {
    SQLite::Database copy(backup.string(), SQLite::OPEN_READONLY);
    if (copy.execAndGet("PRAGMA quick_check(1)").getString() != "ok") return "";
  } catch (const SQLite::Exception&) {
    return "";
  }
  char text[32];
  struct tm parts {};
  ::gmtime_r(&status.st_mtime, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace

std::filesystem::path BackupFile(const std::filesystem::path& file) {
  return file.string() + ".backup";
}

void WriteBackup(SQLite::Database& sqlite, const std::filesystem::path& file) {
  const std::filesystem::path backup = BackupFile(file);
  const std::filesystem::path fresh = backup.string() + ".new";
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  // SQLite would make it with the umask's mode; it takes an empty file as it is.
  SyncAndClose(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), fresh);
  SQLite::Statement copy(sqlite, "VACUUM INTO ?");
  copy.bind(1, fresh.string());
  copy.exec();
  MarkAsBackup(fresh);
  SyncAndClose(::open(fresh.c_str(), O_RDONLY | O_CLOEXEC), fresh);
  std::filesystem::rename(fresh, backup);
  const std::filesystem::path directory = file.parent_path();
  SyncAndClose(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory);
}

std::string HowToRestore(const std::filesystem::path& file) {
  const std::string name = file.string();
  const std::string backup = BackupFile(file).string();
  const std::string made = TimeOfGoodBackup(backup);
  if (made.empty()) {
    return "move it away and clean up the _osc_ tables by hand; nothing on the server has been "
           "touched";
  }
  return "osc has a copy of " + made + ", which it brings up to date by asking the server: mv " +
         name + " " + name + ".damaged; rm -f " + name + "-wal " + name + "-shm; cp -p " + backup +
         " " + name;
}

}  // namespace osc::state
