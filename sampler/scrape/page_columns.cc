#include "sampler/scrape/page_columns.h"

#include <algorithm>
#include <unordered_map>

#include "sampler/scrape/series_labels.h"

namespace tacho::sampler {
namespace {

struct Hash {
  std::size_t operator()(const Labels* l) const { return l->hash(); }
};
struct Equal {
  bool operator()(const Labels* a, const Labels* b) const { return *a == *b; }
};

}  // namespace

PageColumns::Adopted PageColumns::adopt(const ScrapedPage& page, const ScrapeTarget& target) {
  Adopted out;
  const std::size_t unknown = keep_known(page);
  for (std::uint32_t c = 0; c < series_.size(); ++c) {
    if (line_of_[c] == kNoLine) gaps_.push_back(c);
  }
  out.changed = !gaps_.empty();
  if (unknown > 0) place_new(page, target, out);
  close_gaps();
  out.changed = take_types(page) || out.changed;
  for (const std::uint32_t c : columns_) {
    out.samples += c != kDropped && c != kUnknown;
    out.duplicates += c == kDuplicate;
  }
  return out;
}

// How many lines there are whose labels must be made. A duplicate is one: the line that it repeated may be gone.
std::size_t PageColumns::keep_known(const ScrapedPage& page) {
  std::vector<std::uint32_t> columns(page.size(), kUnknown);
  line_of_.assign(series_.size(), kNoLine);
  gaps_.clear();
  std::size_t unknown = 0;
  for (std::uint32_t line = 0; line < page.size(); ++line) {
    const std::uint32_t before = page.before(line);
    const std::uint32_t was = before == ScrapedPage::kNone ? kUnknown : columns_[before];
    if (is_column(was)) {
      columns[line] = line_of_[was] == kNoLine ? was : kDuplicate;
      if (line_of_[was] == kNoLine) line_of_[was] = line;
    } else if (was == kDropped) {
      columns[line] = kDropped;
    } else {
      ++unknown;
    }
  }
  columns_ = std::move(columns);
  // So that labels stay where they are while others look for their like.
  series_.reserve(series_.size() + unknown);
  return unknown;
}

void PageColumns::place_new(const ScrapedPage& page, const ScrapeTarget& target, Adopted& out) {
  std::unordered_map<const Labels*, std::uint32_t, Hash, Equal> by_labels;
  by_labels.reserve(page.size());
  for (std::uint32_t c = 0; c < series_.size(); ++c) {
    if (line_of_[c] != kNoLine) by_labels.emplace(&series_[c].labels, c);
  }
  for (std::uint32_t line = 0; line < page.size(); ++line) {
    if (columns_[line] != kUnknown) continue;
    auto labels = labels_of_series(page.series(line), target);
    if (!labels) {
      out.failure = std::move(labels.error());
      return;
    }
    if (!*labels) {
      columns_[line] = kDropped;
      continue;
    }
    const auto like = by_labels.find(&**labels);
    const bool repeats_text = like != by_labels.end() && page.series(line_of_[like->second]) == page.series(line);
    out.added += page.before(line) == ScrapedPage::kNone && !repeats_text;
    if (like == by_labels.end()) {
      const std::uint32_t c = columns_[line] = give_column(line, std::move(**labels));
      by_labels.emplace(&series_[c].labels, c);
      out.changed = true;
    } else if (std::uint32_t& holder = line_of_[like->second]; line < holder) {
      columns_[line] = like->second;  // the first on the page counts
      columns_[std::exchange(holder, line)] = kDuplicate;
    } else {
      columns_[line] = kDuplicate;
    }
  }
}

std::uint32_t PageColumns::give_column(std::uint32_t line, Labels labels) {
  std::uint32_t c = 0;
  if (gaps_.empty()) {
    c = static_cast<std::uint32_t>(series_.size());
    series_.emplace_back();
    last_times_.push_back(0);
    line_of_.push_back(line);
  } else {
    c = gaps_.back();
    gaps_.pop_back();
  }
  series_[c] = {.labels = std::move(labels)};
  last_times_[c] = ScrapedPage::kNoTime;
  line_of_[c] = line;
  return c;
}

// The last columns take the places of those that are gone.
void PageColumns::close_gaps() {
  for (const std::uint32_t gap : gaps_) {
    while (!series_.empty() && line_of_[series_.size() - 1] == kNoLine) {
      series_.pop_back();
      last_times_.pop_back();
      line_of_.pop_back();
    }
    if (gap >= series_.size()) continue;
    series_[gap] = std::move(series_.back());
    last_times_[gap] = last_times_.back();
    line_of_[gap] = line_of_.back();
    columns_[line_of_[gap]] = gap;
    series_.pop_back();
    last_times_.pop_back();
    line_of_.pop_back();
  }
  gaps_.clear();
}

bool PageColumns::take_types(const ScrapedPage& page) {
  bool changed = false;
  for (std::size_t c = 0; c < series_.size(); ++c) {
    const PageFamily* family = page.family(line_of_[c]);
    const MetricType type = family == nullptr ? MetricType::unknown : family->type;
    changed = changed || series_[c].type != type;
    series_[c].type = type;
  }
  return changed;
}

}  // namespace tacho::sampler
