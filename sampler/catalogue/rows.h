// The catalogue's rows, a file a subject; sampler/catalogue.h is the door.
//
// Names, types and units of node_* are node_exporter's, so that dashboards and rules work unchanged; the help is ours.
// Rollups are chosen sparingly: every one is a sample a minute for every series of the metric.
#pragma once

#include <span>

#include "sampler/catalogue.h"

namespace tacho::sampler {

std::span<const MetricInfo> system_metrics();
std::span<const MetricInfo> memory_metrics();
std::span<const MetricInfo> storage_metrics();
std::span<const MetricInfo> file_system_metrics();
std::span<const MetricInfo> network_metrics();
std::span<const MetricInfo> ethtool_metrics();
std::span<const MetricInfo> hardware_metrics();
std::span<const MetricInfo> accel_metrics();
std::span<const MetricInfo> workload_metrics();
std::span<const MetricInfo> agent_metrics();

}  // namespace tacho::sampler
