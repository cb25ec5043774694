// Which devices the kubelet has given to which containers: its pod-resources API.
//
// Shape    a call of List, decoded. A device may stand there several times (one entry for each of its NUMA nodes); here it has each
//          container's ids of a resource once. It tells no uid, no labels, and nothing of whether a pod still runs.
// Errors   fault says which kind; the message names the socket and what to do.
// Bounds   messages of 16 MiB; kPodsMax pods, kContainersMax containers and kIdsMax ids are an error that says so.
// Cost     a call is about a millisecond on a node of a hundred pods. Servers take ten at once, then a hundred a second of all
//          that ask, and refuse the others: ask each few seconds.
// Threads  any.   Source  kubelet's pkg/apis/podresources/v1 by its field numbers; fields unknown here are skipped.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace tacho::sampler {

inline constexpr std::size_t kPodsMax = 4096;
inline constexpr std::size_t kContainersMax = 16384;
inline constexpr std::size_t kIdsMax = 65536;

struct PodDevices {
  std::string resource;          // "nvidia.com/gpu"
  std::vector<std::string> ids;  // as the device plugin names them; sorted, each once

  bool operator==(const PodDevices&) const = default;
};

// A device that was given through a claim (dynamic resource allocation).
struct ClaimedDevice {
  std::string claim_namespace, claim_name;
  std::string driver, pool, device;
  std::vector<std::string> cdi_names;

  bool operator==(const ClaimedDevice&) const = default;
};

struct PodContainer {
  std::string name;
  std::vector<PodDevices> devices;  // by resource
  std::vector<ClaimedDevice> claimed;

  bool operator==(const PodContainer&) const = default;
};

struct PodEntry {
  std::string name;
  std::string name_space;
  std::vector<PodContainer> containers;

  bool operator==(const PodEntry&) const = default;
};

enum class KubeletFault : std::uint8_t {
  no_socket,   // the file is not there, or nobody listens
  permission,  // the file, or the server, is not for this user
  rate_limited,
  timed_out,
  broken,  // any other
};

struct KubeletError : Error {
  KubeletFault fault = KubeletFault::broken;
};

Result<std::vector<PodEntry>> parse_pod_resources(std::string_view message);
std::expected<std::vector<PodEntry>, KubeletError> list_pod_resources(const std::string& socket, std::int64_t timeout_ms);

}  // namespace tacho::sampler
