#include "proto/scraped_page.h"

#include <xxhash.h>

#include <bit>
#include <cstring>
#include <random>
#include <unordered_map>

#include "proto/exposition_scan.h"

namespace tacho {
namespace {

// The end of the line that `p` is on: its newline, or `end`.
const char* line_end(const char* p, const char* end) {
  const auto* newline = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
  return newline ? newline : end;
}

// A whole number that ends its line; null where the value is none, or more follows.
const char* scan_whole_number(const char* p, const char* end, double& value) {
  constexpr std::ptrdiff_t kDigitsMost = 15;  // exact in a double
  const char* const stop = end - p > kDigitsMost ? p + kDigitsMost : end;
  const char* const first = p;
  std::uint64_t n = 0;
  for (; p != stop && *p >= '0' && *p <= '9'; ++p) n = n * 10 + static_cast<std::uint64_t>(*p - '0');
  if (p == first || p == end || *p != '\n') return nullptr;
  value = static_cast<double>(n);
  return p;
}

// The metric's name in a series' text; "" where it is quoted.
std::string_view plain_name(std::string_view series) {
  std::size_t n = 0;
  while (n < series.size() && exposition::is(series[n], exposition::kMetricPart)) ++n;
  return series.substr(0, n);
}

std::string quoted_name(std::string_view series) {
  std::string name;
  exposition::Cursor c{series.data(), series.data() + series.size()};
  exposition::scan_series(
      c, [&](const exposition::Token& t) { name = exposition::unescape(t); },
      [](const exposition::Token&, const exposition::Token&) {});
  return name;
}

// Exporters' texts choose where they fall in a table: the seed is nothing that one could know.
std::uint64_t hash_seed() {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }();
  return seed;
}

}  // namespace

// A page's lines by their series; of equal ones the first.
class ScrapedPage::SeriesIndex {
 public:
  SeriesIndex(const std::string& text, std::span<const Line> lines)
      : text_(text), lines_(lines), slots_(std::bit_ceil(2 * lines.size() + 1), kNone) {
    for (std::uint32_t i = 0; i < lines.size(); ++i) {
      std::uint32_t& slot = slot_of(series_of(text_, lines_[i]));
      if (slot == kNone) slot = i;
    }
  }
  std::uint32_t find(std::string_view series) { return slot_of(series); }

 private:
  std::uint32_t& slot_of(std::string_view series) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = XXH3_64bits_withSeed(series.data(), series.size(), hash_seed()) & mask;; at = (at + 1) & mask) {
      if (slots_[at] == kNone || series_of(text_, lines_[slots_[at]]) == series) return slots_[at];
    }
  }

  const std::string& text_;
  std::span<const Line> lines_;
  std::vector<std::uint32_t> slots_;  // at most half full
};

// Takes a changed page apart, beside the one before it.
class ScrapedPage::Reader final : public ExpositionSink {
 public:
  Reader(ScrapedPage& page, std::string_view text, TextFormat format) : page_(page), text_(text), format_(format) {
    lines.reserve(page.lines_.size());
    before.reserve(page.lines_.size());
    family_of.reserve(page.lines_.size());
  }

  void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
    const char* const end = text_.data() + text_.size();
    const char* value_at = series.data() + series.size();
    while (exposition::is(*value_at, exposition::kBlank)) ++value_at;  // there is a value: it ends
    lines.push_back({offset(next_), offset(series.begin()), static_cast<std::uint32_t>(series.size()), offset(value_at)});
    const char* const newline = line_end(value_at, end);
    next_ = newline == end ? end : newline + 1;
    before.push_back(place_before(series));
    family_of.push_back(family_of_series(series));
    page_.values_.push_back(value);
    if (t && page_.times_.empty()) page_.times_.assign(lines.size() - 1, kNoTime);
    if (t || !page_.times_.empty()) page_.times_.push_back(t.value_or(kNoTime));
  }
  void type(std::string_view metric, MetricType t) override { family_named(metric).type = t; }
  void help(std::string_view metric, std::string_view text) override { family_named(metric).help = text; }
  void unit(std::string_view metric, std::string_view text) override { family_named(metric).unit = text; }

  // Where what follows the last sample's line begins.
  std::uint32_t tail() const { return offset(next_); }

  std::vector<Line> lines;
  std::vector<std::uint32_t> before;
  std::vector<std::uint32_t> family_of;
  std::vector<PageFamily> families;

 private:
  std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - text_.data()); }

  // Pages keep their order: mostly it is the line that follows the one before.
  std::uint32_t place_before(std::string_view series) {
    const auto& old = page_.lines_;
    if (guess_ < old.size() && series_of(page_.text_, old[guess_]) == series) return guess_++;
    if (!index_) index_.emplace(page_.text_, old);
    const std::uint32_t found = index_->find(series);
    if (found != kNone) guess_ = found + 1;
    return found;
  }

  PageFamily& family_named(std::string_view name) {
    const auto [at, added] = by_name_.try_emplace(std::string(name), static_cast<std::uint32_t>(families.size()));
    if (added) families.push_back({std::string(name), MetricType::unknown, {}, {}});
    family_ = at->second;
    return families[family_];
  }

  bool belongs(std::string_view metric, const PageFamily& family) const {
    return metric == family.name || family_name(metric, family.type, format_) == family.name;
  }

  // A family's samples follow its comments; where they do not, names tell.
  std::uint32_t family_of_series(std::string_view series) {
    if (families.empty()) return kNone;
    std::string_view name = plain_name(series);
    std::string unquoted;
    if (name.empty()) name = unquoted = quoted_name(series);
    if (family_ != kNone && belongs(name, families[family_])) return family_;
    if (const auto at = by_name_.find(std::string(name)); at != by_name_.end()) return at->second;
    for (const MetricType t : {MetricType::counter, MetricType::histogram, MetricType::summary, MetricType::info}) {
      const auto at = by_name_.find(std::string(family_name(name, t, format_)));
      if (at != by_name_.end() && families[at->second].type == t) return at->second;
    }
    return kNone;
  }

  ScrapedPage& page_;
  std::string_view text_;
  TextFormat format_;
  const char* next_ = text_.data();
  std::uint32_t guess_ = 0;
  std::uint32_t family_ = kNone;  // that the last comment was of
  std::optional<SeriesIndex> index_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
};

const PageFamily* ScrapedPage::family(std::size_t line) const {
  const std::uint32_t i = family_of_[line];
  return i == kNone ? nullptr : &families_[i];
}

Result<ScrapedPage::Read> ScrapedPage::read(std::string& text, TextFormat format) {
  if (format == format_ && read_same(text, format)) return Read::same;
  if (auto ok = read_anew(text, format); !ok) return std::unexpected(ok.error());
  return Read::changed;
}

// What comes before the values is what it was, byte for byte: so it is the same lines, and the same series, as the whole parser would
// see. Whatever is not plain to see here is the whole parser's to judge.
bool ScrapedPage::read_same(std::string_view text, TextFormat format) {
  if (lines_.empty() || values_.size() != lines_.size()) return false;
  const char* p = text.data();
  const char* const end = p + text.size();
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    const std::size_t bytes = line.value - line.begin;
    if (static_cast<std::size_t>(end - p) <= bytes || std::memcmp(p, text_.data() + line.begin, bytes) != 0) return false;
    p += bytes;
    if (const char* const newline = scan_whole_number(p, end, values_[i])) {
      p = newline + 1;
      if (!times_.empty()) times_[i] = kNoTime;
      continue;
    }
    exposition::Cursor c{p, line_end(p, end)};
    std::optional<TimeMs> t;
    if (!exposition::scan_value(c, format == TextFormat::openmetrics, values_[i], t)) return false;
    if (t && times_.empty()) return false;
    if (!times_.empty()) times_[i] = t.value_or(kNoTime);
    const char* const newline = line_end(c.p, end);
    p = newline == end ? end : newline + 1;
  }
  // In OpenMetrics there is a last line # EOF here, so that the line before it has ended.
  return std::string_view(p, static_cast<std::size_t>(end - p)) == std::string_view(text_).substr(tail_);
}

Result<void> ScrapedPage::read_anew(std::string& text, TextFormat format) {
  values_.clear();
  times_.clear();
  if (text.size() > kNone) return failure("a page of {} bytes is too large", text.size());
  Reader reader(*this, text, format);
  if (auto ok = parse_exposition(text, format, reader); !ok) return ok;
  tail_ = reader.tail();
  format_ = format;
  lines_ = std::move(reader.lines);
  before_ = std::move(reader.before);
  family_of_ = std::move(reader.family_of);
  families_ = std::move(reader.families);
  std::swap(text_, text);
  return {};
}

void ScrapedPage::forget() {
  lines_.clear();
  values_.clear();
}

}  // namespace tacho
