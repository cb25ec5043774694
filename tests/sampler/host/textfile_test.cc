// Files that other programs leave, write half, and take away: the source textfile.

#include "sampler/host/workload/textfile.h"

#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

struct Textfile {
  Machine machine;
  TextfileSource source{{machine.path("a"), machine.path("b")}};
  Watched watched{source};
  int written = 0;

  Textfile() {
    std::filesystem::create_directories(machine.path("a"));
    std::filesystem::create_directories(machine.path("b"));
  }
  // As programs should: under another name, then renamed. Each version has a time of its own.
  void write(const std::string& file, const std::string& text) {
    machine.write(file + ".new", text);
    const timeval time{.tv_sec = 1'700'000'000 + ++written, .tv_usec = 500'000};
    const timeval times[] = {time, time};
    REQUIRE(::utimes(machine.path(file + ".new").c_str(), times) == 0);
    std::filesystem::rename(machine.path(file + ".new"), machine.path(file));
  }
  double error() const { return watched("node_textfile_scrape_error"); }
  std::string mtime(const std::string& file) const { return "node_textfile_mtime_seconds{file=\"" + machine.path(file) + "\"}"; }
};

TEST_CASE("a file's samples are series with the types it says, a histogram's parts too") {
  Textfile t;
  t.write("a/x.prom",
          "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{state=\"a b\",empty=\"\"} 3\njobs 0.5\nplain 7\n"
          "# TYPE done_total counter\ndone_total 1e3\n"
          "# TYPE lat histogram\nlat_bucket{le=\"+Inf\"} 2\nlat_sum 3\nlat_count 2\n"
          "# TYPE q summary\nq{quantile=\"0.5\"} NaN\nq_sum 4\nq_count 5\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.error() == 0);
  CHECK(t.watched("jobs{state=\"a b\"}") == 3);
  CHECK(t.watched("jobs") == 0.5);
  CHECK(t.watched("done_total") == 1000);
  CHECK(std::isnan(t.watched("q{quantile=\"0.5\"}")));
  CHECK_FALSE(is_absent(t.watched("q{quantile=\"0.5\"}")));
  CHECK(t.watched(t.mtime("a/x.prom")) == 1'700'000'001);
  const auto type = [&](const std::string& series) {
    const auto at = std::ranges::find_if(t.watched.schema(), [&](const auto& s) { return s.labels.to_string() == series; });
    REQUIRE(at != t.watched.schema().end());
    return at->type;
  };
  CHECK(type("jobs") == MetricType::gauge);
  CHECK(type("plain") == MetricType::unknown);
  CHECK(type("done_total") == MetricType::counter);
  CHECK(type("lat_bucket{le=\"+Inf\"}") == MetricType::histogram);
  CHECK(type("lat_sum") == MetricType::histogram);
  CHECK(type("q_count") == MetricType::summary);
}

TEST_CASE("a file that is written anew has new values, and the same series if it has the same") {
  Textfile t;
  t.write("a/x.prom", "x 1\n");
  t.write("b/y.prom", "y 1\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched.tick() == 0);
  t.write("a/x.prom", "x 2\n");
  // The folder has the same names again.
  CHECK(t.watched.tick() == 0);
  CHECK(t.watched("x") == 2);
  CHECK(t.watched("y") == 1);
  CHECK(t.watched(t.mtime("a/x.prom")) == 1'700'000'003);
  t.write("a/x.prom", "x 2\nz 3\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched("z") == 3);
  t.write("a/x.prom", "# TYPE x counter\nx 2\nz 3\n");
  CHECK(t.watched.tick() == 1);
}

TEST_CASE("files that come and go, and other names, change what is shown and nothing else") {
  Textfile t;
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched.schema().size() == 1);
  CHECK(t.error() == 0);
  t.write("a/x.prom", "x 1\n");
  t.write("a/readme.txt", "no metrics\n");
  t.write("a/.hidden.prom", "hidden 1\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched.schema().size() == 3);
  CHECK(t.watched("x") == 1);
  t.machine.remove("a/x.prom");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched.schema().size() == 1);
  CHECK(t.error() == 0);
}

TEST_CASE("a file with an error is not shown at all, says so, and leaves the others alone") {
  Textfile t;
  t.write("a/good.prom", "good 1\n");
  for (const char* text : {
           "bad 1 1700000000000\n",  // a time of its own
           "bad 1\nbad{ 2\n",        // no text 0.0.4
           "bad 1\nbad 12",          // half a line
           "bad 1\nbad 2\n",         // twice
           "bad{a=\"1\",b=\"2\"} 1\nbad{b=\"2\",a=\"1\"} 2\n",
       }) {
    INFO(text);
    t.write("b/bad.prom", text);
    t.watched.tick();
    CHECK(t.error() == 1);
    CHECK(t.watched("good") == 1);
    CHECK_FALSE(t.watched.has("bad"));
    CHECK_FALSE(t.watched.has(t.mtime("b/bad.prom")));
    CHECK(t.watched.tick() == 0);
    CHECK(t.error() == 1);
  }
  t.write("b/bad.prom", "bad 3\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.error() == 0);
  CHECK(t.watched("bad") == 3);
  t.write("b/bad.prom", "");
  CHECK(t.watched.tick() == 1);
  CHECK(t.error() == 0);
  CHECK(t.watched.has(t.mtime("b/bad.prom")));
}

TEST_CASE("a series that two files have is the first one's, and the second file is not shown") {
  Textfile t;
  t.write("a/x.prom", "x{a=\"1\"} 1\n");
  t.write("b/x.prom", "only_here 5\nx{a=\"1\"} 2\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched("x{a=\"1\"}") == 1);
  CHECK_FALSE(t.watched.has("only_here"));
  CHECK(t.error() == 1);
  t.machine.remove("a/x.prom");
  CHECK(t.watched.tick() == 1);
  CHECK(t.watched("x{a=\"1\"}") == 2);
  CHECK(t.watched("only_here") == 5);
  CHECK(t.error() == 0);
}

TEST_CASE("a pipe, a link to nowhere and a folder that is gone are errors, and nothing waits for them") {
  Textfile t;
  t.write("a/x.prom", "x 1\n");
  REQUIRE(::mkfifo(t.machine.path("a/pipe.prom").c_str(), 0600) == 0);
  t.watched.tick();
  CHECK(t.error() == 1);
  CHECK(t.watched("x") == 1);
  t.machine.remove("a/pipe.prom");
  t.watched.tick();
  CHECK(t.error() == 0);
  std::filesystem::create_symlink("/nowhere/at/all", t.machine.path("a/link.prom"));
  t.watched.tick();
  CHECK(t.error() == 1);
  CHECK(t.watched.tick() == 0);
  t.machine.remove("a/link.prom");
  t.machine.remove("b");
  t.watched.tick();
  CHECK(t.error() == 1);
  CHECK(t.watched("x") == 1);
  CHECK(t.watched.tick() == 0);
  std::filesystem::create_directories(t.machine.path("b"));
  t.write("b/y.prom", "y 2\n");
  CHECK(t.watched.tick() == 1);
  CHECK(t.error() == 0);
  CHECK(t.watched("y") == 2);
}

TEST_CASE("without a folder there is no error, and nothing else") {
  TextfileSource source({});
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_textfile_scrape_error") == 0);
  CHECK(watched.schema().size() == 1);
}

TEST_CASE("what a file has is in one sample of everything, a histogram as one family") {
  Machine machine;
  machine.write("a/x.prom", "# TYPE lat histogram\nlat_bucket{le=\"1\"} 1\nlat_bucket{le=\"+Inf\"} 2\nlat_sum 3\nlat_count 2\n");
  HostOptions options;
  REQUIRE(options.set("textfile", "directory", machine.path("a")));
  const auto sources = make_host_sources(machine.roots(), options);
  const Once once = sample_once(sources);
  const auto family = std::ranges::find(once.families, "lat", &Family::name);
  REQUIRE(family != once.families.end());
  CHECK(family->samples.size() == 4);
  CHECK(render(std::span(&*family, 1), TextFormat::prometheus) ==
        "# TYPE lat histogram\nlat_bucket{le=\"+Inf\"} 2\nlat_bucket{le=\"1\"} 1\nlat_count 2\nlat_sum 3\n");
}

}  // namespace
}  // namespace tacho::sampler
