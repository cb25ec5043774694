#include "sampler/host_sources.h"

#include "sampler/host/hardware/dmi.h"
#include "sampler/host/hardware/edac.h"
#include "sampler/host/hardware/hwmon.h"
#include "sampler/host/hardware/powersupplyclass.h"
#include "sampler/host/hardware/rapl.h"
#include "sampler/host/hardware/thermal_zone.h"
#include "sampler/host/hardware/watchdog.h"
#include "sampler/host/kernel_log/kmsg.h"
#include "sampler/host/memory/meminfo.h"
#include "sampler/host/memory/meminfo_numa.h"
#include "sampler/host/memory/vmstat.h"
#include "sampler/host/network/arp.h"
#include "sampler/host/network/bonding.h"
#include "sampler/host/network/conntrack.h"
#include "sampler/host/network/ethtool.h"
#include "sampler/host/network/ethtool_link.h"
#include "sampler/host/network/infiniband.h"
#include "sampler/host/network/ipvs.h"
#include "sampler/host/network/netclass.h"
#include "sampler/host/network/netdev.h"
#include "sampler/host/network/netstat.h"
#include "sampler/host/network/sockstat.h"
#include "sampler/host/network/softnet.h"
#include "sampler/host/network/udp_queues.h"
#include "sampler/host/storage/bcache.h"
#include "sampler/host/storage/bcachefs.h"
#include "sampler/host/storage/btrfs.h"
#include "sampler/host/storage/diskstats.h"
#include "sampler/host/storage/dmmultipath.h"
#include "sampler/host/storage/fibrechannel.h"
#include "sampler/host/storage/filesystem.h"
#include "sampler/host/storage/mdadm.h"
#include "sampler/host/storage/nfs.h"
#include "sampler/host/storage/nfsd.h"
#include "sampler/host/storage/nvme.h"
#include "sampler/host/storage/tapestats.h"
#include "sampler/host/storage/xfs.h"
#include "sampler/host/storage/zfs.h"
#include "sampler/host/system/cpu.h"
#include "sampler/host/system/cpu_state.h"
#include "sampler/host/system/cpufreq.h"
#include "sampler/host/system/entropy.h"
#include "sampler/host/system/filefd.h"
#include "sampler/host/system/interrupts.h"
#include "sampler/host/system/kernel_hung.h"
#include "sampler/host/system/loadavg.h"
#include "sampler/host/system/os.h"
#include "sampler/host/system/pressure.h"
#include "sampler/host/system/proc_stat.h"
#include "sampler/host/system/processes.h"
#include "sampler/host/system/schedstat.h"
#include "sampler/host/system/selinux.h"
#include "sampler/host/system/softirqs.h"
#include "sampler/host/system/stat.h"
#include "sampler/host/system/time.h"
#include "sampler/host/system/timex.h"
#include "sampler/host/system/uname.h"
#include "sampler/host/workload/cgroup.h"
#include "sampler/host/workload/cgroups.h"
#include "sampler/host/workload/textfile.h"

namespace tacho::sampler {

std::vector<std::unique_ptr<Source>> make_host_sources(const Roots& roots, const HostOptions& options) {
  std::vector<std::unique_ptr<Source>> sources;
  auto stat = std::make_shared<ProcStat>(roots);
  sources.push_back(std::make_unique<CpuSource>(stat));
  sources.push_back(std::make_unique<StatSource>(stat));
  sources.push_back(std::make_unique<SoftirqsSource>(roots, stat));
  sources.push_back(std::make_unique<MeminfoSource>(roots));
  sources.push_back(std::make_unique<MeminfoNumaSource>(roots));
  sources.push_back(std::make_unique<LoadavgSource>(roots));
  sources.push_back(std::make_unique<VmstatSource>(roots, Exclude::all_but(options.get("vmstat", "fields"))));
  sources.push_back(std::make_unique<PressureSource>(roots));
  sources.push_back(std::make_unique<DiskstatsSource>(roots, options.filter("diskstats", "device")));
  sources.push_back(std::make_unique<NetdevSource>(roots, options.filter("netdev", "device")));
  sources.push_back(std::make_unique<FilefdSource>(roots));
  sources.push_back(std::make_unique<EntropySource>(roots));
  sources.push_back(std::make_unique<TimeSource>(roots));
  sources.push_back(std::make_unique<UnameSource>());
  sources.push_back(std::make_unique<SchedstatSource>(roots));
  sources.push_back(std::make_unique<TimexSource>());
  sources.push_back(std::make_unique<OsSource>(roots));
  sources.push_back(std::make_unique<CpufreqSource>(roots));
  sources.push_back(std::make_unique<CpuStateSource>(roots));
  sources.push_back(std::make_unique<BondingSource>(roots));
  sources.push_back(std::make_unique<KernelHungSource>(roots));
  sources.push_back(std::make_unique<SelinuxSource>(roots));
  // What storage counts of itself.
  sources.push_back(std::make_unique<MdadmSource>(roots));
  sources.push_back(std::make_unique<XfsSource>(roots));
  sources.push_back(std::make_unique<ZfsSource>(roots));
  sources.push_back(std::make_unique<DmMultipathSource>(roots));
  sources.push_back(std::make_unique<TapestatsSource>(roots));
  sources.push_back(std::make_unique<FibreChannelSource>(roots));
  sources.push_back(std::make_unique<NfsSource>(roots));
  sources.push_back(std::make_unique<NfsdSource>(roots));
  // Hardware, as sysfs shows it.
  sources.push_back(std::make_unique<EdacSource>(roots));
  sources.push_back(std::make_unique<RaplSource>(roots));
  sources.push_back(std::make_unique<DmiSource>(roots));
  sources.push_back(std::make_unique<WatchdogSource>(roots));
  sources.push_back(
      std::make_unique<PowerSupplyClassSource>(roots, Exclude(options.get("powersupplyclass", "ignored_supplies"))));
  sources.push_back(std::make_unique<InfinibandSource>(roots));
  sources.push_back(std::make_unique<ThermalZoneSource>(roots));
  sources.push_back(std::make_unique<HwmonSource>(roots, options.filter("hwmon", "chip"), options.filter("hwmon", "sensor")));
  sources.push_back(std::make_unique<NvmeSource>(roots));
  sources.push_back(std::make_unique<FilesystemSource>(roots, system_statfs, options.filter("filesystem", "mount_points"),
                                                       options.filter("filesystem", "fs_types")));
  sources.push_back(std::make_unique<BtrfsSource>(roots));
  sources.push_back(std::make_unique<BcacheSource>(roots));
  sources.push_back(std::make_unique<BcachefsSource>(roots));
  sources.push_back(std::make_unique<NetstatSource>(roots, Exclude::all_but(options.get("netstat", "fields"))));
  sources.push_back(std::make_unique<SockstatSource>(roots));
  sources.push_back(std::make_unique<SoftnetSource>(roots));
  sources.push_back(std::make_unique<UdpQueuesSource>(roots));
  sources.push_back(std::make_unique<ArpSource>(roots, options.filter("arp", "device")));
  sources.push_back(std::make_unique<ConntrackSource>(roots));
  sources.push_back(std::make_unique<IpvsSource>(roots));
  sources.push_back(std::make_unique<NetclassSource>(roots, options.filter("netclass", "device"),
                                                     options.flag("netclass", "ignore_invalid_speed")));
  sources.push_back(std::make_unique<EthtoolSource>(roots, system_ethtool(), options.filter("ethtool", "device"),
                                                    Exclude::all_but(options.get("ethtool", "metrics_include"))));
  sources.push_back(std::make_unique<EthtoolLinkSource>(roots, system_ethtool(), options.filter("ethtool_link", "device")));
  sources.push_back(std::make_unique<CgroupsSource>(roots));
  sources.push_back(std::make_unique<InterruptsSource>(
      roots,
      InterruptsOptions{.left_out = options.filter("interrupts", "name"), .zeros = options.flag("interrupts", "include_zeros")}));
  sources.push_back(std::make_unique<ProcessesSource>(roots));
  sources.push_back(std::make_unique<TextfileSource>(options.texts("textfile", "directory")));
  // What runs here.
  sources.push_back(std::make_unique<KmsgSource>(roots));
  sources.push_back(std::make_unique<CgroupSource>(
      roots,
      CgroupOptions{.cgroups_max = options.number("cgroup", "cgroups_max"),
                    .services = options.flag("cgroup", "services") ? ShowServices::always : ShowServices::without_containers}));
  return sources;
}

}  // namespace tacho::sampler
