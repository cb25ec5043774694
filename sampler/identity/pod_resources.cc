#include "sampler/identity/pod_resources.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <protozero/pbf_message.hpp>
#include <stdexcept>

#include "proto/grpc_call.h"

namespace tacho::sampler {
namespace {

using protozero::pbf_message;
using protozero::pbf_wire_type;

enum class ResponseField : protozero::pbf_tag_type { pods = 1 };
enum class PodField : protozero::pbf_tag_type { name = 1, name_space = 2, containers = 3 };
enum class ContainerField : protozero::pbf_tag_type { name = 1, devices = 2, dynamic = 5 };
enum class DevicesField : protozero::pbf_tag_type { resource = 1, ids = 2 };
enum class DynamicField : protozero::pbf_tag_type { claim_name = 2, claim_namespace = 3, resources = 4 };
enum class ClaimField : protozero::pbf_tag_type { cdi = 1, driver = 2, pool = 3, device = 4 };
enum class CdiField : protozero::pbf_tag_type { name = 1 };

// What was found so far; beyond a bound nobody has so much, and memory must not follow.
struct Counts {
  std::size_t containers = 0;
  std::size_t ids = 0;
};
struct TooMany : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// All fields read here are texts or messages; what comes in another form is skipped as unknown fields are.
template <class Field>
bool next_field(pbf_message<Field>& m) {
  while (m.next()) {
    if (m.wire_type() == pbf_wire_type::length_delimited) return true;
    m.skip();
  }
  return false;
}

void count_id(Counts& counts) {
  if (++counts.ids > kIdsMax) throw TooMany(fmt::format("more than {} device ids", kIdsMax));
}

void decode_devices(pbf_message<DevicesField> m, Counts& counts, std::map<std::string, std::vector<std::string>>& out) {
  std::string resource;
  std::vector<std::string> ids;
  while (next_field(m)) {
    switch (m.tag()) {
      case DevicesField::resource: resource = m.get_string(); break;
      case DevicesField::ids:
        count_id(counts);
        ids.push_back(m.get_string());
        break;
      default: m.skip();
    }
  }
  std::vector<std::string>& all = out[resource];
  all.insert(all.end(), ids.begin(), ids.end());
}

ClaimedDevice decode_claimed(pbf_message<ClaimField> m, Counts& counts) {
  ClaimedDevice out;
  count_id(counts);
  while (next_field(m)) {
    switch (m.tag()) {
      case ClaimField::cdi: {
        pbf_message<CdiField> cdi = m.get_message();
        while (next_field(cdi)) {
          if (cdi.tag() != CdiField::name) {
            cdi.skip();
            continue;
          }
          count_id(counts);
          out.cdi_names.push_back(cdi.get_string());
        }
        break;
      }
      case ClaimField::driver: out.driver = m.get_string(); break;
      case ClaimField::pool: out.pool = m.get_string(); break;
      case ClaimField::device: out.device = m.get_string(); break;
      default: m.skip();
    }
  }
  return out;
}

void decode_dynamic(pbf_message<DynamicField> m, Counts& counts, std::vector<ClaimedDevice>& out) {
  const std::size_t first = out.size();
  std::string name;
  std::string name_space;
  while (next_field(m)) {
    switch (m.tag()) {
      case DynamicField::claim_name: name = m.get_string(); break;
      case DynamicField::claim_namespace: name_space = m.get_string(); break;
      case DynamicField::resources: out.push_back(decode_claimed(m.get_message(), counts)); break;
      default: m.skip();
    }
  }
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].claim_name = name;
    out[i].claim_namespace = name_space;
  }
}

PodContainer decode_container(pbf_message<ContainerField> m, Counts& counts) {
  if (++counts.containers > kContainersMax) throw TooMany(fmt::format("more than {} containers", kContainersMax));
  PodContainer out;
  std::map<std::string, std::vector<std::string>> devices;
  while (next_field(m)) {
    switch (m.tag()) {
      case ContainerField::name: out.name = m.get_string(); break;
      case ContainerField::devices: decode_devices(m.get_message(), counts, devices); break;
      case ContainerField::dynamic: decode_dynamic(m.get_message(), counts, out.claimed); break;
      default: m.skip();
    }
  }
  for (auto& [resource, ids] : devices) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty()) out.devices.push_back({resource, std::move(ids)});
  }
  return out;
}

PodEntry decode_pod(pbf_message<PodField> m, Counts& counts) {
  PodEntry out;
  while (next_field(m)) {
    switch (m.tag()) {
      case PodField::name: out.name = m.get_string(); break;
      case PodField::name_space: out.name_space = m.get_string(); break;
      case PodField::containers: out.containers.push_back(decode_container(m.get_message(), counts)); break;
      default: m.skip();
    }
  }
  return out;
}

KubeletFault fault_of(const GrpcError& e) {
  switch (e.status) {
    case GrpcStatus::resource_exhausted: return KubeletFault::rate_limited;
    case GrpcStatus::permission_denied:
    case GrpcStatus::unauthenticated: return KubeletFault::permission;
    default: break;
  }
  switch (e.sys_errno) {
    case ENOENT:
    case ECONNREFUSED: return KubeletFault::no_socket;
    case EACCES:
    case EPERM: return KubeletFault::permission;
    case ETIMEDOUT: return KubeletFault::timed_out;
    default: return KubeletFault::broken;
  }
}

}  // namespace

Result<std::vector<PodEntry>> parse_pod_resources(std::string_view message) {
  std::vector<PodEntry> out;
  Counts counts;
  try {
    pbf_message<ResponseField> m(protozero::data_view(message.data(), message.size()));
    while (next_field(m)) {
      if (m.tag() != ResponseField::pods) {
        m.skip();
        continue;
      }
      if (out.size() == kPodsMax) throw TooMany(fmt::format("more than {} pods", kPodsMax));
      out.push_back(decode_pod(m.get_message(), counts));
    }
  } catch (const protozero::exception& e) {
    return failure("the list of {} bytes is broken behind {} pods: {}", message.size(), out.size(), e.what());
  } catch (const TooMany& e) {
    return failure("the list has {}, which no node has", e.what());
  }
  return out;
}

std::expected<std::vector<PodEntry>, KubeletError> list_pod_resources(const std::string& socket, std::int64_t timeout_ms) {
  const auto answer = grpc_call({.socket = socket, .timeout_ms = timeout_ms}, "/v1.PodResourcesLister/List", "");
  if (!answer) {
    KubeletError error{answer.error(), fault_of(answer.error())};
    if (answer.error().sys_errno == ENOENT)
      error.message += "; no kubelet runs here, or its --root-dir is another: give the agent the folder pod-resources below that";
    return std::unexpected(std::move(error));
  }
  auto pods = parse_pod_resources(*answer);
  if (!pods) return std::unexpected(KubeletError{{fmt::format("{}: {}", socket, pods.error())}, KubeletFault::broken});
  return std::move(*pods);
}

}  // namespace tacho::sampler
