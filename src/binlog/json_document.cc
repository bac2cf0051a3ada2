#include "src/binlog/json_document.h"

#include <bit>

#include "src/base/error.h"
#include "src/binlog/event.h"

namespace osc::binlog {
namespace {

// Variable length: seven bits a byte, the highest says that more follow.
uint64_t ReadLength(ByteReader* reader) {
  uint64_t length = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const uint64_t byte = reader->Little(1);
    length |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return length;
  }
  ThrowMalformedJson();
}

}  // namespace

void ThrowMalformedJson() {
  throw Error(ErrorCode::kDiverged, "a JSON document in the binlog is malformed");
}

std::optional<int64_t> JsonValue::Signed() const {
  ByteReader reader(bytes);
  switch (type) {
    case kJsonInt16:
      return static_cast<int16_t>(reader.Little(2));
    case kJsonInt32:
      return static_cast<int32_t>(reader.Little(4));
    case kJsonInt64:
      return static_cast<int64_t>(reader.Little(8));
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> JsonValue::Unsigned() const {
  ByteReader reader(bytes);
  switch (type) {
    case kJsonUint16:
      return reader.Little(2);
    case kJsonUint32:
      return reader.Little(4);
    case kJsonUint64:
      return reader.Little(8);
    default:
      return std::nullopt;
  }
}

double JsonValue::Double() const { return std::bit_cast<double>(ByteReader(bytes).Little(8)); }

std::string_view JsonValue::Literal() const {
  switch (ByteReader(bytes).Little(1)) {
    case 0:
      return "null";
    case 1:
      return "true";
    case 2:
      return "false";
    default:
      ThrowMalformedJson();
  }
}

std::string_view JsonValue::String() const {
  ByteReader reader(bytes);
  const uint64_t size = ReadLength(&reader);
  return reader.Take(size);
}

std::string_view JsonValue::Opaque(uint8_t* field_type) const {
  ByteReader reader(bytes);
  *field_type = static_cast<uint8_t>(reader.Little(1));
  const uint64_t size = ReadLength(&reader);
  return reader.Take(size);
}

JsonContainer::JsonContainer(const JsonValue& value)
    : is_object_(value.IsObject()),
      word_(value.type == kJsonLargeObject || value.type == kJsonLargeArray ? 4 : 2) {
  ByteReader reader(value.bytes);
  count_ = reader.Little(word_);
  const uint64_t size = reader.Little(word_);
  if (size > value.bytes.size()) ThrowMalformedJson();
  bytes_ = value.bytes.substr(0, size);
}

std::string_view JsonContainer::Key(size_t index) const {
  ByteReader reader(From(2 * word_ + index * KeyEntrySize()));
  const uint64_t offset = reader.Little(word_);
  const uint64_t size = reader.Little(2);
  return ByteReader(From(offset)).Take(size);
}

JsonValue JsonContainer::Element(size_t index) const {
  const size_t keys = is_object_ ? count_ * KeyEntrySize() : 0;
  const size_t at = 2 * word_ + keys + index * (1 + word_);
  ByteReader reader(From(at));
  const auto type = static_cast<uint8_t>(reader.Little(1));
  if (IsInline(type)) return {type, From(at + 1)};
  const uint64_t offset = reader.Little(word_);
  return {type, From(offset)};
}

bool JsonContainer::IsInline(uint8_t type) const {
  return type == kJsonLiteral || type == kJsonInt16 || type == kJsonUint16 ||
         (word_ == 4 && (type == kJsonInt32 || type == kJsonUint32));
}

std::string_view JsonContainer::From(uint64_t offset) const {
  if (offset > bytes_.size()) ThrowMalformedJson();
  return bytes_.substr(offset);
}

}  // namespace osc::binlog
