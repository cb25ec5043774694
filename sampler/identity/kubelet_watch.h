// Asks the kubelet which devices are whose, and for the pods, on a thread of its own: both may be slow or not answer at all.
//
// Shape    latest() is the last answer of both, or why there is none. The list is asked for first: a pod that begins between the two is
//          then in the pods and not in the list, and not the other way about, which could not be told from an older pod of its name.
// When     each `interval_ms`, and soon after ask_soon(), but never twice within kApartMs: the kubelet refuses who asks too often. What fails
//          rests for up to kRestMaxMs, twice as long each time; but a socket that is not there, or nobody behind it, is tried again after
//          kAbsentMs: a kubelet that restarts makes it anew, and each call opens it by its path. The pods are not asked for more often then.
// Pods     that are not told rest for themselves (PodsRest), whatever the kubelet says: an API server that is short of breath is asked by
//          all nodes of a cluster.
// Threads  its own, "tacho-kubelet"; latest(), ask_soon(): any.
// Stop     stop() waits for kStopMs; a call in flight is then left behind with all that it needs, and ends at its time-out. exit() must not
//          run beside it: what the call uses (OpenSSL's tables, the log) would be taken down under it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "sampler/identity/pod_client.h"
#include "sampler/identity/pod_resources.h"

namespace tacho::sampler {

inline constexpr const char* kKubeletSocket = "/var/lib/kubelet/pod-resources/kubelet.sock";

struct KubeletAnswer {
  std::uint64_t number = 0;  // of the answer; 0: none yet
  TimeMs begun = 0;          // when the list was asked for
  std::expected<std::vector<PodEntry>, KubeletError> list;
  Result<std::vector<Pod>> pods;
};

// The last answer, however it comes.
class KubeletNews {
 public:
  virtual ~KubeletNews() = default;
  // Never null.
  virtual std::shared_ptr<const KubeletAnswer> latest() const = 0;
  virtual void ask_soon() = 0;
  // False: a call is left behind, and the process must end with _exit.
  virtual bool stop() { return true; }
};

// Whom to ask.
class KubeletSide {
 public:
  virtual ~KubeletSide() = default;
  virtual std::expected<std::vector<PodEntry>, KubeletError> list() = 0;
  virtual Result<std::vector<Pod>> pods() = 0;
};

class KubeletClient final : public KubeletSide {
 public:
  KubeletClient(std::string socket, PodClientOptions pods) : socket_(std::move(socket)), pods_(std::move(pods)) {}
  std::expected<std::vector<PodEntry>, KubeletError> list() override;
  Result<std::vector<Pod>> pods() override;

 private:
  const std::string socket_;
  PodClient pods_;
};

// How long after the last time the pods are asked for again: twice as long after each time that they were not told, and on each node
// another share of it, so that a cluster's nodes do not come all at once.
class PodsRest {
 public:
  static constexpr std::int64_t kMinMs = 5'000;
  static constexpr std::int64_t kMaxMs = 60'000;

  explicit PodsRest(std::string_view node);
  void note(bool told);
  // 0: they were told. Else from kMinMs to kMaxMs.
  std::int64_t ms() const;

 private:
  const std::int64_t share_;  // thousandths, at most a fifth
  std::int64_t rest_ms_ = 0;
};

class KubeletWatch final : public KubeletNews {
 public:
  static constexpr std::int64_t kApartMs = 1000;
  static constexpr std::int64_t kRestMaxMs = 30'000;
  static constexpr std::int64_t kAbsentMs = 2000;
  static constexpr std::int64_t kStopMs = 500;

  KubeletWatch(std::unique_ptr<KubeletSide> side, std::int64_t interval_ms = 5000, const Clock& clock = system_clock());
  ~KubeletWatch() override { stop(); }

  std::shared_ptr<const KubeletAnswer> latest() const override;
  void ask_soon() override;
  // One thread. The answer stays what it was at first.
  bool stop() override;

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;  // not joinable once it was stopped
  bool clean_ = true;
};

}  // namespace tacho::sampler
