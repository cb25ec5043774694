// Every recorded tree has one golden text: all that all sources say of it, failures included; for trees with a part "later",
// once before and once after those files are laid over. TACHO_UPDATE_GOLDEN=1 writes the texts anew.

#include <stdlib.h>

#include <algorithm>
#include <map>

#include "proto/base/file.h"
#include "proto/base/number.h"
#include "sampler/host/kernel_log/kmsg.h"
#include "sampler/host/network/ethtool.h"
#include "sampler/host/network/ethtool_link.h"
#include "sampler/host/storage/filesystem.h"
#include "sampler/host/system/time.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tests/sampler/golden_text.h"
#include "tests/sampler/host/fake_ethtool.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

// File systems that answer by their names.
int made_up_statfs(const char* path, struct statfs& out) {
  const std::string_view name(path);
  if (name.ends_with("/mnt/gone")) return EHOSTDOWN;
  out.f_bsize = 4096;
  out.f_blocks = 1000 + name.size() % 2;
  out.f_bfree = 500;
  out.f_bavail = 450;
  out.f_files = 300;
  out.f_ffree = 200;
  return 0;
}

class Recorded {
 public:
  explicit Recorded(const std::string& tree) : machine_(tree) {
    ::setenv("TZ", "UTC", 1);
    sources_ = make_host_sources(machine_.roots());
    for (auto& source : sources_) {
      if (source->name() == "filesystem") source = std::make_unique<FilesystemSource>(machine_.roots(), made_up_statfs);
      if (source->name() == "ethtool") source = std::make_unique<EthtoolSource>(machine_.roots(), nics_.call());
      if (source->name() == "ethtool_link") source = std::make_unique<EthtoolLinkSource>(machine_.roots(), nics_.call());
      if (source->name() == "time") source = std::make_unique<TimeSource>(machine_.roots(), clock_);
      if (source->name() == "kmsg") source = std::make_unique<KmsgSource>(machine_.roots(), clock_);
    }
    std::erase_if(sources_, [](const auto& source) { return source->name() == "uname" || source->name() == "timex"; });
  }

  Machine& machine() { return machine_; }

  // What `ethtool -i` and `ethtool -S` have printed of a tree's interfaces lies in its folder ethtool.
  void read_nics() {
    nics_.nics.clear();
    const std::string folder = machine_.path("ethtool");
    if (!std::filesystem::exists(folder)) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      nics_.nics[entry.path().filename()] = FakeNics::parse(read_file(entry.path()).value());
    }
  }

  // In the form of text 0.0.4, but with what is not there spelled out.
  std::string text() {
    read_nics();
    Once once = sample_once(sources_);
    std::string out;
    for (const Family& family : once.families) {
      out += fmt::format("# TYPE {} {}\n", family.name, metric_type_name(family.type, "untyped"));
      for (const auto& [labels, value] : family.samples) {
        out += labels.to_string() + " ";
        append_text_number(out, value);
        out += "\n";
      }
    }
    for (const SourceFailure& failed : once.failures) {
      out += fmt::format("# not here: {}: {}\n", failed.source, failed.error.message);
    }
    const std::string root = machine_.path("");
    for (std::size_t at; (at = out.find(root)) != std::string::npos;) out.replace(at, root.size(), "TREE/");
    return out;
  }

 private:
  Machine machine_;
  FakeNics nics_;
  FixedClock clock_{1'767'312'000'250'000'000, 50'000'000'000'000};  // up for 50,000 s
  std::vector<std::unique_ptr<Source>> sources_;
};

TEST_CASE("recorded trees give their golden texts") {
  const std::string tree = GENERATE("vm", "hotplug", "stepback", "disks", "halfwritten", "odd", "oldkernel", "hardware",
                                    "storage", "k8s", "cgroup1", "containers", "services");
  INFO("tree " << tree);
  Recorded recorded(tree);
  std::string text = recorded.text();
  const std::string later = trees() + "/" + tree + "/later";
  if (std::filesystem::exists(later)) {
    recorded.machine().lay_over(later);
    text += "\n# later\n" + recorded.text();
  }
  check_golden(tree, text);
}

TEST_CASE("a tree without any file gives no samples of it and says of each source what is missing") {
  Machine machine;
  for (const auto& source : make_host_sources(machine.roots())) {
    constexpr std::string_view kNotOfTrees[] = {"uname", "time", "timex", "textfile"};
    if (std::ranges::find(kNotOfTrees, source->name()) != std::end(kNotOfTrees)) continue;
    INFO(source->name());
    store::Schema schema;
    Result<void> described = source->describe(schema);
    REQUIRE_FALSE(described);
    CHECK(described.error().message.find(machine.path("")) != std::string::npos);
    CHECK(schema.empty());
  }
}

TEST_CASE("any beginning of a tree's files is read without a wrong value") {
  // What is read from a file cut anywhere must be a part of what is read from the whole: a digit less is never believed.
  for (const std::string file : {"stat", "meminfo", "vmstat", "diskstats", "net/dev", "loadavg", "pressure/io"}) {
    Machine machine("vm");
    auto samples = [&] {
      std::map<std::string, double> out;
      const auto sources = make_host_sources(machine.roots());
      for (Family& family : sample_once(std::span(sources).first(8)).families) {
        for (auto& [labels, value] : family.samples) out[labels.to_string()] = value;
      }
      return out;
    };
    const std::map<std::string, double> whole = samples();
    const std::string text = read_file(machine.path("proc/" + file)).value();
    for (std::size_t length = 0; length < text.size(); length += 1 + length / 97) {
      machine.write("proc/" + file, text.substr(0, length));
      for (const auto& [series, value] : samples()) {
        auto it = whole.find(series);
        INFO(file << " cut at " << length << ": " << series);
        REQUIRE(it != whole.end());
        REQUIRE(it->second == value);
      }
    }
  }
}

TEST_CASE("a cut file in the middle of sampling leaves cells absent and the layout as it is") {
  Machine machine("vm");
  const std::string text = read_file(machine.path("proc/meminfo")).value();
  auto sources = make_host_sources(machine.roots());
  auto meminfo = std::find_if(sources.begin(), sources.end(), [](const auto& s) { return s->name() == "meminfo"; });
  Watched watched(**meminfo);
  watched.tick();
  machine.write("proc/meminfo", text.substr(0, text.find("Cached:") + 12));
  CHECK(watched.tick() == 0);
  CHECK(watched("node_memory_Buffers_bytes") == 180224.0 * 1024);
  CHECK(is_absent(watched("node_memory_Cached_bytes")));
  CHECK(is_absent(watched("node_memory_DirectMap1G_bytes")));
}

TEST_CASE("256 CPUs are 2560 series, each at its place") {
  Machine machine;
  std::string text = "cpu  1 2 3 4 5 6 7 8 9 10\n";
  for (int cpu = 0; cpu < 256; ++cpu) {
    text += fmt::format("cpu{}", cpu);
    for (int field = 0; field < 10; ++field) text += fmt::format(" {}", 1000 * cpu + field);
    text += "\n";
  }
  text += "intr 99";
  for (int irq = 0; irq < 4000; ++irq) text += fmt::format(" {}", irq);
  text += "\nctxt 5\nbtime 6\nprocesses 7\nprocs_running 8\nprocs_blocked 9\n";
  machine.write("proc/stat", text);
  const auto sources = make_host_sources(machine.roots());
  Once once = sample_once(std::span(sources).first(2));
  CHECK(once.failures.empty());
  std::size_t series = 0;
  for (const Family& family : once.families) {
    if (!family.name.starts_with("node_cpu_")) continue;
    for (const auto& [labels, value] : family.samples) {
      ++series;
      const std::string_view mode = labels.get("mode");
      constexpr std::string_view kModes[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
      std::ptrdiff_t field = std::find(std::begin(kModes), std::end(kModes), mode) - std::begin(kModes);
      if (family.name == "node_cpu_guest_seconds_total") field += 8;
      const double cpu = parse_number(labels.get("cpu")).value();
      CHECK(value == (1000 * cpu + static_cast<double>(field)) / 100);
    }
  }
  CHECK(series == 2560);
}

}  // namespace
}  // namespace tacho::sampler
