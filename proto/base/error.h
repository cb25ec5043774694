// Errors as values. A function that can fail because of the world returns Result<T>; the error's text is one plain
// sentence that says what was wrong, where (file:line, flag, path) and, where there is something to do, what to do.
//
//   Result<File> f = File::open(path);
//   if (!f) return failure("cannot read the rules: {}", f.error());
//
// Threads  values; no sharing.   Cost  a string is made only on failure.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace tacho {

struct Error {
  std::string message;
  int sys_errno = 0;  // errno where a system call failed, else 0
};

template <class T>
using Result = std::expected<T, Error>;

template <class... Args>
[[nodiscard]] std::unexpected<Error> failure(fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{fmt::format(text, std::forward<Args>(args)...), 0});
}

// For a failed system call: appends ": " and errno's text.
template <class... Args>
[[nodiscard]] std::unexpected<Error> sys_failure(int err, fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{fmt::format("{}: {}", fmt::format(text, std::forward<Args>(args)...), ::strerror(err)), err});
}

}  // namespace tacho

template <>
struct fmt::formatter<tacho::Error> : fmt::formatter<std::string_view> {
  auto format(const tacho::Error& e, fmt::format_context& ctx) const {
    return fmt::formatter<std::string_view>::format(e.message, ctx);
  }
};
