#include "src/binlog/row_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "src/base/error.h"
#include "src/binlog/event.h"

namespace osc::binlog {
namespace {

// Head of a record: what it is, where an event's bitmaps begin, how many bytes follow.
enum Record : uint8_t { kMap = 0, kInsert = 1, kUpdate = 2, kDelete = 3 };
constexpr size_t kHeadSize = 1 + 4 + 4;
constexpr size_t kBufferBytes = 256 * 1024;

void AppendRecord(Record record, size_t bitmaps_at, size_t size, std::string* out) {
  out->push_back(static_cast<char>(record));
  for (const size_t number : {bitmaps_at, size}) {
    for (int i = 0; i < 4; ++i) out->push_back(static_cast<char>(number >> (8 * i)));
  }
}

Record RecordOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kInsert:
      return kInsert;
    case ChangeKind::kUpdate:
      return kUpdate;
    case ChangeKind::kDelete:
      break;
  }
  return kDelete;
}

}  // namespace

void RowEncoder::AppendHead(const RowsEvent& event, std::string* out) {
  if (event.shared_map() != map_) {
    map_ = event.shared_map();
    AppendRecord(kMap, 0, map_->encoded.size(), out);
    *out += map_->encoded;
  }
  AppendRecord(RecordOf(event.kind()), event.bitmaps_at(), event.body().size(), out);
}

void RowEncoder::Append(const RowsEvent& event, std::string* out) {
  AppendHead(event, out);
  *out += event.body();
}

RowSpool::RowSpool(const std::string& directory) : directory_(directory) {
  if (directory_.empty()) {
    const char* from_environment = std::getenv("TMPDIR");
    directory_ =
        from_environment != nullptr && *from_environment != '\0' ? from_environment : "/var/tmp";
  }
  std::string path = directory_ + "/osc-rows-XXXXXX";
  file_ = mkostemp(path.data(), O_CLOEXEC);
  if (file_ < 0) {
    throw Error(ErrorCode::kBusy,
                "a transaction is too large for memory, and no file can be made in " + directory_ +
                    ": " + std::strerror(errno),
                "make room in " + directory_ + " and allow writing there");
  }
  unlink(path.c_str());
}

RowSpool::~RowSpool() { close(file_); }

void RowSpool::Append(const RowsEvent& event) {
  encoder_.AppendHead(event, &buffer_);
  AppendEncoded(event.body());
}

void RowSpool::AppendEncoded(std::string_view bytes) {
  if (buffer_.size() + bytes.size() < kBufferBytes) {
    buffer_ += bytes;
    return;
  }
  Flush();
  Write(bytes);  // not through the buffer: an event may be as large as a row
}

void RowSpool::CutTo(uint64_t size) {
  Flush();
  written_ = size;
  encoder_.Restart();
}

void RowSpool::Flush() {
  Write(buffer_);
  buffer_.clear();
}

void RowSpool::Write(std::string_view bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = pwrite(file_, bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(written_ + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      throw Error(ErrorCode::kBusy,
                  "the rows of a large transaction cannot be written to a file in " + directory_ +
                      ": " + std::strerror(wrote < 0 ? errno : ENOSPC),
                  "make room in " + directory_ + " for as many bytes as the transaction has");
    }
    done += static_cast<size_t>(wrote);
  }
  written_ += done;
}

void RowSpool::Read(uint64_t at, size_t size, char* to) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file_, to + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw Error(ErrorCode::kInternal,
                  "the rows of a large transaction cannot be read back from a file in " +
                      directory_ + (got < 0 ? std::string(": ") + std::strerror(errno) : ""));
    }
    done += static_cast<size_t>(got);
  }
}

RowParts::RowParts(std::shared_ptr<RowSpool> spool, std::vector<RowsEvent> rest, size_t part_bytes)
    : spool_(std::move(spool)), rest_(std::move(rest)), part_bytes_(part_bytes) {
  if (spool_) spool_->Flush();
}

bool RowParts::AtEnd() const {
  return rest_at_ == rest_.size() && (!spool_ || at_ == spool_->size());
}

std::vector<RowsEvent> RowParts::Next() {
  std::vector<RowsEvent> part;
  size_t bytes = 0;
  while (bytes < part_bytes_ && !AtEnd()) {
    const bool in_file = spool_ && at_ < spool_->size();
    part.push_back(in_file ? ReadEvent() : std::move(rest_[rest_at_++]));
    bytes += part.back().byte_size();
  }
  return part;
}

RowsEvent RowParts::ReadEvent() {
  while (true) {
    char head[kHeadSize];
    spool_->Read(at_, kHeadSize, head);
    at_ += kHeadSize;
    ByteReader reader(std::string_view(head, kHeadSize));
    const uint64_t record = reader.Little(1);
    const size_t bitmaps_at = reader.Little(4);
    std::string body(reader.Little(4), '\0');
    spool_->Read(at_, body.size(), body.data());
    at_ += body.size();
    if (record == kMap) {
      map_ = std::make_shared<const TableMap>(ParseTableMap(body));
      continue;
    }
    if (record > kDelete || map_ == nullptr) {
      throw Error(ErrorCode::kDiverged, "the rows of a large transaction are damaged on disk");
    }
    const ChangeKind kind = record == kInsert   ? ChangeKind::kInsert
                            : record == kUpdate ? ChangeKind::kUpdate
                                                : ChangeKind::kDelete;
    return RowsEvent(kind, map_, std::move(body), bitmaps_at, map_->columns.size());
  }
}

}  // namespace osc::binlog
