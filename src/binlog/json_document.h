// MySQL's binary JSON, read in place: values point into the document's bytes. Each method throws
// Error kDiverged when the bytes are no document.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace osc::binlog {

enum JsonType : uint8_t {
  kJsonSmallObject = 0,
  kJsonLargeObject = 1,
  kJsonSmallArray = 2,
  kJsonLargeArray = 3,
  kJsonLiteral = 4,
  kJsonInt16 = 5,
  kJsonUint16 = 6,
  kJsonInt32 = 7,
  kJsonUint32 = 8,
  kJsonInt64 = 9,
  kJsonUint64 = 10,
  kJsonDouble = 11,
  kJsonString = 12,
  kJsonOpaque = 15,  // a value of a column type that JSON itself does not have
};

[[noreturn]] void ThrowMalformedJson();

// A value: its type and the bytes from its beginning (to the end of what encloses it).
struct JsonValue {
  uint8_t type;
  std::string_view bytes;

  bool IsObject() const { return type == kJsonSmallObject || type == kJsonLargeObject; }
  bool IsContainer() const { return type <= kJsonLargeArray; }
  std::optional<int64_t> Signed() const;     // none for other types
  std::optional<uint64_t> Unsigned() const;  // none for other types
  // Each only for a value of its type.
  double Double() const;
  std::string_view Literal() const;  // "null", "true" or "false"
  std::string_view String() const;
  std::string_view Opaque(uint8_t* field_type) const;
};

// An object or array.
class JsonContainer {
 public:
  explicit JsonContainer(const JsonValue& value);
  size_t count() const { return count_; }
  std::string_view Key(size_t index) const;  // of an object
  JsonValue Element(size_t index) const;

 private:
  size_t KeyEntrySize() const { return word_ + 2; }
  bool IsInline(uint8_t type) const;
  std::string_view From(uint64_t offset) const;

  bool is_object_;
  size_t word_;  // bytes of an offset
  uint64_t count_;
  std::string_view bytes_;  // offsets count from their beginning
};

}  // namespace osc::binlog
