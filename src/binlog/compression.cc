#include "src/binlog/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>

#include "src/base/error.h"
#include "src/binlog/event.h"

namespace osc::binlog {
namespace {

[[noreturn]] void ThrowBadPayload(const std::string& why) {
  throw Error(ErrorCode::kDiverged, "a compressed binlog event cannot be unpacked: " + why);
}

// Takes whole events off the front of what has been unpacked so far.
class EventCutter {
 public:
  explicit EventCutter(const std::function<void(std::string_view)>& consume) : consume_(consume) {}

  std::string* buffer() { return &buffer_; }

  void Cut() {
    size_t at = 0;
    while (buffer_.size() - at >= kEventHeaderSize) {
      const std::string_view rest = std::string_view(buffer_).substr(at);
      const size_t size = ParseEventHeader(rest).size;
      if (size < kEventHeaderSize) ThrowBadPayload("an event in it is too short");
      if (rest.size() < size) break;
      consume_(rest.substr(0, size));
      at += size;
    }
    buffer_.erase(0, at);
  }

  void Finish() {
    if (!buffer_.empty()) ThrowBadPayload("it ends within an event");
  }

 private:
  const std::function<void(std::string_view)>& consume_;
  std::string buffer_;
};

void Unzstd(std::string_view payload, EventCutter* cutter) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  if (context == nullptr) throw Error(ErrorCode::kInternal, "out of memory");
  const size_t step = ZSTD_DStreamOutSize();
  ZSTD_inBuffer in{payload.data(), payload.size(), 0};
  std::string* buffer = cutter->buffer();
  size_t left = 0;
  bool is_full = false;
  while (in.pos < in.size || is_full) {
    const size_t had = buffer->size();
    buffer->resize(had + step);
    ZSTD_outBuffer out{buffer->data() + had, step, 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) ThrowBadPayload(ZSTD_getErrorName(left));
    is_full = out.pos == out.size;
    buffer->resize(had + out.pos);
    cutter->Cut();
  }
  if (left != 0) ThrowBadPayload("it ends too early");
}

}  // namespace

void AppendMariaDbUncompressed(std::string* out, std::string_view compressed) {
  ByteReader reader(compressed);
  const uint64_t head = reader.Little(1);
  const uint64_t algorithm = (head & 0x70) >> 4;
  if (algorithm != 0) ThrowBadPayload("unknown algorithm " + std::to_string(algorithm));
  const uint64_t size = reader.Big(head & 0x07);
  const std::string_view packed = reader.Rest();
  // zlib makes no more of a byte than this; a damaged size must not ask for all memory.
  constexpr uint64_t kMostOfAByte = 1032;
  if (size > packed.size() * kMostOfAByte) ThrowBadPayload("its size is absurd");
  const size_t had = out->size();
  out->resize(had + size);
  uLongf unpacked = size;
  const int result = uncompress(reinterpret_cast<Bytef*>(out->data() + had), &unpacked,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (result != Z_OK || unpacked != size) ThrowBadPayload("zlib error " + std::to_string(result));
}

// A head with the method (8 is zlib) in its upper half, whether the stream lacks zlib's own head in
// bit 3, and how many bytes of size follow, big endian. Method 0 is the value as it is; an empty
// value has no head at all. As MariaDB 10.11 and 11.8 write it.
std::string UncompressedColumn(std::string_view stored) {
  const auto fail = [](const std::string& why) {
    throw Error(ErrorCode::kDiverged,
                "a value of a COMPRESSED column in the binlog cannot be unpacked: " + why);
  };
  if (stored.empty()) return "";
  ByteReader reader(stored);
  const uint64_t head = reader.Little(1);
  if (head == 0) return std::string(reader.Rest());
  if (head >> 4 != 8) fail("unknown method " + std::to_string(head >> 4));
  const uint64_t size = reader.Big(head & 0x07);
  std::string packed(reader.Rest());
  // Deflate packs nothing tighter; a damaged size must not ask for all memory.
  if (size > packed.size() * 1032 + 64) fail("its size is absurd");
  std::string value(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, (head & 0x08) != 0 ? -MAX_WBITS : MAX_WBITS) != Z_OK) {
    throw Error(ErrorCode::kInternal, "out of memory");
  }
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(value.data());
  stream.avail_out = static_cast<uInt>(value.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool complete = result == Z_STREAM_END && stream.total_out == size;
  inflateEnd(&stream);
  if (!complete) fail("zlib error " + std::to_string(result));
  return value;
}

void ForEachPayloadEvent(std::string_view body,
                         const std::function<void(std::string_view event)>& consume) {
  enum Field : uint64_t { kEnd = 0, kSize = 1, kCompression = 2, kUncompressedSize = 3 };
  constexpr uint64_t kZstd = 0;
  constexpr uint64_t kNone = 255;
  ByteReader reader(body);
  uint64_t size = 0;
  uint64_t compression = kNone;
  for (uint64_t field = reader.PackedLength(); field != kEnd; field = reader.PackedLength()) {
    ByteReader value(reader.Take(reader.PackedLength()));
    if (field == kSize) size = value.PackedLength();
    if (field == kCompression) compression = value.PackedLength();
    // Others say nothing that is needed here.
  }
  const std::string_view payload = reader.Take(size);
  EventCutter cutter(consume);
  if (compression == kZstd) {
    Unzstd(payload, &cutter);
  } else if (compression == kNone) {
    *cutter.buffer() = payload;
    cutter.Cut();
  } else {
    ThrowBadPayload("unknown algorithm " + std::to_string(compression));
  }
  cutter.Finish();
}

}  // namespace osc::binlog
