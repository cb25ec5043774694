// Two kinds of wrongness are kept apart: our own bugs stop the process here, with file, line and values; what the world
// does (a corrupt file, an odd /proc line, a bad query) is an error value (error.h) and never ends here.
//
// Threads  any.   Cost  one predicted branch.   Errors  does not return when the condition is false.
#pragma once

#include <string_view>

namespace tacho {

[[noreturn, gnu::cold]] void check_failed(const char* file, int line, const char* condition, std::string_view detail);

}  // namespace tacho

// Always on.  TACHO_CHECK(rows <= capacity);  TACHO_CHECK(rows <= capacity, fmt::format("rows {}", rows));
#define TACHO_CHECK(condition, ...)                                                           \
  do {                                                                                        \
    if (!(condition)) [[unlikely]]                                                            \
      ::tacho::check_failed(__FILE__, __LINE__, #condition, ::std::string_view{__VA_ARGS__}); \
  } while (false)

// In debug, sanitizer and fuzz builds only: for inner loops, a check a sample.
#ifdef TACHO_DCHECK
#define TACHO_DCHECK_ON 1
#define tacho_dcheck(...) TACHO_CHECK(__VA_ARGS__)
#else
#define tacho_dcheck(...) \
  do {                    \
  } while (false)
#endif
