// This machine, as far as anything can be known of it in a test.

#include <stdlib.h>

#include "proto/base/file.h"
#include "proto/base/number.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "source_fixture.h"

namespace tacho::sampler {
namespace {

TEST_CASE("on a live kernel every source that is here gives all its cells") {
  for (const auto& source : make_host_sources({})) {
    INFO(source->name());
    Watched watched(*source);
    if (!watched.describe()) continue;
    watched.tick();
    for (const store::SeriesInfo& info : watched.schema()) {
      INFO(info.labels.to_string());
      CHECK_FALSE(is_absent(watched(info.labels.to_string())));
    }
  }
}

TEST_CASE("one sample of everything is sorted, has no empty family, and types from the catalogue") {
  const auto sources = make_host_sources({});
  Once once = sample_once(sources);
  REQUIRE(once.families.size() > 50);
  std::string before;
  for (const Family& family : once.families) {
    CHECK(before < family.name);
    before = family.name;
    CHECK_FALSE(family.samples.empty());
    CHECK(family.info == find_metric(family.name));
  }
}

// Not run by default: writes text 0.0.4 to the file $TACHO_ONCE_OUT, for tests/e2e/node_exporter_diff.py before the program has
// a verb for it. $TACHO_PROCFS, $TACHO_SYSFS, $TACHO_ROOTFS are what the flags will be.
TEST_CASE("print one sample", "[.once]") {
  auto env = [](const char* name, const std::string& otherwise) {
    const char* value = ::getenv(name);
    return value ? std::string(value) : otherwise;
  };
  const Roots roots{
      .procfs = env("TACHO_PROCFS", "/proc"), .sysfs = env("TACHO_SYSFS", "/sys"), .rootfs = env("TACHO_ROOTFS", "")};
  const auto sources = make_host_sources(roots);
  std::string out;
  for (const Family& family : sample_once(sources).families) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.info->help,
                       metric_type_name(family.info->type, "untyped"));
    for (const auto& [labels, value] : family.samples) {
      out += labels.to_string() + " ";
      append_text_number(out, value);
      out += "\n";
    }
  }
  REQUIRE(replace_file(env("TACHO_ONCE_OUT", "/dev/null"), out));
}

}  // namespace
}  // namespace tacho::sampler
