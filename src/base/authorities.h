// Whom the system trusts, for connections with TLS.
//
// libmariadb (3.3) gives OpenSSL's default authorities to each connection that names none, whether
// or not it verifies the server. OpenSSL (3.0) reads their file anew each time: some 40 ms for the
// 140 of Debian's ca-certificates, of the 55 that a connection to MySQL took.
#pragma once

#include <string>
#include <string_view>

namespace osc::base {

// An empty file in the place of the system's, unless the environment names one (SSL_CERT_FILE).
// Before there are threads.
void LeaveAuthoritiesUnread();

// Whether this entry of the environment, "NAME=value", is by LeaveAuthoritiesUnread: no program
// that is started from here is to inherit it, but osc itself.
bool IsOfUnreadAuthorities(std::string_view entry);

// For those who verify: the file that the environment names, or else the system's (empty when it
// cannot be read), and the directories, as OpenSSL has them by default.
std::string AuthoritiesFile();
std::string AuthoritiesDirectories();

}  // namespace osc::base
