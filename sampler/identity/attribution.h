// Whose each accelerator is, second by second: cards, their parts and processes, pods, containers and Slurm's jobs, told as identities.
//
// Scopes   "device VENDOR UUID", "device VENDOR UUID/PARTITION": pod, namespace, container, pod_uid, the pod's labels by the label map, and
//          hpc_job. "process VENDOR CARD PID" where a process is not its card's holder's: a shared card, a part, a stranger.
//          "pod UID", "container ID", "job PATH": of container_* series.
// From     a pod's card is its from the start of its container on (Kubernetes tells whole seconds, rounded down), whenever that was found
//          out; but not from before the last list that gave the card to somebody else. It ends with the second in which its container
//          ended, if Kubernetes tells that, else when its cgroup was seen to be empty, else with the first list without it. Where nobody
//          tells the pods, a card is its pod's from the first process there on that still runs, else from the first list on.
// Silence  a kubelet that does not answer changes nothing for kPatienceMs, and nothing at all for pods whose cgroup lives. After that
//          what it said last is not known any more: no labels. One that lists nothing for a pod whose cgroup lives may just have
//          restarted: for kPatienceMs, and as long as nobody tells the pods, it is not believed.
// Why not  is on the board (attribution_board.h), for every card.
// Threads  the identities' (producer.h). It waits for nobody: the kubelet is asked by a thread of its own (kubelet_watch.h).
// Cost     a poll: one pass over the store's labels, a look at the cgroups, two small files a process that is on a card: 0.7 ms with eight
//          cards and two pods, with 120 pods 2 ms (cgroup version 2) and 3.7 ms (version 1).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sampler/identity/attribution_board.h"
#include "sampler/identity/kubelet_watch.h"
#include "sampler/identity/label_map.h"
#include "sampler/identity/pod_cgroups.h"
#include "sampler/identity/process_scopes.h"
#include "sampler/identity/producer.h"
#include "sampler/identity/slurm_jobs.h"
#include "sampler/identity/told_scopes.h"

namespace tacho::sampler {

struct AttributionOptions {
  std::string kubelet_socket = kKubeletSocket;
  PodClientOptions pods;
  std::string slurm_job_mapping;  // a folder; "": none
  LabelMapOptions label_map;

  bool operator==(const AttributionOptions&) const = default;
};

class Attribution final : public IdentityProducer {
 public:
  static constexpr std::int64_t kPatienceMs = 60'000;
  static constexpr std::int64_t kEndWaitMs = 5'000;
  static constexpr std::int64_t kStartWaitMs = 5'000;

  Attribution(const AttributionOptions& options, const Roots& roots, const store::Queryable& store,
              std::shared_ptr<AttributionBoard> board);
  // With another kubelet; for tests.
  Attribution(const AttributionOptions& options, const Roots& roots, const store::Queryable& store,
              std::shared_ptr<AttributionBoard> board, std::unique_ptr<KubeletNews> kubelet);

  std::string_view name() const override { return "attribution"; }
  bool owns(std::string_view scope) const override;
  void resume(std::span<const store::Identity> in_force) override;
  std::vector<store::Identity> poll(TimeMs now) override;
  bool stop() override { return kubelet_->stop(); }

 private:
  // What the lists have said of a device.
  struct Listed {
    Holder holder;
    bool held = false;
    bool ended = false;    // its cgroup has gone, though the list has it
    std::string dead;      // whose: the pod's uid
    TimeMs seen = 0;       // the list that said so last
    TimeMs since = 0;      // the first one in a row
    TimeMs otherwise = 0;  // the last one that said something else, or when its pod was last seen dead; 0: none
  };
  // What a device's series are to carry. Nothing: what they carry stays.
  struct Verdict {
    AttributionReason reason = AttributionReason::free;
    std::optional<Labels> labels;
    TimeMs from = 0;
    bool corrects = false;  // what was told is the same, known by less
  };

  void step_back(TimeMs now);
  void take_answer(const KubeletAnswer& answer, TimeMs now);
  void note_listed(const HoldersResult& found, TimeMs now);
  std::vector<Held> unheard(AttributionReason reason) const;
  void decide(Held& held, TimeMs now);
  Verdict judge(const Held& held, const Labels& told, TimeMs now);
  Verdict judge_holder(const Held& held, const Labels& told, TimeMs now);
  Verdict judge_unknown_pod(const Held& held, const Labels& told, TimeMs now);
  Verdict without_kubelet(AttributionReason reason, const Labels& told, TimeMs now) const;
  Verdict dead(Listed& listed, const Labels& told, TimeMs now);
  bool doubts(const Held& held, const Labels& told, TimeMs now) const;
  Verdict ended(AttributionReason reason, const Labels& told, TimeMs now);
  TimeMs end_of(const Labels& told, TimeMs now) const;
  Labels labels_of(const Pod& pod, std::string_view container) const;
  const Pod* pod_of(std::string_view uid) const;
  TimeMs labels_since(const Pod& pod) const;  // as they were told of its scope; 0: never
  void tell_pods(bool changed, TimeMs now);
  void tell_processes(TimeMs now);
  void forget_pods(TimeMs now);

  const Roots roots_;
  const store::Queryable& store_;
  const std::string slurm_folder_;
  const LabelMap label_map_;
  const std::shared_ptr<AttributionBoard> board_;
  const std::unique_ptr<KubeletNews> kubelet_;

  PodCgroups cgroups_;
  ProcessScopes processes_;
  ToldScopes told_;
  std::vector<Card> cards_;
  std::map<std::string, SlurmJobs> slurm_;
  std::map<std::string, Listed> listed_;  // by the device's name
  std::set<std::string> resumed_;         // devices told before the agent's start that are not seen yet

  std::uint64_t answer_ = 0;  // the last one's number
  std::vector<PodEntry> list_;
  TimeMs list_time_ = 0;  // 0: there was none
  AttributionReason fault_ = AttributionReason::no_answer_yet;
  std::vector<Pod> pods_;
  bool pods_known_ = false;  // the last answer had them
  TimeMs pods_time_ = 0;
  TimeMs pods_listed_ = 0;             // when those were asked for
  std::string said_list_, said_pods_;  // the last trouble that was logged
  std::set<std::string> said_ids_;
  std::vector<std::string> said_twins_;
  TimeMs begun_ = 0;         // the first poll
  TimeMs polled_ = 0;        // the last one
  TimeMs came_or_went_ = 0;  // a pod or a container, last
};

}  // namespace tacho::sampler
