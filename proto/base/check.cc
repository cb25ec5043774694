#include "proto/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tacho {

void check_failed(const char* file, int line, const char* condition, std::string_view detail) {
  std::fprintf(stderr, "tacho: a bug: %s:%d: check '%s' failed%s%.*s; please report it with this line\n", file, line, condition,
               detail.empty() ? "" : ": ", static_cast<int>(detail.size()), detail.data());
  std::abort();
}

}  // namespace tacho
