#include "sampler/scrape/page_columns.h"

#include <random>
#include <set>

#include "sampler/scrape/series_labels.h"
#include "tests/sampler/scrape/scrape_fixture.h"

namespace tacho::sampler {
namespace {

struct Columns {
  ScrapeTarget target = made_target();
  ScrapedPage page;
  PageColumns columns;
  PageColumns::Adopted last;

  Columns() { target.labels = {{"i", "1"}}; }
  void read(std::string text) {
    const auto read = page.read(text, TextFormat::prometheus);
    REQUIRE(read);
    if (*read == ScrapedPage::Read::changed) last = columns.adopt(page, target);
  }
  // Each line's column: "0 1 drop dup ".
  std::string of_lines() const {
    std::string out;
    for (const std::uint32_t c : columns.columns())
      out += PageColumns::is_column(c)      ? fmt::format("{} ", c)
             : c == PageColumns::kDropped   ? "drop "
             : c == PageColumns::kDuplicate ? "dup "
                                            : "unknown ";
    return out;
  }
};

TEST_CASE("columns: a series keeps its column while others come and go") {
  Columns c;
  c.read("a 1\nb 1\nc 1\n");
  CHECK(c.of_lines() == "0 1 2 ");
  CHECK(c.last.changed);
  CHECK(c.last.added == 3);
  CHECK(c.last.samples == 3);
  c.read("c 1\na 1\nb 1\n");  // only moved
  CHECK(c.of_lines() == "2 0 1 ");
  CHECK_FALSE(c.last.changed);
  CHECK(c.last.added == 0);
  c.read("c 1\na 1\nn 1\n");  // the one that comes takes the place of the one that goes
  CHECK(c.of_lines() == "2 0 1 ");
  CHECK(c.last.changed);
  CHECK(c.columns.series()[1].labels == Labels::of("n", {{"i", "1"}}));
  c.read("c 1\nn 1\n");  // the last column takes the place of the one that goes
  CHECK(c.of_lines() == "0 1 ");
  CHECK(c.columns.series()[0].labels.metric_name() == "c");
  c.read("");
  CHECK(c.columns.series().empty());
  CHECK(c.last.changed);
}

TEST_CASE("columns: of lines with equal labels the first on the page counts, whichever was known before") {
  Columns c;
  c.read("a{x=\"1\",y=\"2\"} 1\nb 1\na{x=\"1\",y=\"2\"} 2\na{y=\"2\",x=\"1\"} 3\n");
  CHECK(c.of_lines() == "0 1 dup dup ");
  CHECK(c.last.duplicates == 2);
  CHECK(c.last.added == 3);  // as Prometheus counts: by text
  CHECK(c.last.samples == 4);
  c.read("a{y=\"2\",x=\"1\"} 3\nb 1\n");
  CHECK(c.of_lines() == "0 1 ");
  c.read("a{ y=\"2\",x=\"1\"} 3\na{y=\"2\",x=\"1\"} 3\nb 1\n");
  CHECK(c.of_lines() == "0 dup 1 ");
  CHECK_FALSE(c.last.changed);
}

TEST_CASE("columns: dropped lines have none, and are not new when they move") {
  Columns c;
  c.target.metric_relabel = {rule({.source_labels = {"__name__"}, .regex = "go_.*", .action = store::RelabelAction::drop})};
  c.read("go_a 1\nb 1\ngo_c 1\n");
  CHECK(c.of_lines() == "drop 0 drop ");
  CHECK(c.last.samples == 1);
  CHECK(c.last.added == 1);
  c.read("go_c 1\ngo_a 1\nb 1\n");
  CHECK(c.of_lines() == "drop drop 0 ");
  CHECK_FALSE(c.last.changed);
}

TEST_CASE("columns: another type is a change, and only that") {
  Columns c;
  c.read("# TYPE a gauge\na 1\nb 1\n");
  CHECK(c.columns.series()[0].type == MetricType::gauge);
  CHECK(c.columns.series()[1].type == MetricType::unknown);
  c.read("# TYPE a gauge\n# HELP a now with help\na 1\nb 1\n");
  CHECK_FALSE(c.last.changed);
  c.read("# TYPE a counter\na 1\nb 1\n");
  CHECK(c.last.changed);
  CHECK(c.columns.series()[0].type == MetricType::counter);
}

TEST_CASE("columns: the first line that cannot be kept is told, and what is behind it is looked at again") {
  Columns c;
  c.target.limits.labels = 3;
  c.read("a 1\nb{x=\"1\",y=\"1\"} 1\nc 1\n");
  REQUIRE(c.last.failure);
  CHECK(c.last.failure->message.starts_with("b{"));
  CHECK(c.of_lines() == "0 unknown unknown ");
  CHECK(c.last.samples == 1);
  c.read("a 1\nb{x=\"1\"} 1\nc 1\n");
  CHECK_FALSE(c.last.failure);
  CHECK(c.of_lines() == "0 1 2 ");
}

TEST_CASE(
    "columns: through a long history every line's column has the line's labels, no other line has it, and changes tell all") {
  Columns c;
  c.target.metric_relabel = {rule({.source_labels = {"l"}, .regex = ".*3", .action = store::RelabelAction::drop}),
                             rule({.regex = "x", .action = store::RelabelAction::labeldrop})};
  std::mt19937 random(11);
  std::vector<unsigned> lines;
  store::Schema told;  // what somebody has who is only told the changes
  for (int scrape = 0; scrape < 500; ++scrape) {
    for (unsigned n = random() % 6; n > 0 && !lines.empty(); --n)
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(random() % lines.size()));
    for (unsigned n = random() % 6; n > 0; --n)
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random() % (lines.size() + 1)),
                   static_cast<unsigned>(random() % 60));
    std::string text;
    if (random() % 20 == 0) text += "# TYPE m gauge\n";
    for (const unsigned l : lines) text += fmt::format("m{{l=\"{}\",x=\"{}\"}} 1\n", l / 2, l % 2);  // two of each are equal
    c.read(text);
    const auto& series = c.columns.series();
    std::set<std::uint32_t> seen;
    std::set<std::string> seen_labels;
    for (std::size_t i = 0; i < c.page.size(); ++i) {
      const auto labels = labels_of_series(c.page.series(i), c.target).value();
      const std::uint32_t column = c.columns.columns()[i];
      if (!labels) {
        REQUIRE(column == PageColumns::kDropped);
      } else if (!seen_labels.insert(labels->to_string()).second) {
        REQUIRE(column == PageColumns::kDuplicate);
      } else {
        REQUIRE(column < series.size());
        REQUIRE(seen.insert(column).second);
        REQUIRE(series[column].labels == *labels);
      }
    }
    REQUIRE(seen.size() == series.size());
    if (random() % 3 == 0) continue;
    told.resize(series.size());
    for (const std::uint32_t column : c.columns.take_changes()) told.at(column) = series[column];
    REQUIRE(told == series);
  }
}

}  // namespace
}  // namespace tacho::sampler
