#include "sampler/identity/attribution.h"

#include <algorithm>

#include "proto/base/log.h"

namespace tacho::sampler {
namespace {

using Reason = AttributionReason;

constexpr std::string_view kKinds[] = {"device", "process", "pod", "container", "job"};
constexpr std::size_t kSaidIdsMax = 64;
// Kubernetes' times are whole seconds: what began at 5.9 s "began" at 5. A row of second 5 is of before the end, of second 6 not.
constexpr std::int64_t kWholeSecondMs = 999;

std::string device_scope(const DeviceScope& device) { return "device " + device.name(); }

// The series of a device: ours by what identifies the card, and those of exporters that are scraped, by their labels for its uuid.
std::vector<Labels> targets_of(const DeviceScope& d) {
  const bool part = !d.partition.empty();
  std::vector<Labels> out;
  if (d.uuid.empty()) {
    const bool has_address = !d.pci_bus_id.empty();
    out.push_back({{"vendor", d.vendor}, {has_address ? "pci_bus_id" : "accel", has_address ? d.pci_bus_id : d.accel}});
    out.back().set("partition", d.partition);
    return out;
  }
  out.push_back({{"uuid", d.uuid}, {"partition", d.partition}});
  // dcgm-exporter's, npu-exporter's.
  out.push_back({{"UUID", d.uuid}, {"GPU_I_ID", d.partition}});
  if (!part) out.push_back({{"vdie_id", d.uuid}});
  return out;
}

// Logs a trouble when it begins, when it is another, and when it ends.
void say(std::string& said, const std::string& trouble, std::string_view what, std::string_view consequence) {
  if (said == trouble) return;
  if (!trouble.empty()) {
    log_warn("{} cannot be read: {}; {}", what, trouble, consequence);
  } else {
    log_info("{} can be read again", what);
  }
  said = trouble;
}

}  // namespace

Attribution::Attribution(const AttributionOptions& options, const Roots& roots, const store::Queryable& store,
                         std::shared_ptr<AttributionBoard> board)
    : Attribution(options, roots, store, std::move(board),
                  std::make_unique<KubeletWatch>(std::make_unique<KubeletClient>(options.kubelet_socket, options.pods))) {}

Attribution::Attribution(const AttributionOptions& options, const Roots& roots, const store::Queryable& store,
                         std::shared_ptr<AttributionBoard> board, std::unique_ptr<KubeletNews> kubelet)
    : roots_(roots),
      store_(store),
      slurm_folder_(options.slurm_job_mapping),
      label_map_(options.label_map),
      board_(std::move(board)),
      kubelet_(std::move(kubelet)),
      cgroups_(roots),
      processes_(roots.procfs) {}

bool Attribution::owns(std::string_view scope) const { return is_of_kind(scope, kKinds); }

void Attribution::resume(std::span<const store::Identity> in_force) {
  told_.resume(in_force, kKinds);
  for (const store::Identity& identity : in_force) {
    if (identity.scope.starts_with("device ")) resumed_.insert(identity.scope);
  }
}

void Attribution::take_answer(const KubeletAnswer& answer, TimeMs now) {
  answer_ = answer.number;
  if (answer.list) {
    list_ = *answer.list;
    list_time_ = std::min(answer.begun, now);
  } else {
    fault_ = reason_of(answer.list.error().fault);
  }
  pods_known_ = answer.pods.has_value();
  if (pods_known_) {
    pods_ = *answer.pods;
    const std::vector<std::string> twins = drop_twins(pods_);
    if (twins != said_twins_ && !twins.empty())
      log_warn("{} pods say that their cgroup is another pod's, first {}; they are left out", twins.size(), twins.front());
    said_twins_ = twins;
    pods_time_ = now;
    pods_listed_ = std::min(answer.begun, now);
  }
  say(said_list_, answer.list ? "" : answer.list.error().message, "the kubelet's list of devices",
      "which pod has which accelerator is not known");
  say(said_pods_, pods_known_ ? "" : answer.pods.error().message, "the node's pods",
      "accelerators have their pods' names, and not their labels");
}

void Attribution::note_listed(const HoldersResult& found, TimeMs now) {
  for (const std::string& id : found.unknown) {
    // The cards tell what they are called one after another.
    if (now - begun_ >= kPatienceMs && said_ids_.size() < kSaidIdsMax && said_ids_.insert(id).second)
      log_warn("the kubelet has given out the device \"{}\", and nobody here knows which accelerator that is", id);
  }
  for (const Held& held : found.held) {
    Listed& l = listed_[held.device.name()];
    const bool is_held = held.reason == Reason::attributed;
    if (l.seen == list_time_) continue;
    if (l.seen == 0) l.since = list_time_;
    if (is_held != l.held || !(held.holder == l.holder)) {
      l.otherwise = l.seen;
      l.since = list_time_;
      l.holder = held.holder;
      l.held = is_held;
      l.ended = false;
      l.dead.clear();
    }
    l.seen = list_time_;
  }
  std::erase_if(listed_, [&](const auto& known) { return known.second.seen != list_time_; });
}

std::vector<Held> Attribution::unheard(Reason reason) const {
  std::vector<Held> out = find_holders(cards_, {}, {}).held;
  for (Held& held : out) held.reason = reason;
  return out;
}

const Pod* Attribution::pod_of(std::string_view uid) const {
  const auto it = std::find_if(pods_.begin(), pods_.end(), [&](const Pod& p) { return p.uid == uid; });
  return uid.empty() || it == pods_.end() ? nullptr : &*it;
}

Labels Attribution::labels_of(const Pod& pod, std::string_view container) const {
  Labels labels = label_map_.apply(pod.labels, pod.annotations);
  labels.set("namespace", pod.name_space);
  labels.set("pod", pod.name);
  labels.set("pod_uid", pod.uid);
  if (!container.empty()) labels.set("container", container);
  return labels;
}

// When the pod that the labels name let go of its device.
TimeMs Attribution::end_of(const Labels& told, TimeMs now) const {
  const std::string_view uid = told.get("pod_uid");
  const Pod* pod = pod_of(uid);
  if (pod != nullptr && pod->ended) {
    if (const auto finished = pod->finished(told.get("container"))) return std::min(*finished + 1, now);
  }
  const auto gone = cgroups_.gone(pod != nullptr ? pod->cgroup_uid : uid);
  return std::min(gone.value_or(list_time_), now);
}

Attribution::Verdict Attribution::ended(Reason reason, const Labels& told, TimeMs now) {
  return {reason, Labels(), told.has("pod") ? end_of(told, now) : now};
}

// Until now nobody was in it, whatever began before.
Attribution::Verdict Attribution::dead(Listed& listed, const Labels& told, TimeMs now) {
  listed.otherwise = now;
  return ended(Reason::free, told, now);
}

// Nobody to ask, or not for a long time: what was said stays for a while, and as long as the pod is seen to live.
Attribution::Verdict Attribution::without_kubelet(Reason reason, const Labels& told, TimeMs now) const {
  if (!told.has("pod")) return {reason, Labels(), now};
  const Pod* pod = pod_of(told.get("pod_uid"));
  const std::string_view uid = pod != nullptr ? pod->cgroup_uid : told.get("pod_uid");
  if (const auto gone = cgroups_.gone(uid)) return {reason, Labels(), *gone};
  const bool patient = now - std::max(list_time_, begun_) < kPatienceMs;
  if (patient || cgroups_.alive(uid)) return {Reason::attributed, std::nullopt, 0};
  return {reason, Labels(), now};
}

// A pod of which only the list tells: its processes on the card say since when it works, and its uid.
Attribution::Verdict Attribution::judge_unknown_pod(const Held& held, const Labels& told, TimeMs now) {
  std::set<std::string> uids;
  TimeMs first = now;
  for (const Card& card : cards_) {
    if (card.vendor != held.device.vendor || card.accel != held.device.accel || !held.device.partition.empty()) continue;
    for (const std::uint32_t pid : card.pids) {
      const ProcessScopes::Process* process = processes_.find(pid);
      if (process == nullptr || process->cgroup.pod_uid.empty()) continue;
      uids.insert(process->cgroup.pod_uid);
      first = std::min(first, process->start);
    }
  }
  Listed& listed = listed_[held.device.name()];
  const bool same = told.get("namespace") == held.holder.name_space && told.get("pod") == held.holder.pod && told.has("pod_uid");
  // Older kubelets list pods that have ended.
  if (same && cgroups_.gone(told.get("pod_uid"))) {
    listed.ended = true;
    listed.dead = told.get("pod_uid");
  }
  listed.ended = listed.ended && uids.empty();
  if (listed.ended) return dead(listed, told, now);
  // Between two of its processes it is what it was, and with what was known of the pod when the pods were told last.
  if (same && (uids.empty() || uids.contains(std::string(told.get("pod_uid"))))) {
    Verdict v{Reason::attributed, told, list_time_};
    v.labels->set("container", held.holder.container);
    return v;
  }
  Verdict v{Reason::attributed, Labels{{"namespace", held.holder.name_space}, {"pod", held.holder.pod}}, list_time_};
  v.labels->set("container", held.holder.container);
  if (uids.size() == 1) {
    v.labels->set("pod_uid", *uids.begin());
    v.from = std::max(first, listed.otherwise);
  }
  return v;
}

Attribution::Verdict Attribution::judge_holder(const Held& held, const Labels& told, TimeMs now) {
  const Pod* pod = find_pod(pods_, held.holder.name_space, held.holder.pod);
  if (pod == nullptr && !pods_known_) return judge_unknown_pod(held, told, now);
  auto started = pod != nullptr ? pod->started(held.holder.container) : std::nullopt;
  // It began before the clock stepped back.
  if (started && *started > now) started = list_time_;
  const auto gone = pod != nullptr ? cgroups_.gone(pod->cgroup_uid) : std::nullopt;
  if (!started) {
    // Its cgroup is there a second or two before Kubernetes knows of it; an image may take minutes.
    if (now - came_or_went_ < kStartWaitMs) kubelet_->ask_soon();
    return ended(Reason::not_started, told, now);
  }
  // The list is older than the pod: it may speak of another of the same name.
  if (*started > list_time_ + kWholeSecondMs) {
    kubelet_->ask_soon();
    return ended(Reason::not_started, told, now);
  }
  // Whose cgroup has gone stays gone, though that is forgotten one day; but one that is there again lives.
  Listed& listed = listed_[held.device.name()];
  listed.ended = listed.ended && listed.dead == pod->uid && !cgroups_.alive(pod->cgroup_uid);
  if (listed.ended && !gone) return dead(listed, told, now);
  if (gone && *gone >= *started) {
    // Kubernetes will soon tell when it ended, to the second.
    if (answer_ != 0 && list_time_ <= *gone && now - *gone < kEndWaitMs) {
      kubelet_->ask_soon();
      return {Reason::attributed, std::nullopt, 0};
    }
    listed.ended = true;
    listed.dead = pod->uid;
    return dead(listed, told, now);
  }
  Verdict v{Reason::attributed, labels_of(*pod, held.holder.container), *started};
  v.from = std::max(v.from, listed.otherwise);
  // Labels that it got later it has from then on.
  v.from = std::max(v.from, labels_since(*pod));
  // Of what the list alone told, by a name: this is the same, and known better.
  v.corrects = told.get("namespace") == pod->name_space && told.get("pod") == pod->name &&
               (!told.has("pod_uid") || told.get("pod_uid") == pod->uid);
  return v;
}

// The list has the device free, and whose it was is seen to live.
bool Attribution::doubts(const Held& held, const Labels& told, TimeMs now) const {
  const auto listed = listed_.find(held.device.name());
  if (held.reason != Reason::free || !told.has("pod_uid") || listed == listed_.end()) return false;
  const Pod* pod = pod_of(told.get("pod_uid"));
  if (pod != nullptr && pod->ended) return false;
  if (!cgroups_.alive(pod != nullptr ? pod->cgroup_uid : told.get("pod_uid"))) return false;
  return !pods_known_ || now - listed->second.since < kPatienceMs;
}

Attribution::Verdict Attribution::judge(const Held& held, const Labels& told, TimeMs now) {
  const bool stale = list_time_ == 0 || now - list_time_ >= kPatienceMs;
  if (stale) return without_kubelet(fault_, told, now);
  if (held.reason == Reason::attributed) return judge_holder(held, told, now);
  // At the start a card may not have told its numbers yet, by which the list has it.
  if (held.reason == Reason::unknown_id && told.has("pod") && now - begun_ < kPatienceMs) return {held.reason, std::nullopt, 0};
  if (doubts(held, told, now)) {
    if (now - listed_[held.device.name()].since < kStartWaitMs) kubelet_->ask_soon();
    return {Reason::attributed, std::nullopt, 0};
  }
  Verdict v = ended(held.reason, told, now);
  // It was doubted, and was right.
  const auto listed = listed_.find(held.device.name());
  if (held.reason == Reason::free && listed != listed_.end() && v.from == list_time_) v.from = listed->second.since;
  return v;
}

void Attribution::decide(Held& held, TimeMs now) {
  const std::string scope = device_scope(held.device);
  const store::Identity* in_force = told_.in_force(scope);
  resumed_.erase(scope);
  Labels told = in_force != nullptr ? in_force->labels : Labels();
  const std::string jobs_before(told.get("hpc_job"));
  told.erase("hpc_job");
  Verdict v = judge(held, told, now);
  held.reason = v.reason;
  if (held.reason == Reason::attributed && held.holder.pod.empty())
    held.holder = {std::string(told.get("namespace")), std::string(told.get("pod")), std::string(told.get("container"))};
  const bool same = !v.labels || *v.labels == told;
  if (!v.labels) v.labels = told;
  // The folder is dcgm-exporter's, and its numbers are NVIDIA's cards'.
  const DeviceScope& device = held.device;
  const auto jobs = device.vendor != "nvidia"
                        ? slurm_.end()
                        : slurm_.find(device.accel + (device.partition.empty() ? "" : "." + device.partition));
  const std::string ids = jobs == slurm_.end() ? "" : jobs->second.ids;
  // A pod's end before the next one's start is told of its own.
  if (!same && told.has("pod") && v.labels->has("pod") && v.labels->get("pod_uid") != told.get("pod_uid")) {
    const TimeMs end = end_of(told, now);
    if (end < v.from) told_.tell({scope, targets_of(held.device), Labels{{"hpc_job", ids}}, end}, now);
  }
  if (same) v.from = ids == jobs_before ? now : jobs == slurm_.end() ? now : jobs->second.since;
  v.labels->set("hpc_job", ids);
  const auto how = !same && v.corrects ? ToldScopes::How::correction : ToldScopes::How::change;
  told_.tell({scope, targets_of(held.device), std::move(*v.labels), v.from}, now, how);
}

// The clock has stepped back: no time that was seen is later than now.
void Attribution::step_back(TimeMs now) {
  for (TimeMs* t : {&begun_, &list_time_, &pods_time_, &pods_listed_, &came_or_went_}) *t = std::min(*t, now);
  for (auto& [name, listed] : listed_) {
    listed.seen = std::min(listed.seen, now);
    listed.otherwise = std::min(listed.otherwise, now);
    listed.since = std::min(listed.since, now);
  }
  told_.step_back(now);
  kubelet_->ask_soon();
}

std::vector<store::Identity> Attribution::poll(TimeMs now) {
  if (begun_ == 0) begun_ = now;
  if (now < polled_) step_back(now);
  polled_ = now;
  const bool came_or_went = cgroups_.look(now);
  if (came_or_went) {
    kubelet_->ask_soon();
    came_or_went_ = now;
  }
  const auto answer = kubelet_->latest();
  const bool news = answer->number != answer_;
  if (news) take_answer(*answer, now);
  forget_pods(now);
  if (auto cards = read_cards(store_, now)) cards_ = std::move(*cards);
  slurm_ = slurm_folder_.empty() ? std::map<std::string, SlurmJobs>() : read_slurm_jobs(slurm_folder_, slurm_, now);
  processes_.look(cards_, now);
  std::vector<Held> all;
  if (list_time_ == 0) {
    all = unheard(fault_);
  } else {
    HoldersResult found = find_holders(cards_, list_, pods_);
    note_listed(found, now);
    all = std::move(found.held);
  }
  // First: the cards ask since when a pod's labels are what they are.
  tell_pods(news || came_or_went || !pods_known_, now);
  for (Held& held : all) decide(held, now);
  tell_processes(now);
  // A card that has gone, and is not back after a while, is nobody's.
  if (now - begun_ < kPatienceMs) {
    for (const std::string& scope : resumed_) told_.keep(scope);
  }
  told_.sweep("device", now);
  board_->publish(std::move(all));
  return told_.take_news();
}

}  // namespace tacho::sampler
