#include "sampler/host_sources.h"

#include "sampler/host/arp.h"
#include "sampler/host/cgroup.h"
#include "sampler/host/conntrack.h"
#include "sampler/host/cpu.h"
#include "sampler/host/cpufreq.h"
#include "sampler/host/diskstats.h"
#include "sampler/host/dmi.h"
#include "sampler/host/edac.h"
#include "sampler/host/entropy.h"
#include "sampler/host/filefd.h"
#include "sampler/host/filesystem.h"
#include "sampler/host/hwmon.h"
#include "sampler/host/infiniband.h"
#include "sampler/host/kmsg.h"
#include "sampler/host/loadavg.h"
#include "sampler/host/meminfo.h"
#include "sampler/host/netclass.h"
#include "sampler/host/netdev.h"
#include "sampler/host/netstat.h"
#include "sampler/host/nvme.h"
#include "sampler/host/os.h"
#include "sampler/host/pressure.h"
#include "sampler/host/proc_stat.h"
#include "sampler/host/rapl.h"
#include "sampler/host/schedstat.h"
#include "sampler/host/sockstat.h"
#include "sampler/host/softnet.h"
#include "sampler/host/stat.h"
#include "sampler/host/thermal_zone.h"
#include "sampler/host/time.h"
#include "sampler/host/timex.h"
#include "sampler/host/udp_queues.h"
#include "sampler/host/uname.h"
#include "sampler/host/vmstat.h"

namespace tacho::sampler {

std::vector<std::unique_ptr<Source>> make_host_sources(const Roots& roots) {
  std::vector<std::unique_ptr<Source>> sources;
  auto stat = std::make_shared<ProcStat>(roots);
  sources.push_back(std::make_unique<CpuSource>(stat));
  sources.push_back(std::make_unique<StatSource>(stat));
  sources.push_back(std::make_unique<MeminfoSource>(roots));
  sources.push_back(std::make_unique<LoadavgSource>(roots));
  sources.push_back(std::make_unique<VmstatSource>(roots));
  sources.push_back(std::make_unique<PressureSource>(roots));
  sources.push_back(std::make_unique<DiskstatsSource>(roots));
  sources.push_back(std::make_unique<NetdevSource>(roots));
  sources.push_back(std::make_unique<FilefdSource>(roots));
  sources.push_back(std::make_unique<EntropySource>(roots));
  sources.push_back(std::make_unique<TimeSource>(roots));
  sources.push_back(std::make_unique<UnameSource>());
  sources.push_back(std::make_unique<SchedstatSource>(roots));
  sources.push_back(std::make_unique<TimexSource>());
  sources.push_back(std::make_unique<OsSource>(roots));
  sources.push_back(std::make_unique<CpufreqSource>(roots));
  // Hardware, as sysfs shows it.
  sources.push_back(std::make_unique<EdacSource>(roots));
  sources.push_back(std::make_unique<RaplSource>(roots));
  sources.push_back(std::make_unique<DmiSource>(roots));
  sources.push_back(std::make_unique<InfinibandSource>(roots));
  sources.push_back(std::make_unique<ThermalZoneSource>(roots));
  sources.push_back(std::make_unique<HwmonSource>(roots));
  sources.push_back(std::make_unique<NvmeSource>(roots));
  sources.push_back(std::make_unique<FilesystemSource>(roots));
  sources.push_back(std::make_unique<NetstatSource>(roots));
  sources.push_back(std::make_unique<SockstatSource>(roots));
  sources.push_back(std::make_unique<SoftnetSource>(roots));
  sources.push_back(std::make_unique<UdpQueuesSource>(roots));
  sources.push_back(std::make_unique<ArpSource>(roots));
  sources.push_back(std::make_unique<ConntrackSource>(roots));
  sources.push_back(std::make_unique<NetclassSource>(roots));
  // What runs here.
  sources.push_back(std::make_unique<KmsgSource>(roots));
  sources.push_back(std::make_unique<CgroupSource>(roots));
  return sources;
}

}  // namespace tacho::sampler
