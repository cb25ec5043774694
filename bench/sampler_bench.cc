// What does a tick of the host's sources cost beside a bare loop that only reads the same files? And how does it grow with CPUs?
//
// tick/NAME      one sample of one source, files warm; /N is a made tree with N CPUs, or N containers.
// kmsg/line      one line of the kernel's log, to see what it tells of.
// read/NAME      pread of its file until the end, nothing else: the limit.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "proto/base/check.h"
#include "sampler/host/kernel_log/kmsg_events.h"
#include "sampler/host_sources.h"
#include "sampler/kernel_file.h"
#include "sampler/row_buffer.h"

namespace tacho::sampler {
namespace {

void tick(benchmark::State& state, const Roots& roots, std::string_view name) {
  for (const auto& source : make_host_sources(roots)) {
    if (source->name() != name) continue;
    store::Schema schema;
    if (Result<void> described = source->describe(schema); !described)
      return state.SkipWithError(described.error().message.c_str());
    RowBuffer cells(schema.size());
    Row row = cells.row();
    for (auto _ : state) {
      Result<Sampled> sampled = source->sample(row);
      if (!sampled || *sampled != Sampled::ok) return state.SkipWithError("the layout changed");
    }
    state.counters["series"] = static_cast<double>(schema.size());
    return;
  }
}

void read(benchmark::State& state, const std::string& path) {
  KernelFile file(path);
  for (auto _ : state) {
    Result<std::string_view> text = file.read();
    if (!text) return state.SkipWithError(text.error().message.c_str());
    benchmark::DoNotOptimize(text->data());
  }
}

// A machine of `cpus` CPUs with busy counters, below /tmp; the next run writes it anew.
Roots made_machine(int cpus) {
  const std::string root = fmt::format("/tmp/tacho-bench-{}cpu", cpus);
  std::filesystem::create_directories(root + "/proc");
  std::ofstream stat(root + "/proc/stat");
  stat << "cpu  1 2 3 4 5 6 7 8 9 10\n";
  for (int cpu = 0; cpu < cpus; ++cpu) {
    stat << fmt::format("cpu{} {} 0 {} {} {} 0 {} 0 0 0\n", cpu, 9'000'000 + cpu, 400'000 + cpu, 80'000'000 + cpu, cpu,
                        9000 + cpu);
  }
  stat << "intr 12345678901";
  for (int irq = 0; irq < 20 * cpus; ++irq) stat << ' ' << (irq % 7 ? 0 : irq);
  stat << "\nctxt 1\nbtime 2\nprocesses 3\nprocs_running 4\nprocs_blocked 5\n";
  TACHO_CHECK(stat.good());
  // A dozen interrupts a CPU, each on one of them, as network and storage queues have it.
  std::ofstream interrupts(root + "/proc/interrupts");
  for (int cpu = 0; cpu < cpus; ++cpu) interrupts << fmt::format("       CPU{}", cpu);
  for (int irq = 0; irq < 12 * cpus; ++irq) {
    interrupts << fmt::format("\n{:4}:", irq);
    for (int cpu = 0; cpu < cpus; ++cpu) interrupts << fmt::format(" {:10}", cpu == irq % cpus ? 1'000'000 + irq : 0);
    interrupts << fmt::format("  IR-PCI-MSIX-0000:01:00.0  {}-edge  mlx5_comp{}", irq, irq);
  }
  interrupts << '\n';
  TACHO_CHECK(interrupts.good());
  return {.procfs = root + "/proc", .sysfs = root + "/sys", .rootfs = root + "/root"};
}

// A node of `count` containers in version 2, below /tmp; the next run writes it anew. A file there costs three stat calls more than one of
// the kernel's (kernel_file.h), and none of what the kernel gathers for it: for that, make cgroups and run tick/cgroup.
Roots made_node(int count) {
  const std::string root = fmt::format("/tmp/tacho-bench-{}cgroup", count);
  const auto write = [](const std::string& path, std::string_view text) {
    std::ofstream file(path);
    file << text;
    TACHO_CHECK(file.good());
  };
  std::string memory_stat;
  for (const char* key :
       {"anon",           "file",        "kernel",      "kernel_stack",   "pagetables", "sec_pagetables", "percpu",
        "sock",           "vmalloc",     "shmem",       "zswap",          "zswapped",   "file_mapped",    "file_dirty",
        "file_writeback", "swapcached",  "anon_thp",    "file_thp",       "shmem_thp",  "inactive_anon",  "active_anon",
        "inactive_file",  "active_file", "unevictable", "slab",           "pgscan",     "pgsteal",        "pgfault",
        "pgmajfault",     "pgrefill",    "pgactivate",  "thp_fault_alloc"})
    memory_stat += fmt::format("{} 123456789\n", key);
  const std::string pressure =
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1234\n";
  for (int i = 0; i < count; ++i) {
    const std::string folder = fmt::format("{}/sys/fs/cgroup/kubepods.slice/cri-containerd-{:064x}.scope", root, i);
    std::filesystem::create_directories(folder);
    write(folder + "/cpu.stat",
          "usage_usec 1234567\nuser_usec 1\nsystem_usec 2\nnr_periods 5\nnr_throttled 1\nthrottled_usec 2\n");
    write(folder + "/cpu.max", "200000 100000\n");
    for (const char* file : {"memory.current", "memory.peak", "memory.max", "memory.swap.current", "pids.current", "pids.max"})
      write(folder + "/" + file, "123456789\n");
    write(folder + "/memory.stat", memory_stat);
    write(folder + "/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
    write(folder + "/io.stat", "259:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n");
    for (const char* file : {"cpu.pressure", "memory.pressure", "io.pressure"}) write(folder + "/" + file, pressure);
  }
  write(root + "/sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
  return {.procfs = root + "/proc", .sysfs = root + "/sys", .rootfs = root + "/root"};
}

// A line of the log that tells of nothing: all patterns are tried.
void kmsg_line(benchmark::State& state) {
  const std::string line =
      "mlx5_core 0000:3b:00.0: 252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link), limited by the slot";
  for (auto _ : state) {
    if (kmsg_kind(line)) return state.SkipWithError("the line is an event");
  }
}

int registered = [] {
  benchmark::RegisterBenchmark("kmsg/line", kmsg_line);
  for (const char* name :
       {"cpu",        "stat",      "meminfo",      "loadavg", "vmstat",     "pressure",     "diskstats", "netdev",   "filesystem",
        "time",       "netstat",   "sockstat",     "softnet", "udp_queues", "arp",          "conntrack", "netclass", "softirqs",
        "interrupts", "processes", "meminfo_numa", "cgroups", "ethtool",    "ethtool_link", "cgroup",    "kmsg"}) {
    benchmark::RegisterBenchmark(fmt::format("tick/{}", name).c_str(), [name](benchmark::State& s) { tick(s, {}, name); });
  }
  for (const char* name : {"stat", "meminfo", "loadavg", "vmstat", "diskstats", "net/dev"}) {
    benchmark::RegisterBenchmark(fmt::format("read/{}", name).c_str(),
                                 [name](benchmark::State& s) { read(s, fmt::format("/proc/{}", name)); });
  }
  for (int cgroups : {50, 500}) {
    benchmark::RegisterBenchmark(fmt::format("tick/cgroup/{}", cgroups).c_str(),
                                 [cgroups](benchmark::State& s) { tick(s, made_node(cgroups), "cgroup"); });
  }
  for (int cpus : {2, 64, 256}) {
    benchmark::RegisterBenchmark(fmt::format("tick/cpu/{}", cpus).c_str(),
                                 [cpus](benchmark::State& s) { tick(s, made_machine(cpus), "cpu"); });
    benchmark::RegisterBenchmark(fmt::format("tick/interrupts/{}", cpus).c_str(),
                                 [cpus](benchmark::State& s) { tick(s, made_machine(cpus), "interrupts"); });
    benchmark::RegisterBenchmark(fmt::format("read/interrupts/{}", cpus).c_str(),
                                 [cpus](benchmark::State& s) { read(s, made_machine(cpus).procfs + "/interrupts"); });
    benchmark::RegisterBenchmark(fmt::format("read/stat/{}", cpus).c_str(),
                                 [cpus](benchmark::State& s) { read(s, made_machine(cpus).procfs + "/stat"); });
  }
  return 0;
}();

}  // namespace
}  // namespace tacho::sampler

BENCHMARK_MAIN();
