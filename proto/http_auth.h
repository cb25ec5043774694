// Who a request comes from: the value of its Authorization header.
//
// Errors   a file that cannot be read; its path, never what is in it.
// Manners  files are read at every call, so that a rotated secret is used at once.
#pragma once

#include <string>

#include "proto/base/error.h"

namespace tacho {

struct HttpAuth {
  // `Authorization: Basic`, when there is a username; the file wins when it is named.
  std::string username;
  std::string password;
  std::string password_file;
  // `Authorization: TYPE CREDENTIALS`, when one of them is given.
  std::string type = "Bearer";
  std::string credentials;
  std::string credentials_file;
};

// "" : no such header.
Result<std::string> authorization_header(const HttpAuth& auth);

}  // namespace tacho
