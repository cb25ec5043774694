// A label set: what names a series. The metric's name is the label __name__.
//
// Shape    pairs sorted by name, names unique, no empty value (Prometheus: an empty value is an absent label).
// Threads  a value; const use from any thread.
// Cost     get() is a short linear search; hash() walks all bytes once.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tacho {

inline constexpr std::string_view kMetricName = "__name__";

struct Label {
  std::string name;
  std::string value;
  auto operator<=>(const Label&) const = default;
};

class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<Label> labels) : Labels(std::vector<Label>(labels)) {}
  // Sorts, drops empty values; of equal names the last one given wins.
  explicit Labels(std::vector<Label> labels);
  // A metric name and further labels.
  static Labels of(std::string_view metric_name, std::initializer_list<Label> labels = {});

  // "" when there is no such label.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  std::string_view metric_name() const { return get(kMetricName); }

  // Replaces or adds; an empty value removes.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);

  std::span<const Label> pairs() const { return pairs_; }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  std::size_t size() const { return pairs_.size(); }
  bool empty() const { return pairs_.empty(); }

  // The same for equal sets in every process and version (xxh3 over names and values with their lengths).
  std::uint64_t hash() const;
  // name{a="b",c="d"}, quoted as PromQL reads it back; names outside the classic character set in the quoted form.
  std::string to_string() const;

  // Lexicographic over the sorted pairs, as Prometheus orders series.
  auto operator<=>(const Labels&) const = default;
  bool operator==(const Labels&) const = default;

 private:
  std::vector<Label> pairs_;
};

struct LabelsHash {
  std::size_t operator()(const Labels& l) const { return l.hash(); }
};

// [a-zA-Z_:][a-zA-Z0-9_:]*   and   [a-zA-Z_][a-zA-Z0-9_]*
bool is_classic_metric_name(std::string_view s);
bool is_classic_label_name(std::string_view s);
// `s` in double quotes, with \\, \" and \n escaped.
std::string quoted(std::string_view s);

}  // namespace tacho
