#include "sampler/host/system/cpu_table.h"

#include <algorithm>
#include <optional>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// A cell that has no column because it was 0.
constexpr std::size_t kZeroSoFar = kNoColumn - 1;

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// "CPU12" -> "12"; empty for all else.
std::string_view cpu_number(std::string_view word) {
  if (!word.starts_with("CPU")) return {};
  word.remove_prefix(3);
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }) ? word : std::string_view{};
}

// The line's name, and behind it what follows the colon. arm64 writes no blank between the colon and the first number.
std::string_view take_name(std::string_view& line) {
  skip_blanks(line);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return take_word(line);
  const std::string_view name = line.substr(0, colon);
  line.remove_prefix(colon + 1);
  return name;
}

bool take_numbers(std::string_view& rest, std::size_t count) {
  while (count > 0 && take_u64(rest)) --count;
  return count == 0;
}

}  // namespace

bool CpuTable::learn(std::string_view text, bool zeros, const IsShown& is_shown, const ColumnOf& column_of) {
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return false;
  std::vector<std::string> cpus;
  std::string_view words = lines.line();
  for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) {
    const std::string_view number = cpu_number(word);
    if (number.empty()) return false;
    cpus.emplace_back(number);
  }
  if (cpus.empty()) return false;
  head_ = lines.line();
  cpu_count_ = cpus.size();
  entries_.clear();
  while (lines.next() && lines.whole()) {
    std::string_view rest = lines.line();
    Entry entry{.name = std::string(take_name(rest)), .rest = {}, .whole = false, .columns = {}};
    std::string_view numbers = rest;
    entry.whole = take_numbers(rest, cpu_count_);
    skip_blanks(rest);
    if (entry.whole) entry.rest = without_blanks_behind(rest);
    const Line line{entry.name, entry.rest};
    if (entry.whole && is_shown(line)) {
      for (const std::string& cpu : cpus) {
        const bool left_out = !zeros && take_u64(numbers) == 0;
        entry.columns.push_back(left_out ? kZeroSoFar : column_of(line, cpu));
      }
    }
    entries_.push_back(std::move(entry));
  }
  return true;
}

Sampled CpuTable::read(std::string_view text, Row& row) const {
  Lines lines(text);
  if (!lines.next()) return Sampled::layout_changed;
  if (lines.whole() && lines.line() != head_) return Sampled::layout_changed;
  std::size_t i = 0;
  while (lines.next()) {
    if (!lines.whole()) return Sampled::ok;
    std::string_view rest = lines.line();
    const std::string_view name = take_name(rest);
    if (i == entries_.size() || name != entries_[i].name) return Sampled::layout_changed;
    const Entry& entry = entries_[i++];
    if (entry.columns.empty()) {
      const bool same = entry.whole ? without_blanks_behind(rest).ends_with(entry.rest) : !take_numbers(rest, cpu_count_);
      if (!same) return Sampled::layout_changed;
      continue;
    }
    for (const std::size_t column : entry.columns) {
      const std::optional<std::uint64_t> value = take_u64(rest);
      if (column != kZeroSoFar) {
        put(row, column, value);
      } else if (value.value_or(0) != 0) {
        return Sampled::layout_changed;
      }
    }
    skip_blanks(rest);
    if (without_blanks_behind(rest) != entry.rest) return Sampled::layout_changed;
  }
  return i == entries_.size() || !lines.whole() ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
