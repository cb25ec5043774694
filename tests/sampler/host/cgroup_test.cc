// Pods, containers and services that come, go and refuse to answer: the source cgroup and what it is made of.

#include "sampler/host/workload/cgroup.h"

#include <map>

#include "proto/base/file.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

const std::string kUid = "5f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c";
const std::string kUnderscored = "5f1c2a3b_0d4e_4f5a_8b6c_7d8e9f0a1b2c";
const std::string kId(64, 'a');
const std::string kOther = std::string(60, '0') + "beef";

TEST_CASE("a cgroup's path says which pod and container it is, for every runtime and driver") {
  struct Case {
    std::string path;
    CgroupKind kind;
    std::string pod_uid;
    std::string container_id;
  };
  const CgroupKind pod = CgroupKind::pod, container = CgroupKind::container, other = CgroupKind::other;
  const std::string slice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUnderscored + ".slice";
  const std::string kind_node = "/system.slice/docker-" + kOther + ".scope";
  for (const Case& c : std::initializer_list<Case>{
           // systemd driver
           {slice, pod, kUid, ""},
           {slice + "/cri-containerd-" + kId + ".scope", container, kUid, kId},
           {slice + "/crio-" + kId + ".scope", container, kUid, kId},
           {slice + "/crio-" + kId + ".scope/container", other, kUid, kId},
           {slice + "/crio-conmon-" + kId + ".scope", other, kUid, ""},
           {slice + "/docker-" + kId + ".scope", container, kUid, kId},
           {"/kubepods.slice/kubepods-pod" + kUnderscored + ".slice", pod, kUid, ""},
           {"/kubepods.slice/kubepods-besteffort.slice", other, "", ""},
           {"/kubepods.slice", other, "", ""},
           // cgroupfs driver
           {"/kubepods/burstable/pod" + kUid, pod, kUid, ""},
           {"/kubepods/burstable/pod" + kUid + "/" + kId, container, kUid, kId},
           {"/kubepods/pod" + kUid + "/" + kId, container, kUid, kId},
           {"/kubepods/burstable", other, "", ""},
           // a static pod
           {"/kubepods/besteffort/pod0123456789abcdef0123456789abcdef", pod, "0123456789abcdef0123456789abcdef", ""},
           {"/kubepods.slice/kubepods-pod0123456789abcdef0123456789abcdef.slice", pod, "0123456789abcdef0123456789abcdef", ""},
           // containerd with the systemd driver in version 1
           {"/system.slice/containerd.service/kubepods-burstable-pod" + kUnderscored + ".slice:cri-containerd:" + kId, container,
            kUid, kId},
           // without Kubernetes
           {"/system.slice/docker-" + kId + ".scope", container, "", kId},
           {"/docker/" + kId, container, "", kId},
           {"/machine.slice/libpod-" + kId + ".scope", container, "", kId},
           {"/machine.slice/libpod-conmon-" + kId + ".scope", other, "", ""},
           {"/default/" + kId, container, "", kId},
           // a cluster's node that is itself a container
           {kind_node + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + kUnderscored + ".slice", pod, kUid, ""},
           {kind_node + "/kubelet.slice/kubelet-kubepods-pod" + kUnderscored + ".slice/cri-containerd-" + kId + ".scope",
            container, kUid, kId},
           {"/docker/" + kOther + "/kubelet/kubepods/besteffort/pod" + kUid + "/" + kId, container, kUid, kId},
           // docker in a pod
           {"/kubepods/pod" + kUid + "/" + kOther + "/docker/" + kId, container, kUid, kId},
           // Slurm
           {"/system.slice/slurmstepd.scope/job_4711", CgroupKind::job, "", ""},
           {"/system.slice/slurmstepd.scope/job_4711/step_0", other, "", ""},
           {"/slurm_node7/uid_1000/job_12", CgroupKind::job, "", ""},
           {"/system.slice/job_12", other, "", ""},
           {"/slurm/uid_1/job_", other, "", ""},
           {"/slurm/uid_1/job_x1", other, "", ""},
           // what only looks like it
           {"", other, "", ""},
           {"/", other, "", ""},
           {"/kubepods/pod" + kUid.substr(1), other, "", ""},
           {"/kubepods/pod" + kUid + "0", other, "", ""},
           {"/kubepods/pod" + std::string(36, 'g'), other, "", ""},
           {"/system.slice/tripod-" + kUid, other, "", ""},
           {"/docker/" + kId.substr(1), other, "", ""},
           {"/docker/a" + kId, other, "", ""},
           {"/docker/" + std::string(64, 'G'), other, "", ""},
           {"/system.slice/buildkit_" + kId, other, "", ""},
       }) {
    INFO(c.path);
    const CgroupIdentity found = cgroup_identity(c.path);
    CHECK(found.kind == c.kind);
    CHECK(cgroup_kind(c.path) == c.kind);
    CHECK(found.pod_uid == c.pod_uid);
    CHECK(found.container_id == c.container_id);
  }
}

const std::string kRoot = "sys/fs/cgroup";

// A machine with cgroups of version 2, its source and what it gives.
struct V2 {
  explicit V2(CgroupOptions options = {}) : source(machine.roots(), options) {
    machine.write(kRoot + "/cgroup.controllers", "cpu io memory pids\n");
  }
  void write(const std::string& cgroup, const std::string& file, const std::string& text) {
    machine.write(kRoot + cgroup + "/" + file, text);
  }
  void add(const std::string& cgroup, int seconds = 1) {
    write(cgroup, "cpu.stat", fmt::format("usage_usec {}\nuser_usec 0\nsystem_usec 0\n", seconds * 1'000'000));
  }
  void remove(const std::string& cgroup) { machine.remove(kRoot + cgroup); }
  // How often the series were described anew, over so many ticks.
  int ticks(int count) {
    int described = 0;
    for (int i = 0; i < count; ++i) described += watched.tick();
    return described;
  }
  bool shows(const std::string& cgroup) const { return watched.has(usage(cgroup)); }
  static std::string labels(const std::string& cgroup, const std::string& before = "", const std::string& after = "") {
    const CgroupIdentity identity = cgroup_identity(cgroup);
    std::string text = "{";
    if (!identity.container_id.empty()) text += "container_id=\"" + identity.container_id + "\",";
    text += before + "id=\"" + cgroup + "\"";
    if (!identity.pod_uid.empty()) text += ",pod_uid=\"" + identity.pod_uid + "\"";
    return text + after + "}";
  }
  static std::string usage(const std::string& cgroup) {
    return "container_cpu_usage_seconds_total" + labels(cgroup, "cpu=\"total\",");
  }
  double value(const std::string& metric, const std::string& cgroup) const { return watched(metric + labels(cgroup)); }

  Machine machine;
  CgroupSource source;
  Watched watched{source};
};

const std::string kContainer = "/kubepods/pod" + kUid + "/" + kId;

TEST_CASE("cgroups are found in version 2, version 1, both, and nowhere") {
  Machine machine;
  const std::string folder = machine.path(kRoot);
  CHECK_FALSE(find_cgroup_mounts(folder));
  machine.write(kRoot + "/systemd/tasks", "1\n");
  const auto none = find_cgroup_mounts(folder);
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find(folder + " has no cgroups") == 0);
  machine.write(kRoot + "/cpu,cpuacct/tasks", "1\n");
  machine.write(kRoot + "/memory/tasks", "1\n");
  machine.write(kRoot + "/unified/cgroup.controllers", "\n");
  const auto hybrid = find_cgroup_mounts(folder);
  REQUIRE(hybrid);
  CHECK_FALSE(hybrid->v2);
  CHECK(hybrid->unified == folder + "/unified");
  CHECK(hybrid->cpu == folder + "/cpu,cpuacct");
  CHECK(hybrid->cpuacct == folder + "/cpu,cpuacct");
  CHECK(hybrid->memory == folder + "/memory");
  CHECK(hybrid->blkio.empty());
  machine.remove(kRoot + "/unified");
  CHECK(find_cgroup_mounts(folder)->unified.empty());
  machine.write(kRoot + "/cgroup.controllers", "memory\n");
  CHECK(find_cgroup_mounts(folder)->v2);
}

TEST_CASE("what has not been used lately is no part of the working set, which is never negative") {
  V2 v2;
  v2.add(kContainer);
  v2.write(kContainer, "memory.current", "1000\n");
  v2.write(kContainer, "memory.stat", "anon 1\ninactive_file 300\nactive_file 2\n");
  v2.ticks(1);
  CHECK(v2.value("container_memory_working_set_bytes", kContainer) == 700);
  v2.write(kContainer, "memory.stat", "anon 1\ninactive_file 1300\nactive_file 2\n");
  v2.ticks(1);
  CHECK(v2.value("container_memory_working_set_bytes", kContainer) == 0);
  v2.write(kContainer, "memory.stat", "anon 1\n");
  v2.ticks(1);
  CHECK(is_absent(v2.value("container_memory_working_set_bytes", kContainer)));
  CHECK(v2.value("container_memory_usage_bytes", kContainer) == 1000);
}

TEST_CASE("throttling has series where there is a quota, from when it is set until it is taken away") {
  V2 v2;
  v2.add(kContainer);
  v2.write(kContainer, "cpu.stat", "usage_usec 1\nnr_periods 10\nnr_throttled 2\nthrottled_usec 1500000\n");
  v2.write(kContainer, "cpu.max", "max 100000\n");
  v2.ticks(1);
  const std::string throttled = "container_cpu_cfs_throttled_seconds_total" + V2::labels(kContainer);
  CHECK_FALSE(v2.watched.has(throttled));
  v2.write(kContainer, "cpu.max", "50000 100000\n");
  CHECK(v2.ticks(1) == 1);
  CHECK(v2.watched(throttled) == 1.5);
  CHECK(v2.value("container_cpu_cfs_periods_total", kContainer) == 10);
  CHECK(v2.value("container_cpu_cfs_throttled_periods_total", kContainer) == 2);
  CHECK(v2.value("container_spec_cpu_quota", kContainer) == 50000);
  CHECK(v2.value("container_spec_cpu_period", kContainer) == 100000);
  v2.write(kContainer, "cpu.max", "max 100000\n");
  CHECK(v2.ticks(5) == 1);
  CHECK_FALSE(v2.watched.has(throttled));
}

TEST_CASE("no limit is 0") {
  V2 v2;
  v2.add(kContainer);
  v2.write(kContainer, "memory.max", "max\n");
  v2.write(kContainer, "pids.max", "max\n");
  v2.ticks(1);
  CHECK(v2.value("container_spec_memory_limit_bytes", kContainer) == 0);
  CHECK(v2.value("container_threads_max", kContainer) == 0);
  v2.write(kContainer, "memory.max", "1073741824\n");
  v2.ticks(1);
  CHECK(v2.value("container_spec_memory_limit_bytes", kContainer) == 1073741824);
}

TEST_CASE("a container that comes is shown at the next walk, at once when the kernel counts one more") {
  V2 v2;
  v2.add(kContainer);
  v2.ticks(1);
  const std::string next = "/kubepods/pod" + kUid + "/" + kOther;
  v2.add(next, 7);
  int ticks = 0;
  while (!v2.shows(next)) {
    REQUIRE(++ticks <= 5);
    v2.ticks(1);
  }
  CHECK(v2.watched(V2::usage(next)) == 7);
  CHECK(v2.watched(V2::usage(kContainer)) == 1);

  V2 counted;
  counted.machine.write(kRoot + "/cgroup.stat", "nr_descendants 1\nnr_dying_descendants 0\n");
  counted.add(kContainer);
  counted.ticks(1);
  counted.add(next);
  counted.machine.write(kRoot + "/cgroup.stat", "nr_descendants 1\nnr_dying_descendants 9\n");
  CHECK(counted.ticks(1) == 0);
  counted.machine.write(kRoot + "/cgroup.stat", "nr_descendants 2\nnr_dying_descendants 9\n");
  CHECK(counted.ticks(1) == 1);
  CHECK(counted.shows(next));
}

TEST_CASE("a container that goes ends its series at once, and the others go on") {
  V2 v2;
  const std::string next = "/kubepods/pod" + kUid + "/" + kOther;
  v2.add(kContainer);
  v2.add(next, 2);
  v2.add("/kubepods/pod" + kUid, 3);
  v2.ticks(1);
  v2.remove(kContainer);
  CHECK(v2.ticks(1) == 1);
  CHECK_FALSE(v2.shows(kContainer));
  CHECK(v2.watched(V2::usage(next)) == 2);
  CHECK(v2.watched(V2::usage("/kubepods/pod" + kUid)) == 3);
  CHECK(v2.watched("tacho_cgroups") == 2);
  v2.remove("/kubepods");
  CHECK(v2.ticks(1) == 1);
  CHECK(v2.watched("tacho_cgroups") == 0);
}

TEST_CASE("a cgroup that was made anew under its old path goes on with the new one's counts") {
  V2 v2;
  v2.add(kContainer, 100);
  v2.ticks(1);
  v2.remove(kContainer);
  v2.add(kContainer, 1);
  v2.ticks(1);
  CHECK(v2.watched(V2::usage(kContainer)) == 1);
}

TEST_CASE("more cgroups than the limit are left out and counted, and who is shown stays") {
  V2 v2({.cgroups_max = 2});
  const auto id = [](char c) { return "/docker/" + std::string(64, c); };
  v2.add("/docker");
  v2.add(id('c'));
  v2.add(id('d'));
  v2.ticks(1);
  CHECK(v2.shows(id('c')));
  CHECK(v2.shows(id('d')));
  CHECK_FALSE(v2.shows("/docker"));
  CHECK(v2.watched("tacho_cgroups") == 2);
  CHECK(v2.watched("tacho_cgroups_left_out") == 1);
  v2.add(id('a'));
  CHECK(v2.ticks(5) == 0);
  CHECK(v2.watched("tacho_cgroups_left_out") == 2);
  v2.remove(id('c'));
  CHECK(v2.ticks(1) == 1);
  CHECK(v2.shows(id('a')));
  CHECK(v2.shows(id('d')));
  CHECK(v2.watched("tacho_cgroups_left_out") == 1);
}

TEST_CASE("services are shown until there is a container, and not again when it has gone") {
  V2 v2;
  v2.add("/system.slice");
  v2.add("/system.slice/ssh.service");
  v2.add("/system.slice/system-getty.slice/getty@tty1.service");
  v2.ticks(1);
  CHECK(v2.shows("/system.slice"));
  CHECK(v2.shows("/system.slice/ssh.service"));
  CHECK_FALSE(v2.shows("/system.slice/system-getty.slice/getty@tty1.service"));
  const std::string docker = "/system.slice/docker-" + kId + ".scope";
  v2.add(docker);
  CHECK(v2.ticks(5) == 1);
  CHECK(v2.shows(docker));
  CHECK(v2.shows("/system.slice"));
  CHECK_FALSE(v2.shows("/system.slice/ssh.service"));
  v2.remove(docker);
  CHECK(v2.ticks(1) == 1);
  CHECK(v2.ticks(10) == 0);
  CHECK_FALSE(v2.shows("/system.slice/ssh.service"));
}

TEST_CASE("services can be asked for beside containers, or left out") {
  for (const ShowServices services : {ShowServices::always, ShowServices::never}) {
    V2 v2({.services = services});
    v2.add("/system.slice");
    v2.add("/system.slice/ssh.service");
    if (services == ShowServices::always) v2.add("/system.slice/docker-" + kId + ".scope");
    v2.ticks(1);
    CHECK(v2.shows("/system.slice"));
    CHECK(v2.shows("/system.slice/ssh.service") == (services == ShowServices::always));
  }
}

TEST_CASE("a service that starts beside containers changes no series") {
  V2 v2;
  v2.add(kContainer);
  v2.ticks(1);
  v2.add("/system.slice/cron.service");
  CHECK(v2.ticks(5) == 1);  // for /system.slice
  v2.add("/system.slice/atd.service");
  CHECK(v2.ticks(10) == 0);
}

TEST_CASE("what of one cgroup cannot be read is absent, told, and leaves the others alone") {
  V2 v2;
  const std::string next = "/kubepods/pod" + kUid + "/" + kOther;
  for (const std::string& cgroup : {kContainer, next}) {
    v2.add(cgroup);
    v2.write(cgroup, "memory.current", "4096\n");
  }
  v2.ticks(1);
  CHECK(v2.watched("container_scrape_error") == 0);
  v2.remove(kContainer + "/memory.current");
  v2.machine.write(kRoot + kContainer + "/memory.current/odd", "a folder in a file's place\n");
  CHECK(v2.ticks(1) == 0);
  CHECK(v2.watched("container_scrape_error") == 1);
  CHECK(is_absent(v2.value("container_memory_usage_bytes", kContainer)));
  CHECK(v2.value("container_memory_usage_bytes", next) == 4096);
  CHECK(v2.watched(V2::usage(kContainer)) == 1);
}

TEST_CASE("a controller that is switched on later has its series at the next walk") {
  V2 v2;
  v2.add(kContainer);
  v2.ticks(1);
  v2.write(kContainer, "memory.current", "4096\n");
  CHECK(v2.ticks(5) == 1);
  CHECK(v2.value("container_memory_usage_bytes", kContainer) == 4096);
}

TEST_CASE("IO is by device, as sysfs names it, without those that are excluded") {
  V2 v2;
  std::filesystem::create_directories(v2.machine.path("sys/dev/block"));
  std::filesystem::create_symlink("../../devices/pci/nvme/nvme0/nvme0n1", v2.machine.path("sys/dev/block/259:0"));
  std::filesystem::create_symlink("../../devices/virtual/block/loop3", v2.machine.path("sys/dev/block/7:3"));
  v2.add(kContainer);
  v2.write(kContainer, "io.stat",
           "7:3 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n259:0 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=5 dios=6\n");
  v2.ticks(1);
  const auto series = [](const std::string& metric, const std::string& device) {
    return "container_fs_" + metric + V2::labels(kContainer, "device=\"" + device + "\",");
  };
  CHECK(v2.watched(series("reads_bytes_total", "/dev/nvme0n1")) == 10);
  CHECK(v2.watched(series("writes_bytes_total", "/dev/nvme0n1")) == 20);
  CHECK(v2.watched(series("reads_total", "/dev/nvme0n1")) == 30);
  CHECK(v2.watched(series("writes_total", "/dev/nvme0n1")) == 40);
  CHECK_FALSE(v2.watched.has(series("reads_total", "/dev/loop3")));
  // Another order, another excluded device's line gone: the same series.
  v2.write(kContainer, "io.stat", "259:0 rbytes=11 wbytes=20 rios=31 wios=40\n7:3 rbytes=1 wbytes=2 rios=3 wios=4\n");
  CHECK(v2.ticks(1) == 0);
  CHECK(v2.watched(series("reads_bytes_total", "/dev/nvme0n1")) == 11);
  // One that sysfs does not name.
  v2.write(kContainer, "io.stat", "259:0 rbytes=11 wbytes=20 rios=31 wios=40\n8:16 rbytes=7 wbytes=0 rios=1 wios=0\n");
  CHECK(v2.ticks(1) == 1);
  CHECK(v2.watched(series("reads_bytes_total", "8:16")) == 7);
  // Unplugged: its series end at the next walk.
  v2.write(kContainer, "io.stat", "259:0 rbytes=11 wbytes=20 rios=31 wios=40\n");
  CHECK(v2.ticks(5) == 1);
  CHECK_FALSE(v2.watched.has(series("reads_bytes_total", "8:16")));
}

TEST_CASE("a device that is told twice is one, and no tick describes the series anew for it") {
  V2 v2;
  v2.add(kContainer);
  v2.write(kContainer, "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n8:0 rbytes=5 wbytes=6 rios=7 wios=8\n");
  v2.ticks(1);
  CHECK(v2.ticks(10) == 0);
  CHECK(v2.watched("container_fs_reads_bytes_total" + V2::labels(kContainer, "device=\"8:0\",")) == 5);
}

TEST_CASE("any beginning of a cgroup's file is read without a wrong value") {
  // Of the recorded node one pod.
  V2 v2;
  const std::string pod = "/kubepods.slice/kubepods-pod" + kUnderscored + ".slice";
  const std::string recorded = trees() + "/k8s/" + kRoot + pod;
  for (const auto& entry : std::filesystem::directory_iterator(recorded)) {
    if (entry.is_regular_file()) v2.write(pod, entry.path().filename(), read_file(entry.path()).value());
  }
  const auto values = [&] {
    v2.watched.tick();
    std::map<std::string, double> out;
    for (const store::SeriesInfo& info : v2.watched.schema()) {
      const std::string series = info.labels.to_string();
      if (const double value = v2.watched(series); !is_absent(value)) out[series] = value;
    }
    return out;
  };
  const auto whole = values();
  CHECK(whole.size() > 40);
  for (const std::string file : {"cpu.stat", "cpu.max", "memory.current", "memory.max", "memory.stat", "memory.events", "io.stat",
                                 "pids.max", "cpu.pressure"}) {
    const std::string text = read_file(recorded + "/" + file).value();
    for (std::size_t length = 0; length < text.size(); length += 1 + length / 97) {
      v2.write(pod, file, text.substr(0, length));
      for (const auto& [series, value] : values()) {
        INFO(file << " cut at " << length << ": " << series);
        const auto it = whole.find(series);
        REQUIRE(it != whole.end());
        REQUIRE(it->second == value);
      }
    }
    v2.write(pod, file, text);
  }
  const auto again = values();
  for (const auto& [series, value] : whole) {
    INFO(series);
    REQUIRE(again.contains(series));
    CHECK(again.at(series) == value);
  }
}

TEST_CASE("version 1 is read from each controller's tree, pressure from the version 2 tree beside it") {
  Machine machine("cgroup1");
  CgroupSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  const std::string pod =
      "{id=\"/kubepods/burstable/podc0ffee00-1234-4abc-9def-0123456789ab\",pod_uid=\"c0ffee00-1234-4abc-9def-0123456789ab\"}";
  CHECK(watched("container_cpu_user_seconds_total" + pod) == 20.4);
  CHECK(watched("container_cpu_cfs_throttled_seconds_total" + pod) == 1.0);
  CHECK(watched("container_memory_rss" + pod) == 4096 * 700 * 4);
  CHECK(watched("container_oom_events_total" + pod) == 1);
  CHECK(watched("container_pressure_io_waiting_seconds_total" + pod) == 4.000002);
  // From the recursive file.
  CHECK(watched("container_fs_reads_bytes_total{device=\"/dev/sda\"," + pod.substr(1)) == 40960 * 4);
  // No limit is a number near 2^63 there.
  CHECK(watched("container_spec_memory_limit_bytes{id=\"/system.slice\"}") == 0);
  CHECK_FALSE(watched.has("container_spec_cpu_quota{id=\"/system.slice\"}"));
}

TEST_CASE("a container that goes right after it was described is absent for a tick, and no tick is lost to it") {
  V2 v2;
  v2.add(kContainer);
  v2.ticks(1);
  const std::string next = "/kubepods/pod" + kUid + "/" + kOther;
  v2.add(next);
  REQUIRE(v2.watched.describe());
  REQUIRE(v2.shows(next));
  v2.remove(next);
  CHECK(v2.ticks(1) == 0);
  CHECK(is_absent(v2.watched(V2::usage(next))));
  CHECK(v2.watched(V2::usage(kContainer)) == 1);
  CHECK(v2.ticks(5) == 1);
  CHECK_FALSE(v2.shows(next));
}

TEST_CASE("a name that cannot be a label is not shown") {
  V2 v2;
  v2.add("/system.slice");
  v2.add("/caf\xe9.slice");
  v2.add("/a\nb.slice");
  v2.ticks(1);
  CHECK(v2.watched("tacho_cgroups") == 1);
}

TEST_CASE("a walk ends at its depth, and says what it did not look at") {
  Machine machine;
  std::string path = kRoot;
  for (int level = 0; level < 14; ++level) path += "/" + std::to_string(level);
  machine.write(path + "/cpu.stat", "usage_usec 1\n");
  machine.write(kRoot + "/cgroup.controllers", "\n");
  CgroupTree tree(*find_cgroup_mounts(machine.path(kRoot)), 1);
  REQUIRE(tree.walk());
  CHECK(tree.paths() == std::vector<std::string_view>{"/0"});
  CHECK(tree.left_out() == 1);
}

}  // namespace
}  // namespace tacho::sampler
