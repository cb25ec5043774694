// What does a tick of the host's sources cost beside a bare loop that does nothing but pread the same files?
//
// The sources that the agent's tick thread samples (those that never block, on by default) are sampled on this machine; then the
// descriptors that they hold open below /proc and /sys are read to their ends, by nobody who looks at what they say: the limit.
// Rounds of both alternate. CPU time of the thread, so what else runs here matters little. Printed per source and in all.
//
// usage: host_cost_bench [--rounds 300] [--pause-ms 1] [--procfs DIR] [--sysfs DIR]
//   --pause-ms: between rounds; with 20 and more, caches are as cold as in an agent that ticks.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "bench/options.h"
#include "proto/base/check.h"
#include "sampler/host_sources.h"
#include "sampler/row_buffer.h"

namespace tacho::sampler {
namespace {

namespace fs = std::filesystem;

std::int64_t thread_cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// Descriptors that are open on files of the machine.
std::set<int> kernel_files(const Roots& roots) {
  std::set<int> found;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = fs::read_symlink(entry.path(), error).string();
    if (error || (!target.starts_with(roots.procfs + "/") && !target.starts_with(roots.sysfs + "/"))) continue;
    if (!target.ends_with("/fd")) found.insert(std::stoi(entry.path().filename().string()));
  }
  return found;
}

// Into a buffer that just holds it: the kernel makes one of that size itself for a sysctl.
struct File {
  int descriptor;
  std::vector<char> buffer = std::vector<char>(4096);
};

void read_to_the_end(File& file) {
  std::size_t length = 0;
  while (true) {
    if (length == file.buffer.size()) file.buffer.resize(2 * length);
    const ssize_t n =
        ::pread(file.descriptor, file.buffer.data() + length, file.buffer.size() - length, static_cast<off_t>(length));
    if (n <= 0) return;
    length += static_cast<std::size_t>(n);
  }
}

struct Measured {
  std::unique_ptr<Source> source;
  std::vector<File> files;
  std::size_t series = 0;
  RowBuffer cells{0};
  std::vector<std::int64_t> tick_ns;
  std::vector<std::int64_t> read_ns;
  bool gone = false;
};

void describe(Measured& m) {
  store::Schema schema;
  m.gone = !m.source->describe(schema).has_value();
  m.series = schema.size();
  m.cells = RowBuffer(schema.size());
}

void tick(Measured& m) {
  Row row = m.cells.row();
  const auto sampled = m.source->sample(row);
  if (!sampled || *sampled == Sampled::layout_changed) describe(m);
}

std::int64_t median(std::vector<std::int64_t> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void print(std::string_view name, std::size_t files, std::size_t series, std::int64_t tick_ns, std::int64_t read_ns) {
  fmt::print("{:<14} {:>6} {:>7} {:>10.1f} {:>10.1f} {:>7}\n", name, files, series, static_cast<double>(tick_ns) / 1e3,
             static_cast<double>(read_ns) / 1e3,
             read_ns ? fmt::format("{:.2f}", static_cast<double>(tick_ns) / static_cast<double>(read_ns)) : "-");
}

int run(const Roots& roots, int rounds, int pause_ms) {
  std::vector<Measured> all;
  std::set<int> known = kernel_files(roots);
  for (auto& source : make_host_sources(roots)) {
    if (source->may_block() || !source->on_by_default() || source->default_interval_ms() != 0) continue;
    Measured m;
    m.source = std::move(source);
    describe(m);
    if (m.gone) continue;
    tick(m);
    for (const int file : kernel_files(roots)) {
      if (known.insert(file).second) m.files.push_back({file});
    }
    all.push_back(std::move(m));
  }
  std::vector<std::int64_t> ticks, reads;
  for (int round = 0; round < rounds; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    std::int64_t sum = 0;
    for (Measured& m : all) {
      const std::int64_t begin = thread_cpu_ns();
      tick(m);
      m.tick_ns.push_back(thread_cpu_ns() - begin);
      sum += m.tick_ns.back();
    }
    ticks.push_back(sum);
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    sum = 0;
    for (Measured& m : all) {
      const std::int64_t begin = thread_cpu_ns();
      for (File& file : m.files) read_to_the_end(file);
      m.read_ns.push_back(thread_cpu_ns() - begin);
      sum += m.read_ns.back();
    }
    reads.push_back(sum);
  }
  fmt::print("{:<14} {:>6} {:>7} {:>10} {:>10} {:>7}\n", "SOURCE", "FILES", "SERIES", "TICK us", "PREAD us", "RATIO");
  std::size_t files = 0;
  std::size_t series = 0;
  for (const Measured& m : all) {
    print(m.source->name(), m.files.size(), m.series, median(m.tick_ns), m.files.empty() ? 0 : median(m.read_ns));
    files += m.files.size();
    series += m.series;
  }
  print("all", files, series, median(ticks), median(reads));
  return 0;
}

}  // namespace
}  // namespace tacho::sampler

int main(int argc, char** argv) {
  const auto options =
      tacho::bench::Options::parse(argc, argv, {{"rounds", "300"}, {"pause-ms", "1"}, {"procfs", "/proc"}, {"sysfs", "/sys"}});
  if (!options) {
    fmt::print(stderr, "host_cost_bench: {}\n", options.error().message);
    return 2;
  }
  const auto rounds = options->number("rounds");
  const auto pause = options->number("pause-ms");
  if (!rounds || !pause) {
    fmt::print(stderr, "host_cost_bench: {}\n", (rounds ? pause : rounds).error().message);
    return 2;
  }
  return tacho::sampler::run({.procfs = options->text("procfs"), .sysfs = options->text("sysfs"), .rootfs = ""},
                             static_cast<int>(*rounds), static_cast<int>(*pause));
}
