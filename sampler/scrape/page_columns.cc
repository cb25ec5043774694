#include "sampler/scrape/page_columns.h"

#include <algorithm>

#include "sampler/scrape/series_labels.h"

namespace tacho::sampler {

PageColumns::Adopted PageColumns::adopt(const ScrapedPage& page, const ScrapeTarget& target) {
  Adopted out;
  const std::size_t unknown = keep_known(page);
  for (std::uint32_t c = 0; c < series_.size(); ++c) {
    if (line_of_[c] != kNoLine) continue;
    gaps_.push_back(c);
    forget_labels(c);
  }
  out.changed = !gaps_.empty();
  if (unknown > 0) place_new(page, target, out);
  close_gaps();
  out.changed = take_types(page) || out.changed;
  for (const std::uint32_t c : columns_) {
    out.samples += c != kDropped && c != kUnknown;
    out.duplicates += c == kDuplicate;
  }
  // While scrapes fail nobody asks for them.
  if (changes_.size() > 2 * series_.size() + 64) changes_ = take_changes();
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
  return unknown;
}

void PageColumns::place_new(const ScrapedPage& page, const ScrapeTarget& target, Adopted& out) {
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
    const std::uint64_t hash = (*labels)->hash();
    const std::uint32_t like = column_of(**labels, hash);
    const bool repeats_text = is_column(like) && page.series(line_of_[like]) == page.series(line);
    out.added += page.before(line) == ScrapedPage::kNone && !repeats_text;
    if (!is_column(like)) {
      columns_[line] = give_column(line, std::move(**labels), hash);
      out.changed = true;
    } else if (std::uint32_t& holder = line_of_[like]; line < holder) {
      columns_[line] = like;  // the first on the page counts
      columns_[std::exchange(holder, line)] = kDuplicate;
    } else {
      columns_[line] = kDuplicate;
    }
  }
}

std::uint32_t PageColumns::column_of(const Labels& labels, std::uint64_t hash) const {
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (series_[at->second].labels == labels) return at->second;
  }
  return kUnknown;
}

std::uint32_t PageColumns::give_column(std::uint32_t line, Labels labels, std::uint64_t hash) {
  std::uint32_t c = 0;
  if (gaps_.empty()) {
    c = static_cast<std::uint32_t>(series_.size());
    series_.emplace_back();
    last_times_.emplace_back();
    hashes_.emplace_back();
    line_of_.emplace_back();
  } else {
    c = gaps_.back();
    gaps_.pop_back();
  }
  series_[c] = {.labels = std::move(labels)};
  last_times_[c] = ScrapedPage::kNoTime;
  hashes_[c] = hash;
  line_of_[c] = line;
  by_hash_.emplace(hash, c);
  changes_.push_back(c);
  return c;
}

void PageColumns::forget_labels(std::uint32_t column) {
  const auto [first, last] = by_hash_.equal_range(hashes_[column]);
  by_hash_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == column; }));
}

void PageColumns::pop_column() {
  series_.pop_back();
  last_times_.pop_back();
  hashes_.pop_back();
  line_of_.pop_back();
}

// The last columns take the places of those that are gone.
void PageColumns::close_gaps() {
  for (const std::uint32_t gap : gaps_) {
    while (!series_.empty() && line_of_.back() == kNoLine) pop_column();
    if (gap >= series_.size()) continue;
    forget_labels(static_cast<std::uint32_t>(series_.size() - 1));
    series_[gap] = std::move(series_.back());
    last_times_[gap] = last_times_.back();
    hashes_[gap] = hashes_.back();
    line_of_[gap] = line_of_.back();
    columns_[line_of_[gap]] = gap;
    by_hash_.emplace(hashes_[gap], gap);
    changes_.push_back(gap);
    pop_column();
  }
  gaps_.clear();
}

std::vector<std::uint32_t> PageColumns::take_changes() {
  std::vector<std::uint32_t> out = std::exchange(changes_, {});
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  out.erase(std::ranges::lower_bound(out, series_.size()), out.end());
  return out;
}

bool PageColumns::take_types(const ScrapedPage& page) {
  bool changed = false;
  for (std::size_t c = 0; c < series_.size(); ++c) {
    const PageFamily* family = page.family(line_of_[c]);
    const MetricType type = family == nullptr ? MetricType::unknown : family->type;
    if (series_[c].type == type) continue;
    series_[c].type = type;
    changes_.push_back(static_cast<std::uint32_t>(c));
    changed = true;
  }
  return changed;
}

}  // namespace tacho::sampler
