#include "src/base/authorities.h"

#include <openssl/x509.h>
#include <unistd.h>

#include <cstdlib>

namespace osc::base {
namespace {

constexpr std::string_view kNone = "/dev/null";

}  // namespace

void LeaveAuthoritiesUnread() {
  ::setenv(X509_get_default_cert_file_env(), kNone.data(), /*overwrite=*/0);
}

bool IsOfUnreadAuthorities(std::string_view entry) {
  const std::string_view name = X509_get_default_cert_file_env();
  return entry.starts_with(name) && entry.substr(name.size()) == "=" + std::string(kNone);
}

std::string AuthoritiesFile() {
  const char* named = std::getenv(X509_get_default_cert_file_env());
  const std::string file =
      named != nullptr && named != kNone ? named : X509_get_default_cert_file();
  return ::access(file.c_str(), R_OK) == 0 ? file : "";
}

std::string AuthoritiesDirectories() {
  const char* named = std::getenv(X509_get_default_cert_dir_env());
  return named != nullptr ? named : X509_get_default_cert_dir();
}

}  // namespace osc::base
