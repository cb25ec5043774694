// Stories of single sources over several ticks.

#include "proto/base/file.h"
#include "sampler/host/memory/vmstat.h"
#include "sampler/host/network/netdev.h"
#include "sampler/host/storage/diskstats.h"
#include "sampler/host/storage/filesystem.h"
#include "sampler/host/system/cpu.h"
#include "sampler/host/system/pressure.h"
#include "sampler/host/system/stat.h"
#include "sampler/host/system/time.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

std::string cpu_series(int cpu, const std::string& mode) {
  return fmt::format("node_cpu_seconds_total{{cpu=\"{}\",mode=\"{}\"}}", cpu, mode);
}

// The CPU source with a file of its own that is read at each tick.
struct CpuStory {
  Machine machine;
  CpuSource source{std::make_shared<ProcStat>(machine.roots())};
  Watched watched{source};

  int tick(const std::string& cpu_lines) {
    machine.write("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\n" + cpu_lines + "intr 1\nctxt 2\n");
    return watched.tick();
  }
};

TEST_CASE("a CPU counter that steps back keeps its value until it has caught up") {
  CpuStory story;
  story.tick("cpu0 10 0 0 1000 500 0 0 7 0 0\n");
  story.tick("cpu0 11 0 0 999 490 0 0 6 0 0\n");
  CHECK(story.watched(cpu_series(0, "user")) == 0.11);
  CHECK(story.watched(cpu_series(0, "idle")) == 10.0);
  CHECK(story.watched(cpu_series(0, "iowait")) == 5.0);
  CHECK(story.watched(cpu_series(0, "steal")) == 0.07);
  story.tick("cpu0 11 0 0 1003 501 0 0 6 0 0\n");
  CHECK(story.watched(cpu_series(0, "idle")) == 10.03);
  CHECK(story.watched(cpu_series(0, "iowait")) == 5.01);
}

TEST_CASE("idle that falls by three seconds is a CPU that was replaced: it starts anew") {
  CpuStory story;
  story.tick("cpu0 10 0 0 1000 500 0 0 0 0 0\n");
  story.tick("cpu0 2 0 0 701 1 0 0 0 0 0\n");
  CHECK(story.watched(cpu_series(0, "idle")) == 10.0);
  CHECK(story.watched(cpu_series(0, "user")) == 0.10);
  story.tick("cpu0 2 0 0 700 1 0 0 0 0 0\n");
  CHECK(story.watched(cpu_series(0, "idle")) == 7.0);
  CHECK(story.watched(cpu_series(0, "user")) == 0.02);
  CHECK(story.watched(cpu_series(0, "iowait")) == 0.01);
}

TEST_CASE("CPUs come and go, those that stay keep what they have reached") {
  CpuStory story;
  CHECK(story.tick("cpu0 10 0 0 1000 0 0 0 0 0 0\ncpu1 20 0 0 2000 0 0 0 0 0 0\n") == 1);
  CHECK(story.tick("cpu1 20 0 0 1990 0 0 0 0 0 0\n") == 1);
  CHECK_FALSE(story.watched.has(cpu_series(0, "idle")));
  CHECK(story.watched(cpu_series(1, "idle")) == 20.0);
  CHECK(story.tick("cpu0 0 0 0 5 0 0 0 0 0 0\ncpu1 20 0 0 2010 0 0 0 0 0 0\n") == 1);
  CHECK(story.watched(cpu_series(0, "idle")) == 0.05);
  CHECK(story.tick("cpu0 0 0 0 6 0 0 0 0 0 0\ncpu1 20 0 0 2011 0 0 0 0 0 0\n") == 0);
}

TEST_CASE("a kernel without steal and guest time has no series of them") {
  CpuStory story;
  story.tick("cpu0 10 0 0 1000 5 0 0\n");
  CHECK(story.watched(cpu_series(0, "softirq")) == 0.0);
  CHECK_FALSE(story.watched.has(cpu_series(0, "steal")));
  CHECK_FALSE(story.watched.has("node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"}"));
}

TEST_CASE("two sources share one read of /proc/stat a tick, and each tick is a new one") {
  Machine machine("vm");
  FixedClock clock(0);
  auto stat = std::make_shared<ProcStat>(machine.roots(), clock);
  CpuSource cpu(stat);
  StatSource totals(stat);
  Watched cpus(cpu), total(totals);
  cpus.tick();
  total.tick();
  clock.advance_ms(1000);
  const std::string text = read_file(machine.path("proc/stat")).value();
  auto write = [&](const std::string& user, const std::string& switches) {
    std::string now = text;
    now.replace(now.find("cpu0 9120"), 9, "cpu0 " + user);
    now.replace(now.find("ctxt 15239923"), 13, "ctxt " + switches);
    machine.write("proc/stat", now);
  };
  write("9130", "77");
  cpus.tick();
  write("9999", "78");
  total.tick();
  CHECK(cpus(cpu_series(0, "user")) == 91.30);
  CHECK(total("node_context_switches_total") == 77);
  clock.advance_ms(1000);
  cpus.tick();
  total.tick();
  CHECK(cpus(cpu_series(0, "user")) == 99.99);
  CHECK(total("node_context_switches_total") == 78);
}

TEST_CASE("disk times of 32 bits go on counting over their wrap") {
  Machine machine;
  DiskstatsSource source(machine.roots());
  Watched watched(source);
  auto tick = [&](const std::string& fields) {
    machine.write("proc/diskstats", "   8       0 sda " + fields + "\n");
    watched.tick();
    return watched("node_disk_read_time_seconds_total{device=\"sda\"}");
  };
  CHECK(tick("100 0 0 4294967290 0 0 0 0 0 0 0") == 4294967.290);
  CHECK(tick("101 0 0 4 0 0 0 0 0 0 0") == 4294967.300);
  CHECK(tick("102 0 0 1004 0 0 0 0 0 0 0") == 4294968.300);
  // A step back of the kernel's is no wrap.
  CHECK(tick("103 0 0 1003 0 0 0 0 0 0 0") == 4294968.299);
  CHECK(tick("104 0 0 4294967295 0 0 0 0 0 0 0") == 8589934.591);
  // The requests step back as well: it is another disk by the same name.
  CHECK(tick("1 0 0 4 0 0 0 0 0 0 0") == 0.004);
}

TEST_CASE("a disk that comes, goes or gains columns changes the layout, excluded devices too") {
  Machine machine;
  DiskstatsSource source(machine.roots());
  Watched watched(source);
  const std::string sda = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n";
  machine.write("proc/diskstats", sda);
  CHECK(watched.tick() == 1);
  CHECK(watched.tick() == 0);
  machine.write("proc/diskstats", sda + "   7       0 loop0 1 2 3 4 5 6 7 8 9 10 11\n");
  CHECK(watched.tick() == 1);
  machine.write("proc/diskstats", sda + "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_disk_read_bytes_total{device=\"sdb\"}") == 3 * 512);
  machine.write("proc/diskstats", "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has("node_disk_io_now{device=\"sda\"}"));
  CHECK(watched("node_disk_discarded_sectors_total{device=\"sdb\"}") == 14);
}

TEST_CASE("a disk whose name begins with another's is not taken for it") {
  Machine machine;
  DiskstatsSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/diskstats", "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n");
  watched.tick();
  machine.write("proc/diskstats", "   8       0 sdaa 1 2 3 4 5 6 7 8 9 10 11\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.has("node_disk_io_now{device=\"sdaa\"}"));
}

TEST_CASE("the serial number is the one printed on the disk, as far as udev knows it") {
  Machine machine;
  machine.write("proc/diskstats", "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n");
  auto serial_with = [&](const std::string& properties) {
    machine.write("root/run/udev/data/b8:0", properties);
    DiskstatsSource source(machine.roots());
    Watched watched(source);
    watched.tick();
    return std::string(watched.schema()[0].labels.get("serial"));
  };
  CHECK(serial_with("E:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\nE:SCSI_IDENT_SERIAL=printed\n") == "printed");
  CHECK(serial_with("E:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\n") == "short");
  CHECK(serial_with("E:ID_SERIAL=a=b\n") == "a=b");
  CHECK(serial_with("S:ID_SERIAL=no property\nE:broken\n").empty());
}

TEST_CASE("in another tree the host's interfaces are read, not those of the agent's own namespace") {
  Machine machine("vm");
  machine.write("proc/1/net/dev", "a|b|c\nd|e|f\n  host0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  NetdevSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched("node_network_transmit_bytes_total{device=\"host0\"}") == 9);
  CHECK_FALSE(watched.has("node_network_receive_bytes_total{device=\"eth0\"}"));
}

TEST_CASE("an interface that comes changes the layout") {
  Machine machine;
  const std::string lo = "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  machine.write("proc/net/dev", "a|b|c\nd|e|f\n" + lo);
  NetdevSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched.tick() == 0);
  machine.write("proc/net/dev", "a|b|c\nd|e|f\n" + lo + "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_network_receive_multicast_total{device=\"eth0\"}") == 8);
}

TEST_CASE("pressure that appears later is picked up") {
  Machine machine;
  machine.write("proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n");
  PressureSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_pressure_io_waiting_seconds_total") == 1.5);
  CHECK_FALSE(watched.has("node_pressure_io_stalled_seconds_total"));
  machine.write("proc/pressure/io", "some avg10=0.00 total=1500000\nfull avg10=0.00 total=250000\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_pressure_io_stalled_seconds_total") == 0.25);
}

TEST_CASE("a new clock source is a new series") {
  Machine machine("vm");
  FixedClock clock(1'767'312'000'250'000'000);
  TimeSource source(machine.roots(), clock);
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_time_seconds") == 1767312000.25);
  CHECK(watched("node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"}") == 1);
  machine.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.has("node_time_clocksource_current_info{clocksource=\"hpet\",device=\"0\"}"));
}

// What the made-up statfs answers; one test at a time.
struct {
  int error = 0;
  double free_blocks = 5;
} mount_state;

int scripted_statfs(const char*, struct statfs& out) {
  if (mount_state.error) return mount_state.error;
  out.f_bsize = 1024;
  out.f_blocks = 10;
  out.f_bfree = static_cast<fsblkcnt_t>(mount_state.free_blocks);
  return 0;
}

TEST_CASE("a mount that fails says so under the reason, and comes back") {
  mount_state = {};
  Machine machine;
  machine.write("proc/1/mountinfo", "27 1 0:40 / /data rw - nfs4 store:/x rw\n");
  FilesystemSource source(machine.roots(), scripted_statfs);
  Watched watched(source);
  const std::string labels = "device=\"store:/x\",";
  const std::string place = "fstype=\"nfs4\",mountpoint=\"/data\"}";
  CHECK(watched.tick() == 1);
  CHECK(watched("node_filesystem_free_bytes{" + labels + place) == 5 * 1024);
  CHECK(watched("node_filesystem_device_error{" + labels + place) == 0);
  mount_state.error = ESTALE;
  CHECK(watched.tick() == 1);
  const std::string failed = labels + "device_error=\"stale file handle\"," + place;
  CHECK(watched("node_filesystem_device_error{" + failed) == 1);
  CHECK(watched("node_filesystem_readonly{" + failed) == 0);
  CHECK_FALSE(watched.has("node_filesystem_free_bytes{" + labels + place));
  mount_state = {.error = 0, .free_blocks = 4};
  CHECK(watched.tick() == 1);
  CHECK(watched("node_filesystem_free_bytes{" + labels + place) == 4 * 1024);
}

TEST_CASE("excluded mounts come and go without a new layout, a new mount and a remount make one") {
  mount_state = {};
  Machine machine;
  const std::string root = "27 1 254:0 / / rw - ext4 /dev/vda rw\n";
  machine.write("proc/1/mountinfo", root);
  FilesystemSource source(machine.roots(), scripted_statfs);
  Watched watched(source);
  CHECK(watched.tick() == 1);
  machine.write("proc/1/mountinfo", root + "30 27 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n");
  CHECK(watched.tick() == 0);
  machine.write("proc/1/mountinfo", root + "30 27 8:1 / /scratch rw - xfs /dev/sda1 rw\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.has("node_filesystem_mount_info{device=\"/dev/sda1\",major=\"8\",minor=\"1\",mountpoint=\"/scratch\"}"));
  machine.write("proc/1/mountinfo", root + "30 27 8:1 / /scratch ro - xfs /dev/sda1 rw\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_filesystem_readonly{device=\"/dev/sda1\",fstype=\"xfs\",mountpoint=\"/scratch\"}") == 1);
}

TEST_CASE("a host's mounts seen below --rootfs carry the host's names") {
  mount_state = {};
  Machine machine;
  machine.write("proc/1/mountinfo", "27 1 254:0 / " + machine.path("root") + " rw - ext4 /dev/vda rw\n28 27 8:1 / " +
                                        machine.path("root") + "/data rw - xfs /dev/sda1 rw\n29 27 0:3 / " +
                                        machine.path("root") + "/proc rw - proc proc rw\n");
  FilesystemSource source(machine.roots(), scripted_statfs);
  Watched watched(source);
  watched.tick();
  CHECK(watched.has("node_filesystem_size_bytes{device=\"/dev/vda\",fstype=\"ext4\",mountpoint=\"/\"}"));
  CHECK(watched.has("node_filesystem_size_bytes{device=\"/dev/sda1\",fstype=\"xfs\",mountpoint=\"/data\"}"));
  CHECK(watched.schema().size() == 17);
}

}  // namespace
}  // namespace tacho::sampler
