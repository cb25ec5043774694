// Arrays that are rebuilt, paths and links that fail, disks with a cache: the sources of storage, and bonded links.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "proto/base/file.h"
#include "sampler/host/network/bonding.h"
#include "sampler/host/storage/bcache.h"
#include "sampler/host/storage/dmmultipath.h"
#include "sampler/host/storage/fibrechannel.h"
#include "sampler/host/storage/human_number.h"
#include "sampler/host/storage/mdadm.h"
#include "sampler/host/storage/tapestats.h"
#include "tests/sampler/source_fixture.h"

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

TEST_CASE("numbers for people are units of 1024, cut as bcache and bcachefs cut them") {
  CHECK(parse_bcache_number("0\n") == 0);
  CHECK(parse_bcache_number("405") == 405);
  CHECK(parse_bcache_number("512.0k\n") == 524288);
  CHECK(parse_bcache_number("1.5k") == 1524);
  CHECK(parse_bcache_number("-321.5k") == -329204);
  CHECK(parse_bcache_number("\t2T") == 2199023255552.0);
  CHECK(parse_bcachefs_number("1.5k") == 1536);
  CHECK(parse_bcachefs_number("1.53G\n") == 1642824990);
  CHECK(parse_bcachefs_number("542K") == 555008);
  for (const char* text : {"", "\n", "k", "-", "1.", ".5k", "1.5.5k", "1 k", "0x10", "12 34", "1.5q", "nan"}) {
    INFO(text);
    CHECK_FALSE(parse_bcache_number(text));
    CHECK_FALSE(parse_bcachefs_number(text));
  }
}

TEST_CASE("a cached disk tells what is dirty and how fast it is written back, backwards too") {
  Machine machine("storage");
  BcacheSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const std::string uuid = "uuid=\"deaddd54-c735-46d5-868e-f331c5fd7c74\"";
  const auto disk = [&](const std::string& name) {
    return watched("node_bcache_" + name + "{backing_device=\"bdev0\"," + uuid + "}");
  };
  CHECK(disk("dirty_data_bytes") == std::floor((20 + 9 / 10.24) * (1 << 20)));
  CHECK(disk("writeback_change") == -329204);
  CHECK(disk("cache_hits_total") == 546);
  CHECK(watched("node_bcache_metadata_written_bytes_total{cache_device=\"cache0\"," + uuid + "}") == 524288);
  CHECK(watched("node_bcache_btree_read_average_duration_seconds{" + uuid + "}") == 0.001305);
  const std::string folder = "sys/fs/bcache/deaddd54-c735-46d5-868e-f331c5fd7c74/";
  machine.write(folder + "bdev0/writeback_rate_debug", "rate:\t\t2.0M/sec\ntarget:\t\tnothing\n");
  CHECK(watched.tick() == 0);
  CHECK(disk("writeback_rate") == 2 << 20);
  CHECK(is_absent(disk("dirty_target_bytes")));
  CHECK(is_absent(disk("writeback_change")));
  machine.remove(folder + "bdev1");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has("node_bcache_writeback_rate{backing_device=\"bdev1\"," + uuid + "}"));
}

}  // namespace
}  // namespace tacho::sampler
