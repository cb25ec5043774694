// File systems that come and go, NFS's counters, pools that lose a disk: the sources of file systems.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "proto/base/file.h"
#include "sampler/host/storage/bcachefs.h"
#include "sampler/host/storage/btrfs.h"
#include "sampler/host/storage/nfs.h"
#include "sampler/host/storage/nfsd.h"
#include "sampler/host/storage/xfs.h"
#include "sampler/host/storage/zfs.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

std::string series(const std::string& name, const std::string& label, const std::string& value) {
  return name + "{" + label + "=\"" + value + "\"}";
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

struct Bcachefs {
  Machine machine{"storage"};
  BcachefsSource source{machine.roots()};
  Watched watched{source};
  static constexpr char kFolder[] = "sys/fs/bcachefs/deadbeef-1234-5678-9012-abcdefabcdef/";
  double of(const std::string& name, const std::string& labels = "") const {
    return watched("node_bcachefs_" + name + "{" + labels + "uuid=\"deadbeef-1234-5678-9012-abcdefabcdef\"}");
  }
};

TEST_CASE("a bcachefs tells sizes, counters and errors since it was made") {
  Bcachefs b;
  CHECK(b.watched.tick() == 1);
  CHECK(b.of("info") == 1);
  CHECK(b.of("btree_cache_size_bytes") == 555008);
  CHECK(b.of("compression_uncompressed_bytes", "algorithm=\"lz4\",") == 337641472);
  CHECK(b.of("errors_total", "error_type=\"checksum_err\",") == 10);
  CHECK(b.of("btree_writes_total", "type=\"initial\",") == 3049);
  CHECK(b.of("btree_write_average_size_bytes", "type=\"cache_reclaim\",") == 405);
  CHECK(b.of("btree_node_read_total") == 1258291);
  CHECK(b.of("io_read_inline_total") == 7);
  CHECK(
      b.watched(
          R"(node_bcachefs_device_io_done_bytes_total{data_type="user",device="1",operation="read",uuid="deadbeef-1234-5678-9012-abcdefabcdef"})") ==
      1001);
  CHECK(b.watched(
            R"(node_bcachefs_device_io_errors_total{device="0",type="checksum",uuid="deadbeef-1234-5678-9012-abcdefabcdef"})") ==
        3);
  CHECK(
      b.watched(
          R"(node_bcachefs_device_info{device="0",label="ssd.ssd0",state="[rw] ro evacuating spare",uuid="deadbeef-1234-5678-9012-abcdefabcdef"})") ==
      1);
}

TEST_CASE("a new kind of error of a bcachefs, and a device whose state changes, are new layouts") {
  Bcachefs b;
  b.watched.tick();
  b.machine.write(Bcachefs::kFolder + std::string("errors"),
                  "btree_node_read_err 6 1700000000\nchecksum_err 11 1700000001\nnew_err 1 2\n");
  CHECK(b.watched.tick() == 1);
  CHECK(b.of("errors_total", "error_type=\"new_err\",") == 1);
  CHECK(b.of("errors_total", "error_type=\"btree_node_read_err\",") == 6);
  b.machine.write(Bcachefs::kFolder + std::string("errors"), "btree_node_read_err 7 1\nchecksum_err 1");
  CHECK(b.watched.tick() == 0);
  CHECK(b.of("errors_total", "error_type=\"btree_node_read_err\",") == 7);
  CHECK(is_absent(b.of("errors_total", "error_type=\"checksum_err\",")));
  b.machine.write(Bcachefs::kFolder + std::string("dev-1/state"), "[rw] ro evacuating spare\n");
  CHECK(b.watched.tick() == 1);
  b.machine.remove("sys/fs/bcachefs");
  store::Schema schema;
  CHECK_FALSE(b.source.describe(schema));
}

}  // namespace
}  // namespace tacho::sampler
