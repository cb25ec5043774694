// The writing half: samples to text; and what a client wants to read.
#include <charconv>

#include "proto/base/number.h"
#include "proto/exposition.h"

namespace tacho {
namespace {

std::string_view without_suffix(std::string_view s, std::string_view suffix) {
  return s.size() > suffix.size() && s.ends_with(suffix) ? s.substr(0, s.size() - suffix.size()) : s;
}

void append_escaped(std::string& out, std::string_view s, bool quotes) {
  for (const char c : s) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
}

void append_quoted(std::string& out, std::string_view s) {
  out += '"';
  append_escaped(out, s, true);
  out += '"';
}

void append_name(std::string& out, std::string_view s) {
  is_classic_metric_name(s) ? static_cast<void>(out += s) : append_quoted(out, s);
}

void append_integer(std::string& out, std::int64_t v) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Takes what stands before `separator` off the front of `s`.
std::string_view take(std::string_view& s, char separator) {
  const auto at = s.find(separator);
  const std::string_view part = trimmed(s.substr(0, at));
  s.remove_prefix(at == std::string_view::npos ? s.size() : at + 1);
  return part;
}

}  // namespace

std::string_view family_name(std::string_view metric, MetricType type, TextFormat format) {
  if (type == MetricType::histogram) {
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (const auto s = without_suffix(metric, suffix); s != metric) return s;
    }
  }
  if (type == MetricType::summary) return without_suffix(without_suffix(metric, "_count"), "_sum");
  if (format == TextFormat::prometheus) return metric;
  if (type == MetricType::counter) return without_suffix(metric, "_total");
  if (type == MetricType::info) return without_suffix(metric, "_info");
  return metric;
}

void ExpositionWriter::begin(std::string_view metric, MetricType type, std::string_view help, std::string_view unit) {
  const bool om = format_ == TextFormat::openmetrics;
  const std::string_view family = family_name(metric, type, format_);
  const char* type_name = metric_type_name(type, om ? "unknown" : "untyped");
  if (om && (type == MetricType::counter || type == MetricType::info) && family == metric) {
    // OpenMetrics has no counter without _total and no info without _info.
    type_name = type == MetricType::counter ? "unknown" : "gauge";
  } else if (!om && (type == MetricType::info || type == MetricType::stateset)) {
    type_name = "gauge";
  }
  const auto line = [&](std::string_view keyword) {
    out_ += "# ";
    out_ += keyword;
    out_ += ' ';
    append_name(out_, family);
    out_ += ' ';
  };
  if (!help.empty()) {
    line("HELP");
    append_escaped(out_, help, om);
    out_ += '\n';
  }
  line("TYPE");
  out_ += type_name;
  out_ += '\n';
  // A unit that is not the name's suffix would make the whole text invalid.
  if (om && !unit.empty() && family.size() > unit.size() + 1 && family.ends_with(unit) &&
      family[family.size() - unit.size() - 1] == '_') {
    line("UNIT");
    out_ += unit;
    out_ += '\n';
  }
}

void append_series(std::string& out, const Labels& labels) {
  const std::string_view name = labels.metric_name();
  const bool classic = is_classic_metric_name(name);
  char separator = '{';
  if (classic) {
    out += name;
  } else if (!name.empty()) {
    out += '{';
    append_quoted(out, name);
    separator = ',';
  }
  for (const Label& l : labels) {
    if (l.name == kMetricName) continue;
    out += separator;
    is_classic_label_name(l.name) ? static_cast<void>(out += l.name) : append_quoted(out, l.name);
    out += '=';
    append_quoted(out, l.value);
    separator = ',';
  }
  if (separator == ',') out += '}';
}

void ExpositionWriter::sample(const Labels& labels, double value, std::optional<TimeMs> t) {
  append_series(out_, labels);
  sample_tail(value, t);
}

void ExpositionWriter::sample(std::string_view series, double value, std::optional<TimeMs> t) {
  out_ += series;
  sample_tail(value, t);
}

void ExpositionWriter::sample_tail(double value, std::optional<TimeMs> t) {
  const bool om = format_ == TextFormat::openmetrics;
  out_ += ' ';
  if (om && is_stale(value)) {
    out_ += "StaleNaN";
  } else {
    append_text_number(out_, value);
  }
  if (t) {
    out_ += ' ';
    om ? append_seconds(out_, *t) : append_integer(out_, *t);
  }
  out_ += '\n';
}

void ExpositionWriter::finish() {
  if (format_ == TextFormat::openmetrics) out_ += "# EOF\n";
}

TextFormat negotiate_format(std::string_view accept) {
  TextFormat best = TextFormat::prometheus;
  double best_quality = 0;
  while (!accept.empty()) {
    std::string_view range = take(accept, ',');
    const std::string_view media = take(range, ';');
    std::string_view version;
    double quality = 1;
    while (!range.empty()) {
      std::string_view value = take(range, ';');
      const std::string_view key = take(value, '=');
      if (key == "version") version = trimmed(value);
      if (key == "q") quality = parse_number(trimmed(value)).value_or(0);
    }
    const bool om = media == "application/openmetrics-text" && (version.empty() || version == "1.0.0" || version == "0.0.1");
    const bool plain = (media == "text/plain" && (version.empty() || version == "0.0.4")) || media == "text/*" || media == "*/*";
    if ((om || plain) && quality > best_quality) {
      best_quality = quality;
      best = om ? TextFormat::openmetrics : TextFormat::prometheus;
    }
  }
  return best;
}

}  // namespace tacho
