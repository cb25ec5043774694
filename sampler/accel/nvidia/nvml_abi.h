// What NVIDIA's management library looks like to a program: codes, structs, ids. Our own declarations of a C interface that
// has kept its layouts since the drivers of 2013; nothing of NVIDIA's is needed to build.
//
// Shape    only what tacho calls. Sizes and offsets are checked here; where the library has several versions of a struct, the
//          version word says which one the caller means, and a library that does not know it answers argument_version_mismatch.
// Source   NVIDIA's documentation of the NVML API (versions 11 to 13); the layouts were checked against a compiled header and
//          against what a card's driver writes (tests/accel/nvml_probe.cc).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tacho::sampler::nvml {

enum class Code : std::int32_t {
  success = 0,
  uninitialized = 1,
  invalid_argument = 2,
  not_supported = 3,
  no_permission = 4,
  not_found = 6,
  insufficient_size = 7,
  driver_not_loaded = 9,
  timeout = 10,
  function_not_found = 13,
  gpu_is_lost = 15,
  reset_required = 16,
  lib_rm_version_mismatch = 18,
  no_data = 21,
  argument_version_mismatch = 25,
  deprecated = 26,
  not_ready = 27,
  gpu_not_found = 28,
  unknown = 999,
};

// The library's own objects; only pointers to them are ours.
using Device = struct DeviceObject*;
using EventSet = struct EventSetObject*;
using GpmSample = struct GpmSampleObject*;

// The version word of a struct: its size, and its version in the top byte.
template <class T>
constexpr std::uint32_t version_of(std::uint32_t version) {
  return static_cast<std::uint32_t>(sizeof(T)) | (version << 24);
}

struct PciInfo {
  char bus_id_legacy[16];
  std::uint32_t domain, bus, device, device_id, subsystem_id;
  char bus_id[32];
};
static_assert(sizeof(PciInfo) == 68 && offsetof(PciInfo, bus_id) == 36);

struct Utilization {
  std::uint32_t gpu, memory;  // percent
};

struct Memory {
  std::uint64_t total, free, used;  // used has what the driver reserved in it
};
struct MemoryV2 {
  std::uint32_t version = version_of<MemoryV2>(2);
  std::uint64_t total, reserved, free, used;
};
static_assert(sizeof(MemoryV2) == 40 && offsetof(MemoryV2, total) == 8);

union Value {
  double f64;
  std::uint32_t u32;
  std::int32_t i32;
  std::uint64_t u64;
  std::int64_t i64;
  std::uint16_t u16;
};
static_assert(sizeof(Value) == 8);

enum class ValueType : std::uint32_t { f64 = 0, u32 = 1, ulong = 2, u64 = 3, i64 = 4, i32 = 5, u16 = 6 };

// One of the driver's own readings, kept in a ring until it is asked for.
struct Sample {
  std::uint64_t time_us;  // Unix time
  Value value;
};
static_assert(sizeof(Sample) == 16);
enum class SampleKind : std::uint32_t { power = 0, gpu_utilization = 1, memory_utilization = 2 };

struct FieldValue {
  std::uint32_t field;
  std::uint32_t scope;
  std::int64_t time_us, latency_us;
  ValueType type;
  Code code;
  Value value;
};
static_assert(sizeof(FieldValue) == 40 && offsetof(FieldValue, code) == 28 && offsetof(FieldValue, value) == 32);
inline constexpr std::uint32_t kAllLinks = 0xffffffff;

struct ProcessDetailList {
  std::uint32_t version = version_of<ProcessDetailList>(1);
  std::uint32_t mode;
  std::uint32_t count;
  void* entries;
};
static_assert(sizeof(ProcessDetailList) == 24 && offsetof(ProcessDetailList, entries) == 16);

struct ProcessUtilization {
  std::uint32_t pid;
  std::uint64_t time_us;                       // Unix time
  std::uint32_t sm, memory, encoder, decoder;  // percent
};
static_assert(sizeof(ProcessUtilization) == 32 && offsetof(ProcessUtilization, sm) == 16);

struct RowRemapperHistogram {
  std::uint32_t max, high, partial, low, none;
};

struct EventData {
  Device device;
  std::uint64_t type;
  std::uint64_t data;
  std::uint32_t gpu_instance, compute_instance;
};
static_assert(sizeof(EventData) == 32);
inline constexpr std::uint64_t kEventXid = 0x8;
inline constexpr std::uint64_t kEventPartitions = 0x100;

struct GpmSupport {
  std::uint32_t version = 1;
  std::uint32_t supported = 0;
};
struct GpmMetric {
  std::uint32_t id;
  Code code;
  double value;
  const char *short_name, *long_name, *unit;
};
static_assert(sizeof(GpmMetric) == 40 && offsetof(GpmMetric, value) == 8 && offsetof(GpmMetric, unit) == 32);
// The library's struct has room for as many metrics as its header knew; it reads `count` of them.
struct GpmRequest {
  static constexpr std::size_t kMetricsMax = 40;
  std::uint32_t version = 1;  // the bare number here
  std::uint32_t count = 0;
  GpmSample older, newer;
  GpmMetric metrics[kMetricsMax];
};
static_assert(offsetof(GpmRequest, metrics) == 24);

struct MarginTemperature {
  std::uint32_t version = version_of<MarginTemperature>(1);
  std::int32_t celsius;
};
static_assert(sizeof(MarginTemperature) == 8);

}  // namespace tacho::sampler::nvml
