// Arrays that are rebuilt, file systems that come and go, links that fail: the sources of storage and what belongs to it.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "proto/base/file.h"
#include "sampler/host/bonding.h"
#include "sampler/host/storage/btrfs.h"
#include "sampler/host/storage/dmmultipath.h"
#include "sampler/host/storage/fibrechannel.h"
#include "sampler/host/storage/mdadm.h"
#include "sampler/host/storage/nfs.h"
#include "sampler/host/storage/nfsd.h"
#include "sampler/host/storage/tapestats.h"
#include "sampler/host/storage/xfs.h"
#include "sampler/host/storage/zfs.h"
#include "source_fixture.h"

namespace tacho::sampler {
namespace {

int ticks_until_new_layout(Watched& watched, unsigned most = 10) {
  for (unsigned tick = 1; tick <= most; ++tick) {
    if (watched.tick() > 0) return static_cast<int>(tick);
  }
  return -1;
}

std::string series(const std::string& name, const std::string& label, const std::string& value) {
  return name + "{" + label + "=\"" + value + "\"}";
}

struct Bonding {
  Machine machine{"storage"};
  BondingSource source{machine.roots()};
  Watched watched{source};
  double active(const std::string& bond) const { return watched(series("node_bonding_active", "master", bond)); }
  double slaves(const std::string& bond) const { return watched(series("node_bonding_slaves", "master", bond)); }
};

TEST_CASE("a bond's link that fails is not active, and no new layout") {
  Bonding b;
  CHECK(b.watched.tick() == 1);
  CHECK(b.active("bond0") == 2);
  CHECK(b.active("bond1") == 1);
  CHECK(b.slaves("bond1") == 2);
  CHECK(b.slaves("bond2") == 0);
  CHECK(b.active("bond2") == 0);
  b.machine.write("sys/class/net/ens1f1/bonding_slave/mii_status", "down\n");
  CHECK(b.watched.tick() == 0);
  CHECK(b.active("bond0") == 1);
  CHECK(b.slaves("bond0") == 2);
}

TEST_CASE("an interface that leaves its bond is gone at once, one that joins is seen within ten ticks") {
  Bonding b;
  b.watched.tick();
  b.machine.remove("sys/class/net/bond0/lower_ens1f1");
  b.machine.remove("sys/class/net/ens1f1/bonding_slave");
  CHECK(b.watched.tick() == 1);
  CHECK(b.slaves("bond0") == 1);
  CHECK(b.active("bond0") == 1);
  b.machine.write("sys/class/net/ens3f0/bonding_slave/mii_status", "up\n");
  std::filesystem::create_directory_symlink("../ens3f0", b.machine.path("sys/class/net/bond0/slave_ens3f0"));
  CHECK(ticks_until_new_layout(b.watched) > 0);
  CHECK(b.slaves("bond0") == 2);
  CHECK(b.active("bond0") == 2);
  b.machine.write("sys/class/net/bond7/bonding/mode", "active-backup 1\n");
  CHECK(ticks_until_new_layout(b.watched) > 0);
  CHECK(b.slaves("bond7") == 0);
}

TEST_CASE("how many links of a bond are active is not known while one of them cannot be read") {
  Bonding b;
  b.watched.tick();
  const std::string file = b.machine.path("sys/class/net/ens1f0/bonding_slave/mii_status");
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // reading it is an error
  CHECK(b.watched.tick() == 0);
  CHECK(is_absent(b.active("bond0")));
  CHECK(b.slaves("bond0") == 2);
  CHECK(b.active("bond1") == 1);
}

TEST_CASE("a kernel that names an interface of a bond twice has it once") {
  Bonding b;
  std::filesystem::create_directory_symlink("../ens1f0", b.machine.path("sys/class/net/bond0/slave_ens1f0"));
  b.watched.tick();
  CHECK(b.slaves("bond0") == 2);
}

std::vector<MdArray> arrays(std::string_view text) {
  std::vector<MdArray> out;
  MdArray array;
  for (MdstatReader reader(text); reader.next(array);) out.push_back(array);
  return out;
}

TEST_CASE("an array says what it does, how far it is and which of its disks work") {
  const auto one = [](const std::string& text) {
    const std::string whole = "Personalities : [raid1]\n" + text + "unused devices: <none>\n";
    const std::vector<MdArray> found = arrays(whole);
    REQUIRE(found.size() == 1);
    MdArray array = found[0];
    array.name = "md0";  // the text is gone
    return array;
  };
  using State = MdArray::State;
  MdArray a = one("md0 : active raid5 a[0] b[1](F) c[2](S)\n      900 blocks level 5 [3/2] [U_U]\n      \n");
  CHECK(a.state == State::active);
  CHECK(a.required_disks == 3);
  CHECK(a.active_disks == 2);
  CHECK(a.failed_disks == 1);
  CHECK(a.spare_disks == 1);
  CHECK(a.blocks == 900);
  CHECK(a.blocks_synced == 900);
  a = one("md0 : active raid1 a[0]\n      900 blocks [2/1] [U_]\n      [>...]  recovery =  5.0% (45/450) finish=1.0min\n");
  CHECK(a.state == State::recovering);
  CHECK(a.blocks_synced == 45);
  a = one("md0 : active raid1 a[0]\n      900 blocks [2/2] [UU]\n      \tresync=PENDING\n");
  CHECK(a.state == State::resync);
  CHECK(a.blocks_synced == 0);
  a = one("md0 : active raid5 a[0]\n      900 blocks [4/4] [UUUU]\n      [=>..]  reshape = 10.0% (30/300) finish=1min\n");
  CHECK(a.state == State::other);
  CHECK(a.blocks_synced == 30);
  a = one("md0 : broken raid0 a[0] b[1]\n      900 blocks super 1.2 512k chunks\n");
  CHECK(a.state == State::other);
  CHECK(a.required_disks == 2);
  a = one(
      "md0 : active raid1 a[0]\n      900 blocks [2/2] [UU]\n      bitmap: 0/1 pages [0KB], 64KB chunk, file: /check/resync\n");
  CHECK(a.state == State::active);
  // What cannot be read is not made up.
  a = one("md0 : active raid1 a[0]\n      some blocks [x/2]\n");
  CHECK_FALSE(a.blocks);
  CHECK_FALSE(a.required_disks);
  CHECK_FALSE(a.active_disks);
  a = one("md0 : active raid1 a[0]\n");
  CHECK_FALSE(a.blocks);
  a = one("md0 : active raid1 a[0]\n      900 blocks [2/2] [UU]\n      [>...]  resync =  5.0% (45\n");
  CHECK(a.state == State::resync);
  CHECK_FALSE(a.blocks_synced);
}

TEST_CASE("an array that is rebuilt and then whole again keeps its series") {
  Machine machine("storage");
  MdadmSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto state = [&](const std::string& name) { return watched("node_md_state{device=\"md5\",state=\"" + name + "\"}"); };
  CHECK(state("recovering") == 1);
  CHECK(state("active") == 0);
  CHECK(watched(R"(node_md_degraded{device="md5"})") == 1);
  CHECK(watched(R"(node_md_blocks_synced{device="md5"})") == 124520448);
  CHECK(watched(R"(node_md_disks{device="md5",state="failed"})") == 1);
  std::string text = read_file(machine.path("proc/mdstat")).value();
  const std::size_t from = text.find("      [=>");
  text.erase(from, text.find('\n', from) + 1 - from);
  text.replace(text.find("[3/2] [U_U]"), 11, "[3/3] [UUU]");
  machine.write("proc/mdstat", text);
  machine.write("sys/block/md5/md/degraded", "0\n");
  CHECK(watched.tick() == 0);
  CHECK(state("recovering") == 0);
  CHECK(state("active") == 1);
  CHECK(watched(R"(node_md_degraded{device="md5"})") == 0);
  CHECK(watched(R"(node_md_blocks_synced{device="md5"})") == 2929890816);
  CHECK(watched(R"(node_md_disks{device="md5",state="active"})") == 3);
}

TEST_CASE("an array that is stopped or assembled is another layout") {
  Machine machine("storage");
  MdadmSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  std::string text = read_file(machine.path("proc/mdstat")).value();
  text.erase(text.find("md6 :"), text.find("md7 :") - text.find("md6 :"));
  machine.write("proc/mdstat", text);
  machine.remove("sys/block/md6");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(R"(node_md_blocks{device="md6"})"));
  CHECK(watched(R"(node_md_blocks{device="md7"})") == 976630464);
  machine.write("proc/mdstat", "Personalities : [raid1]\nunused devices: <none>\n");
  store::Schema schema;
  REQUIRE_FALSE(source.describe(schema));
  CHECK(schema.empty());
}

TEST_CASE("any beginning of mdstat gives only what the whole says of an array") {
  Machine machine("storage");
  const std::string text = read_file(machine.path("proc/mdstat")).value();
  const std::vector<MdArray> whole = arrays(text);
  REQUIRE(whole.size() == 8);
  MdadmSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::vector<MdArray> part = arrays(std::string_view(text).substr(0, length));
    INFO("cut at " << length);
    REQUIRE(part.size() <= whole.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      REQUIRE(part[i].name == whole[i].name);
      REQUIRE(part[i].state == whole[i].state);
      REQUIRE(part[i].blocks_synced == whole[i].blocks_synced);
      REQUIRE(part[i].active_disks == whole[i].active_disks);
    }
    if (length % 50 != 0) continue;
    machine.write("proc/mdstat", text.substr(0, length));
    REQUIRE(watched.tick() == 0);
  }
}

TEST_CASE("a file system's counters are its own, and those a kernel does not have are not there") {
  Machine machine("storage");
  XfsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched(series("node_xfs_write_calls_total", "device", "dm-3")) == 107739);
  CHECK(watched(series("node_xfs_read_calls_total", "device", "dm-3")) == 94045);
  CHECK_FALSE(watched.has(series("node_xfs_extent_allocation_extents_freed_total", "device", "stats")));
  std::string text = read_file(machine.path("sys/fs/xfs/dm-3/stats/stats")).value();
  text.replace(text.find("rw 107739"), 9, "rw 107800");
  machine.write("sys/fs/xfs/dm-3/stats/stats", text);
  CHECK(watched.tick() == 0);
  CHECK(watched(series("node_xfs_write_calls_total", "device", "dm-3")) == 107800);
  // Cut in the middle of a number: what is behind is not there for now.
  machine.write("sys/fs/xfs/dm-3/stats/stats", text.substr(0, text.find("rw 107800") + 6));
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(series("node_xfs_write_calls_total", "device", "dm-3"))));
  CHECK(watched(series("node_xfs_write_calls_total", "device", "nvme4n1p1")) == 107739);
}

TEST_CASE("a file system that is mounted or unmounted is another layout at the next tick") {
  Machine machine("storage");
  XfsSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  machine.remove("sys/fs/xfs/dm-3");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(series("node_xfs_write_calls_total", "device", "dm-3")));
  machine.write("sys/fs/xfs/sdx/stats/stats", "extent_alloc 1 2\nrw 7 8\nfuture 1 2 3\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(series("node_xfs_read_calls_total", "device", "sdx")) == 8);
  CHECK(watched(series("node_xfs_extent_allocation_blocks_allocated_total", "device", "sdx")) == 2);
  CHECK_FALSE(watched.has(series("node_xfs_extent_allocation_extents_freed_total", "device", "sdx")));
}

TEST_CASE("procedures of NFS are counted by version and name, those of a newer kernel are left out") {
  Machine machine("storage");
  NfsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_nfs_rpc_retransmissions_total") == 374636);
  CHECK(watched(R"(node_nfs_packets_total{protocol="tcp"})") == 65);
  CHECK(watched(R"(node_nfs_requests_total{method="Read",proto="4"})") == 4001);
  CHECK(watched(R"(node_nfs_requests_total{method="LayoutGet",proto="4"})") == 4044);
  CHECK(watched(R"(node_nfs_requests_total{method="Clone",proto="4"})") == 4058);
  machine.write("proc/net/rpc/nfs", "net 0 0 0 0\nrpc 5 4 3\nproc4 3 7 8 9\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_nfs_rpc_retransmissions_total") == 4);
  CHECK(watched(R"(node_nfs_requests_total{method="Write",proto="4"})") == 9);
  CHECK_FALSE(watched.has(R"(node_nfs_requests_total{method="Commit",proto="4"})"));
  CHECK_FALSE(watched.has(R"(node_nfs_requests_total{method="Read",proto="3"})"));
  // A line that was cut keeps the series and leaves what is missing absent.
  machine.write("proc/net/rpc/nfs", "net 0 0 0 0\nrpc 5 4 3\nproc4 3 7 1");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_nfs_requests_total{method="Null",proto="4"})") == 7);
  CHECK(is_absent(watched(R"(node_nfs_requests_total{method="Read",proto="4"})")));
}

TEST_CASE("a file of rpc counters without a line that is known is a source that is not here") {
  Machine machine;
  machine.write("proc/net/rpc/nfs", "future 1 2 3\n");
  NfsSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("proc/net/rpc/nfs") + " has no counter that is known");
}

TEST_CASE("an NFS server's operations stand at their places, and what its kernel does not count is not there") {
  Machine machine("storage");
  NfsdSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_nfsd_server_threads") == 128);
  CHECK(watched("node_nfsd_read_ahead_cache_not_found_total") == 33);
  CHECK(watched(R"(node_nfsd_requests_total{method="Access",proto="4"})") == 7003);
  CHECK(watched(R"(node_nfsd_requests_total{method="Write",proto="4"})") == 7038);
  CHECK_FALSE(watched.has(R"(node_nfsd_requests_total{method="WdelegGetattr",proto="4"})"));
  machine.write("proc/net/rpc/nfsd", "rc 1 2 3\nth 8 0 0.000\nproc4ops 4 0 0 0 9\nwdeleg_getattr 16\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_nfsd_server_threads") == 8);
  CHECK(watched(R"(node_nfsd_requests_total{method="Access",proto="4"})") == 9);
  CHECK(watched(R"(node_nfsd_requests_total{method="WdelegGetattr",proto="4"})") == 16);
  CHECK_FALSE(watched.has("node_nfsd_read_ahead_cache_size_blocks"));
}

const std::string kZfs = "proc/spl/kstat/zfs/";

TEST_CASE("a pool that loses a disk changes its state and nothing else") {
  Machine machine("storage");
  ZfsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto state = [&](const std::string& name) {
    return watched("node_zfs_zpool_state{state=\"" + name + "\",zpool=\"scratch\"}");
  };
  CHECK(state("online") == 1);
  CHECK(state("degraded") == 0);
  machine.write(kZfs + "scratch/state", "DEGRADED\n");
  CHECK(watched.tick() == 0);
  CHECK(state("online") == 0);
  CHECK(state("degraded") == 1);
  machine.write(kZfs + "scratch/state", "DEGRA");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(state("online")));
}

TEST_CASE("a dataset that is mounted, unmounted or renamed is another layout at the next tick") {
  Machine machine("storage");
  ZfsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const std::string reads = "node_zfs_zpool_dataset_nread{dataset=\"scratch/";
  CHECK(watched(reads + "home\",zpool=\"scratch\"}") == 28);
  std::string text = read_file(machine.path(kZfs + "scratch/objset-0x1f4")).value();
  machine.write(kZfs + "scratch/objset-0x77", text.replace(text.find("scratch/home"), 12, "scratch/a b"));
  CHECK(watched.tick() == 1);
  CHECK(watched(reads + "a b\",zpool=\"scratch\"}") == 28);
  machine.write(kZfs + "scratch/objset-0x77", text.replace(text.find("scratch/a b"), 11, "scratch/a c"));
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(reads + "a b\",zpool=\"scratch\"}"));
  CHECK(watched(reads + "a c\",zpool=\"scratch\"}") == 28);
  machine.write(kZfs + "scratch/objset-0x77", text.substr(0, text.size() / 2));
  CHECK(watched.tick() == 0);
  machine.remove(kZfs + "scratch/objset-0x77");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(reads + "a c\",zpool=\"scratch\"}"));
  machine.remove(kZfs + "scratch");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(reads + "home\",zpool=\"scratch\"}"));
  CHECK(watched("node_zfs_arc_hits") == 8772612);
}

TEST_CASE("a signed number that is negative is absent, and no reason to show nothing") {
  Machine machine("storage");
  ZfsSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  std::string text = read_file(machine.path(kZfs + "arcstats")).value();
  machine.write(kZfs + "arcstats", text.replace(text.find("922337203"), 9, "-12345678"));
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched("node_zfs_arc_memory_available_bytes")));
  CHECK(watched("node_zfs_arc_size") == 1603939792);
  CHECK_FALSE(watched.has("node_zfs_arc_arc_state"));
}

TEST_CASE("a pool's old counters of reads and writes stand below their names") {
  Machine machine("storage");
  ZfsSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched(R"(node_zfs_zpool_nread{zpool="scratch"})") == 1884160);
  CHECK(watched(R"(node_zfs_zpool_rcnt{zpool="scratch"})") == 0);
  machine.write(kZfs + "scratch/io", "1 3 0x00 1 80 7 8\nnread nwritten\n5 6\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_zfs_zpool_nwritten{zpool="scratch"})") == 6);
  CHECK_FALSE(watched.has(R"(node_zfs_zpool_rcnt{zpool="scratch"})"));
}

// A Btrfs of two devices at every mount point "scratch".
BtrfsDevices made_up_btrfs;
int made_up_btrfs_error = 0;

int made_up_btrfs_call(const char* path, BtrfsDevices& out) {
  if (!std::string_view(path).ends_with("/scratch")) return ENOTTY;
  if (made_up_btrfs_error != 0) return made_up_btrfs_error;
  out = made_up_btrfs;
  return 0;
}

struct Btrfs {
  Machine machine{"storage"};
  BtrfsSource source{machine.roots(), made_up_btrfs_call};
  Watched watched{source};

  Btrfs() {
    made_up_btrfs_error = 0;
    made_up_btrfs = {.fsid = {0x0a, 0xbb, 0x23, 0xa9, 0x57, 0x9b, 0x43, 0xe6, 0xad, 0x30, 0x22, 0x7e, 0xf4, 0x7f, 0xcb, 0x9d}};
    for (std::uint8_t id : {1, 3}) {
      BtrfsDevice device{.id = id, .uuid = {id}, .total_bytes = 1000u * id, .used_bytes = 400, .errors = {1, 2, 3, 4, 5}};
      std::strcpy(device.path.data(), id == 1 ? "/dev/nvme5n1" : "/dev/mapper/fast");
      made_up_btrfs.devices.push_back(device);
    }
  }
  static std::string of(const std::string& name, const std::string& device, const std::string& first,
                        const std::string& more = "") {
    return "node_btrfs_device_" + name + "{btrfs_dev_uuid=\"" + first + "000000-0000-0000-0000-000000000000\",device=\"" +
           device + "\"," + more + "uuid=\"11112222-3333-4444-5555-666677778888\"}";
  }
};

TEST_CASE("a file system's devices are asked through its mount point, and named by their last names") {
  Btrfs b;
  CHECK(b.watched.tick() == 1);
  CHECK(b.watched(Btrfs::of("size_bytes", "nvme5n1", "01")) == 1000);
  CHECK(b.watched(Btrfs::of("unused_bytes", "fast", "03")) == 2600);
  CHECK(b.watched(Btrfs::of("errors_total", "fast", "03", "type=\"corruption\",")) == 4);
  // The other file system is mounted nowhere: what sysfs knows.
  CHECK(b.watched(R"(node_btrfs_device_size_bytes{device="sdab",uuid="7f07c59f-6136-449c-ab87-e1cf2328731b"})") ==
        20971521.0 * 512);
  made_up_btrfs.devices[1].errors[3] = 40;
  CHECK(b.watched.tick() == 0);
  CHECK(b.watched(Btrfs::of("errors_total", "fast", "03", "type=\"corruption\",")) == 40);
}

TEST_CASE("a device that is taken out, and a mount point that no longer answers, are other layouts") {
  Btrfs b;
  b.watched.tick();
  made_up_btrfs.devices.pop_back();
  CHECK(b.watched.tick() == 1);
  CHECK_FALSE(b.watched.has(Btrfs::of("size_bytes", "fast", "03")));
  made_up_btrfs_error = EIO;
  CHECK(b.watched.tick() == 1);
  CHECK_FALSE(b.watched.has(Btrfs::of("size_bytes", "nvme5n1", "01")));
  CHECK(b.watched(R"(node_btrfs_device_size_bytes{device="nvme5n1",uuid="11112222-3333-4444-5555-666677778888"})") ==
        20971520.0 * 512);
  made_up_btrfs_error = 0;
  CHECK(b.watched.tick() == 0);  // not tried again until the mounts are others
  b.machine.write("proc/1/mountinfo", "41 22 0:45 / /scratch rw - btrfs /dev/nvme5n1 rw\n");
  CHECK(b.watched.tick() == 1);
  CHECK(b.watched(Btrfs::of("size_bytes", "nvme5n1", "01")) == 1000);
}

TEST_CASE("space is told by kind and profile, and a balance to another profile is another layout") {
  Btrfs b;
  b.watched.tick();
  const auto of = [&](const std::string& name, const std::string& mode) {
    return b.watched("node_btrfs_" + name + R"({block_group_type="data",mode=")" + mode +
                     R"(",uuid="7f07c59f-6136-449c-ab87-e1cf2328731b"})");
  };
  CHECK(of("allocation_ratio", "raid5") == 1.5);
  CHECK(of("used_bytes", "raid5") == 808189952);
  const std::string folder = "sys/fs/btrfs/7f07c59f-6136-449c-ab87-e1cf2328731b/allocation/data/raid1c3/";
  b.machine.write(folder + "used_bytes", "77\n");
  b.machine.write(folder + "total_bytes", "100\n");
  CHECK(b.watched.tick() == 1);
  CHECK(of("allocation_ratio", "raid1c3") == 3);
  CHECK(of("used_bytes", "raid1c3") == 77);
}

TEST_CASE("commits' times are seconds, to the nearest double") {
  Btrfs b;
  b.watched.tick();
  CHECK(b.watched(R"(node_btrfs_last_commit_seconds{uuid="7f07c59f-6136-449c-ab87-e1cf2328731b"})") == 1.059);
  CHECK(b.watched(R"(node_btrfs_commit_seconds_total{uuid="7f07c59f-6136-449c-ab87-e1cf2328731b"})") == 47836.09);
  CHECK_FALSE(b.watched.has(R"(node_btrfs_commits_total{uuid="11112222-3333-4444-5555-666677778888"})"));
}

TEST_CASE("what is no mount point of Btrfs refuses to be asked") {
  BtrfsDevices out;
  CHECK(system_btrfs("/proc", out) == ENOTTY);
  CHECK(system_btrfs("/nowhere/at/all", out) == ENOENT);
  CHECK(uuid_text({0x62, 0x4d, 0x61, 0xf7, 0x4c, 0xf0, 0x4d, 0x4d, 0x95, 0xee, 0x22, 0x72, 0x95, 0x64, 0x69, 0xb4}) ==
        "624d61f7-4cf0-4d4d-95ee-2272956469b4");
}

TEST_CASE("a port's counters are hexadecimal, and one of all bits is one the card does not have") {
  Machine machine("storage");
  FibreChannelSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto of = [](const std::string& name, const std::string& host) {
    return series("node_fibrechannel_" + name + "_total", "fc_host", host);
  };
  CHECK(watched(of("dumped_frames", "host0")) == 7);
  CHECK(watched(of("error_frames", "host0")) == 0x1234567 + 7);
  CHECK_FALSE(watched.has(of("dumped_frames", "host1")));
  machine.write("sys/class/fc_host/host1/statistics/dumped_frames", "0x10\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(of("dumped_frames", "host1")) == 16);
  machine.write("sys/class/fc_host/host1/statistics/dumped_frames", "no number\n");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(of("dumped_frames", "host1"))));
}

TEST_CASE("a port whose link fails is another layout, with its new state") {
  Machine machine("storage");
  FibreChannelSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  machine.write("sys/class/fc_host/host0/port_state", "Linkdown\n");
  machine.remove("sys/class/fc_host/host0/dev_loss_tmo");
  machine.remove("sys/class/fc_host/host0/port_type");
  CHECK(watched.tick() == 1);
  CHECK(
      watched(
          R"(node_fibrechannel_info{fabric_name="0",fc_host="host0",port_id="000002",port_name="1000e0071bce95f2",port_state="Linkdown",speed="16 Gbit",supported_classes="Class 3",supported_speeds="4 Gbit, 8 Gbit, 16 Gbit",symbolic_name="Made FC card FW:v9"})") ==
      1);
}

TEST_CASE("a tape drive is shown once, its times in seconds, and not if it is excluded") {
  Machine machine("storage");
  TapestatsSource source(machine.roots(), Exclude("^st1$"));
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 10);
  CHECK(watched(series("node_tape_io_time_seconds_total", "device", "st0")) == 9247.011087723);
  CHECK(watched(series("node_tape_io_now", "device", "st0")) == 3);
}

TEST_CASE("a path that fails is counted, and the device's own series stay") {
  Machine machine("storage");
  DmMultipathSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto of = [&](const std::string& name, const std::string& device, const std::string& sysfs_name) {
    return watched("node_dmmultipath_device_" + name + "{device=\"" + device + "\",sysfs_name=\"" + sysfs_name + "\"}");
  };
  CHECK(of("paths", "mpathA", "dm-5") == 2);
  CHECK(of("paths_active", "mpathA", "dm-5") == 1);
  CHECK(of("paths_failed", "mpathA", "dm-5") == 1);
  CHECK(of("active", "mpathA", "dm-5") == 1);
  CHECK(of("active", "mpathB", "dm-6") == 0);
  CHECK(of("paths_active", "mpathB", "dm-6") == 2);
  CHECK(of("size_bytes", "mpathA", "dm-5") == 104857600.0 * 512);
  CHECK_FALSE(watched.has(R"(node_dmmultipath_device_paths{device="vg-lv",sysfs_name="dm-7"})"));
  CHECK(watched.tick() == 0);
  machine.write("sys/block/sdj/device/state", "running\n");
  CHECK(watched.tick() == 1);
  CHECK(of("paths_active", "mpathA", "dm-5") == 2);
  CHECK(watched.has(R"(node_dmmultipath_path_state{device="mpathA",path="sdj",state="running"})"));
  machine.remove("sys/block/sdj/device/state");
  CHECK(watched.tick() == 1);
  CHECK(watched.has(R"(node_dmmultipath_path_state{device="mpathA",path="sdj",state="unknown"})"));
  CHECK(of("paths_failed", "mpathA", "dm-5") == 1);
  machine.remove("sys/block/dm-5/slaves/sdj");
  CHECK(watched.tick() == 1);
  CHECK(of("paths", "mpathA", "dm-5") == 1);
}

}  // namespace
}  // namespace tacho::sampler
