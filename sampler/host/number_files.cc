#include "sampler/host/number_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "proto/base/file.h"
#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

// More than any number or state takes; node_exporter reads as many bytes of a sensor's file.
constexpr std::size_t kShortFileBytes = 128;

std::optional<double> number_in(std::string_view text, const NumberForm& form) {
  return form.parse ? form.parse(text) : parse_short_number(text, form.words_may_follow);
}

}  // namespace

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

}  // namespace tacho::sampler
