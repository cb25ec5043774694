// Stores and rules of a few lines for what is tested of aliases.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "store/aliases/view.h"
#include "store/memory_store.h"

namespace tacho::store::alias_test {

inline constexpr TimeRange kAll{0, 1'000'000'000};

inline std::shared_ptr<const MemoryStore> kept(const std::string& text) {
  auto s = MemoryStore::parse(text + "# EOF\n", "test.om");
  INFO((s ? "" : s.error().message));
  REQUIRE(s);
  return std::make_shared<const MemoryStore>(std::move(*s));
}

// name="x", name=~"x", name!="x"
inline Matcher matcher(std::string_view text) {
  const std::size_t at = text.find_first_of("=!");
  const std::size_t quote = text.find('"');
  const std::string_view op = text.substr(at, quote - at);
  const MatchOp o = op == "="    ? MatchOp::equal
                    : op == "=~" ? MatchOp::regex
                    : op == "!=" ? MatchOp::not_equal
                                 : MatchOp::not_regex;
  return Matcher::create(std::string(text.substr(0, at)), o, std::string(text.substr(quote + 1, text.size() - quote - 2)))
      .value();
}

inline std::vector<Matcher> matchers(const std::vector<std::string>& texts) {
  std::vector<Matcher> out;
  for (const std::string& t : texts) out.push_back(matcher(t));
  return out;
}

// A line a series: labels, then time=value in seconds.
inline std::string lines(const Selection& selection) {
  std::string out;
  std::size_t samples = 0;
  for (const SeriesView& s : selection.series) {
    out += s.labels().to_string();
    for (std::size_t i = 0; i < s.times.size(); ++i)
      out += fmt::format(" {}={}", static_cast<double>(s.times[i]) / 1000,
                         is_stale(s.values[i]) ? "stale" : fmt::format("{}", s.values[i]));
    out += "\n";
    samples += s.values.size();
  }
  CHECK(samples == selection.samples);
  return out;
}

inline std::string asked(const Queryable& store, const std::vector<std::string>& selector, TimeRange range = kAll) {
  const auto selection = store.select(matchers(selector), range, {});
  INFO((selection ? "" : selection.error().message));
  REQUIRE(selection);
  return lines(*selection);
}

inline std::string found(const Queryable& store, const std::vector<std::string>& selector, TimeRange range = kAll) {
  const auto series = store.series(matchers(selector), range);
  REQUIRE(series);
  std::string out;
  for (const Labels& l : *series) out += l.to_string() + "\n";
  return out;
}

}  // namespace tacho::store::alias_test
