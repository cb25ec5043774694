// What scraped exporters of other vendors call what is accel_* here. Only what each is known to mean and to count in.
//
// Percent  is said as a ratio, also where the exporter's own name claims one (xpum_*_ratio).
// Absent   node_xpu_memused and habanalabs_energy, whose units nobody states; what is a vendor's own scale (health, power states).

#include "sampler/catalogue/alias_rows.h"

namespace tacho::sampler {
namespace {

constexpr double kMiB = 1048576;
// MetaX's names say nothing of whose they are: its exporter is known by the job that scrapes it.
#define METAX "{job=~\"(?i).*(metax|muxi|maca|mx[-_]?exporter).*\"}"
// AMD's nearly as little; but its series have the card's number under this name.
#define AMD "{gpu_id!=\"\"}"

// clang-format off
constexpr AliasRow kAmd[] = {
    {"accel_utilization_ratio", "gpu_gfx_activity" AMD, 1, 100},
    {"accel_memory_bandwidth_utilization_ratio", "gpu_umc_activity" AMD, 1, 100},
    {"accel_memory_total_bytes", "gpu_total_vram" AMD, kMiB},
    {"accel_memory_used_bytes", "gpu_used_vram" AMD, kMiB},
    {"accel_power_watts{window=\"instant\"}", "gpu_package_power" AMD},
    {"accel_power_watts{window=\"average\"}", "gpu_average_package_power" AMD},
    {"accel_energy_joules_total", "gpu_energy_consumed" AMD, 1, 1e6},
    {"accel_temperature_celsius{sensor=\"core\"}", "gpu_edge_temperature" AMD},
    {"accel_temperature_celsius{sensor=\"hotspot\"}", "gpu_junction_temperature" AMD},
    {"accel_temperature_celsius{sensor=\"memory\"}", "gpu_memory_temperature" AMD},
    {"accel_clock_hertz{domain=\"core\"}", "gpu_clock{clock_type=\"GPU_CLOCK_TYPE_SYSTEM\"}", 1e6},
    {"accel_clock_hertz{domain=\"memory\"}", "gpu_clock{clock_type=\"GPU_CLOCK_TYPE_MEMORY\"}", 1e6},
    {"accel_clock_hertz{domain=\"video\"}", "gpu_clock{clock_type=\"GPU_CLOCK_TYPE_VIDEO\"}", 1e6},
    {"accel_link_transmit_bytes_total{type=\"xgmi\"}", "gpu_xgmi_link_tx" AMD, 1024},
    {"accel_link_receive_bytes_total{type=\"xgmi\"}", "gpu_xgmi_link_rx" AMD, 1024},
    {"accel_pcie_throughput_bytes_per_second", "pcie_bandwidth" AMD, 125000},
    {"accel_pcie_replay_total", "pcie_replay_count" AMD},
    {"accel_ecc_errors_total{severity=\"corrected\",scope=\"volatile\",location=\"total\"}", "gpu_ecc_correct_total" AMD},
    {"accel_ecc_errors_total{severity=\"uncorrected\",scope=\"volatile\",location=\"total\"}", "gpu_ecc_uncorrect_total" AMD},
};
constexpr AliasRow kMlu[] = {
    {"accel_utilization_ratio", "mlu_utilization", 1, 100},
    {"accel_memory_total_bytes", "mlu_memory_total"},
    {"accel_memory_used_bytes", "mlu_memory_used"},
    {"accel_power_watts{window=\"instant\"}", "mlu_power_usage"},
    {"accel_temperature_celsius{sensor=\"core\"}", "mlu_temperature"},
    {"accel_clock_hertz{domain=\"core\"}", "mlu_frequency", 1e6},
    // Bytes in a window of 20 ms; the card reads what it receives.
    {"accel_pcie_throughput_bytes_per_second{direction=\"receive\"}", "mlu_pcie_read_throughput", 50},
    {"accel_pcie_throughput_bytes_per_second{direction=\"transmit\"}", "mlu_pcie_write_throughput", 50},
};
constexpr AliasRow kIx[] = {
    {"accel_utilization_ratio", "ix_gpu_utilization", 1, 100},
    {"accel_memory_total_bytes", "ix_mem_total", kMiB},
    {"accel_memory_used_bytes", "ix_mem_used", kMiB},
    {"accel_power_watts{window=\"instant\"}", "ix_power_usage"},
    {"accel_temperature_celsius{sensor=\"core\"}", "ix_temperature"},
    {"accel_temperature_celsius{sensor=\"core\"}", "ix_gpu_temperature"},
    {"accel_clock_hertz{domain=\"core\"}", "ix_sm_clock", 1e6},
    {"accel_clock_hertz{domain=\"memory\"}", "ix_mem_clock", 1e6},
    {"accel_last_error_code", "ix_xid_errors"},
};
constexpr AliasRow kDcu[] = {
    {"accel_utilization_ratio", "dcu_utilizationrate", 1, 100},
    {"accel_memory_total_bytes", "dcu_memorycap_bytes"},
    {"accel_memory_used_bytes", "dcu_usedmemory_bytes"},
    {"accel_power_watts{window=\"instant\"}", "dcu_power_usage"},
    {"accel_temperature_celsius{sensor=\"core\"}", "dcu_temp"},
    {"accel_clock_hertz{domain=\"core\"}", "dcu_sclk", 1e6},
};
constexpr AliasRow kMtgpu[] = {
    {"accel_utilization_ratio", "mtgpu_gpu_utilization", 1, 100},
    {"accel_memory_total_bytes", "mtgpu_memory_total_bytes"},
    {"accel_memory_used_bytes", "mtgpu_memory_used_bytes"},
    {"accel_power_watts{window=\"instant\"}", "mtgpu_power_usage_milliwatts", 1, 1000},
    {"accel_temperature_celsius{sensor=\"core\"}", "mtgpu_gpu_temp"},
};
constexpr AliasRow kMetax[] = {
    {"accel_utilization_ratio", "gpu_usage" METAX, 1, 100},
    {"accel_utilization_ratio", "mx_gpu_usage", 1, 100},
    {"accel_memory_total_bytes", "memory_total{memType=\"vram\"}", 1024},
    {"accel_memory_used_bytes", "memory_used{memType=\"vram\"}", 1024},
    {"accel_power_watts{window=\"instant\"}", "bway_power{wayId=\"0\"}"},
    {"accel_temperature_celsius{sensor=\"core\"}", "core_temp" METAX},
};
constexpr AliasRow kXpu[] = {
    {"accel_utilization_ratio", "node_xpu_utilization", 1, 100},
    {"accel_power_watts{window=\"instant\"}", "node_xpu_powerUsage"},
    {"accel_temperature_celsius{sensor=\"core\"}", "node_xpu_temp"},
};
constexpr AliasRow kEnflame[] = {
    {"accel_utilization_ratio", "enflame_gcu_usage", 1, 100},
    {"accel_memory_total_bytes", "enflame_gcu_memory_total_bytes"},
    {"accel_memory_used_bytes", "enflame_gcu_memory_used_bytes"},
    {"accel_power_watts{window=\"instant\"}", "enflame_gcu_power_consumption"},
    {"accel_temperature_celsius{sensor=\"core\"}", "enflame_gcu_temperatures"},
    {"accel_clock_hertz{domain=\"core\"}", "enflame_gcu_clock", 1e6},
};
constexpr AliasRow kHabana[] = {
    {"accel_utilization_ratio", "habanalabs_utilization", 1, 100},
    {"accel_memory_total_bytes", "habanalabs_memory_total_bytes"},
    {"accel_memory_used_bytes", "habanalabs_memory_used_bytes"},
    {"accel_power_watts{window=\"instant\"}", "habanalabs_power_mW", 1, 1000},
    {"accel_temperature_celsius{sensor=\"core\"}", "habanalabs_temperature_onchip"},
    {"accel_clock_hertz{domain=\"core\"}", "habanalabs_clock_soc_mhz", 1e6},
    {"accel_pcie_replay_total", "habanalabs_pcie_replay_count"},
};
constexpr AliasRow kXpum[] = {
    {"accel_utilization_ratio", "xpum_engine_ratio", 1, 100},
    {"accel_memory_bandwidth_utilization_ratio", "xpum_memory_bandwidth_ratio", 1, 100},
    {"accel_memory_used_bytes", "xpum_memory_used_bytes"},
    {"accel_power_watts{window=\"average\"}", "xpum_power_watts"},
    {"accel_energy_joules_total", "xpum_energy_joules"},
    {"accel_energy_joules_total", "xpum_energy_joules_total"},
    {"accel_temperature_celsius{sensor=\"core\"}", "xpum_temperature_celsius{location=\"gpu\"}"},
    {"accel_temperature_celsius{sensor=\"memory\"}", "xpum_temperature_celsius{location=\"mem\"}"},
    {"accel_clock_hertz{domain=\"core\"}", "xpum_frequency_mhz{location=\"gpu\",type=\"actual\"}", 1e6},
    {"accel_clock_hertz{domain=\"memory\"}", "xpum_frequency_mhz{location=\"mem\",type=\"actual\"}", 1e6},
};
// clang-format on
#undef METAX
#undef AMD

const store::AliasLabel kAmdLabels[] = {{"accel", "gpu_id"},
                                        {"model", "card_model"},
                                        {"partition", "gpu_partition_id"},
                                        {"partition_profile", "gpu_compute_partition_type"}};
const store::AliasLabel kMluLabels[] = {{"accel", "mlu"}, {"uuid", "uuid"}, {"uuid", "sn"}, {"model", "model"}};
const store::AliasLabel kDcuLabels[] = {{"accel", "minor_number"}, {"uuid", "device_id"},   {"pci_bus_id", "pcieBus_number"},
                                        {"model", "name"},         {"pod", "dcu_pod_name"}, {"namespace", "dcu_pod_namespace"}};
const store::AliasLabel kEnflameLabels[] = {
    {"accel", "minor_number"}, {"uuid", "uuid"}, {"pci_bus_id", "busid"}, {"model", "name"}};
const store::AliasLabel kXpumLabels[] = {{"uuid", "uuid"},    {"pci_bus_id", "pci_bdf"},       {"model", "dev_name"},
                                         {"pod", "kube_pod"}, {"namespace", "kube_namespace"}, {"container", "kube_container"}};
// What the labels of the others are called differs from build to build.
const store::AliasLabel kUsualLabels[] = {{"accel", "gpu"},      {"accel", "index"},           {"accel", "minor_number"},
                                          {"accel", "deviceId"}, {"accel", "device_id"},       {"uuid", "uuid"},
                                          {"uuid", "UUID"},      {"pci_bus_id", "pci_bus_id"}, {"model", "model"},
                                          {"model", "name"},     {"pod", "pod_name"},          {"container", "container_name"}};

constexpr std::string_view kHost[] = {"hostname", "host", "node_name", "node_ip", "driver", "mcu", "dev_file", "src"};

const Exporter kExporters[] = {
    {"the AMD device metrics exporter", "amd", kAmdLabels, kHost, std::nullopt, kAmd},
    {"mlu-exporter", "cambricon", kMluLabels, kHost, std::nullopt, kMlu},
    {"ix-exporter", "iluvatar", kUsualLabels, kHost, std::nullopt, kIx},
    {"dcu-exporter", "hygon", kDcuLabels, kHost, std::nullopt, kDcu},
    {"mtgpu-exporter", "mthreads", kUsualLabels, kHost, std::nullopt, kMtgpu},
    {"mx-exporter", "metax", kUsualLabels, kHost, std::nullopt, kMetax},
    {"xpu-exporter", "kunlunxin", kUsualLabels, kHost, std::nullopt, kXpu},
    {"gcu-exporter", "enflame", kEnflameLabels, kHost, std::nullopt, kEnflame},
    {"the Gaudi exporter", "intel", kUsualLabels, kHost, std::nullopt, kHabana},
    {"XPU Manager", "intel", kXpumLabels, kHost, std::nullopt, kXpum},
};

}  // namespace

std::span<const Exporter> other_exporters() { return kExporters; }

}  // namespace tacho::sampler
