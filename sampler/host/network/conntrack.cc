#include "sampler/host/network/conntrack.h"

#include <algorithm>
#include <iterator>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// By the kernel's names: what stands between them has changed over the years ("searched" is "clashres" now).
constexpr std::string_view kShown[] = {"found",         "invalid", "ignore",     "insert",
                                       "insert_failed", "drop",    "early_drop", "search_restart"};

std::optional<std::uint64_t> one_number(std::string_view text) {
  Lines lines(text);
  std::string_view digits = lines.next() ? lines.line() : std::string_view{};
  return take_u64(digits);
}

}  // namespace

void ConntrackSource::learn_stat(std::string_view text, SchemaBuilder& builder) {
  static_assert(std::size(kShown) == kShownCount);
  names_.clear();
  shown_at_.clear();
  columns_.fill(kNoColumn);
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return;
  names_ = lines.line();
  std::string_view rest = lines.line();
  for (std::string_view name; !(name = take_word(rest)).empty();) {
    const auto* shown = std::find(std::begin(kShown), std::end(kShown), name);
    if (shown == std::end(kShown)) {
      shown_at_.push_back(kNoColumn);
      continue;
    }
    const auto which = static_cast<std::size_t>(shown - kShown);
    shown_at_.push_back(which);
    columns_[which] = builder.add("node_nf_conntrack_stat_" + std::string(name));
  }
}

Sampled ConntrackSource::read_stat(std::string_view text, Row& row) const {
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return Sampled::ok;
  if (lines.line() != names_) return Sampled::layout_changed;
  std::array<std::optional<std::uint64_t>, kShownCount> sums;
  sums.fill(0);
  bool any = false;
  while (lines.next()) {
    if (!lines.whole()) return Sampled::ok;
    any = true;
    std::string_view rest = lines.line();
    for (std::size_t which : shown_at_) {
      const std::optional<std::uint64_t> value = take_hex_u64(rest);
      if (which == kNoColumn) continue;
      std::optional<std::uint64_t>& sum = sums[which];
      sum = sum && value ? std::optional(*sum + *value) : std::nullopt;
    }
  }
  for (std::size_t which = 0; any && which < kShownCount; ++which) put(row, columns_[which], sums[which]);
  return Sampled::ok;
}

Result<void> ConntrackSource::describe(store::Schema& schema) {
  if (Result<std::string_view> text = count_.read(); !text) return std::unexpected(text.error());
  if (Result<std::string_view> text = limit_.read(); !text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  count_column_ = builder.add("node_nf_conntrack_entries");
  limit_column_ = builder.add("node_nf_conntrack_entries_limit");
  Result<std::string_view> text = stat_.choose();
  stat_there_ = text.has_value();
  if (text) learn_stat(*text, builder);
  return {};
}

Result<Sampled> ConntrackSource::sample(Row& row) {
  Result<std::string_view> count = count_.read();
  if (!count) return std::unexpected(count.error());
  Result<std::string_view> limit = limit_.read();
  if (!limit) return std::unexpected(limit.error());
  put(row, count_column_, one_number(*count));
  put(row, limit_column_, one_number(*limit));
  if (!stat_there_) return Sampled::ok;
  Result<std::string_view> text = stat_.read();
  if (!text) return std::unexpected(text.error());
  return read_stat(*text, row);
}

}  // namespace tacho::sampler
