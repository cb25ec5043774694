#include "sampler/host/system/os.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>

#include "proto/base/utf8.h"
#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Field {
  std::string_view key;
  std::string_view label;
};

constexpr Field kFields[] = {
    {"BUILD_ID", "build_id"},
    {"ID", "id"},
    {"ID_LIKE", "id_like"},
    {"IMAGE_ID", "image_id"},
    {"IMAGE_VERSION", "image_version"},
    {"NAME", "name"},
    {"PRETTY_NAME", "pretty_name"},
    {"VARIANT", "variant"},
    {"VARIANT_ID", "variant_id"},
    {"VERSION", "version"},
    {"VERSION_CODENAME", "version_codename"},
    {"VERSION_ID", "version_id"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  auto is_space = [](char c) { return is_blank(c) || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// What the shell makes of the right side of an assignment, but blanks outside of quotes belong to it. nullopt: it has no end.
std::optional<std::string> unquote(std::string_view text) {
  std::string out;
  std::size_t significant = 0;  // blanks behind this many characters are in front of a comment, or the end
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && c == '#') break;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == '"' && c == '\\') {
      if (++i == text.size()) return std::nullopt;
      constexpr std::string_view kEscapable = "\"\\$`";
      if (text[i] == 'n' || text[i] == 't') {
        out += text[i] == 'n' ? '\n' : '\t';
      } else {
        if (kEscapable.find(text[i]) == std::string_view::npos) out += '\\';
        out += text[i];
      }
      significant = out.size();
    } else {
      out += c;
      if (quote != 0 || !is_blank(c)) significant = out.size();
    }
  }
  if (quote != 0) return std::nullopt;
  out.resize(significant);
  return out;
}

// The last assignment to `wanted`, as the shell would have it; "" if there is none.
std::string value_of(std::string_view text, std::string_view wanted) {
  std::string value;
  while (!text.empty()) {
    std::string_view line = trim(take_until(text, '\n'));
    if (line.starts_with('#') || line.find('=') == std::string_view::npos) continue;
    std::string_view key = trim(take_until(line, '='));
    if (key.starts_with("export ")) key = trim(key.substr(7));
    if (key != wanted) continue;
    if (std::optional<std::string> found = unquote(trim(line)); found && is_utf8(*found)) value = std::move(*found);
  }
  return value;
}

// Digits, and if there are any, a point and further digits.
std::optional<double> leading_number(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  if (length == 0) return std::nullopt;
  if (length < text.size() && text[length] == '.') {
    ++length;
    while (length < text.size() && is_digit(text[length])) ++length;
  }
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
  if (error != std::errc{} || number <= 0) return std::nullopt;
  return number;
}

// The beginning of a day in UTC, as Unix time: "2028-06-30".
std::optional<double> day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto number = [&](std::size_t at, std::size_t length) {
    std::string_view digits = text.substr(at, length);
    return take_u64(digits);
  };
  const auto y = number(0, 4);
  const auto m = number(5, 2);
  const auto d = number(8, 2);
  if (!y || !m || !d) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)), std::chrono::month(static_cast<unsigned>(*m)),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count());
}

}  // namespace

OsSource::OsSource(const Roots& roots) {
  const std::string root = roots.rootfs == "/" ? "" : roots.rootfs;
  candidates_ = {root + "/etc/os-release", root + "/usr/lib/os-release"};
}

Result<void> OsSource::describe(store::Schema& schema) {
  Result<std::string_view> text;
  for (const std::string& path : candidates_) {
    file_.emplace(path);
    text = file_->read();
    if (text || text.error().sys_errno != ENOENT) break;
  }
  if (!text) {
    file_.reset();
    return std::unexpected(text.error());
  }
  std::vector<Label> all;
  for (const Field& field : kFields) {
    if (std::string value = value_of(*text, field.key); !value.empty())
      all.push_back({std::string(field.label), std::move(value)});
  }
  // Not a system without properties, but a file that is being written.
  if (all.empty()) return failure("{} says nothing of the system (NAME=..., ID=...)", file_->path());
  text_ = *text;
  version_ = leading_number(value_of(text_, "VERSION_ID"));
  support_end_ = day(value_of(text_, "SUPPORT_END"));
  SchemaBuilder builder(schema);
  builder.add("node_os_info", std::move(all));
  if (version_) {
    builder.add("node_os_version",
                {{"id", value_of(text_, "ID")}, {"id_like", value_of(text_, "ID_LIKE")}, {"name", value_of(text_, "NAME")}});
  }
  if (support_end_) builder.add("node_os_support_end_timestamp_seconds");
  return {};
}

Result<Sampled> OsSource::sample(Row& row) {
  // describe() has not found one, or has found the second: the first may have come.
  if (!file_ || (file_->path() != candidates_[0] && ::access(candidates_[0].c_str(), F_OK) == 0)) return Sampled::layout_changed;
  Result<std::string_view> text = file_->read();
  if (!text && text.error().sys_errno == ENOENT) return Sampled::layout_changed;
  if (!text) return std::unexpected(text.error());
  if (*text != text_) return Sampled::layout_changed;
  std::size_t column = 0;
  row.set(column++, 1.0);
  if (version_) row.set(column++, *version_);
  if (support_end_) row.set(column++, *support_end_);
  return Sampled::ok;
}

}  // namespace tacho::sampler
