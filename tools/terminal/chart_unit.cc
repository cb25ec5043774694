#include <algorithm>
#include <array>

#include "tools/terminal/chart.h"

namespace tacho::tools {
namespace {

struct Ending {
  std::string_view text;
  TopUnit unit;
};
constexpr std::array<Ending, 8> kEndings = {{{"_bytes", TopUnit::bytes},
                                             {"_bytes_total", TopUnit::bytes},
                                             {"_bytes_per_second", TopUnit::bytes_per_second},
                                             {"_seconds", TopUnit::seconds},
                                             {"_seconds_total", TopUnit::seconds},
                                             {"_ratio", TopUnit::ratio},
                                             {"_celsius", TopUnit::celsius},
                                             {"_watts", TopUnit::watts}}};

TopUnit unit_of_name(std::string_view name) {
  name = name.substr(0, name.find(':'));
  for (const Ending& e : kEndings) {
    if (name.ends_with(e.text)) return e.unit;
  }
  return TopUnit::count;
}

TopUnit per_second(TopUnit unit) {
  switch (unit) {
    case TopUnit::bytes: return TopUnit::bytes_per_second;
    case TopUnit::seconds: return TopUnit::ratio;
    case TopUnit::count: return TopUnit::per_second;
    default: return TopUnit::count;
  }
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// The text, not the tree: what is asked of a name is on its left, and anything that is not a function, an aggregation or a selector ends
// the knowledge.
TopUnit unit_of_expression(std::string_view expression) {
  std::string name;
  bool rate = false;
  std::size_t i = 0;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  };
  const auto skip_to = [&](char open, char close) {
    int depth = 0;
    char quote = 0;
    for (; i < expression.size(); ++i) {
      const char c = expression[i];
      if (quote != 0) {
        if (c == '\\') {
          ++i;
        } else if (c == quote) {
          quote = 0;
        }
        continue;
      }
      if (c == '"' || c == '\'' || c == '`') quote = c;
      if (c == open) ++depth;
      if (c == close && --depth == 0) break;
    }
    if (i < expression.size()) ++i;
  };
  while (i < expression.size()) {
    const char c = expression[i];
    if (c == '{') {
      skip_to('{', '}');
    } else if (c == '[') {
      skip_to('[', ']');
    } else if (is_word(c)) {
      const std::size_t begin = i;
      while (i < expression.size() && is_word(expression[i])) ++i;
      const std::string_view word = expression.substr(begin, i - begin);
      std::size_t next = i;
      while (next < expression.size() && expression[next] == ' ') ++next;
      const bool is_call = next < expression.size() && expression[next] == '(';
      if (is_one_of(word, {"by", "without"})) {
        i = next;
        if (is_call) skip_to('(', ')');
      } else if (is_one_of(word, {"rate", "irate", "deriv"})) {
        rate = true;
      } else if (is_one_of(word, {"sum",
                                  "avg",
                                  "min",
                                  "max",
                                  "increase",
                                  "delta",
                                  "idelta",
                                  "avg_over_time",
                                  "min_over_time",
                                  "max_over_time",
                                  "last_over_time",
                                  "sum_over_time",
                                  "quantile",
                                  "quantile_over_time",
                                  "topk",
                                  "bottomk",
                                  "sort",
                                  "sort_desc",
                                  "stddev",
                                  "stddev_over_time",
                                  "abs",
                                  "offset",
                                  "or",
                                  "and",
                                  "unless",
                                  "histogram_quantile",
                                  "clamp_min",
                                  "clamp_max"})) {
        continue;
      } else if (is_call || (word[0] < 'A' && !name.empty())) {
        if (is_call) return TopUnit::count;
      } else if (word[0] >= 'A' || word[0] == ':') {
        if (!name.empty() && name != word) return TopUnit::count;
        name = word;
      }
    } else if (is_one_of(std::string_view(&c, 1), {"+", "*", "/", "%", "^", "=", "!", "<", ">", "-"})) {
      return TopUnit::count;
    } else {
      ++i;
    }
  }
  const TopUnit unit = unit_of_name(name);
  return rate ? per_second(unit) : unit;
}

}  // namespace tacho::tools
