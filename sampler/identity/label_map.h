// From what a platform writes on its pods to the labels that samples get: system.hero.ai/job-name is job_name.
//
// Shape    two styles. Short names: the keys of label_table.h under plain names; where several keys give one label (job_name), the table's
//          order decides, so that a dashboard asks every platform the same. kube-state-metrics: the same keys as label_KEY and
//          annotation_KEY, as kube_pod_labels has them (label_names.h). Keys the table does not know are left out: a label costs
//          the receiver series.
// Rules    of the configuration come first: a key under another name, dropped, or kept though the table does not know it.
// Bounds   kIdentityLabelsMax labels; a value longer than kIdentityValueMax bytes, or no UTF-8, is left out: half of it would be
//          another value.
// Never    job, instance and names that begin with "__": they are Prometheus's own. A key that would become one of them is label_KEY.
// Threads  const use from any thread.   Cost  a look-up a key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "store/identity/timeline.h"

namespace tacho::sampler {

inline constexpr std::size_t kIdentityLabelsMax = 40;
inline constexpr std::size_t kIdentityValueMax = 512;

// A pod's labels, or its annotations: keys as Kubernetes writes them.
using KeyValues = std::map<std::string, std::string, std::less<>>;

enum class LabelStyle { short_names, kube_state_metrics };

struct LabelRule {
  enum class Kind { rename, keep, drop };
  std::string key;  // "team.example.com/name", or with a last '*' for all that begin so
  Kind kind = Kind::rename;
  std::string label;  // of rename

  bool operator==(const LabelRule&) const = default;
};

struct LabelMapOptions {
  LabelStyle style = LabelStyle::short_names;
  bool snake_case = true;  // instanceName is instance_name, where a name is made of a key
  std::vector<LabelRule> rules;

  bool operator==(const LabelMapOptions&) const = default;
};

class LabelMap {
 public:
  explicit LabelMap(LabelMapOptions options = {}) : options_(std::move(options)) {}

  // `left_out`, where it is asked for: keys that were wanted and had no place (too long, no UTF-8, one too many), sorted.
  Labels apply(const KeyValues& labels, const KeyValues& annotations, std::vector<std::string>* left_out = nullptr) const;

  const LabelMapOptions& options() const { return options_; }

 private:
  const LabelRule* rule_of(std::string_view key) const;

  LabelMapOptions options_;
};

}  // namespace tacho::sampler
