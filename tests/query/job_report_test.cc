#include "query/jobs/job_report.h"

#include <catch2/catch.hpp>
#include <random>

#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"
#include "tests/query/test_store.h"

using namespace tacho;
using namespace tacho::query;

namespace {

constexpr TimeMs kBegin = 1'700'000'000'000;

bool is_identity(std::string_view label) {
  const auto names = {"pod", "namespace", "pod_uid", "job_name", "job_namespace", "queue"};
  return std::find(names.begin(), names.end(), label) != names.end();
}

Labels pod(const std::string& job, const std::string& name, const std::string& uid) {
  return {{"job_name", job}, {"job_namespace", "team-a"}, {"namespace", "team-a"}, {"pod", name},
          {"pod_uid", uid},  {"queue", "default"}};
}

// A store in which each device's samples carry whoever holds it.
struct Node {
  TestStore store;

  void add(const std::string& metric, int device, const Labels& holder, TimeMs t, double v, std::vector<Label> more = {}) {
    more.insert(more.end(), {{"__name__", metric}, {"vendor", "nvidia"}, {"accel", std::to_string(device)}});
    more.insert(more.end(), holder.begin(), holder.end());
    store.add(Labels(std::move(more)), t, v);
  }
  JobReport report(store::TimeRange range = {0, kBegin * 2}) const {
    auto r = make_job_report(store, range, {.is_identity = is_identity, .now = store.bounds().max + 2000});
    REQUIRE(r);
    return std::move(*r);
  }
};

const DeviceReport* find(const std::vector<DeviceReport>& devices, int index) {
  for (const DeviceReport& d : devices) {
    if (d.name.index == std::to_string(index)) return &d;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a cluster's label alone makes nobody a job") {
  Node n;
  for (int s = 0; s <= 10; ++s) n.add("accel_up", 0, Labels{{"queue", "default"}}, kBegin + s * 1000, 1);
  const JobReport r = n.report();
  CHECK(r.runs.empty());
  REQUIRE(find(r.nobodys, 0));
  CHECK(find(r.nobodys, 0)->use.held_ms == 10'000);
}

TEST_CASE("a card whose parts are counted is not counted again, but for its energy") {
  Node n;
  const Labels holder = pod("train", "p", "u");
  for (int s = 0; s <= 10; ++s) {
    const TimeMs t = kBegin + s * 1000;
    n.add("accel_up", 0, holder, t, 1);
    n.add("accel_utilization_ratio", 0, holder, t, 0.4);
    n.add("accel_energy_joules_total", 0, holder, t, 100.0 * s);
    n.add("accel_utilization_ratio", 0, holder, t, 0.8, {{"partition", "1"}});
    n.add("accel_process_utilization_ratio", 0, holder, t, 0.6, {{"pid", "7"}, {"engine", "sm"}});
    n.add("accel_process_utilization_ratio", 0, holder, t, 0.5, {{"pid", "7"}, {"engine", "mem"}});
  }
  const JobRun run = n.report().runs.at(0);
  CHECK(run.devices.size() == 2);
  CHECK(run.devices_sum.held_ms == 10'000);
  CHECK(run.devices_sum.utilization_mean() == Approx(0.8));
  CHECK(run.devices_sum.energy_joules->value() == 1000);
  CHECK(run.devices_sum.process_busy_ms->value() == Approx(6000));  // of the engine that computes
  CHECK_FALSE(run.slowest_device());
}

TEST_CASE("rows that are minutes apart by rule are no gaps") {
  Node n;
  for (int s = 0; s <= 60; ++s) n.add("accel_up", 0, pod("train", "p", "u"), kBegin + s * 120'000, 1);
  CHECK(n.report().runs.at(0).devices_sum.held_ms == 59 * 120'000);  // the first could be a gap
}

TEST_CASE("a step counts to whoever its later sample belongs to, and a retry is another run") {
  Node n;
  const Labels first = pod("train", "train-worker-0", "u1"), second = pod("train", "train-worker-0", "u2");
  for (int s = 0; s <= 100; ++s) {
    const TimeMs t = kBegin + s * 1000;
    const Labels holder = s < 10 ? Labels() : s < 40 ? first : s < 45 ? Labels() : second;
    n.add("accel_up", 0, holder, t, s == 50 ? 0 : 1);
    n.add("accel_utilization_ratio", 0, holder, t, s < 20 ? 0.01 : 0.5);
    n.add("accel_energy_joules_total", 0, holder, t, 100.0 * s);
    n.add("accel_errors_total", 0, holder, t, s < 60 ? 0 : 2, {{"code", "79"}});
    n.add("accel_throttle_active", 0, holder, t, s >= 30 && s < 35, {{"reason", "thermal"}});
    n.add("accel_throttle_active", 0, holder, t, s >= 32 && s < 37, {{"reason", "power_cap"}});
    n.add("accel_throttle_active", 0, holder, t, 1, {{"reason", "idle"}});
    n.add("accel_memory_used_bytes", 0, holder, t, s == 20 ? 5e9 : 1e9);
  }
  const JobReport r = n.report();
  REQUIRE(r.runs.size() == 2);
  const JobRun &a = r.runs[0], &b = r.runs[1];
  CHECK(a.owner == JobOwner{"train", "team-a"});
  CHECK(std::tuple(a.run, a.runs, b.run, b.runs) == std::tuple(1u, 2u, 2u, 2u));
  CHECK(a.begin == kBegin + 10'000);
  CHECK(a.end == kBegin + 39'000);
  CHECK_FALSE(a.running);
  CHECK(b.running);
  const DeviceUse &ua = a.devices_sum, &ub = b.devices_sum;
  CHECK(ua.held_ms == 30'000);
  CHECK(ub.held_ms == 56'000);
  CHECK(ub.lost_ms == 1000);
  CHECK(ua.energy_joules->value() == 3000);
  CHECK(ub.energy_joules->value() == 5600);
  CHECK(ua.stalled_ms == 10'000);
  CHECK(ua.utilization_mean() == Approx((10 * 0.01 + 20 * 0.5) / 30));
  CHECK(ua.utilization_min == 0.01);
  CHECK(ua.throttled_ms == 7000);  // of two reasons at one time once
  CHECK(ub.throttled_ms == 0);
  CHECK(ua.memory_max_bytes == 5e9);
  CHECK(ub.errors.at("79").value() == 2);
  CHECK(ua.errors.empty());
  REQUIRE(find(r.nobodys, 0));
  CHECK(find(r.nobodys, 0)->use.held_ms == 9000 + 5000);
  CHECK(find(r.devices, 0)->use.energy_joules->value() == 10'000);
}

TEST_CASE("runs and what nobody held add up to the devices exactly, whatever happens") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto up_to = [&](std::uint64_t n) { return random() % (n + 1); };
    Node n;
    std::map<int, double> energy, grown;
    for (int device = 0; device < 3; ++device) {
      Labels holder;
      double joules = static_cast<double>(up_to(1'000'000)) / 7, total = 0;
      bool is_first = true;
      TimeMs t = kBegin;
      for (int s = 0; s < 9000; ++s) {
        t += up_to(300) == 0 ? static_cast<TimeMs>(up_to(200'000)) : 1000;
        if (up_to(200) == 0) {
          const auto job = std::to_string(up_to(2));
          holder = up_to(2) == 0 ? Labels() : pod("j" + job, "j" + job + "-0", "u" + std::to_string(up_to(9)));
        }
        const double step = static_cast<double>(up_to(1000)) / 3;
        const bool reset = up_to(2000) == 0;
        const double before = joules;
        joules = reset ? step : joules + step;
        if (!is_first) total += reset ? joules : joules - before;
        is_first = false;
        n.add("accel_up", device, holder, t, 1);
        n.add("accel_utilization_ratio", device, holder, t, static_cast<double>(up_to(100)) / 100);
        n.add("accel_energy_joules_total", device, holder, t, joules);
      }
      grown[device] = total;
    }
    const JobReport r = n.report();
    std::map<DeviceName, DeviceUse> sums;
    for (const DeviceReport& d : r.nobodys) sums[d.name].add(d.use);
    for (const JobRun& run : r.runs) {
      DeviceUse of_run;
      for (const DeviceReport& d : run.devices) {
        sums[d.name].add(d.use);
        of_run.add(d.use);
      }
      CHECK(of_run.energy_joules == run.devices_sum.energy_joules);
      CHECK(of_run.held_ms == run.devices_sum.held_ms);
    }
    REQUIRE(r.devices.size() == 3);
    for (const DeviceReport& d : r.devices) {
      const DeviceUse& sum = sums[d.name];
      CHECK(sum.held_ms == d.use.held_ms);
      CHECK(sum.stalled_ms == d.use.stalled_ms);
      CHECK(sum.energy_joules == d.use.energy_joules);  // to the last bit
      CHECK(sum.utilization_ms == d.use.utilization_ms);
      CHECK(d.use.energy_joules->value() == Approx(grown[std::stoi(d.name.index)]).epsilon(1e-9));
    }
  }
}

TEST_CASE("a report of a part of the time begins with the step into it") {
  Node n;
  const Labels holder = pod("train", "p", "u");
  for (int s = 0; s <= 8000; ++s) {
    n.add("accel_up", 0, holder, kBegin + s * 1000, 1);
    n.add("accel_energy_joules_total", 0, holder, kBegin + s * 1000, s);
  }
  const auto use = [&](TimeMs from, TimeMs to) {
    return n.report({kBegin + from * 1000, kBegin + to * 1000}).runs.at(0).devices_sum;
  };
  CHECK(use(1, 3600).energy_joules->value() == 3600);
  CHECK(use(3601, 8000).energy_joules->value() == 4400);
  CHECK(use(3601, 8000).held_ms == 4'400'000);
  CHECK(n.report({0, 1}).runs.empty());
}

TEST_CASE("pods that are there together are one run; a pod without a job is its own") {
  Node n;
  const auto hold = [&](int device, const Labels& holder, int from, int to) {
    for (int s = from; s <= to; ++s) n.add("accel_up", device, holder, kBegin + s * 1000, 1);
  };
  hold(0, pod("train", "a", "u1"), 0, 50);
  hold(1, pod("train", "b", "u2"), 10, 20);
  hold(1, pod("train", "b", "u3"), 40, 90);
  hold(0, pod("train", "a", "u4"), 90, 99);  // in the second in which the last one ends
  hold(2, Labels{{"pod", "notebook"}, {"namespace", "team-b"}, {"pod_uid", "u5"}}, 5, 99);
  const JobReport r = n.report();
  REQUIRE(r.runs.size() == 3);
  CHECK(r.runs[0].pods.size() == 3);
  CHECK(r.runs[0].end == kBegin + 90'000);
  CHECK(r.runs[1].owner.text() == "team-b/notebook");
  CHECK(r.runs[2].pods.size() == 1);
  CHECK(r.runs[2].run == 2);
}

TEST_CASE("a pod's own cgroup is its use of the host, else its containers'") {
  Node n;
  const auto add = [&](const std::string& metric, const std::string& uid, const std::string& container, TimeMs t, double v) {
    Labels labels = pod("train-" + uid, "p", uid);
    labels.set("__name__", metric);
    labels.set("id", "/kubepods/" + uid + "/" + container);
    labels.set("container_id", container);
    n.store.add(labels, t, v);
  };
  for (int s = 0; s <= 10; ++s) {
    const TimeMs t = kBegin + s * 1000;
    add("container_cpu_usage_seconds_total", "u1", "", t, 2.0 * s);
    add("container_cpu_usage_seconds_total", "u1", "c1", t, 1.0 * s);
    add("container_memory_working_set_bytes", "u1", "", t, 100 + s);
    add("container_cpu_usage_seconds_total", "u2", "c2", t, 0.5 * s);
  }
  const JobReport r = n.report();
  REQUIRE(r.runs.size() == 2);
  CHECK(r.runs[0].host.cpu_seconds->value() == 20);
  CHECK(r.runs[0].host.memory_max_bytes == 110);
  CHECK(r.runs[1].host.cpu_seconds->value() == 5);
  CHECK_FALSE(r.runs[1].host.memory_max_bytes);
}

TEST_CASE("a device of an exporter, of which no row says that it answers, was held as long as its use is known") {
  Node n;
  for (int s = 0; s <= 10; ++s) n.add("accel_utilization_ratio", 0, pod("train", "p", "u"), kBegin + s * 1000, 0.5);
  const JobReport r = n.report();
  CHECK(r.runs.at(0).devices_sum.held_ms == 10'000);
}

TEST_CASE("a device whose utilization nobody tells has not stalled for 0s: it is not known") {
  Node n;
  for (int s = 0; s <= 10; ++s) n.add("accel_up", 0, pod("train", "train-0", "u"), kBegin + s * 1000, 1);
  const std::string page = job_pages(n.report(), "train");
  INFO(page);
  CHECK(page.find("- busy, stalled for -, throttled for 0s") != std::string::npos);
}

TEST_CASE("the page and the JSON say what the report says, and nothing that was not read") {
  Node n;
  for (int s = 0; s <= 3600; ++s) {
    const TimeMs t = kBegin + s * 1000;
    for (int d = 0; d < 2; ++d) {
      n.add("accel_up", d, pod("train", "train-0", "u"), t, 1);
      n.add("accel_utilization_ratio", d, pod("train", "train-0", "u"), t, d == 0 ? 0.75 : 0.5);
    }
  }
  const JobReport r = n.report();
  const std::string page = job_pages(r, "train");
  INFO(page);
  CHECK(page.find("job team-a/train, running") == 0);
  CHECK(page.find("2 devices, 2.000 device-hours, - of energy, 62.5 % busy") != std::string::npos);
  CHECK(page.find("least busy: nvidia 1, 50.0 % in the mean against 62.5 % of all") != std::string::npos);
  CHECK(job_pages(r, "team-a/train") == page);
  CHECK(job_pages(r, "other").empty());
  const std::string json = job_json(r);
  INFO(json);
  CHECK(json.find(R"("job":"train","namespace":"team-a","run":1,"runs":1)") != std::string::npos);
  CHECK(json.find(R"("device_hours":2,)") != std::string::npos);
  CHECK(json.find("energy") == std::string::npos);
  CHECK(job_table(JobReport()).starts_with("no job: "));
}
