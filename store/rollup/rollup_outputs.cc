#include "store/rollup/rollup_outputs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "proto/base/duration.h"
#include "proto/base/number.h"

namespace tacho::store {
namespace {

using Kind = Output::Kind;

struct KindName {
  Kind kind;
  std::string_view name;
};
constexpr std::array<KindName, 6> kNames = {{{Kind::average, "avg"},
                                             {Kind::min, "min"},
                                             {Kind::max, "max"},
                                             {Kind::last, "last"},
                                             {Kind::sum, "sum"},
                                             {Kind::count, "count"}}};

std::string kind_name(const Output& output) {
  for (const KindName& n : kNames) {
    if (n.kind == output.kind) return std::string(n.name);
  }
  // 0.999 is not 99.9 / 100 to the last bit; the thousandths are whole.
  const auto thousandths = std::llround(output.quantile * 100'000);
  std::string text = fmt::format("p{}", thousandths / 1000);
  if (const auto rest = thousandths % 1000; rest != 0) {
    text += fmt::format("_{:03}", rest);
    while (text.back() == '0') text.pop_back();
  }
  return text;
}

}  // namespace

Kind natural_output(MetricType type) { return type == MetricType::gauge ? Kind::average : Kind::last; }

Outputs catalogue_outputs(const SeriesInfo& series) {
  Outputs out{{natural_output(series.type), 0, true}};
  if (has(series.rollup, Rollup::max)) out.push_back({Kind::max});
  if (has(series.rollup, Rollup::min)) out.push_back({Kind::min});
  return out;
}

Outputs named_outputs(Outputs outputs, MetricType type) {
  Outputs out;
  for (Output& o : outputs) {
    o.own_name = o.kind == natural_output(type) || outputs.size() == 1;
    const bool is_there = std::any_of(out.begin(), out.end(),
                                      [&](const Output& other) { return other.kind == o.kind && other.quantile == o.quantile; });
    if (!is_there) out.push_back(o);
  }
  if (out.size() == 1) out[0].own_name = true;
  return out;
}

std::string output_name(std::string_view metric, const Output& output, std::int64_t length_ms) {
  std::string name(metric);
  if (output.own_name) return name;
  return name + ':' + format_duration(length_ms) + '_' + kind_name(output);
}

std::optional<Output> parse_output(std::string_view text) {
  for (const KindName& n : kNames) {
    if (n.name == text) return Output{n.kind};
  }
  if (!text.starts_with('p')) return std::nullopt;
  std::string number(text.substr(1));
  const std::size_t point = number.find('_');
  if (point != std::string::npos) {
    if (number.size() - point - 1 > 3) return std::nullopt;
    number[point] = '.';
  }
  if (number.empty() || number.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  const auto percent = parse_number(number);
  if (!percent || *percent <= 0 || *percent >= 100) return std::nullopt;
  return Output{Kind::quantile, std::round(*percent * 1000) / 100'000};
}

}  // namespace tacho::store
