// What does a page of 5,000 series cost to read again, beside parsing all of it? And one in which a line has changed?
//
// same       only values differ: what a scrape each second nearly always is.
// changed    a line is another each time: parsed in full, each line found in the page before.
// whole      parse_exposition() with a sink that does nothing: the parser alone.
// memchr     the lines' ends are looked for, nothing else: the limit.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>
#include <random>

#include "proto/base/check.h"
#include "proto/scraped_page.h"

namespace tacho {
namespace {

// As exporters write: families of 50 series, integers and doubles of all widths.
std::string made_page(unsigned scrape, bool with_churn) {
  std::mt19937 random(scrape);
  std::string text;
  for (unsigned i = 0; i < 5000; ++i) {
    if (i % 50 == 0) {
      text += fmt::format("# HELP app_request_duration_seconds_{0} What this tells, in a sentence of usual length.\n", i / 50);
      text += fmt::format("# TYPE app_request_duration_seconds_{0} {1}\n", i / 50, i % 100 ? "gauge" : "counter");
    }
    text += fmt::format("app_request_duration_seconds_{}{{handler=\"/api/v1/things/{}\",method=\"get\",code=\"200\"}} ", i / 50,
                        with_churn && i == 2500 ? scrape + 5000 : i);
    if (i % 3 == 0) {
      text += fmt::format("{}\n", random() % 100'000'000);
    } else {
      text += fmt::format("{}\n", static_cast<double>(random()) / 1e6);
    }
  }
  return text;
}

void read_again(benchmark::State& state, bool with_churn) {
  const std::string pages[] = {made_page(1, with_churn), made_page(2, with_churn)};
  ScrapedPage page;
  std::string text = pages[0];
  TACHO_CHECK(page.read(text, TextFormat::prometheus));
  unsigned turn = 0;
  for (auto _ : state) {
    text = pages[++turn % 2];
    const auto read = page.read(text, TextFormat::prometheus);
    if (!read || (*read == ScrapedPage::Read::changed) != with_churn) return state.SkipWithError("not the path that was meant");
    benchmark::DoNotOptimize(page.values().data());
  }
  state.SetItemsProcessed(state.iterations() * 5000);
  state.counters["bytes"] = static_cast<double>(pages[0].size());
}

struct NoSink final : ExpositionSink {
  void sample(std::string_view, double, std::optional<TimeMs>) override {}
};

void whole(benchmark::State& state) {
  const std::string page = made_page(1, false);
  NoSink sink;
  for (auto _ : state) TACHO_CHECK(parse_exposition(page, TextFormat::prometheus, sink));
  state.SetItemsProcessed(state.iterations() * 5000);
}

void line_ends(benchmark::State& state) {
  const std::string page = made_page(1, false);
  for (auto _ : state) {
    for (const char* p = page.data(); p;) {
      p = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(page.data() + page.size() - p)));
      if (p) ++p;
    }
  }
  state.SetItemsProcessed(state.iterations() * 5000);
}

BENCHMARK_CAPTURE(read_again, same, false);
BENCHMARK_CAPTURE(read_again, changed, true);
BENCHMARK(whole);
BENCHMARK(line_ends);

}  // namespace
}  // namespace tacho

BENCHMARK_MAIN();
