#include "sampler/scrape/scrape_source.h"

#include <map>
#include <random>
#include <set>

#include "sampler/source_runner.h"
#include "store/store.h"
#include "tests/fake_clock.h"
#include "tests/sampler/scrape/scrape_fixture.h"
#include "tests/sampler/source_fixture.h"
#include "tests/temp_dir.h"

namespace tacho::sampler {
namespace {

// A target at work: a runner, a store, a clock that only moves when it is told to.
struct Scraped {
  test::TempDir dir;
  test::FakeClock clock;
  Served served;
  ScrapeTarget target = made_target();
  ScrapeAccount account;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  std::unique_ptr<SourceRunner> runner;

  void ticks(int n) {
    if (!runner) {
      auto source = std::make_unique<ScrapeSource>(target, account, clock, std::make_unique<ServedPages>(served));
      runner = std::make_unique<SourceRunner>(std::move(source), store->group(target.name, 1000), 1000, clock);
      runner->start();
    }
    for (int i = 0; i < n; ++i) {
      clock.pass(runner->wait_ns() + 100'000);
      runner->tick();
    }
  }
  void tick(std::string page) {
    served.page = std::move(page);
    ticks(1);
  }
  TimeMs now() const { return clock.wall_ms(); }
  // "time=value ...", seconds since the test's beginning.
  std::string rows(const Labels& labels) const {
    std::vector<store::Matcher> matchers;
    for (const Label& l : labels) matchers.push_back(store::Matcher::equal(l.name, l.value));
    const auto s = store->select(matchers, {0, 4'000'000'000'000}, {});
    std::string out;
    for (const auto& v : s->series) {
      if (v.labels() != labels) continue;
      for (std::size_t i = 0; i < v.times.size(); ++i)
        out += fmt::format("{}={} ", static_cast<double>(v.times[i] - 1'700'000'000'000) / 1000,
                           is_stale(v.values[i]) ? "stale" : fmt::format("{}", v.values[i]));
    }
    return out;
  }
  std::string rows(const std::string& metric, std::vector<Label> more = {}) const {
    more.push_back({std::string(kMetricName), metric});
    more.insert(more.end(), target.labels.begin(), target.labels.end());
    return rows(Labels(std::move(more)));
  }
};

TEST_CASE("a scraped page is a row a tick, with what Prometheus tells of a scrape") {
  Scraped s;
  s.target.metric_relabel = {rule({.source_labels = {"__name__"}, .regex = "go_.*", .action = store::RelabelAction::drop})};
  s.tick("# TYPE a gauge\na{x=\"1\"} 5\nb 7\ngo_threads 1\n");
  s.tick("# TYPE a gauge\na{x=\"1\"} 6\nb 8\ngo_threads 1\n");
  CHECK(s.rows("a", {{"x", "1"}}) == "1=5 2=6 ");
  CHECK(s.rows("b") == "1=7 2=8 ");
  CHECK(s.rows("go_threads").empty());
  CHECK(s.rows("up") == "1=1 2=1 ");
  CHECK(s.rows("scrape_samples_scraped") == "1=3 2=3 ");
  CHECK(s.rows("scrape_samples_post_metric_relabeling") == "1=2 2=2 ");
  CHECK(s.rows("scrape_series_added") == "1=2 2=0 ");
  CHECK(s.rows("scrape_duration_seconds") == "1=0 2=0 ");
  CHECK(s.served.fetches == 2);  // one a tick, also where the layout is new
  CHECK(s.runner->stats().up);
}

TEST_CASE("a series that is not on the page any more ends at once, a new one begins") {
  Scraped s;
  s.tick("a 1\nb 1\n");
  s.tick("a 2\nc 2\n");
  s.tick("a 3\nb 3\nc 3\n");
  CHECK(s.rows("a") == "1=1 2=2 3=3 ");
  CHECK(s.rows("b") == "1=1 2=stale 3=3 ");
  CHECK(s.rows("c") == "2=2 3=3 ");
  CHECK(s.rows("scrape_series_added") == "1=2 2=1 3=1 ");
}

TEST_CASE("a scrape that fails is up 0, and all its series end at once") {
  Scraped s;
  s.tick("a 1\nb 1\n");
  for (const ScrapeFault fault : {ScrapeFault::timeout, ScrapeFault::status}) {
    s.served.fault = fault;
    s.ticks(1);
  }
  s.served.fault = {};
  s.tick("a 4\nb 4\n");
  CHECK(s.rows("a") == "1=1 2=stale 4=4 ");
  CHECK(s.rows("b") == "1=1 2=stale 4=4 ");
  CHECK(s.rows("up") == "1=1 2=0 3=0 4=1 ");
  CHECK(s.rows("scrape_samples_scraped") == "1=2 2=0 3=0 4=2 ");
  CHECK(s.rows("scrape_series_added") == "1=2 2=0 3=0 4=0 ");
  CHECK(s.account.failures(ScrapeFault::timeout) == 1);
  CHECK(s.account.failures(ScrapeFault::status) == 1);
  CHECK(s.runner->stats().errors == 0);
}

TEST_CASE("a target that is down from the start has an up, too") {
  Scraped s;
  s.served.fault = ScrapeFault::no_answer;
  s.ticks(2);
  CHECK(s.rows("up") == "1=0 2=0 ");
  CHECK(s.account.report_of("scrape_j_h_1").error == "the test says no");
  CHECK_FALSE(s.account.report_of("scrape_j_h_1").up);
}

TEST_CASE("a page that is no exposition fails as a whole, with the samples up to the error counted") {
  Scraped s;
  s.tick("a 1\nb 1\n");
  s.tick("a 2\nb x\n");
  s.tick("a 3\nb 3\n");
  CHECK(s.rows("a") == "1=1 2=stale 3=3 ");
  CHECK(s.rows("up") == "1=1 2=0 3=1 ");
  CHECK(s.rows("scrape_samples_scraped") == "1=2 2=1 3=2 ");
  CHECK(s.account.failures(ScrapeFault::text) == 1);
}

TEST_CASE("a page with more samples than sample_limit fails, for as long as it has") {
  Scraped s;
  s.target.limits.samples = 2;
  s.tick("a 1\nb 1\n");
  s.tick("a 2\nb 2\nc 2\n");
  s.tick("a 3\nb 3\nc 3\n");
  s.tick("a 4\nb 4\n");
  CHECK(s.rows("a") == "1=1 2=stale 4=4 ");
  CHECK(s.rows("c").empty());
  CHECK(s.rows("up") == "1=1 2=0 3=0 4=1 ");
  CHECK(s.rows("scrape_samples_scraped") == "1=2 2=3 3=3 4=2 ");
  CHECK(s.rows("scrape_samples_post_metric_relabeling") == "1=2 2=3 3=3 4=2 ");
  CHECK(s.account.failures(ScrapeFault::sample_limit) == 2);
}

TEST_CASE("a label over its limit fails the scrape, and only while it is there") {
  Scraped s;
  s.target.limits.label_value_bytes = 5;
  s.tick("a{x=\"1\"} 1\n");
  s.tick("a{x=\"123456\"} 2\n");
  s.tick("a{x=\"123456\"} 3\n");
  s.tick("a{x=\"1\"} 4\n");
  CHECK(s.rows("a", {{"x", "1"}}) == "1=1 2=stale 4=4 ");
  CHECK(s.rows("up") == "1=1 2=0 3=0 4=1 ");
  CHECK(s.account.failures(ScrapeFault::label_limit) == 2);
}

TEST_CASE("of samples of one series on a page the first counts, and the others are counted") {
  Scraped s;
  s.tick("a 1\na 2\n");
  s.tick("a 3\na 4\n");
  CHECK(s.rows("a") == "1=1 2=3 ");
  CHECK(s.account.duplicates() == 2);
}

TEST_CASE("a scraped NaN, an infinity and a stale marker are what they are") {
  Scraped s;
  s.tick("a NaN\nb -Inf\nc 1\n");
  CHECK(s.rows("a") == "1=nan ");
  CHECK(s.rows("b") == "1=-inf ");
  s.served.format = TextFormat::openmetrics;
  s.tick("a NaN\nb -Inf\nc StaleNaN\n# EOF\n");
  CHECK(s.rows("c") == "1=1 2=stale ");
}

TEST_CASE("a sample with a time of its own stands in the row that saw it first, and never twice") {
  Scraped s;
  const auto page = [&](TimeMs a, int value) { return fmt::format("a {} {}\nb {}\n", value, a, value); };
  s.ticks(0);
  const TimeMs begin = s.now();
  s.tick(page(begin + 900, 1));
  s.tick(page(begin + 900, 1));  // the exporter has nothing newer
  s.tick(page(begin + 2900, 3));
  CHECK(s.rows("a") == "1=1 3=3 ");
  CHECK(s.rows("b") == "1=1 2=1 3=3 ");
  CHECK(s.account.out_of_time() == 0);
  s.tick(page(begin + 1000, 4));     // back in time
  s.tick(page(begin + 100'000, 5));  // the future
  s.ticks(10);
  CHECK(s.rows("a") == "1=1 3=3 ");
  CHECK(s.account.out_of_time() > 2);
}

TEST_CASE("a sample that is seconds old when it is seen first is kept, one of a minute ago is not") {
  Scraped s;
  s.ticks(0);
  const TimeMs begin = s.now();
  s.tick(fmt::format("a 1 {}\nb 1 {}\n", begin - 3000, begin - 60'000));
  CHECK(s.rows("a") == "1=1 ");
  CHECK(s.rows("b").empty());
  CHECK(s.account.out_of_time() == 1);
}

TEST_CASE("without honor_timestamps a sample has the row's time, whatever its own") {
  Scraped s;
  s.target.honor_timestamps = false;
  s.tick("a 1 1000\n");
  s.tick("a 1 1000\n");
  CHECK(s.rows("a") == "1=1 2=1 ");
  CHECK(s.account.out_of_time() == 0);
}

TEST_CASE("a page's types go into the schema, its help into the metadata") {
  Scraped s;
  s.tick(
      "# HELP a_total what\n# TYPE a_total counter\na_total 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count "
      "1\nu 1\n");
  const auto type_of = [&](const char* metric) {
    const store::Matcher m[] = {store::Matcher::equal("__name__", metric)};
    return s.store->select(m, {0, 4'000'000'000'000}, {})->series.at(0).info->type;
  };
  CHECK(type_of("a_total") == MetricType::counter);
  CHECK(type_of("h_bucket") == MetricType::histogram);
  CHECK(type_of("u") == MetricType::unknown);
  CHECK(type_of("up") == MetricType::gauge);
  const auto metadata = s.account.metadata();
  REQUIRE(metadata.size() == 2);
  CHECK(metadata[0].name == "a_total");
  CHECK(metadata[0].help == "what");
  CHECK(metadata[1].type == MetricType::histogram);
}

TEST_CASE("a page whose new series find no room is scraped anew the next tick, and never told late") {
  Scraped s;
  s.tick("a 1\n");
  std::string many = "a 2\n";
  for (int i = 0; i < 200; ++i) many += fmt::format("m{} 2\n", i);
  std::filesystem::rename(s.dir / "r", s.dir / "away");  // heads cannot be made, as in a full folder
  s.tick(many);
  CHECK(s.served.fetches == 2);
  std::filesystem::rename(s.dir / "away", s.dir / "r");
  many.replace(many.find("a 2"), 3, "a 3");
  s.tick(many);
  CHECK(s.served.fetches == 3);
  CHECK(s.rows("a") == "1=1 3=3 ");
  CHECK(s.rows("m7") == "3=2 ");
}

TEST_CASE("two hundred pages with churn, failures and duplicates give the rows that the pages have") {
  Scraped s;
  std::mt19937 random(3);
  std::map<std::string, std::string> expected;  // of each series
  std::set<std::string> live;
  for (int tick = 1; tick <= 200; ++tick) {
    s.served.fault = random() % 10 == 0 ? std::optional(ScrapeFault::timeout) : std::nullopt;
    std::string page;
    std::set<std::string> now;
    const unsigned first = static_cast<unsigned>(random() % 4), count = 5 + static_cast<unsigned>(random() % 4);
    for (unsigned i = first; i < first + count; ++i) {
      const auto name = fmt::format("m{}", i);
      const unsigned value = static_cast<unsigned>(random() % 1000);
      page += fmt::format("{} {}\n", name, value);
      if (random() % 8 == 0) page += fmt::format("{} 5\n", name);
      if (s.served.fault) continue;
      now.insert(name);
      expected[name] += fmt::format("{}={} ", tick, value);
    }
    for (const auto& name : live) {
      if (!now.contains(name)) expected[name] += fmt::format("{}=stale ", tick);
    }
    live = now;
    s.tick(page);
  }
  for (const auto& [name, rows] : expected) {
    INFO(name);
    CHECK(s.rows(name) == rows);
  }
  CHECK(s.served.fetches == 200);
}

}  // namespace
}  // namespace tacho::sampler
