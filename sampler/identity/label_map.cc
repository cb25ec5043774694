#include "sampler/identity/label_map.h"

#include <algorithm>

#include "proto/base/utf8.h"
#include "sampler/identity/label_names.h"
#include "sampler/identity/label_table.h"

namespace tacho::sampler {
namespace {

// kube-state-metrics would take what it is told to; these are what it is told to without a rule: all of the platforms in the table.
constexpr std::string_view kFamilies[] = {
    "volcano.sh/",
    "scheduling.volcano.sh/",
    "training.kubeflow.org/",
    "batch.kubernetes.io/",
    "jobset.sigs.k8s.io/",
    "kueue.x-k8s.io/",
    "ray.io/",
    "app.kubernetes.io/",
    "scheduling.k8s.io/",
    "system.hero.ai/",
};

bool is_of_family(std::string_view key) {
  if (key.ends_with(".system.hero.ai")) return true;
  if (std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](std::string_view f) { return key.starts_with(f); }))
    return true;
  const auto rows = label_table();
  return std::any_of(rows.begin(), rows.end(), [&](const LabelTableRow& row) { return row.key == key; });
}

bool covers(const LabelRule& rule, std::string_view key) {
  if (!rule.key.ends_with('*')) return rule.key == key;
  return key.starts_with(std::string_view(rule.key).substr(0, rule.key.size() - 1));
}

// Gathers what one pod gets: the first to give a label keeps it.
class Gathered {
 public:
  void add(std::string_view key, std::string label, std::string_view value) {
    if (value.empty() || taken(label)) return;
    if (value.size() > kIdentityValueMax || !is_utf8(value) || labels_.size() >= kIdentityLabelsMax) {
      left_out_.emplace_back(key);
      return;
    }
    labels_.push_back({std::move(label), std::string(value)});
  }
  bool taken(std::string_view label) const {
    return std::any_of(labels_.begin(), labels_.end(), [&](const Label& l) { return l.name == label; });
  }
  Labels finish(std::vector<std::string>* left_out) {
    std::sort(left_out_.begin(), left_out_.end());
    left_out_.erase(std::unique(left_out_.begin(), left_out_.end()), left_out_.end());
    if (left_out != nullptr) *left_out = std::move(left_out_);
    return Labels(std::move(labels_));
  }

 private:
  std::vector<Label> labels_;
  std::vector<std::string> left_out_;
};

// A key that is kept, under a short name: label_ before what only Prometheus may use, or what a label cannot begin with.
std::string short_name(std::string_view key, bool snake_case) {
  std::string name = sanitised(key, snake_case);
  return store::is_identity_label(name) ? name : "label_" + name;
}

}  // namespace

const LabelRule* LabelMap::rule_of(std::string_view key) const {
  const auto at = std::find_if(options_.rules.begin(), options_.rules.end(), [&](const LabelRule& r) { return covers(r, key); });
  return at == options_.rules.end() ? nullptr : &*at;
}

Labels LabelMap::apply(const KeyValues& labels, const KeyValues& annotations, std::vector<std::string>* left_out) const {
  Gathered out;
  const bool is_short = options_.style == LabelStyle::short_names;
  // Rules that name labels, before all else and in their order; of labels and annotations of one key the label counts.
  for (const LabelRule& rule : options_.rules) {
    if (rule.kind != LabelRule::Kind::rename) continue;
    for (const KeyValues* from : {&labels, &annotations}) {
      if (const auto at = from->find(rule.key); at != from->end()) out.add(at->first, rule.label, at->second);
    }
  }
  if (is_short) {
    for (const LabelTableRow& row : label_table()) {
      if (rule_of(row.key) != nullptr) continue;
      for (const KeyValues* from : {&labels, &annotations}) {
        if (const auto at = from->find(row.key); at != from->end()) out.add(at->first, std::string(row.label), at->second);
      }
    }
  }
  for (const auto& [from, prefix] : {std::pair{&labels, "label"}, std::pair{&annotations, "annotation"}}) {
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : *from) {
      const LabelRule* const rule = rule_of(key);
      const bool is_kept = rule != nullptr ? rule->kind == LabelRule::Kind::keep : !is_short && is_of_family(key);
      if (is_kept) keys.push_back(key);
    }
    const std::vector<std::string> names = label_names(prefix, keys, options_.snake_case);
    for (std::size_t i = 0; i < keys.size(); ++i)
      out.add(keys[i], is_short ? short_name(keys[i], options_.snake_case) : names[i], from->find(keys[i])->second);
  }
  return out.finish(left_out);
}

}  // namespace tacho::sampler
