// The agent's log: one line an event, to stderr. spdlog does the work behind it, in log.cc alone (slow to compile).
//
// Threads  any; lines never mix.   Cost  allocates: never between a source's read and its published row.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tacho {

enum class LogLevel { debug, info, warn, error };

void set_log_level(LogLevel least);
void log_line(LogLevel level, std::string_view text);

template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace tacho
