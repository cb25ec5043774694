#include "sampler/identity/pod_identity.h"

#include <algorithm>
#include <cstdlib>

#include "proto/base/log.h"
#include "proto/base/utf8.h"
#include "sampler/identity/label_table.h"

namespace tacho::sampler {

std::vector<EnvironmentLabel> usual_environment() {
  return {{"POD_NAME", "pod"}, {"POD_NAMESPACE", "namespace"}, {"POD_UID", "pod_uid"}, {"NODE_NAME", "node"}};
}

PodIdentity::PodIdentity(PodIdentityOptions options) : options_(std::move(options)), map_(options_.map) {
  if (!options_.folder.empty()) volume_.emplace(options_.folder);
}

void PodIdentity::complain(std::string text) {
  if (text == complaint_) return;
  if (!text.empty()) log_warn("identity: {}", text);
  complaint_ = std::move(text);
}

Labels PodIdentity::joined(const DownwardPod& pod) {
  const auto value_of = [&](std::string_view variable) -> std::string_view {
    const std::string name(variable);
    const char* const value = options_.getenv ? options_.getenv(name.c_str()) : std::getenv(name.c_str());
    return value == nullptr ? std::string_view() : value;
  };
  std::vector<std::string> left_out;
  const Labels mapped = map_.apply(pod.labels, pod.annotations, &left_out);
  std::vector<Label> out;
  const auto add = [&](std::string_view from, std::string_view label, std::string_view value) {
    const auto has = [&](const Label& l) { return l.name == label; };
    if (value.empty() || std::any_of(out.begin(), out.end(), has)) return;
    if (value.size() <= kIdentityValueMax && is_utf8(value) && out.size() < kIdentityLabelsMax) {
      out.push_back({std::string(label), std::string(value)});
    } else {
      left_out.emplace_back(from);
    }
  };
  for (const EnvironmentLabel& e : options_.environment) add(e.variable, e.label, value_of(e.variable));
  for (const Label& l : mapped) add(l.name, l.name, l.value);
  if (options_.slurm && !value_of("SLURM_JOB_ID").empty()) {
    for (const LabelTableRow& row : slurm_table()) add(row.key, row.label, value_of(row.key));
  }
  std::string text;
  const auto say = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  for (const std::string& p : pod.problems) say(p);
  for (const std::string& key : left_out)
    say(fmt::format("{} is left out: its value is longer than {} bytes or no UTF-8, or there are more than {} labels", key,
                    kIdentityValueMax, kIdentityLabelsMax));
  complain(std::move(text));
  return Labels(std::move(out));
}

std::vector<store::Identity> PodIdentity::poll(TimeMs now) {
  const bool is_first = !polled_;
  const TimeMs before = polled_.value_or(now);
  polled_ = now;
  if (told_ && (!volume_ || !volume_->changed())) return {};
  DownwardPod pod;
  if (volume_) {
    auto read = volume_->read();
    if (!read) {
      complain(read.error().message);
      return {};
    }
    pod = std::move(*read);
  }
  // When it was renamed, if that can be: clocks of file systems and of a container's making are not to be believed in all things.
  const bool is_known = !is_first && pod.written >= before && pod.written <= now;
  Labels labels = joined(pod);
  told_ = true;
  std::vector<Labels> about;
  if (!labels.empty()) about.emplace_back();  // every series
  return {{std::string(kPodScope), std::move(about), std::move(labels), is_known ? pod.written : now}};
}

}  // namespace tacho::sampler
