// An answer of one plain sentence, which is all that the server itself ever says.
#pragma once

#include <string>

#include "proto/http.h"

namespace tacho {

inline HttpResponse plain_answer(int status, std::string sentence) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(sentence) + "\n"};
}

}  // namespace tacho
