#include "store/memory_store.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr TimeRange kAll{INT64_MIN, INT64_MAX};

MemoryStore loaded(std::string_view text) {
  auto s = MemoryStore::parse(text, "test.om");
  INFO((s ? "" : s.error().message));
  REQUIRE(s);
  return std::move(*s);
}

std::string error_of(std::string_view text) {
  const auto s = MemoryStore::parse(text, "test.om");
  return s ? "no error" : s.error().message;
}

Selection select(const MemoryStore& s, std::vector<Matcher> matchers, TimeRange range = kAll) {
  auto r = s.select(matchers, range, {});
  REQUIRE(r);
  return std::move(*r);
}

std::vector<std::string> names(const Selection& s) {
  std::vector<std::string> out;
  for (const SeriesView& v : s.series) out.push_back(v.labels().to_string());
  return out;
}

template <class T>
std::vector<T> copied(std::span<const T> s) {
  return {s.begin(), s.end()};
}

// Series interleaved in scrape order, as recordings are.
const std::string kScrapes =
    "# TYPE cpu counter\n# HELP cpu busy\n# UNIT cpu seconds\n# TYPE load gauge\n"
    "cpu_total{mode=\"user\",cpu=\"0\"} 1 1.000\ncpu_total{mode=\"idle\",cpu=\"0\"} 10 1.000\nload 0.5 1.000\n"
    "cpu_total{mode=\"user\",cpu=\"0\"} 2 2.000\ncpu_total{mode=\"idle\",cpu=\"0\"} 11 2.000\nload 0.6 2.000\n"
    "cpu_total{mode=\"user\",cpu=\"0\"} 3 3.000\ncpu_total{mode=\"idle\",cpu=\"0\"} 12 3.000\n# EOF\n";

}  // namespace

TEST_CASE("interleaved series become columns, sorted by labels") {
  const auto s = loaded(kScrapes);
  CHECK(s.series_count() == 3);
  CHECK(s.sample_count() == 8);
  CHECK(s.bounds().min == 1000);
  CHECK(s.bounds().max == 3000);
  const auto all = select(s, {});
  CHECK(names(all) ==
        std::vector<std::string>{"cpu_total{cpu=\"0\",mode=\"idle\"}", "cpu_total{cpu=\"0\",mode=\"user\"}", "load"});
  CHECK(all.samples == 8);
  CHECK(copied(all.series[1].times) == std::vector<TimeMs>{1000, 2000, 3000});
  CHECK(copied(all.series[1].values) == std::vector<double>{1, 2, 3});
  CHECK(all.series[0].info->type == MetricType::counter);
  CHECK(all.series[2].info->type == MetricType::gauge);
}

TEST_CASE("both ends of a range are closed, a series without a sample in it is left out") {
  const auto s = loaded(kScrapes);
  const auto r = select(s, {}, {2000, 3000});
  REQUIRE(r.series.size() == 3);
  CHECK(copied(r.series[0].times) == std::vector<TimeMs>{2000, 3000});
  CHECK(copied(r.series[2].times) == std::vector<TimeMs>{2000});
  CHECK(select(s, {}, {2001, 3000}).series.size() == 2);
  CHECK(select(s, {}, {3001, 9000}).series.empty());
  CHECK(select(s, {}, {2000, 1000}).series.empty());
}

TEST_CASE("matchers, with the name and without") {
  const auto s = loaded(kScrapes);
  const auto mode = Matcher::equal("mode", "user");
  CHECK(names(select(s, {Matcher::equal("__name__", "cpu_total"), mode})) ==
        std::vector<std::string>{"cpu_total{cpu=\"0\",mode=\"user\"}"});
  CHECK(names(select(s, {mode})).size() == 1);
  CHECK(names(select(s, {Matcher::create("__name__", MatchOp::regex, "cpu.*|load").value()})).size() == 3);
  CHECK(names(select(s, {Matcher::equal("__name__", "nothing")})).empty());
  CHECK(names(select(s, {Matcher::equal("mode", "")})) == std::vector<std::string>{"load"});
  const std::vector<Matcher> m = {Matcher::equal("cpu", "0")};
  CHECK(s.series(m, {3000, 4000}).value().size() == 2);
  CHECK(s.series({}, {4000, 5000}).value().empty());
}

TEST_CASE("series of one scrape share their time column") {
  const auto s = loaded(kScrapes);
  const auto r = select(s, {});
  CHECK(r.series[0].times.data() == r.series[1].times.data());
  CHECK(r.series[0].times.data() != r.series[2].times.data());
}

TEST_CASE("samples out of order are sorted in, of equal times the file's last one wins") {
  const auto s = loaded("a 3 3\na 1 1\na 2 2\na 9 1\na 4 3\na 5 5\na 6 5\n# EOF\n");
  const auto r = select(s, {});
  CHECK(copied(r.series[0].times) == std::vector<TimeMs>{1000, 2000, 3000, 5000});
  CHECK(copied(r.series[0].values) == std::vector<double>{9, 2, 4, 6});
}

TEST_CASE("one series written in two ways is one series") {
  const auto s = loaded("a{x=\"1\",y=\"2\"} 1 1\na{y=\"2\",x=\"1\"} 2 2\na{x=\"1\",y=\"2\",z=\"\"} 3 3\n# EOF\n");
  CHECK(s.series_count() == 1);
  CHECK(copied(select(s, {}).series[0].values) == std::vector<double>{1, 2, 3});
}

TEST_CASE("staleness markers are kept") {
  const auto r = select(loaded("a 1 1\na StaleNaN 2\n# EOF\n"), {});
  CHECK(is_stale(r.series[0].values[1]));
}

TEST_CASE("a selection outlives its store's other owners") {
  Selection kept;
  {
    const auto s = loaded(kScrapes);
    kept = select(s, {});
  }
  CHECK(kept.series[2].values[1] == 0.6);
  CHECK(kept.series[2].labels() == Labels::of("load"));
}

TEST_CASE("the samples limit is an error that names it") {
  const auto s = loaded(kScrapes);
  const auto r = s.select({}, kAll, {.samples_max = 7});
  REQUIRE_FALSE(r);
  CHECK(r.error().message ==
        "query processing would load too many samples into memory in query execution: more than 7 (query.samples_max); ask for a "
        "shorter range or fewer series, or raise the limit");
  CHECK(s.select({}, kAll, {.samples_max = 8}));
}

TEST_CASE("metadata of the file") {
  const auto m = loaded(kScrapes).metadata();
  REQUIRE(m.size() == 2);
  CHECK(m[0].name == "cpu");
  CHECK(m[0].type == MetricType::counter);
  CHECK(m[0].help == "busy");
  CHECK(m[0].unit == "seconds");
}

TEST_CASE("errors name file and line") {
  CHECK(error_of("a 1 1\nb 2\n# EOF\n") == "test.om:2: a sample has no timestamp: b");
  CHECK(error_of("a 1 1\n\n{x=\"1\"} 2 2\n# EOF\n") == "test.om:3: not a series: {x=\"1\"}: it has no metric name");
  CHECK(error_of("a 1 1\na{x=\"1\",x=\"2\"} 2 2\nc\n") ==
        "test.om:2: not a series: a{x=\"1\",x=\"2\"}: the label x is there twice");
  CHECK(error_of("a 1 1\na 1.2.3 2\n# EOF\n") == "test.om:2: expected a number as the value, at \"1.2.3 2\"");
  CHECK(error_of("a 1 1\n").find("cut short") != std::string::npos);
  CHECK(MemoryStore::load("/nonexistent/x.om").error().message.starts_with("cannot open /nonexistent/x.om: "));
}

TEST_CASE("an empty file has no series and no bounds") {
  const auto s = loaded("# EOF\n");
  CHECK(s.series_count() == 0);
  CHECK(s.bounds().empty());
  CHECK(select(s, {}).series.empty());
}

TEST_CASE("a file is loaded from disk") {
  const std::string path = "/tmp/tacho_memory_store_test." + std::to_string(::getpid());
  std::ofstream(path) << kScrapes;
  const auto s = MemoryStore::load(path);
  std::remove(path.c_str());
  REQUIRE(s);
  CHECK(s->sample_count() == 8);
}

TEST_CASE("loading tells how far it is, never backwards, up to nearly all") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "a " + std::to_string(i) + " " + std::to_string(i) + "\n";
  text += "# EOF\n";
  std::vector<std::uint64_t> told;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(total == text.size());
    told.push_back(done);
  };
  REQUIRE(MemoryStore::parse(text, "x.om", TextFormat::openmetrics, progress));
  REQUIRE(told.size() >= 4);
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(told.front() > 0);
  CHECK(told.back() > text.size() * 9 / 10);
  CHECK(told.back() < text.size());
}
