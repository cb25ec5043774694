#include "proto/http_auth.h"

#include <openssl/evp.h>

#include "proto/base/file.h"

namespace tacho {
namespace {

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

// The text, or the file's content without the white space around it (editors end files with a newline).
Result<std::string> secret(const std::string& text, const std::string& path) {
  if (path.empty()) return text;
  auto content = read_file(path);
  if (!content) return content;
  constexpr std::string_view kSpace = " \t\r\n";
  const auto from = content->find_first_not_of(kSpace);
  if (from == std::string::npos) return std::string();
  return content->substr(from, content->find_last_not_of(kSpace) - from + 1);
}

}  // namespace

Result<std::string> authorization_header(const HttpAuth& auth) {
  if (!auth.username.empty()) {
    const auto password = secret(auth.password, auth.password_file);
    if (!password) return password;
    return "Basic " + base64(auth.username + ":" + *password);
  }
  const auto credentials = secret(auth.credentials, auth.credentials_file);
  if (!credentials || credentials->empty()) return credentials;
  return auth.type + " " + *credentials;
}

}  // namespace tacho
