// The Prometheus text formats: 0.0.4 and OpenMetrics 1.0, read and written.
//
// Units    text 0.0.4 has timestamps in milliseconds, OpenMetrics in seconds.
// Errors   parse: line number, what was wrong, the offending text; nothing after the error is delivered. OpenMetrics
// text
//          without its # EOF is an error after everything up to the last whole line was delivered.
// Cost     the parser calls back a series at a time with views into the text; it allocates only for labels with
// escapes. Extras   as Prometheus 3: names outside the classic character set in quotes inside the braces; and one of
// ours in OpenMetrics
//          input and output: the value StaleNaN is the staleness marker.
// Laxness  blanks, empty lines and unknown comments are skipped in both formats, and a family's lines need not stand
//          together: recordings come in scrape order. Exemplars are skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho {

enum class TextFormat { prometheus, openmetrics };

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view kOpenMetricsContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

// What an Accept header prefers; text 0.0.4 when it says nothing.
TextFormat negotiate_format(std::string_view accept);

class ExpositionSink {
 public:
  virtual ~ExpositionSink() = default;
  // `series` is the text up to the value, name{...} as written: equal texts are equal series, so a sink can cache by
  // it. parse_series() gives its labels.
  virtual void sample(std::string_view series, double value, std::optional<TimeMs> t) = 0;
  virtual void type(std::string_view metric, MetricType) { (void)metric; }
  virtual void help(std::string_view metric, std::string_view text) { (void)metric, (void)text; }
  virtual void unit(std::string_view metric, std::string_view text) { (void)metric, (void)text; }
};

// With a `name` (a file's), errors begin with NAME:LINE, else with "line LINE".
Result<void> parse_exposition(std::string_view text, TextFormat format, ExpositionSink& sink, std::string_view name = {});
// name{a="b"} to labels; also {__name__="x"} and {"quoted name", a="b"}.
// Errors: broken text, a label or the metric name given twice, no metric name.
Result<Labels> parse_series(std::string_view series);
// The same, label by label as written, with those whose value is empty.
Result<std::vector<Label>> parse_series_labels(std::string_view series);
// The inverse, as sample lines begin: name{a="b",c="d"}.
void append_series(std::string& out, const Labels& labels);

// A type as # TYPE lines and the HTTP API name it; nullopt for what is none.
std::optional<MetricType> parse_metric_type(std::string_view name);

// The family that a metric's # TYPE line names: a histogram's or summary's name without _bucket, _count, _sum; in
// OpenMetrics a counter's without _total and an info's without _info.
std::string_view family_name(std::string_view metric, MetricType type, TextFormat format);

// Writes families in the order given: begin() once a family, then its samples; finish() at the end (# EOF in
// OpenMetrics).
class ExpositionWriter {
 public:
  explicit ExpositionWriter(TextFormat format, std::string& out) : format_(format), out_(out) {}
  // `metric` is the series' name; in OpenMetrics a counter's family is written without its _total, and a counter
  // whose name does not end in _total is written as unknown. Staleness markers are NaN in text 0.0.4.
  void begin(std::string_view metric, MetricType type, std::string_view help, std::string_view unit = {});
  void sample(const Labels& labels, double value, std::optional<TimeMs> t = std::nullopt);
  // For many samples of one series: its text, made once by append_series().
  void sample(std::string_view series, double value, std::optional<TimeMs> t = std::nullopt);
  void finish();

 private:
  void sample_tail(double value, std::optional<TimeMs> t);

  TextFormat format_;
  std::string& out_;
};

}  // namespace tacho
