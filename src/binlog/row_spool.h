// Row events on their way past the memory: a transaction's rows may be more than a process can
// hold, and nothing of them may be handed on before the transaction has committed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/binlog/row_image.h"

namespace osc::binlog {

// Row events as bytes: each with a head, and the table map before the first event that it serves.
class RowEncoder {
 public:
  void Append(const RowsEvent& event, std::string* out);
  // All but the event's body, which has to follow.
  void AppendHead(const RowsEvent& event, std::string* out);
  // What follows is to be read without what came before: the next table map is written again.
  void Restart() { map_ = nullptr; }

 private:
  std::shared_ptr<const TableMap> map_;  // the one that a reader knows of
};

// Encoded row events in a file without a name, which goes with the process. Appended to by one
// thread, then read by one. Errors of the disk are kInternal; the hint says what to do.
class RowSpool {
 public:
  // directory: where the file is made; empty for $TMPDIR, or /var/tmp.
  explicit RowSpool(const std::string& directory);
  ~RowSpool();
  RowSpool(const RowSpool&) = delete;
  RowSpool& operator=(const RowSpool&) = delete;

  uint64_t size() const { return written_ + buffer_.size(); }
  void Append(const RowsEvent& event);
  void AppendEncoded(std::string_view bytes);
  // Forgets what was appended since size() was this.
  void CutTo(uint64_t size);
  // Writes out what is still in memory. Read() sees only what has been flushed.
  void Flush();
  // `size` bytes from `at` on.
  void Read(uint64_t at, size_t size, char* to) const;

 private:
  void Write(std::string_view bytes);

  std::string directory_;
  int file_ = -1;
  RowEncoder encoder_;
  std::string buffer_;
  uint64_t written_ = 0;
};

// Takes the rows of a transaction out in order, some at a time.
class RowParts {
 public:
  // spool: the first rows, null when there are none; rest: those after them. part_bytes: a part
  // ends with the event that reaches it.
  RowParts(std::shared_ptr<RowSpool> spool, std::vector<RowsEvent> rest, size_t part_bytes);

  bool AtEnd() const;
  std::vector<RowsEvent> Next();

 private:
  RowsEvent ReadEvent();

  const std::shared_ptr<RowSpool> spool_;
  std::vector<RowsEvent> rest_;
  const size_t part_bytes_;
  std::shared_ptr<const TableMap> map_;
  uint64_t at_ = 0;  // in the file
  size_t rest_at_ = 0;
};

}  // namespace osc::binlog
