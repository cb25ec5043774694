// A made node for the attribution: cards in a store, a kubelet that says what it is told, cgroups and processes in a folder, and what came
// out of it as the labels that a series carries at a time.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "sampler/identity/attribution.h"
#include "store/identity/timeline.h"
#include "store/memory_store.h"
#include "tests/temp_dir.h"

namespace tacho::test {

// The store of the moment.
class ChangingStore final : public store::Queryable {
 public:
  void set(const std::string& text) {
    now_ = std::make_unique<store::MemoryStore>(store::MemoryStore::parse(text, "cards").value());
  }
  Result<store::Selection> select(std::span<const store::Matcher> m, store::TimeRange r,
                                  const store::SelectLimits& l) const override {
    return now_->select(m, r, l);
  }
  Result<std::vector<Labels>> series(std::span<const store::Matcher> m, store::TimeRange r) const override {
    return now_->series(m, r);
  }
  store::TimeRange bounds() const override { return now_->bounds(); }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  std::unique_ptr<store::MemoryStore> now_ =
      std::make_unique<store::MemoryStore>(store::MemoryStore::parse("# EOF\n", "cards").value());
};

class ToldKubelet final : public sampler::KubeletNews {
 public:
  std::shared_ptr<const sampler::KubeletAnswer> latest() const override { return answer; }
  void ask_soon() override { ++asked; }

  std::shared_ptr<const sampler::KubeletAnswer> answer = std::make_shared<sampler::KubeletAnswer>();
  int asked = 0;
};

class Node {
 public:
  static constexpr TimeMs kStart = 1'767'225'600'000;  // t() counts from here

  explicit Node(sampler::AttributionOptions options = {}) : options_(std::move(options)) {
    write("proc/uptime", "1000000.00 0.00");
    start();
  }

  static TimeMs t(double seconds) { return kStart + static_cast<TimeMs>(seconds * 1000); }
  std::string path(const std::string& name) const { return dir_ / name; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(path(name)); }

  // A new life of the agent, which knows what the last one told.
  void start() {
    auto kubelet = std::make_unique<ToldKubelet>();
    kubelet_ = kubelet.get();
    kubelet_->answer = answer_;
    const sampler::Roots roots{path("proc"), path("sys"), ""};
    board_ = std::make_shared<sampler::AttributionBoard>();
    attribution_ = std::make_unique<sampler::Attribution>(options_, roots, store_, board_, std::move(kubelet));
    std::map<std::string, store::Identity> newest;
    for (const store::Identity& i : told_) newest[i.scope] = i;
    std::vector<store::Identity> in_force;
    for (auto& [scope, identity] : newest) in_force.push_back(identity);
    attribution_->resume(in_force);
  }

  // NVIDIA cards 0 to n - 1 with uuids GPU-0...
  void cards(int n, const std::string& more = "") {
    cards_.clear();
    for (int i = 0; i < n; ++i) card("nvidia", i, fmt::format("GPU-{}", i), fmt::format(R"(,minor="{}")", i));
    cards_ += more;
  }
  void card(const std::string& vendor, int number, const std::string& uuid, const std::string& facts) {
    const std::string who =
        fmt::format(R"(vendor="{}",accel="{}",uuid="{}",pci_bus_id="0000:{:02x}:00.0")", vendor, number, uuid, number);
    cards_ += fmt::format("accel_up{{{}}} 1 T\naccel_info{{{}{}}} 1 T\n", who, who, facts);
  }
  void part(int number, const std::string& partition, const std::string& uuid) {
    cards_ +=
        fmt::format(R"(accel_partition_info{{vendor="nvidia",accel="{}",uuid="GPU-{}",partition="{}",partition_uuid="{}"}} 1 T)"
                    "\n",
                    number, number, partition, uuid);
  }
  void process(int card, int pid, const std::string& cgroup, double started_at) {
    processes_[pid] = fmt::format(R"(accel_process_memory_used_bytes{{vendor="nvidia",accel="{}",uuid="GPU-{}",pid="{}"}} 1 T)"
                                  "\n",
                                  card, card, pid);
    write(fmt::format("proc/{}/cgroup", pid), cgroup);
    start_of_[pid] = started_at;
  }
  void end_process(int pid) {
    processes_.erase(pid);
    start_of_.erase(pid);
    remove(fmt::format("proc/{}", pid));
  }

  // What the kubelet answers at `at` seconds.
  void says(double at, std::vector<sampler::PodEntry> list, std::vector<sampler::Pod> pods) {
    auto answer = std::make_shared<sampler::KubeletAnswer>();
    answer->number = ++number_;
    answer->begun = t(at);
    answer->list = std::move(list);
    answer->pods = std::move(pods);
    answer_ = kubelet_->answer = std::move(answer);
  }
  void fails(double at, sampler::KubeletFault fault) {
    auto answer = std::make_shared<sampler::KubeletAnswer>();
    answer->number = ++number_;
    answer->begun = t(at);
    answer->list = std::unexpected(sampler::KubeletError{{"no"}, fault});
    answer->pods = failure("no");
    answer_ = kubelet_->answer = std::move(answer);
  }
  void no_pods(double at, std::vector<sampler::PodEntry> list) {
    says(at, std::move(list), {});
    auto answer = std::make_shared<sampler::KubeletAnswer>(*answer_);
    answer->pods = failure("nobody tells");
    answer_ = kubelet_->answer = std::move(answer);
  }

  void poll(double seconds) {
    const TimeMs now = t(seconds);
    std::string text = cards_;
    for (const auto& [pid, series] : processes_) {
      text += series;
      // Uptime is a million seconds now.
      const double age = seconds - start_of_[pid];
      write(fmt::format("proc/{}/stat", pid), fmt::format("{} (python (x)) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {} 0", pid,
                                                          static_cast<long>((1'000'000 - age) * 100)));
    }
    for (std::size_t at; (at = text.find(" T\n")) != std::string::npos;)
      text.replace(at, 3, fmt::format(" {}.{:03}\n", (now - 1) / 1000, (now - 1) % 1000));
    store_.set(text + "# EOF\n");
    for (store::Identity& i : attribution_->poll(now)) {
      CHECK(i.from <= now);
      told_.push_back(std::move(i));
    }
  }
  void poll_each_second(double from, double to) {
    for (double s = from; s <= to; ++s) poll(s);
  }

  // What a series carries beside its own labels.
  Labels at(double seconds, const Labels& series) const {
    const auto timeline = store::IdentityTimeline::of(told_);
    const store::TimeRange range{t(seconds), t(seconds)};
    store::IdentityJoiner joiner(*timeline, range);
    const auto& stretches = joiner.stretches(series);
    return stretches.empty() ? Labels() : *stretches.back().labels;
  }
  Labels gpu_at(double seconds, int number, std::initializer_list<Label> more = {}) const {
    std::vector<Label> labels(more);
    const std::string n = fmt::format("{}", number);
    labels.insert(labels.end(), {{"__name__", "accel_power_watts"}, {"vendor", "nvidia"}, {"accel", n}, {"uuid", "GPU-" + n}});
    return at(seconds, Labels(labels));
  }
  std::string pod_at(double seconds, int number) const { return std::string(gpu_at(seconds, number).get("pod_uid")); }
  std::string reason(const std::string& vendor, const std::string& accel, const std::string& partition = "") const {
    for (const sampler::Held& h : *board_->rows()) {
      if (h.device.vendor == vendor && h.device.accel == accel && h.device.partition == partition)
        return std::string(name_of(h.reason));
    }
    return "not there";
  }
  std::size_t told() const { return told_.size(); }
  ToldKubelet& kubelet() { return *kubelet_; }

 private:
  TempDir dir_;
  sampler::AttributionOptions options_;
  ChangingStore store_;
  std::shared_ptr<sampler::AttributionBoard> board_;
  ToldKubelet* kubelet_ = nullptr;
  std::shared_ptr<const sampler::KubeletAnswer> answer_ = std::make_shared<sampler::KubeletAnswer>();
  std::unique_ptr<sampler::Attribution> attribution_;
  std::string cards_;
  std::map<int, std::string> processes_;
  std::map<int, double> start_of_;
  std::uint64_t number_ = 0;
  std::vector<store::Identity> told_;
};

inline sampler::PodEntry entry(const std::string& pod, std::vector<std::string> ids,
                               const std::string& resource = "nvidia.com/gpu") {
  return {pod, "team-a", {{"worker", {{resource, std::move(ids)}}, {}}}};
}
inline std::string uid(int n) { return fmt::format("3f0c1d2e-0000-4000-8000-{:012}", n); }
// Begun at `started` seconds; below 0: not yet.
inline sampler::Pod pod(const std::string& name, int n, double started, double finished = -1) {
  sampler::Pod out;
  out.uid = out.cgroup_uid = uid(n);
  out.name = name;
  out.name_space = "team-a";
  out.labels = {{"system.hero.ai/job-name", "job-" + name}};
  out.created = Node::t(started < 0 ? 0 : started - 1);
  sampler::ContainerStatus c{"worker", std::string(64, 'a'), finished < 0, {}, {}};
  if (started >= 0) c.started = Node::t(started);
  if (finished >= 0) c.finished = Node::t(finished);
  out.ended = finished >= 0;
  out.containers.push_back(std::move(c));
  return out;
}

}  // namespace tacho::test
