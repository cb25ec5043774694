// Any bytes are any file that a source of the host reads: an error, or series that fit it. The input's first byte says which file, the
// second where it is cut, the rest is the text it is described by and, behind a 0, the one it has at the next tick.
//
// Fits     what was just described is sampled as it was described; a second text is sampled, or described anew and then sampled.
// Names    are names, and no series is there twice.
// Cuts     of a table learned from the whole text, a beginning gives nothing but what the whole gives.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "proto/base/file.h"
#include "sampler/host/hardware/dmi.h"
#include "sampler/host/hardware/edac.h"
#include "sampler/host/hardware/hwmon.h"
#include "sampler/host/hardware/rapl.h"
#include "sampler/host/hardware/thermal_zone.h"
#include "sampler/host/memory/meminfo.h"
#include "sampler/host/memory/meminfo_numa.h"
#include "sampler/host/memory/vmstat.h"
#include "sampler/host/network/arp.h"
#include "sampler/host/network/conntrack.h"
#include "sampler/host/network/infiniband.h"
#include "sampler/host/network/netclass.h"
#include "sampler/host/network/netdev.h"
#include "sampler/host/network/netstat.h"
#include "sampler/host/network/sockstat.h"
#include "sampler/host/network/softnet.h"
#include "sampler/host/network/udp_queues.h"
#include "sampler/host/storage/diskstats.h"
#include "sampler/host/storage/filesystem.h"
#include "sampler/host/storage/nvme.h"
#include "sampler/host/system/cpu.h"
#include "sampler/host/system/cpufreq.h"
#include "sampler/host/system/filefd.h"
#include "sampler/host/system/interrupts.h"
#include "sampler/host/system/loadavg.h"
#include "sampler/host/system/os.h"
#include "sampler/host/system/pressure.h"
#include "sampler/host/system/processes.h"
#include "sampler/host/system/schedstat.h"
#include "sampler/host/system/softirqs.h"
#include "sampler/host/system/stat.h"
#include "sampler/host/workload/cgroups.h"
#include "sampler/row_buffer.h"

namespace {

using namespace tacho;
using namespace tacho::sampler;

// Each reading is a tick after the last: nothing is shared between them.
class Ticking : public Clock {
 public:
  std::int64_t wall_ns() const override { return now_ += kNsPerSecond; }
  MonoNs mono() const override { return MonoNs{now_ += kNsPerSecond}; }
  void sleep_until(MonoNs) const override {}

 private:
  mutable std::int64_t now_ = kNsPerSecond;
};

const Ticking the_clock;

// Compiled once.
const Exclude& devices() {
  static const Exclude exclude(kNetdevExclude);
  return exclude;
}

int no_statfs(const char* path, struct statfs& out) {
  out.f_blocks = 1;
  return path[0] == '/' ? 0 : ENOENT;
}

std::shared_ptr<ProcStat> stat_of(const Roots& roots) { return std::make_shared<ProcStat>(roots, the_clock); }

template <typename S>
std::unique_ptr<Source> plain(const Roots& roots) {
  return std::make_unique<S>(roots);
}
template <typename S>
std::unique_ptr<Source> on_stat(const Roots& roots) {
  return std::make_unique<S>(stat_of(roots));
}
template <typename S>
std::unique_ptr<Source> of_devices(const Roots& roots) {
  return std::make_unique<S>(roots, devices());
}
std::unique_ptr<Source> disks(const Roots& roots) {
  static const Exclude exclude(kDiskExclude);
  return std::make_unique<DiskstatsSource>(roots, exclude);
}
std::unique_ptr<Source> softirqs(const Roots& roots) { return std::make_unique<SoftirqsSource>(roots, stat_of(roots)); }
std::unique_ptr<Source> mounts(const Roots& roots) {
  static const Exclude points(kMountExclude);
  static const Exclude types(kFsTypeExclude);
  return std::make_unique<FilesystemSource>(roots, no_statfs, points, types);
}

struct Kind {
  const char* file;
  std::unique_ptr<Source> (*make)(const Roots&);
  // Lines that are known by their places: a beginning is a part. Otherwise one number or text, of which "12" could be all, or lines
  // of which the last by a name counts.
  bool is_table = true;
};

// The corpus knows them by their places: new ones go to the end.
constexpr Kind kKinds[] = {
    {"proc/stat", on_stat<CpuSource>},
    {"proc/stat", on_stat<StatSource>},
    {"proc/stat", softirqs},
    {"proc/softirqs", softirqs},
    {"proc/interrupts", plain<InterruptsSource>},
    {"proc/meminfo", plain<MeminfoSource>},
    {"proc/vmstat", plain<VmstatSource>},
    {"proc/loadavg", plain<LoadavgSource>},
    {"proc/pressure/memory", plain<PressureSource>, false},
    {"proc/diskstats", disks},
    {"root/run/udev/data/b8:0", disks, false},
    {"proc/net/dev", of_devices<NetdevSource>},
    {"proc/net/netstat", plain<NetstatSource>},
    {"proc/net/snmp6", plain<NetstatSource>},
    {"proc/net/sockstat", plain<SockstatSource>},
    {"proc/net/softnet_stat", plain<SoftnetSource>},
    {"proc/net/udp", plain<UdpQueuesSource>, false},
    {"proc/net/arp", of_devices<ArpSource>, false},
    {"proc/net/stat/nf_conntrack", plain<ConntrackSource>, false},
    {"proc/schedstat", plain<SchedstatSource>},
    {"proc/sys/fs/file-nr", plain<FilefdSource>, false},
    {"proc/1/mountinfo", mounts},
    {"proc/1/stat", plain<ProcessesSource>, false},
    {"proc/2/task/3/stat", plain<ProcessesSource>, false},
    {"proc/cgroups", plain<CgroupsSource>},
    {"sys/devices/system/node/node0/meminfo", plain<MeminfoNumaSource>},
    {"sys/devices/system/node/node0/numastat", plain<MeminfoNumaSource>},
    {"sys/devices/system/node/online", plain<MeminfoNumaSource>, false},
    {"root/etc/os-release", plain<OsSource>, false},
    {"sys/class/thermal/thermal_zone0/temp", plain<ThermalZoneSource>, false},
    {"sys/class/thermal/thermal_zone0/type", plain<ThermalZoneSource>, false},
    {"sys/class/hwmon/hwmon0/temp1_input", plain<HwmonSource>, false},
    {"sys/class/hwmon/hwmon0/temp1_label", plain<HwmonSource>, false},
    {"sys/class/hwmon/hwmon0/name", plain<HwmonSource>, false},
    {"sys/class/infiniband/mlx5_0/ports/1/rate", plain<InfinibandSource>, false},
    {"sys/class/infiniband/mlx5_0/ports/1/hw_counters/rx_write_requests", plain<InfinibandSource>, false},
    {"sys/class/powercap/intel-rapl:0/name", plain<RaplSource>, false},
    {"sys/class/powercap/intel-rapl:0/energy_uj", plain<RaplSource>, false},
    {"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", plain<CpufreqSource>, false},
    {"sys/devices/system/cpu/cpu0/cpufreq/scaling_available_governors", plain<CpufreqSource>, false},
    {"sys/devices/system/cpu/offline", plain<CpufreqSource>, false},
    {"sys/class/net/eth0/speed", of_devices<NetclassSource>, false},
    {"sys/class/net/eth0/operstate", of_devices<NetclassSource>, false},
    {"sys/class/nvme/nvme0/model", plain<NvmeSource>, false},
    {"sys/class/dmi/id/product_name", plain<DmiSource>, false},
    {"sys/devices/system/edac/mc/mc0/ce_count", plain<EdacSource>, false},
};

// What lies beside the file that is tried, so that its source is here at all.
constexpr std::pair<const char*, const char*> kBeside[] = {
    {"proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"},
    {"proc/2/stat", "2 (two) S 1 2 2 0 -1 4194560 1 0 3 0 5 6 0 0 20 0 2 0 12\n"},
    {"proc/1/stat", "1 (one) S 1 1 1 0 -1 4194560 1 0 3 0 5 6 0 0 20 0 1 0 12\n"},
    {"proc/sys/net/netfilter/nf_conntrack_count", "1\n"},
    {"sys/devices/system/node/node0/meminfo", "Node 0 MemFree: 1 kB\n"},
    {"sys/devices/system/node/node0/numastat", "numa_hit 1\n"},
    {"sys/class/thermal/thermal_zone0/temp", "42000\n"},
    {"sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n"},
    {"sys/class/hwmon/hwmon0/temp1_input", "42000\n"},
    {"sys/class/infiniband/mlx5_0/ports/1/state", "4: ACTIVE\n"},
    {"sys/class/powercap/intel-rapl:0/name", "package-0\n"},
    {"sys/class/powercap/intel-rapl:0/energy_uj", "42000\n"},
    {"sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n"},
    {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"},
    {"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n"},
    {"sys/class/net/eth0/operstate", "up\n"},
    {"sys/class/nvme/nvme0/model", "a disk\n"},
    {"sys/devices/system/edac/mc/mc0/ce_count", "1\n"},
};

[[noreturn]] void give_up(const Kind& kind, std::string_view what) {
  fmt::print(stderr, "{}: {}\n", kind.file, what);
  std::abort();
}

class Tree {
 public:
  Tree() {
    const std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    root_ = fmt::format("{}/tacho_host_fuzz.{}/", folder, ::getpid());
    for (const Kind& kind : kKinds) std::filesystem::create_directories(std::filesystem::path(root_ + kind.file).parent_path());
    for (const auto& [file, text] : kBeside) {
      std::filesystem::create_directories(std::filesystem::path(root_ + file).parent_path());
      write(file, text);
    }
  }
  ~Tree() { std::filesystem::remove_all(root_); }
  Tree(const Tree&) = delete;

  void write(const std::string& file, std::string_view text) {
    const auto fd = Fd::open(root_ + file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    if (!fd || !write_at(*fd, std::as_bytes(std::span(text)), 0, file)) std::abort();
  }
  void put_back(const std::string& file) {
    ::unlink((root_ + file).c_str());
    for (const auto& [beside, text] : kBeside) {
      if (file == beside) write(file, text);
    }
  }
  Roots roots() const { return {.procfs = root_ + "proc", .sysfs = root_ + "sys", .rootfs = root_ + "root"}; }

 private:
  std::string root_;
};

// False if the source is not here.
bool describe(const Kind& kind, Source& source, store::Schema& schema) {
  schema.clear();
  if (!source.describe(schema)) return false;
  std::set<std::string> seen;
  for (const store::SeriesInfo& series : schema) {
    if (!is_classic_metric_name(series.labels.metric_name())) give_up(kind, "a metric's name is none");
    if (!seen.insert(series.labels.to_string()).second) give_up(kind, "a series is there twice");
  }
  return true;
}

// The cells' bits; none if there is no row.
std::optional<std::vector<std::uint64_t>> sample(Source& source, const store::Schema& schema, bool& changed) {
  RowBuffer cells(schema.size());
  Row row = cells.row();
  const Result<Sampled> sampled = source.sample(row);
  changed = sampled && *sampled == Sampled::layout_changed;
  if (!sampled || changed) return std::nullopt;
  std::vector<std::uint64_t> bits;
  for (std::size_t i = 0; i < schema.size(); ++i) bits.push_back(std::bit_cast<std::uint64_t>(cells[i]));
  return bits;
}

void try_texts(Tree& tree, const Kind& kind, std::string_view first, std::size_t cut, std::string_view second) {
  const std::unique_ptr<Source> source = kind.make(tree.roots());
  store::Schema schema;
  bool changed = false;
  tree.write(kind.file, first);
  const bool here = describe(kind, *source, schema);
  if (here) {
    const auto whole = sample(*source, schema, changed);
    if (changed) give_up(kind, "what was just described is another layout");
    tree.write(kind.file, first.substr(0, cut));
    const auto part = sample(*source, schema, changed);
    for (std::size_t i = 0; kind.is_table && whole && part && i < schema.size(); ++i) {
      if (!is_absent(std::bit_cast<double>((*part)[i])) && (*part)[i] != (*whole)[i]) {
        give_up(kind, fmt::format("cut at {}, {} is another value", cut, schema[i].labels.to_string()));
      }
    }
  }
  tree.write(kind.file, second);
  if (here) {
    (void)sample(*source, schema, changed);
    if (!changed) return;
  }
  if (!describe(kind, *source, schema)) return;
  (void)sample(*source, schema, changed);
  if (changed) give_up(kind, "what was described anew is another layout");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  static Tree tree;
  if (size < 2) return 0;
  const Kind& kind = kKinds[data[0] % std::size(kKinds)];
  std::string_view first(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string_view second = first;
  if (const std::size_t end = first.find('\0'); end != std::string_view::npos) {
    second.remove_prefix(end + 1);
    first = first.substr(0, end);
  }
  try_texts(tree, kind, first, first.size() * data[1] / 255, second);
  tree.put_back(kind.file);
  return 0;
}
