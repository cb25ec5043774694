#include "query/events/rules.h"

#include <algorithm>
#include <array>

#include "query/events/throttle.h"

namespace tacho::query {
namespace {

bool one_of(std::string_view value, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_nvidia(const Labels& l) { return l.get("vendor") == "nvidia"; }
bool is_other_vendor(const Labels& l) { return !is_nvidia(l); }

// What a card is made to do at most is no fault of its cooling or supply.
bool is_power_cap(const Labels& l) { return l.get("reason") == "power_cap"; }
bool is_throttled(const Labels& l) { return is_throttle_fault(l.get("reason")); }

// The parts add up to the total where there is one; what the driver counts anew with each load is what has happened now.
bool is_uncorrected_now(const Labels& l) {
  return l.get("severity") == "uncorrected" && one_of(l.get("scope"), {"volatile", ""}) &&
         (l.get("location") == "total" || l.get("vendor") != "nvidia");
}
bool is_uncorrected(const Labels& l) { return l.get("cause") == "uncorrected"; }

// Interfaces that come and go with pods are no links.
bool is_link(const Labels& l) {
  constexpr std::array<std::string_view, 11> kMade{"lo",  "veth",  "cali", "lxc",     "cni", "docker",
                                                   "br-", "virbr", "tap",  "flannel", "tunl"};
  const std::string_view device = l.get("device");
  return std::none_of(kMade.begin(), kMade.end(), [&](std::string_view begin) { return device.starts_with(begin); });
}

bool is_failed(const Labels& l) { return l.get("state") == "failed"; }

// Kinds of the kernel's log that other rules tell better, and what is good news.
bool is_kernel_other(std::string_view kind) {
  return one_of(kind, {"oom_kill", "cgroup_oom_kill", "xid", "sxid", "link_down", "link_up", "hung_task", "segfault"});
}
bool is_kernel_note(std::string_view kind) {
  return one_of(kind, {"kernel_warning", "hardware_error_corrected", "memory_error_corrected", "pcie_error_corrected",
                       "gpu_error_corrected", "page_allocation_failure", "cpu_throttled", "clocksource_unstable",
                       "nic_module_error", "conntrack_full", "nfs_not_responding", "gpu_reset", "nvme_reset", "io_timeout"});
}
bool is_kernel_warning(const Labels& l) { return is_kernel_note(l.get("kind")); }
bool is_kernel_error(const Labels& l) { return !is_kernel_other(l.get("kind")) && !is_kernel_note(l.get("kind")); }
bool is_hung_task(const Labels& l) { return l.get("kind") == "hung_task"; }
bool is_link_down(const Labels& l) { return l.get("kind") == "link_down"; }
bool is_oom_kill(const Labels& l) { return one_of(l.get("kind"), {"oom_kill", "cgroup_oom_kill"}); }

using enum Severity;
using enum Detect;

// clang-format off
constexpr EventRule kRules[] = {
    // accelerators
    {"xid", error, "accel_errors_total", increase, "{device} reported Xid {code}{times}", is_nvidia},
    {"fault", error, "accel_errors_total", increase, "{device} reported fault {code}{times}", is_other_vendor},
    {"lost", error, "accel_up", zero, "{device} did not answer{for}"},
    {"throttle", warning, "accel_throttle_active", nonzero, "{device} was slowed down by {words reason}{for}", is_throttled},
    {"throttle", info, "accel_throttle_active", nonzero, "{device} was at its power cap{for}", is_power_cap},
    {"ecc", error, "accel_ecc_errors_total", increase, "{device} had {count|memory error|memory errors} that could not be corrected", is_uncorrected_now},
    {"ecc", error, "accel_memory_remapped_rows_total", increase, "{device} replaced {count|row|rows} of memory after errors that could not be corrected", is_uncorrected},
    {"ecc", error, "accel_memory_retired_pages_total", increase, "{device} took {count|page|pages} of memory out of use after errors that could not be corrected", is_uncorrected},
    {"ecc", error, "accel_memory_remap_failed", nonzero, "{device} could not replace a row of memory: the card is to be exchanged"},
    {"health", warning, "accel_recovery_action", nonzero, "{device} needed a reset, a reboot or to be drained{for}"},
    {"health", warning, "accel_health_status", zero, "{device} called itself unfit{for}"},
    {"link", error, "accel_link_up", good_bad, "{type} link {link} of {device} went down"},
    {"link", info, "accel_link_up", bad_good, "{type} link {link} of {device} came up"},
    {"link", info, "accel_link_errors_total", increase, "{device} counted {count|error|errors} ({words error}) on its {type} links"},
    {"xid", error, "node_kmsg_xid_errors_total", increase, "{device} reported Xid {xid} in the kernel's log{times}", nullptr, 1, 1},
    {"xid", error, "node_kmsg_sxid_errors_total", increase, "NVSwitch {device} reported SXid {sxid} in the kernel's log{times}"},
    // memory
    {"oom", error, "container_oom_events_total", increase, "{count|process|processes} killed for want of memory in {id}"},
    {"oom", error, "node_kmsg_oom_kills_total", increase, "{count|process|processes} killed for want of memory in {cgroup}", nullptr, 1, 1},
    {"oom", error, "node_kmsg_events_total", increase, "{count|process|processes} killed for want of memory, by the kernel's log", is_oom_kill, 1, 2},
    {"oom", error, "node_vmstat_oom_kill", increase, "{count|process|processes} killed for want of memory", nullptr, 1, 3},
    {"ecc", error, "node_edac_uncorrectable_errors_total", increase, "memory controller {controller} had {count|error|errors} that could not be corrected"},
    // the kernel's log
    {"kernel", error, "node_kmsg_events_total", increase, "kernel log: {words kind}{times}", is_kernel_error},
    {"kernel", warning, "node_kmsg_events_total", increase, "kernel log: {words kind}{times}", is_kernel_warning},
    {"hung", error, "node_kernel_hung_tasks_total", increase, "the kernel called {count|task|tasks} hung"},
    {"hung", error, "node_kmsg_events_total", increase, "the kernel called {count|task|tasks} hung, by its log", is_hung_task, 1, 1},
    // links
    {"link", error, "node_infiniband_state_id", good_bad, "RDMA port {device} is not active any more", nullptr, 4},
    {"link", info, "node_infiniband_state_id", bad_good, "RDMA port {device} is active again", nullptr, 4},
    {"link", error, "node_infiniband_link_downed_total", increase, "RDMA port {device} lost its link{times}", nullptr, 1, 1},
    {"link", warning, "node_network_up", good_bad, "link of {device} went down", is_link},
    {"link", info, "node_network_up", bad_good, "link of {device} came up", is_link},
    {"link", warning, "node_network_carrier_down_changes_total", increase, "link of {device} went down{times}", is_link, 1, 1},
    {"link", warning, "node_bonding_active", falls, "bond {master} lost an interface"},
    {"link", warning, "node_kmsg_events_total", increase, "kernel log: a link went down{times}", is_link_down, 1, 2},
    // storage
    {"disk", error, "node_md_disks", increase, "{count|disk|disks} of array {device} failed", is_failed},
    // what is scraped
    {"scrape", warning, "up", zero, "{job} at {instance} did not answer{for}"},
    // the agent itself
    {"gap", warning, "tacho_process_cpu_seconds_total", no_rows, "no rows{for}: the agent did not run, or was held up"},
    {"restart", info, "tacho_process_cpu_seconds_total", falls, "the agent was started anew"},
    {"clock", warning, "tacho_clock_steps_total", increase, "the wall clock jumped{times}"},
    {"missed", warning, "tacho_source_up", zero, "source {source} gave no row in time{for}"},
    {"missed", info, "tacho_source_missed_ticks_total", increase, "source {source} missed {count|tick|ticks}", nullptr, 1, 1},
    {"hang", warning, "tacho_source_stuck_seconds", nonzero, "source {source} hung in a call{for}"},
    {"child", warning, "tacho_accel_child_restarts_total", increase, "process {child} was started again{times}"},
    {"lost_rows", error, "tacho_store_lost_rows_total", increase, "{count|row|rows} of the window lost before they were on the disk"},
};
// clang-format on

}  // namespace

std::string_view severity_name(Severity severity) {
  constexpr std::string_view kNames[] = {"info", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::span<const EventRule> event_rules() { return kRules; }

std::string event_device(const Labels& labels) {
  std::string out;
  if (labels.has("accel")) {
    out.append(labels.get("vendor")).append(" ").append(labels.get("accel"));
    if (labels.has("partition")) out.append("/").append(labels.get("partition"));
    return out;
  }
  for (const char* name : {"device", "pci_bus_id", "controller", "master", "source", "child", "instance"}) {
    if (!labels.has(name)) continue;
    out = labels.get(name);
    if (labels.has("port")) out.append("/").append(labels.get("port"));
    return out;
  }
  return out;
}

}  // namespace tacho::query
