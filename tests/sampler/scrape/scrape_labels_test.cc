// What a series on a page becomes: Prometheus's cases (scrape/scrape_test.go), told again.
#include "sampler/scrape/series_labels.h"
#include "tests/sampler/scrape/scrape_fixture.h"

namespace tacho::sampler {
namespace {

std::string kept(std::string_view series, const ScrapeTarget& target) {
  const auto labels = labels_of_series(series, target);
  if (!labels) return fmt::format("{}: {}", name_of(labels.error().fault), labels.error().message);
  return *labels ? (*labels)->to_string() : "dropped";
}

ScrapeTarget with_labels(Labels labels, bool honor = false) {
  ScrapeTarget t = made_target();
  t.labels = std::move(labels);
  t.honor_labels = honor;
  return t;
}

TEST_CASE("a scraped series gets the target's job and instance") {
  CHECK(kept("up_since{a=\"1\"}", made_target()) == R"(up_since{a="1",instance="h:1",job="j"})");
  CHECK(kept("x", made_target()) == R"(x{instance="h:1",job="j"})");
  CHECK(kept("{\"q.n\",a=\"b\"}", made_target()) == R"({"q.n",a="b",instance="h:1",job="j"})");
}

TEST_CASE("a label that the target has too is exported, as often as it takes") {
  CHECK(kept("m{foo=\"1\"}", with_labels({{"foo", "2"}})) == R"(m{exported_foo="1",foo="2"})");
  CHECK(kept("m{foo=\"1\",exported_foo=\"0\"}", with_labels({{"foo", "2"}})) ==
        R"(m{exported_exported_foo="1",exported_foo="0",foo="2"})");
  CHECK(kept("m{foo=\"1\"}", with_labels({{"exported_foo", "3"}, {"foo", "2"}})) ==
        R"(m{exported_exported_foo="1",exported_foo="3",foo="2"})");
  CHECK(kept("m{foo=\"1\",exported_foo=\"0\"}", with_labels({{"exported_foo", "3"}, {"foo", "2"}})) ==
        R"(m{exported_exported_exported_foo="0",exported_exported_foo="1",exported_foo="3",foo="2"})");
  CHECK(kept("m{foo=\"\"}", with_labels({{"foo", "2"}})) == R"(m{foo="2"})");
}

TEST_CASE("with honor_labels the page's own label stays, also an empty one") {
  CHECK(kept("m{foo=\"1\"}", with_labels({{"foo", "2"}, {"bar", "3"}}, true)) == R"(m{bar="3",foo="1"})");
  CHECK(kept("m{foo=\"\"}", with_labels({{"foo", "2"}, {"bar", "3"}}, true)) == R"(m{bar="3"})");
}

TEST_CASE("metric_relabel_configs see the labels with the target's, rewrite and drop") {
  ScrapeTarget t = made_target();
  t.metric_relabel = {rule({.source_labels = {"__name__"}, .regex = "go_.*", .action = store::RelabelAction::drop}),
                      rule({.source_labels = {"instance", "a"}, .target_label = "both"}),
                      rule({.regex = "a", .action = store::RelabelAction::labeldrop})};
  CHECK(kept("go_threads", t) == "dropped");
  CHECK(kept("x{a=\"1\"}", t) == R"(x{both="h:1;1",instance="h:1",job="j"})");
  t.metric_relabel = {rule({.regex = "__name__", .action = store::RelabelAction::labeldrop})};
  CHECK(kept("x", t) == R"(relabel: x: metric_relabel_configs leave no metric name ({instance="h:1",job="j"}))");
  t.metric_relabel = {rule({.regex = ".*", .action = store::RelabelAction::labeldrop})};
  CHECK(kept("x", t) == "dropped");
}

TEST_CASE("limits of labels count the name and what relabeling made") {
  ScrapeTarget t = made_target();
  t.limits.labels = 3;
  CHECK(kept("x", t) == R"(x{instance="h:1",job="j"})");
  CHECK(kept("x{a=\"1\"}", t) ==
        R"(label_limit: x{a="1",instance="h:1",job="j"}: has more labels than label_limit: 4, the limit is 3)");
  t.limits = {.label_name_bytes = 8};
  CHECK(kept("x{abcdefgh=\"1\"}", t).starts_with("x{"));
  CHECK(kept("x{abcdefghi=\"1\"}", t).starts_with("label_limit: "));
  t.limits = {.label_value_bytes = 3};
  CHECK(kept("x{a=\"123\"}", t).starts_with("x{"));
  CHECK(kept("x{a=\"1234\"}", t).find("has a longer label value than label_value_length_limit: 4, the limit is 3") !=
        std::string::npos);
}

TEST_CASE("what is no series is the page's fault") {
  CHECK(kept("x{a=\"1\",a=\"2\"}", made_target()).starts_with("text: not a series"));
  CHECK(kept("{a=\"1\"}", made_target()).find("it has no metric name") != std::string::npos);
}

TEST_CASE("a target's name is that of its job and instance, and of its labels where two would be the same") {
  std::vector<ScrapeTarget> targets(4, made_target());
  targets[0].job = "Node Exporter";
  targets[1].labels = {{"job", "j"}, {"instance", "h:1"}, {"path", "/a"}};
  targets[2].labels = {{"job", "j"}, {"instance", "h:1"}, {"path", "/b"}};
  targets[3].labels = {{"job", "j"}, {"instance", "[::1]:9100"}};
  name_targets(targets);
  CHECK(targets[0].name == "scrape_node_exporter_h_1");
  CHECK(targets[1].name.starts_with("scrape_j_h_1_"));
  CHECK(targets[2].name.starts_with("scrape_j_h_1_"));
  CHECK(targets[1].name != targets[2].name);
  CHECK(targets[3].name == "scrape_j____1__9100");
}

TEST_CASE("a scrape ends before its row would be late") {
  ScrapeTarget t = made_target();
  CHECK(timeout_of(t, 1000) == 900);
  CHECK(timeout_of(t, 60'000) == 10'000);
  t.timeout_ms = 500;
  CHECK(timeout_of(t, 1000) == 500);
  t.timeout_ms = 1000;
  CHECK(timeout_of(t, 1000) == 950);
}

}  // namespace
}  // namespace tacho::sampler
