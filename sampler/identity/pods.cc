#include "sampler/identity/pods.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "proto/base/number.h"
#include "sampler/identity/pod_resources.h"

namespace tacho::sampler {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;
// How a static pod's object at the API server says what its cgroup is called.
constexpr std::string_view kConfigHash = "kubernetes.io/config.hash";
// Only with this it is one: any pod may have any annotation.
constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

json::string_view key(std::string_view s) { return {s.data(), s.size()}; }

// What is not there, or is something else, is an empty object.
const json::object& object_in(const json::object& o, std::string_view name) {
  static const json::object kNone;
  const json::value* v = o.if_contains(key(name));
  return v != nullptr && v->is_object() ? v->get_object() : kNone;
}

std::string_view text_in(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(key(name));
  if (v == nullptr || !v->is_string()) return {};
  return {v->get_string().data(), v->get_string().size()};
}

std::optional<TimeMs> time_in(const json::object& o, std::string_view name) {
  const std::string_view text = text_in(o, name);
  // parse_time() takes bare numbers too; Kubernetes writes none.
  return text.find('T') == std::string_view::npos ? std::nullopt : parse_time(text);
}

template <typename Each>
void each_object(const json::object& o, std::string_view name, Each&& each) {
  const json::value* v = o.if_contains(key(name));
  if (v == nullptr || !v->is_array()) return;
  for (const json::value& item : v->get_array()) {
    if (item.is_object()) each(item.get_object());
  }
}

KeyValues texts_in(const json::object& o, std::string_view name) {
  KeyValues out;
  for (const auto& member : object_in(o, name)) {
    if (member.value().is_string())
      out.emplace(std::string(member.key().data(), member.key().size()),
                  std::string(member.value().get_string().c_str(), member.value().get_string().size()));
  }
  return out;
}

void keep_earliest(std::optional<TimeMs>& t, std::optional<TimeMs> other) {
  if (other && (!t || *other < *t)) t = other;
}
void keep_latest(std::optional<TimeMs>& t, std::optional<TimeMs> other) {
  if (other && (!t || *other > *t)) t = other;
}

ContainerStatus read_container(const json::object& o) {
  ContainerStatus out;
  out.name = text_in(o, "name");
  const std::string_view id = text_in(o, "containerID");
  const std::size_t at = id.find("://");
  out.id = at == std::string_view::npos ? id : id.substr(at + 3);
  const json::object& state = object_in(o, "state");
  const json::object& running = object_in(state, "running");
  out.running = !running.empty();
  keep_earliest(out.started, time_in(running, "startedAt"));
  for (const json::object* s : {&state, &object_in(o, "lastState")}) {
    const json::object& ended = object_in(*s, "terminated");
    keep_earliest(out.started, time_in(ended, "startedAt"));
    if (!out.running) keep_latest(out.finished, time_in(ended, "finishedAt"));
  }
  return out;
}

Pod read_pod(const json::object& o) {
  Pod out;
  const json::object& meta = object_in(o, "metadata");
  out.uid = text_in(meta, "uid");
  out.name = text_in(meta, "name");
  out.name_space = text_in(meta, "namespace");
  out.labels = texts_in(meta, "labels");
  out.annotations = texts_in(meta, "annotations");
  out.created = time_in(meta, "creationTimestamp").value_or(0);
  const auto hash = out.annotations.find(kConfigHash);
  const bool is_static = hash != out.annotations.end() && out.annotations.contains(std::string(kMirror));
  out.cgroup_uid = is_static ? hash->second : out.uid;
  const json::object& status = object_in(o, "status");
  const std::string_view phase = text_in(status, "phase");
  out.ended = phase == "Succeeded" || phase == "Failed";
  for (const char* list : {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"})
    each_object(status, list, [&](const json::object& c) { out.containers.push_back(read_container(c)); });
  return out;
}

}  // namespace

std::optional<TimeMs> Pod::started(std::string_view container) const {
  std::optional<TimeMs> out;
  for (const ContainerStatus& c : containers) {
    if (container.empty() || c.name == container) keep_earliest(out, c.started);
  }
  return out;
}

std::optional<TimeMs> Pod::finished(std::string_view container) const {
  std::optional<TimeMs> out;
  for (const ContainerStatus& c : containers) {
    if (container.empty() || c.name == container) keep_latest(out, c.finished);
  }
  return out;
}

std::vector<std::string> drop_twins(std::vector<Pod>& pods) {
  std::stable_partition(pods.begin(), pods.end(), [](const Pod& p) { return p.uid == p.cgroup_uid; });
  std::set<std::string> known;
  std::vector<std::string> out;
  std::erase_if(pods, [&](const Pod& p) {
    if (known.insert(p.cgroup_uid).second) return false;
    out.push_back(p.name_space + "/" + p.name);
    return true;
  });
  return out;
}

Result<PodList> parse_pods(std::string_view text) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = kDepthMax;
  const json::value parsed = json::parse(key(text), error, {}, options);
  if (error) return failure("the list of pods is no JSON: {}", error.message());
  const json::object* list = parsed.if_object();
  const json::value* items = list != nullptr ? list->if_contains("items") : nullptr;
  // Of an empty list the kubelet writes "items": null.
  if (items == nullptr || !(items->is_array() || items->is_null()))
    return failure("the answer is no list of pods: it has no items");
  PodList out;
  if (items->is_array() && items->get_array().size() > kPodsMax)
    return failure("the list has more than {} pods, which no node has", kPodsMax);
  each_object(*list, "items", [&](const json::object& o) {
    if (Pod pod = read_pod(o); !pod.uid.empty() && !pod.name.empty()) out.pods.push_back(std::move(pod));
  });
  out.next = text_in(object_in(*list, "metadata"), "continue");
  return out;
}

}  // namespace tacho::sampler
