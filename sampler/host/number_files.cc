#include "sampler/host/number_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <filesystem>

#include "proto/base/file.h"
#include "proto/base/utf8.h"
#include "sampler/cells.h"
#include "sampler/host/folder_print.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// More than any number or state takes; node_exporter reads as many bytes of a sensor's file.
constexpr std::size_t kShortFileBytes = 128;

bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> number_in(std::string_view text, const NumberForm& form) {
  return form.parse ? form.parse(text) : parse_short_number(text, form.words_may_follow);
}

}  // namespace

std::optional<double> parse_short_number(std::string_view text, bool words_may_follow) {
  text = trimmed(text);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  // No second sign, no "inf", no "nan": from_chars would take them.
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const bool at_end = end == text.data() + text.size();
  if (!at_end && !(words_may_follow && (is_space(*end) || *end == ':'))) return std::nullopt;
  return negative ? -value : value;
}

void NumberFiles::start() {
  files_.clear();
  folders_.clear();
  texts_.clear();
  constants_.clear();
  ticks_ = 0;
  old_wrappings_ = std::move(wrappings_);
  wrappings_.clear();
}

void NumberFiles::watch(std::string folder) {
  const std::uint64_t print = folder_print(folder);
  folders_.push_back({std::move(folder), print});
}

void NumberFiles::watch_text(std::string path) {
  Text text{.file = KernelFile(std::move(path)), .text = {}};
  std::array<char, kShortFileBytes> buffer;
  std::string_view now;
  if (text.file.read_short(buffer, now) == 0) text.text = now;
  texts_.push_back(std::move(text));
}

bool NumberFiles::add(SchemaBuilder& schema, std::string path, std::string_view metric, std::vector<Label> labels,
                      NumberForm form) {
  File file{.file = KernelFile(std::move(path)), .column = kNoColumn, .form = form};
  std::array<char, kShortFileBytes> buffer;
  std::string_view text;
  const int error = file.file.read_short(buffer, text);
  if (error == ENOENT || error == ENOTDIR) return false;
  file.readable = error == 0 && number_in(text, form);
  if (file.readable) {
    file.column = schema.add(metric, std::move(labels));
    if (file.column == kNoColumn) return false;
  }
  file.opened = file.file.opened();
  if (form.wrap) {
    auto old = old_wrappings_.find(file.file.path());
    file.wrapping = &(wrappings_[file.file.path()] = old == old_wrappings_.end() ? Wrapping{} : old->second);
  }
  files_.push_back(std::move(file));
  return files_.back().readable;
}

void NumberFiles::constant(SchemaBuilder& schema, std::string_view metric, std::vector<Label> labels, double value) {
  const std::size_t column = schema.add(metric, std::move(labels));
  if (column != kNoColumn) constants_.push_back({column, value});
}

bool NumberFiles::empty() const {
  return constants_.empty() && std::all_of(files_.begin(), files_.end(), [](const File& f) { return f.column == kNoColumn; });
}

bool NumberFiles::folders_changed() const {
  return std::any_of(folders_.begin(), folders_.end(), [](const Folder& f) { return folder_print(f.path) != f.print; });
}

// From near the top to near the bottom; a smaller step back is a counter that was reset, and is shown as it is.
double NumberFiles::unwrapped(const File& file, double number) {
  if (number < 0 || number > 9e18) return number;
  const auto now = static_cast<std::uint64_t>(number);
  Wrapping& state = *file.wrapping;
  const bool fits = state.last < file.form.wrap;
  if (now < state.last && fits && state.last - now > file.form.wrap / 2) {
    state.base += file.form.wrap;
  } else if (now < state.last) {
    state.base = 0;
  }
  state.last = now;
  return static_cast<double>(state.base + now);
}

Sampled NumberFiles::sample(Row& row) {
  bool check = ++ticks_ % ticks_per_check_ == 0;
  std::array<char, kShortFileBytes> buffer;
  for (Text& text : texts_) {
    std::string_view now;
    if (text.file.read_short(buffer, now) != 0) now = {};
    if (now != text.text) return Sampled::layout_changed;
  }
  for (File& file : files_) {
    if (file.column == kNoColumn && !check) continue;
    std::string_view text;
    std::optional<double> number;
    if (file.file.read_short(buffer, text) == 0) number = number_in(text, file.form);
    if (!number) {
      check = check || file.readable;
      file.readable = false;
      continue;
    }
    if (file.file.opened() != file.opened) {
      if (file.wrapping) *file.wrapping = {};
      return Sampled::layout_changed;
    }
    if (file.column == kNoColumn) return Sampled::layout_changed;
    file.readable = true;
    if (file.wrapping) number = unwrapped(file, *number);
    put(row, file.column, *number * file.form.factor / file.form.divisor);
  }
  if (check && folders_changed()) return Sampled::layout_changed;
  for (const Constant& constant : constants_) put(row, constant.column, constant.value);
  return Sampled::ok;
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator it(path, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  if (error) return sys_failure(error.value(), "cannot list {}", path);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> list_numbered(const std::string& path, std::string_view prefix) {
  Result<std::vector<std::string>> names = list_folder(path);
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) {
    return !name.starts_with(prefix) || name.size() == prefix.size() ||
           name.find_first_not_of("0123456789", prefix.size()) != std::string::npos;
  });
  std::stable_sort(names->begin(), names->end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return names;
}

std::string label_text(const std::string& path) { return label_value(read_file(path).value_or("")); }

std::string label_value(std::string_view raw) {
  std::string_view rest = trimmed(raw);
  std::string out;
  while (!rest.empty()) {
    const std::size_t bytes = utf8_sequence_bytes(rest);
    if (bytes) out += rest.substr(0, bytes);
    // One mark for a run of bad bytes, as node_exporter has it.
    constexpr std::string_view kMark = "\xEF\xBF\xBD";
    if (!bytes && !out.ends_with(kMark)) out += kMark;
    rest.remove_prefix(bytes ? bytes : 1);
  }
  return out;
}

}  // namespace tacho::sampler
