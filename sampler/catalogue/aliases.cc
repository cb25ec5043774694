// From the rows to the table that the store's view works with.
#include "sampler/aliases.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "proto/base/check.h"
#include "proto/base/number.h"
#include "sampler/catalogue.h"
#include "sampler/catalogue/alias_rows.h"

namespace tacho::sampler {
namespace {

using store::AliasLabels;
using store::AliasRule;
using store::AliasTerm;
using store::Matcher;
using store::MatchOp;

// The text up to `end`, which goes with it.
std::string_view take(std::string_view& text, std::string_view end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(std::min(text.size(), at + end.size()));
  return out;
}

Matcher matcher_of(std::string_view& text) {
  std::string label(text.substr(0, text.find_first_of("=!")));
  text.remove_prefix(label.size());
  const MatchOp op = text.starts_with("=~") ? MatchOp::regex : text.starts_with("!=") ? MatchOp::not_equal : MatchOp::equal;
  take(text, "\"");
  std::string value(take(text, "\""));
  if (text.starts_with(",")) text.remove_prefix(1);
  return Matcher::create(std::move(label), op, std::move(value)).value();
}

// 4*name{label="value"}
AliasTerm term_of(std::string_view text) {
  AliasTerm out;
  if (const std::size_t star = text.find('*'); star < text.find('{')) {
    const std::string_view factor = take(text, "*");
    TACHO_CHECK(std::from_chars(factor.data(), factor.data() + factor.size(), out.factor).ec == std::errc(), factor);
  }
  out.metric = take(text, "{");
  while (!text.empty() && text != "}") out.where.push_back(matcher_of(text));
  return out;
}

void read_made_of(std::string_view text, AliasRule& rule) {
  std::vector<AliasTerm>* part = &rule.terms;
  double sign = 1;
  bool optional = false;
  while (!text.empty()) {
    const std::string_view word = take(text, " ");
    if (word == "rate") {
      rule.per_second = true;
    } else if (word == "/") {
      part = &rule.divisor;
      sign = 1;
      optional = false;
    } else if (word.starts_with('+') || word.starts_with('-')) {
      sign = word[0] == '-' ? -1 : 1;
      optional = word.ends_with('?');
    } else {
      AliasTerm term = term_of(word);
      term.factor *= sign;
      term.optional = optional;
      part->push_back(std::move(term));
    }
  }
  TACHO_CHECK(!rule.terms.empty(), "an alias of nothing");
}

std::string scaled_text(std::string_view made_of, double times, double over) {
  std::string out(made_of);
  const bool is_sum = out.find(' ') != std::string::npos && !out.starts_with("rate ");
  if ((times != 1 || over != 1) && is_sum) out = "(" + out + ")";
  if (times != 1) out += " * " + api_number(times);
  if (over != 1) out += " / " + api_number(over);
  return out;
}

// Type and rollups are those of what is kept, where there is one such and it is the same quantity still.
void adopt_kind(AliasRule& rule, std::string_view canonical) {
  const MetricInfo* metric = find_metric(canonical);
  const bool is_counter = metric != nullptr ? metric->type == MetricType::counter : canonical.ends_with("_total");
  rule.type = is_counter && !rule.per_second && rule.divisor.empty() ? MetricType::counter : MetricType::gauge;
  if (metric != nullptr && rule.terms.size() == 1 && rule.divisor.empty()) rule.rollup = metric->rollup;
}

void add_forward(std::string_view set, std::string_view vendor, std::string_view of,
                 const std::shared_ptr<const AliasLabels>& labels, std::span<const AliasRow> rows, std::vector<AliasRule>& out) {
  for (const AliasRow& row : rows) {
    AliasRule rule{.set = std::string(set), .labels = labels};
    read_made_of(row.made_of, rule);
    rule.times = row.times;
    rule.over = row.over;
    rule.sums = rule.terms[0].metric.starts_with("accel_link_");
    adopt_kind(rule, rule.terms[0].metric);
    for (auto* part : {&rule.terms, &rule.divisor}) {
      for (AliasTerm& t : *part) t.where.push_back(Matcher::equal("vendor", std::string(vendor)));
    }
    rule.help = fmt::format("{}, as {} has it.", scaled_text(row.made_of, row.times, row.over), of);
    for (std::string_view names = row.names; !names.empty();) {
      rule.name = take(names, " ");
      out.push_back(rule);
    }
  }
}

// `canonical`: the name, with the labels that all its series have.
void add_accel(const Exporter& exporter, const std::shared_ptr<const AliasLabels>& labels, std::string_view canonical,
               std::string_view made_of, double times, double over, std::vector<AliasRule>& out) {
  AliasRule rule{.set = "accel", .times = times, .over = over, .labels = labels};
  read_made_of(made_of, rule);
  const AliasTerm kind = term_of(canonical);
  rule.name = kind.metric;
  for (const Matcher& m : kind.where) {
    if (!m.value().empty()) rule.fixed.push_back({m.label(), m.value()});
  }
  // That nobody knows is one of its values.
  if (rule.name != "accel_health_status") rule.unread = exporter.unread;
  adopt_kind(rule, rule.name);
  rule.help = fmt::format("{} of {}, where it is scraped.", scaled_text(made_of, times, over), exporter.name);
  out.push_back(std::move(rule));
}

std::shared_ptr<const AliasLabels> accel_labels(const Exporter& exporter) {
  AliasLabels out;
  out.made.assign(exporter.labels.begin(), exporter.labels.end());
  out.dropped.assign(exporter.dropped.begin(), exporter.dropped.end());
  out.constant = {{"vendor", std::string(exporter.vendor)}};
  out.card = {.vendor = "vendor", .uuid = "uuid", .address = "pci_bus_id", .index = "accel", .partition = "partition"};
  out.usually_stored = true;
  return std::make_shared<const AliasLabels>(std::move(out));
}

// Rows for aliases of ours, read from right to left.
void add_backwards(const Exporter& exporter, std::span<const AliasRow> rows, std::vector<AliasRule>& out) {
  const auto labels = accel_labels(exporter);
  for (const AliasRow& row : rows) {
    if (row.backwards == AliasRow::Backwards::no) continue;
    for (std::string_view names = row.names; !names.empty();)
      add_accel(exporter, labels, row.made_of, take(names, " "), row.over, row.times, out);
  }
}

}  // namespace

std::shared_ptr<const store::AliasTable> make_alias_table(const std::string& host) {
  std::vector<AliasRule> out;
  add_forward("dcgm", "nvidia", "dcgm-exporter", std::make_shared<const AliasLabels>(dcgm_labels(host)), dcgm_rows(), out);
  add_forward("npu", "huawei", "npu-exporter", std::make_shared<const AliasLabels>(npu_labels()), npu_rows(), out);
  add_backwards(dcgm_exporter(), dcgm_rows(), out);
  // The exporter's usual choice of metrics has no total.
  add_accel(dcgm_exporter(), accel_labels(dcgm_exporter()), "accel_memory_total_bytes",
            "DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE + DCGM_FI_DEV_FB_RESERVED", 1048576, 1, out);
  add_backwards(npu_exporter(), npu_rows(), out);
  for (const Exporter& exporter : other_exporters()) {
    const auto labels = accel_labels(exporter);
    for (const AliasRow& row : exporter.rows) add_accel(exporter, labels, row.names, row.made_of, row.times, row.over, out);
  }
  return std::make_shared<const store::AliasTable>(std::move(out));
}

}  // namespace tacho::sampler
