// The reading half: text to samples. exposition_writer.cc has the other.
#include "proto/exposition.h"

#include <charconv>
#include <cstring>

#include "proto/base/number.h"
#include "proto/base/utf8.h"
#include "proto/exposition_scan.h"

namespace tacho {
namespace exposition {

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == '\\' || next == '"' || next == 'n') {
        out += next == 'n' ? '\n' : next;
        ++i;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

namespace {

constexpr std::string_view kStaleText = "StaleNaN";

// The offending text in an error: its beginning is enough to find it.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytes = 60;
  return quoted(text.size() <= kShownBytes ? std::string(text) : std::string(text.substr(0, kShownBytes)) + "...");
}

// Most values are whole numbers of few digits: no need for the general reader.
std::optional<double> parse_value(std::string_view s) {
  if (s.size() <= 15) {
    std::uint64_t v = 0;
    std::size_t i = 0;
    for (; i < s.size() && s[i] >= '0' && s[i] <= '9'; ++i) v = v * 10 + static_cast<std::uint64_t>(s[i] - '0');
    if (i == s.size() && i > 0) return static_cast<double>(v);
  }
  return parse_number(s);
}

// Seconds as nearly all files have them: 1 to 12 digits, then nothing or a point and three digits.
std::optional<TimeMs> parse_plain_seconds(std::string_view s) {
  const std::size_t whole = s.size() > 4 && s[s.size() - 4] == '.' ? s.size() - 4 : s.size();
  if (whole == 0 || whole > 12) return std::nullopt;
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (i == whole) continue;
    if (s[i] < '0' || s[i] > '9') return std::nullopt;
    ms = ms * 10 + (s[i] - '0');
  }
  return whole == s.size() ? ms * 1000 : ms;
}

// The text up to the next blank.
std::string_view take_word(Cursor& c) {
  const char* const first = c.p;
  while (c.p != c.end && !is(*c.p, kBlank)) ++c.p;
  return {first, static_cast<std::size_t>(c.p - first)};
}

bool scan_value_word(Cursor& c, bool openmetrics, double& value) {
  const char* const first = c.p;
  const std::string_view word = take_word(c);
  if (const auto v = parse_value(word)) {
    value = *v;
    return true;
  }
  if (openmetrics && word == kStaleText) {
    value = stale_marker();
    return true;
  }
  c.p = first;
  return c.fail("expected a number as the value");
}

bool scan_time_word(Cursor& c, bool openmetrics, std::optional<TimeMs>& t) {
  const char* const first = c.p;
  const std::string_view word = take_word(c);
  if (!openmetrics) {
    t = parse_int(word);
  } else {
    t = parse_plain_seconds(word);
    if (!t) t = parse_seconds(word);
  }
  if (t) return true;
  c.p = first;
  return c.fail(openmetrics ? "expected a timestamp in seconds" : "expected a timestamp in whole milliseconds");
}

class Parser {
 public:
  Parser(std::string_view text, TextFormat format, ExpositionSink& sink, std::string_view name)
      : text_(text), openmetrics_(format == TextFormat::openmetrics), sink_(sink), name_(name) {}

  Result<void> run() {
    const char* p = text_.data();
    const char* const end = p + text_.size();
    while (p != end) {
      ++line_;
      const auto* newline = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      const char* const line_end = newline ? newline : end;
      Cursor c{p, line_end};
      if (openmetrics_ && is_eof(c.rest())) {
        if (line_end != end && line_end + 1 != end) {
          ++line_;
          return fail("there is more text after # EOF", {line_end + 1, end});
        }
        return {};
      }
      // A last line without its newline may be half a line: half a number would be a wrong sample.
      if (openmetrics_ && !newline) break;
      if (!parse_line(c)) return fail(c.wrong, c);
      p = newline ? newline + 1 : end;
    }
    if (!openmetrics_) return {};
    if (line_ == 0) line_ = 1;
    return failure("{}: the text is cut short: OpenMetrics text ends with a line # EOF", where());
  }

 private:
  static bool is_eof(std::string_view line) { return line == "# EOF"; }

  std::string where() const { return name_.empty() ? fmt::format("line {}", line_) : fmt::format("{}:{}", name_, line_); }

  [[gnu::cold]] Result<void> fail(const char* what, const Cursor& at) const {
    if (at.p == at.end) return failure("{}: {}, but the line ends", where(), what);
    return failure("{}: {}, at {}", where(), what, shown(at.rest().substr(0, at.rest().find('\n'))));
  }

  bool parse_line(Cursor& c) {
    c.skip_blanks();
    if (c.p == c.end) return true;
    return *c.p == '#' ? parse_comment(c) : parse_sample(c);
  }

  bool parse_sample(Cursor& c) {
    const char* const first = c.p;
    if (!scan_series(c, [](const Token&) {}, [](const Token&, const Token&) {})) return false;
    const std::string_view series(first, static_cast<std::size_t>(c.p - first));
    if (c.bits >= 0x80 && !is_utf8(series)) {
      c.p = first;
      return c.fail("a label value or name is not UTF-8");
    }
    const char* const after_series = c.p;
    c.skip_blanks();
    if (c.p == after_series && series.back() != '}') return c.fail("expected a blank and a value after the metric name");
    double value = 0;
    std::optional<TimeMs> t;
    if (!scan_value(c, openmetrics_, value, t)) return false;
    sink_.sample(series, value, t);
    return true;
  }

  bool parse_comment(Cursor& c) {
    ++c.p;
    c.skip_blanks();
    const std::string_view keyword = take_word(c);
    const bool is_type = keyword == "TYPE", is_help = keyword == "HELP", is_unit = openmetrics_ && keyword == "UNIT";
    if (!is_type && !is_help && !is_unit) return true;
    c.skip_blanks();
    Token metric;
    if (c.at('"')) {
      if (!scan_quoted(c, metric)) return false;
      if (c.bits >= 0x80 && !is_utf8(metric.text)) return c.fail("a metric name is not UTF-8");
    } else if (!scan_name(c, kMetricStart, kMetricPart, metric)) {
      return c.fail("expected a metric name");
    }
    if (c.p != c.end && !is(*c.p, kBlank)) return c.fail("expected a blank after the metric name");
    c.skip_blanks();
    std::string plain;
    std::string_view name = metric.text;
    if (metric.escaped) name = plain = unescape(metric);
    if (is_type) return deliver_type(c, name);
    if (is_unit) {
      sink_.unit(name, c.rest());
    } else if (c.rest().find('\\') == std::string_view::npos) {
      sink_.help(name, c.rest());
    } else {
      sink_.help(name, unescape(c.rest()));
    }
    return true;
  }

  bool deliver_type(Cursor& c, std::string_view metric) {
    const char* const first = c.p;
    const auto type = parse_metric_type(take_word(c));
    c.skip_blanks();
    if (!type || c.p != c.end) {
      c.p = first;
      return c.fail("expected a metric type (counter, gauge, histogram, summary, ...)");
    }
    sink_.type(metric, *type);
    return true;
  }

  std::string_view text_;
  bool openmetrics_;
  ExpositionSink& sink_;
  std::string_view name_;
  std::size_t line_ = 0;
};

}  // namespace

bool scan_value(Cursor& c, bool openmetrics, double& value, std::optional<TimeMs>& t) {
  if (!scan_value_word(c, openmetrics, value)) return false;
  c.skip_blanks();
  if (c.p != c.end && *c.p != '#' && !scan_time_word(c, openmetrics, t)) return false;
  c.skip_blanks();
  // What follows # is an exemplar; nothing here keeps those.
  if (c.p != c.end && !(openmetrics && *c.p == '#')) return c.fail("expected the line to end");
  return true;
}

}  // namespace exposition

std::optional<MetricType> parse_metric_type(std::string_view s) {
  for (const MetricType t : {MetricType::unknown, MetricType::counter, MetricType::gauge, MetricType::histogram,
                             MetricType::summary, MetricType::info, MetricType::stateset}) {
    if (s == metric_type_name(t)) return t;
  }
  // A gauge histogram's buckets go up and down: none of our types says that.
  if (s == "untyped" || s == "gaugehistogram") return MetricType::unknown;
  return std::nullopt;
}

Result<void> parse_exposition(std::string_view text, TextFormat format, ExpositionSink& sink, std::string_view name) {
  return exposition::Parser(text, format, sink, name).run();
}

Result<std::vector<Label>> parse_series_labels(std::string_view series) {
  using exposition::Cursor;
  using exposition::Token;
  std::vector<Label> pairs;
  Cursor c{series.data(), series.data() + series.size()};
  c.skip_blanks();
  const bool good = exposition::scan_series(
      c, [&](const Token& name) { pairs.push_back({std::string(kMetricName), exposition::unescape(name)}); },
      [&](const Token& name, const Token& value) { pairs.push_back({exposition::unescape(name), exposition::unescape(value)}); });
  if (good) c.skip_blanks();
  if (!good || c.p != c.end) {
    return failure("not a series: {}: {}", series, good ? "there is more text after it" : c.wrong);
  }
  if (c.bits >= 0x80 && !is_utf8(series)) return failure("not a series: a label value or name is not UTF-8");
  bool named = false;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].name.empty()) return failure("not a series: {}: a label without a name", series);
    for (std::size_t j = 0; j < i; ++j) {
      if (pairs[i].name == pairs[j].name) {
        return failure("not a series: {}: the label {} is there twice", series, pairs[i].name);
      }
    }
    named = named || (pairs[i].name == kMetricName && !pairs[i].value.empty());
  }
  if (!named) return failure("not a series: {}: it has no metric name", series);
  return pairs;
}

Result<Labels> parse_series(std::string_view series) {
  auto pairs = parse_series_labels(series);
  if (!pairs) return std::unexpected(pairs.error());
  return Labels(std::move(*pairs));
}

}  // namespace tacho
