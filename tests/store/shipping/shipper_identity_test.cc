// Minutes shipped through the identity view: a job that changes within a minute is in it with both its parts, and ends as a series does.
#include <catch2/catch.hpp>

#include "store/identity/view.h"
#include "tests/store/shipping/ship_agent.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::store::ship_test;

namespace {

constexpr TimeMs kChange = kStart + 2 * kMinute + 25'500;  // in the third minute, between two seconds

Matcher load_or_bytes() { return Matcher::create("__name__", MatchOp::regex, "load|bytes_total").value(); }

// The agent of the other tests, shipping what the view shows, with sums and counts.
struct LabelledAgent : Agent {
  std::vector<Identity> told;
  std::shared_ptr<const IdentityTimeline> timeline;
  IdentityView view{store, [this] { return timeline; }};

  LabelledAgent() {
    kill();
    RollupRule rule;
    rule.matches = {{load_or_bytes()}};
    rule.keep = Outputs{*parse_output("sum"), *parse_output("count"), *parse_output("last"), *parse_output("max")};
    options.rules.policy = RollupPolicy({rule}, kMinute);
    shipper = std::make_unique<Shipper>(view, receiver, clock, ShipCursor(folder.path(), "test"), options);
    shipper->step();
  }
  void tell(Labels labels, TimeMs from) {
    told.push_back({"pod", {Labels()}, std::move(labels), from});
    timeline = IdentityTimeline::of(told);
  }
  std::optional<double> of_job(const std::string& name, const std::string& job, TimeMs t) const {
    return receiver.value(Labels::of(name, {{"job_name", job}}), t);
  }
  double either(const std::string& name, TimeMs t) const {
    const auto part = [&](const char* job) {
      const auto v = of_job(name, job, t);
      return v && !is_stale(*v) ? *v : 0;
    };
    return part("x") + part("y");
  }
};

// Of the minute that ends at `end`, by hand.
double sum_of(const FakeSeries& s, TimeMs end) {
  double sum = 0;
  for (std::size_t i = 0; i < s.times.size(); ++i) sum += s.times[i] > end - kMinute && s.times[i] <= end ? s.values[i] : 0;
  return sum;
}

}  // namespace

TEST_CASE("a job that changes within a minute is shipped with both its parts, and they come to the whole") {
  LabelledAgent a;
  a.tell({{"job_name", "x"}}, kStart);
  a.live(150);
  a.tell({{"job_name", "y"}}, kChange);  // told four seconds later than it was so
  a.live(190);
  for (int minute = 1; minute <= 5; ++minute) {
    const TimeMs end = kStart + minute * kMinute;
    INFO("minute " << minute);
    CHECK(a.either("load:1m_count", end) == 60);
    CHECK(a.either("bytes_total:1m_count", end) == 60);
    CHECK(a.either("load:1m_sum", end) == sum_of(a.store.all()[a.gauge], end));
    CHECK(a.either("bytes_total:1m_sum", end) == sum_of(a.store.all()[a.counter], end));
    CHECK(a.of_job("load:1m_count", "x", end).has_value() == (minute <= 4));
    CHECK(a.of_job("load:1m_count", "y", end).has_value() == (minute >= 3));
  }
  const TimeMs third = kStart + 3 * kMinute;
  CHECK(a.of_job("load:1m_count", "x", third) == 25);
  CHECK(a.of_job("load:1m_count", "y", third) == 35);
  CHECK(a.of_job("load:1m_max", "x", third) == 25);
  CHECK(a.of_job("bytes_total", "x", third) == 3 * 145);
  CHECK(a.of_job("bytes_total", "y", third) == 3 * 180);
  // One minute later the old one ends, as every series does; then nothing of it comes any more.
  CHECK(is_stale(a.of_job("load:1m_count", "x", third + kMinute).value()));
  CHECK(a.receiver.complaints.empty());
  // No series without a job, but for the shipper's own.
  for (const auto& [labels, samples] : a.receiver.samples)
    CHECK((labels.has("job_name") || labels.metric_name() == kRatioMetric));
}

TEST_CASE("a job that comes back within a minute is one series in it") {
  LabelledAgent a;
  a.tell({{"job_name", "x"}}, kStart);
  a.tell({{"job_name", "y"}}, kStart + 20'000);
  a.tell({{"job_name", "x"}}, kStart + 40'000);
  a.live(130);
  const TimeMs end = kStart + kMinute;
  CHECK(a.of_job("load:1m_count", "x", end) == 19 + 21);
  CHECK(a.of_job("load:1m_count", "y", end) == 20);
  CHECK(a.either("load:1m_sum", end) == sum_of(a.store.all()[a.gauge], end));
  CHECK(a.of_job("load:1m_count", "x", end + kMinute) == 60);
  CHECK(is_stale(a.of_job("load:1m_count", "y", end + kMinute).value()));
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("a change at the end of a minute leaves no part of it behind") {
  for (const TimeMs off : {-1, 0, 1}) {
    LabelledAgent a;
    a.tell({{"job_name", "x"}}, kStart);
    a.tell({{"job_name", "y"}}, kStart + kMinute + off);
    a.live(200);
    INFO("off by " << off);
    const TimeMs end = kStart + kMinute;
    CHECK(a.of_job("load:1m_count", "x", end) == (off <= 0 ? 59 : 60));
    CHECK(a.of_job("load:1m_count", "y", end).value_or(0) == (off <= 0 ? 1 : 0));
    CHECK(a.of_job("load:1m_count", "y", end + kMinute) == 60);
    CHECK(is_stale(a.of_job("load:1m_count", "x", end + kMinute).value()));
    CHECK(a.receiver.complaints.empty());
  }
}
