// Accelerators: rows of the catalogue (sampler/catalogue.h). The names are the same for every vendor; all series have the labels
// vendor, accel (the card's number on its node), uuid, pci_bus_id and model.

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
    // which there are
    {"accel_devices", MetricType::gauge, "", "Accelerators that the node shows, whether or not they answer.", "/sys/bus/pci/devices", "accel", 0, Rollup::min, "a card that fell off the bus for seconds must show in the minute"},
    {"accel_up", MetricType::gauge, "", "1 if the card's last row was read and the next is not overdue.", "scheduler", "accel", 0, Rollup::min, "a card that hung for seconds must show in the minute"},
    {"accel_info", MetricType::info, "", "Versions, serial number and place of the card; always 1.", "NVML; DCMI get_device_chip_info_v2, get_device_elabel_info; amdgpu files of the card and of its driver", "nvidia_slow", 10000},
    {"accel_partition_info", MetricType::info, "", "An instance of a partitioned card; always 1.", "NVML GetMigDeviceHandleByIndex; amdgpu current_compute_partition and kfd", "nvidia_slow", 10000},
    // how busy
    {"accel_utilization_ratio", MetricType::gauge, "", "Share of the time since the last row in which the card did anything at all, from 0 to 1; amdgpu: the firmware's newest reading.", "NVML GPM, GetSamples or GetUtilizationRates; DCMI get_device_multi_utilization_rate, get_device_utilization_rate; amdgpu gpu_busy_percent, else gpu_metrics", "nvidia", 0, Rollup::min, "a card that waits for seconds is a stalled step, and its average hides it"},
    {"accel_busy_seconds_total", MetricType::counter, "seconds", "Time in which the card did anything at all, since the agent's start; exact however short the bursts.", "NVML GPM or GetSamples", "nvidia"},
    {"accel_engine_utilization_ratio", MetricType::gauge, "", "Share of the last sampling period in which the engine worked, from 0 to 1; vcn and jpeg: all of the card's on average.", "NVML GetEncoderUtilization, GetDecoderUtilization, GetJpgUtilization, GetOfaUtilization; DCMI get_device_multi_utilization_rate, get_device_utilization_rate; amdgpu gpu_metrics", "nvidia_slow", 10000},
    {"accel_sm_active_ratio", MetricType::gauge, "", "Share of the processors' time since the last row with work assigned, from 0 to 1.", "NVML GPM 2", "nvidia", 0, Rollup::max, "how much of the card a job can use at all shows in its best second"},
    {"accel_sm_occupancy_ratio", MetricType::gauge, "", "Warps resident on the processors, of those that would fit, from 0 to 1.", "NVML GPM 3", "nvidia"},
    {"accel_pipe_active_ratio", MetricType::gauge, "", "Share of the pipe's possible work since the last row that it did, from 0 to 1; tensor is of all tensor pipes, hmma, imma and dfma of one kind.", "NVML GPM 4 to 13; DCMI get_device_multi_utilization_rate", "nvidia"},
    {"accel_memory_bandwidth_utilization_ratio", MetricType::gauge, "", "Memory traffic since the last row, of what is possible, from 0 to 1; with source coarse: share of the time with any traffic.", "NVML GPM 10, GetSamples or GetUtilizationRates; DCMI get_device_hbm_info; amdgpu mem_busy_percent, else gpu_metrics", "nvidia", 0, Rollup::max, "bursts at full bandwidth are what a kernel waits for, and vanish in the average"},
    // memory
    {"accel_memory_total_bytes", MetricType::gauge, "bytes", "Memory of the card, or of its instance.", "NVML GetMemoryInfo; DCMI get_device_hbm_info; amdgpu mem_info_vram_total", "nvidia"},
    {"accel_memory_used_bytes", MetricType::gauge, "bytes", "Memory that programs have allocated.", "NVML GetMemoryInfo; DCMI get_device_hbm_info; amdgpu mem_info_vram_used", "nvidia", 0, Rollup::max, "an allocation that failed for lack of memory was tried at the peak, not at the average"},
    {"accel_memory_reserved_bytes", MetricType::gauge, "bytes", "Memory that the driver keeps for itself, not counted as used.", "NVML GetMemoryInfo_v2", "nvidia"},
    {"accel_bar1_total_bytes", MetricType::gauge, "bytes", "Size of the window through which others on the bus reach the card's memory.", "NVML GetBAR1MemoryInfo; amdgpu mem_info_vis_vram_total", "nvidia_slow", 10000},
    {"accel_bar1_used_bytes", MetricType::gauge, "bytes", "Part of that window that is mapped.", "NVML GetBAR1MemoryInfo; amdgpu mem_info_vis_vram_used", "nvidia_slow", 10000},
    // power, heat, clocks
    {"accel_power_watts", MetricType::gauge, "watts", "Power as the card reports it: its newest reading, or the mean of its readings since the last row.", "NVML GetSamples, fields 185 and 186, GetPowerUsage; DCMI get_device_power_info; amdgpu power1_input and power1_average, else gpu_metrics", "nvidia"},
    {"accel_power_max_watts", MetricType::gauge, "watts", "The highest of the card's readings since the last row.", "NVML GetSamples", "nvidia", 0, Rollup::max, "the peak that trips a power limit or a breaker lasts for tens of milliseconds"},
    {"accel_power_min_watts", MetricType::gauge, "watts", "The lowest of the card's readings since the last row.", "NVML GetSamples", "nvidia", 0, Rollup::min, "the dip of a stalled step, which the power supply of a whole row of racks feels at once"},
    {"accel_power_limit_watts", MetricType::gauge, "watts", "Power limits: enforced now, default, and the range that can be set.", "NVML GetEnforcedPowerLimit, fields 187 to 189; amdgpu power1_cap, power1_cap_default, power1_cap_max, power1_cap_min", "nvidia_slow", 10000},
    {"accel_energy_joules_total", MetricType::counter, "joules", "Energy used since the driver was loaded; with derived 1: power summed over time, since the agent's start.", "NVML field 83; DCMI get_device_power_info, summed; amdgpu gpu_metrics, each tick", "nvidia_slow", 10000},
    {"accel_temperature_celsius", MetricType::gauge, "celsius", "Temperature; of the sensor margin: how far the card is from slowing down.", "NVML GetTemperature, field 82, GetMarginTemperature; DCMI get_device_temperature, get_device_hbm_info; amdgpu hwmon temp1 to temp3, else gpu_metrics", "nvidia", 0, Rollup::max, "throttling and shutdown go by the hottest moment"},
    {"accel_temperature_limit_celsius", MetricType::gauge, "celsius", "Temperature at which the card slows down or shuts down.", "NVML GetTemperatureThreshold; amdgpu temp1_crit and temp1_emergency to temp3", "nvidia_slow", 60000},
    {"accel_clock_hertz", MetricType::gauge, "hertz", "Clock rate right now.", "NVML GetClockInfo; DCMI get_device_frequency, get_device_hbm_info; amdgpu freq1_input and freq2_input, else gpu_metrics", "nvidia", 0, Rollup::min, "one card whose clock drops for seconds makes all others of the job wait"},
    {"accel_clock_max_hertz", MetricType::gauge, "hertz", "Highest clock rate.", "NVML GetMaxClockInfo; DCMI get_device_frequency; amdgpu pp_dpm_sclk and pp_dpm_mclk", "nvidia_slow", 60000},
    {"accel_performance_state", MetricType::gauge, "", "Performance state, 0 the fastest.", "NVML GetPerformanceState", "nvidia"},
    {"accel_throttle_active", MetricType::gauge, "", "1 if this holds the clocks down right now.", "NVML GetCurrentClocksEventReasons; amdgpu gpu_metrics", "nvidia"},
    {"accel_throttle_seconds_total", MetricType::counter, "seconds", "Time for which this has held the clocks down.", "NVML fields 74 to 79; amdgpu gpu_metrics", "nvidia"},
    {"accel_fan_speed_ratio", MetricType::gauge, "", "Speed of the fan, of its highest, from 0 to 1.", "NVML GetFanSpeed_v2; amdgpu pwm1", "nvidia_slow", 60000},
    {"accel_fan_rpm", MetricType::gauge, "", "Speed of the fan, in turns a minute.", "amdgpu fan1_input", "amd_slow", 10000},
    {"accel_voltage_volts", MetricType::gauge, "volts", "Voltage of the rail right now.", "DCMI get_device_voltage; amdgpu in0_input, in1_input", "ascend"},
    // traffic
    {"accel_pcie_throughput_bytes_per_second", MetricType::gauge, "bytes", "Bytes a second over PCIe since the last row, seen from the card; headers and requests included.", "NVML GPM 20 and 21; DCMI get_pcie_link_bandwidth_info", "nvidia", 0, Rollup::max, "copies run in bursts, and whether they reach the link's limit shows in the peak"},
    {"accel_pcie_transmit_bytes_total", MetricType::counter, "bytes", "Bytes the card has sent over PCIe since the agent's start, headers and requests included.", "NVML GPM 20, summed over time", "nvidia"},
    {"accel_pcie_receive_bytes_total", MetricType::counter, "bytes", "Bytes the card has received over PCIe since the agent's start, headers and requests included.", "NVML GPM 21, summed over time", "nvidia"},
    {"accel_pcie_replay_total", MetricType::counter, "", "PCIe packets that had to be sent again.", "NVML GetPcieReplayCounter; amdgpu pcie_replay_count", "nvidia_slow", 10000},
    {"accel_pcie_link_generation", MetricType::gauge, "", "PCIe generation the link runs at now.", "NVML GetCurrPcieLinkGeneration; /sys/bus/pci/devices/*/current_link_speed; amdgpu sysfs current_link_speed", "nvidia_slow", 10000},
    {"accel_pcie_link_generation_max", MetricType::gauge, "", "PCIe generation that card and slot can do together.", "NVML GetMaxPcieLinkGeneration; /sys/bus/pci/devices/*/max_link_speed; amdgpu sysfs max_link_speed", "nvidia_slow", 10000},
    {"accel_pcie_link_width", MetricType::gauge, "", "PCIe lanes in use now.", "NVML GetCurrPcieLinkWidth; /sys/bus/pci/devices/*/current_link_width; amdgpu sysfs current_link_width", "nvidia_slow", 10000},
    {"accel_pcie_link_width_max", MetricType::gauge, "", "PCIe lanes that card and slot can do together.", "NVML GetMaxPcieLinkWidth; /sys/bus/pci/devices/*/max_link_width; amdgpu sysfs max_link_width", "nvidia_slow", 10000},
    {"accel_link_up", MetricType::gauge, "", "1 if the link between accelerators is up; type roce: if the card's network port reaches what it probes.", "NVML GetNvLinkState; DCMI get_device_network_health; amdgpu gpu_metrics", "nvidia_slow", 10000, Rollup::min, "a link that was down for seconds must show in the minute"},
    {"accel_link_transmit_bytes_total", MetricType::counter, "bytes", "Bytes of payload sent over the links between accelerators, link all is over all of them; type roce: whole frames of the card's own network port.", "NVML fields 138, 202; DCMI get_netdev_pkt_stats_info; amdgpu gpu_metrics", "nvidia"},
    {"accel_link_receive_bytes_total", MetricType::counter, "bytes", "Bytes of payload received over the links between accelerators, link all is over all of them; type roce: whole frames of the card's own network port.", "NVML fields 139, 204; DCMI get_netdev_pkt_stats_info; amdgpu gpu_metrics", "nvidia"},
    {"accel_link_throughput_bytes_per_second", MetricType::gauge, "bytes", "Bytes a second over the links between accelerators, measured for a fifth of a second; link all is over all of them.", "DCMI get_hccs_link_bandwidth_info", "ascend_bandwidth", 10000, Rollup::max, "whether a link reaches its limit shows in the peak"},
    {"accel_link_speed_bytes_per_second", MetricType::gauge, "bytes", "Speed of the link, one way.", "NVML field 164; amdgpu gpu_metrics", "nvidia_slow", 10000},
    {"accel_link_errors_total", MetricType::counter, "", "Errors of the link, by kind; xgmi: as many at least, since the agent's start.", "NVML fields 160 to 163, 215, 219, 221; DCMI get_netdev_pkt_stats_info; amdgpu xgmi_error", "nvidia_slow", 10000},
    {"accel_rdma_congestion_packets_total", MetricType::counter, "", "Packets by which the card's own network port and its peers say that the network is congested: cnp, ecn, and the pauses pfc and pause.", "DCMI get_netdev_pkt_stats_info", "ascend"},
    // errors
    {"accel_errors_total", MetricType::counter, "", "Errors the driver has reported since the agent's start, by its number (NVIDIA: XID, Ascend: fault code).", "NVML events; DCMI get_device_errorcode_v2", "nvidia"},
    {"accel_last_error_code", MetricType::gauge, "", "The last of them; 0 if there was none.", "NVML events; DCMI get_device_errorcode_v2", "nvidia"},
    {"accel_last_error_timestamp_seconds", MetricType::gauge, "seconds", "When the last of them was read, Unix time; absent if there was none.", "NVML events; DCMI get_device_errorcode_v2", "nvidia"},
    {"accel_ecc_enabled", MetricType::gauge, "", "1 if memory errors are corrected and counted.", "NVML GetEccMode; DCMI get_device_ecc_info; amdgpu ras/features", "nvidia_slow", 10000},
    {"accel_ecc_errors_total", MetricType::counter, "", "Memory errors, corrected and not (amdgpu: also those of other parts of the card, and deferred ones); volatile since the driver was loaded, aggregate over the card's life; location total is all of them.", "NVML GetTotalEccErrors, GetMemoryErrorCounter; DCMI get_device_ecc_info; amdgpu ras/*_err_count", "nvidia_slow", 10000},
    {"accel_memory_remapped_rows_total", MetricType::counter, "", "Rows of memory replaced by spare ones, by the errors that caused it.", "NVML GetRemappedRows", "nvidia_slow", 10000},
    {"accel_memory_remap_pending", MetricType::gauge, "", "1 if rows are to be replaced at the next reset of the card.", "NVML GetRemappedRows", "nvidia_slow", 10000},
    {"accel_memory_remap_failed", MetricType::gauge, "", "1 if a row could not be replaced: the card is to be exchanged.", "NVML GetRemappedRows", "nvidia_slow", 10000},
    {"accel_memory_remap_banks", MetricType::gauge, "", "Banks of memory, by how many spare rows they have left.", "NVML GetRowRemapperHistogram", "nvidia_slow", 10000},
    {"accel_memory_retired_pages_total", MetricType::counter, "", "Pages of memory taken out of use, by the errors that caused it (NVIDIA: cards before Ampere).", "NVML fields 29 and 30; DCMI get_device_ecc_info; amdgpu ras/gpu_vram_bad_pages", "nvidia_slow", 10000},
    {"accel_recovery_action", MetricType::gauge, "", "What the card needs: 0 nothing, 1 a reset, 2 a reboot of the node, 3 to be drained of peers, 4 to be drained and reset.", "NVML field 230", "nvidia_slow", 10000, Rollup::max, "a need that came and went within the minute is news"},
    {"accel_health_status", MetricType::gauge, "", "1 if the card is fit to go on, 0 if it wants a reset, has failed memory, or reported an error after which nothing of it can be trusted; Ascend: 0 for any alarm, minor to critical.", "NVML field 230, GetRemappedRows, events; DCMI get_device_health", "nvidia", 10000, Rollup::min, "a card that was unfit for seconds is news"},
    // who
    {"accel_processes", MetricType::gauge, "", "Processes that compute on the card.", "NVML GetRunningProcessDetailList; DCMI get_device_resource_info; amdgpu kfd/proc", "nvidia_slow", 10000},
    {"accel_process_memory_used_bytes", MetricType::gauge, "bytes", "Memory of the card that the process has allocated.", "NVML GetRunningProcessDetailList; DCMI get_device_resource_info; amdgpu kfd/proc vram", "nvidia_slow", 10000},
    {"accel_process_utilization_ratio", MetricType::gauge, "", "Share of the engine that the process used since the last row, from 0 to 1.", "NVML GetProcessUtilization", "nvidia_slow", 10000, Rollup::max, "which of the card's users was the busy one shows in the peak"},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> accel_metrics() { return kRows; }

}  // namespace tacho::sampler
