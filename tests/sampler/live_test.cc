// This machine, as far as anything can be known of it in a test.

#include <stdlib.h>
#include <sys/wait.h>

#include "proto/base/file.h"
#include "proto/base/number.h"
#include "sampler/host/network/ethtool.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

TEST_CASE("on a live kernel every source that is here gives all its cells") {
  for (const auto& source : make_host_sources({})) {
    INFO(source->name());
    Watched watched(*source);
    if (!watched.describe()) continue;
    std::string absent;
    // What goes away between being described and being read (a container, a process) is absent for that tick.
    for (int attempt = 0; attempt < 5; ++attempt) {
      watched.tick();
      absent.clear();
      for (const store::SeriesInfo& info : watched.schema()) {
        const std::string series = info.labels.to_string();
        if (is_absent(watched(series))) absent += series + " ";
      }
      if (absent.empty()) break;
    }
    CHECK(absent == "");
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
// a verb for it. $TACHO_PROCFS, $TACHO_SYSFS, $TACHO_ROOTFS are what the flags will be; $TACHO_TEXTFILE is a folder of *.prom.
TEST_CASE("print one sample", "[.once]") {
  const char* out_path = ::getenv("TACHO_ONCE_OUT");
  if (!out_path) return;  // a file is made anew, which must not happen to one that nobody named
  auto env = [](const char* name, const std::string& otherwise) {
    const char* value = ::getenv(name);
    return value ? std::string(value) : otherwise;
  };
  const Roots roots{
      .procfs = env("TACHO_PROCFS", "/proc"), .sysfs = env("TACHO_SYSFS", "/sys"), .rootfs = env("TACHO_ROOTFS", "")};
  HostOptions options;
  if (const std::string folder = env("TACHO_TEXTFILE", ""); !folder.empty())
    REQUIRE(options.set("textfile", "directory", folder));
  // All counters, for what is shown by default this machine may have none of.
  REQUIRE(options.set("ethtool", "metrics_include", ""));
  const auto sources = make_host_sources(roots, options);
  std::string out;
  for (const Family& family : sample_once(sources).families) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.info ? family.info->help : "",
                       metric_type_name(family.type, "untyped"));
    for (const auto& [labels, value] : family.samples) {
      out += labels.to_string() + " ";
      append_text_number(out, value);
      out += "\n";
    }
  }
  REQUIRE(replace_file(out_path, out));
}

// The exit code of tests/e2e/node_exporter_diff.py, with this very program as the command that prints a sample.
int compare_with_node_exporter(const std::string& tree) {
  Machine folder;
  const std::string command = fmt::format(
      "TACHO_ENV_ONLY=1 python3 '{0}/tests/e2e/node_exporter_diff.py' --all-ethtool {1} -- sh -c 'TACHO_ONCE_OUT=$0 \"$1\" "
      "\"[.once]\" "
      ">/dev/null && cat \"$0\"' '{2}' '{3}' >'{4}' 2>&1",
      TACHO_SOURCE_DIR, tree.empty() ? "" : "--tree '" + trees() + "/" + tree + "'", folder.path("once.txt"),
      std::filesystem::read_symlink("/proc/self/exe").string(), folder.path("output.txt"));
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code != 0) UNSCOPED_INFO(read_file(folder.path("output.txt")).value_or(""));
  return code;
}

TEST_CASE("node_exporter says the same of recorded trees") {
  const std::string tree = GENERATE("vm", "disks", "hotplug", "stepback", "oldkernel", "hardware", "storage");
  const int code = compare_with_node_exporter(tree);
  if (code == 77) {
    WARN("prometheus-node-exporter is not installed: not compared");
    return;
  }
  INFO("tree " << tree);
  CHECK(code == 0);
}

TEST_CASE("node_exporter says the same of this machine") {
  // A second and third try: mounts, interfaces and disks may change between its answers and ours.
  int code = 1;
  for (int attempt = 0; attempt < 3 && code == 1; ++attempt) code = compare_with_node_exporter("");
  if (code == 77) {
    WARN("prometheus-node-exporter is not installed: not compared");
    return;
  }
  CHECK(code == 0);
}

}  // namespace
}  // namespace tacho::sampler
