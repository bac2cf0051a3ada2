#include "src/apply/row_identity.h"

namespace osc::apply {

std::string RowIdentity(const RowMapping& mapping, const binlog::RowImage& image) {
  std::string identity;
  for (const size_t part : mapping.key) {
    const std::string_view bytes = image[mapping.columns[part].source].bytes();
    identity += std::to_string(bytes.size()) + ":";
    identity += bytes;
  }
  return identity;
}

std::string RowHash(const std::string& identity) {
  std::string hash = "UNHEX(SHA2(";
  mysql::AppendStringLiteral(hash, "binary", identity);
  return hash + ",256))";
}

}  // namespace osc::apply
