// Any bytes are what a driver's gpu_metrics holds: by a layout that is known, numbers that are finite and not negative, or none. Two tables
// lie in the input, the length of the first before it in two bytes: a card is described by the first and sampled with the second.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "sampler/accel/amd/card.h"
#include "sampler/accel/amd/metrics.h"
#include "sampler/row_buffer.h"

namespace {

using namespace tacho;
using namespace tacho::sampler;

constexpr std::string_view kAddress = "0000:03:00.0";

void require(bool holds) {
  if (!holds) std::abort();
}

void check_table(std::span<const char> table) {
  const GpuMetricsLayout* const layout = gpu_metrics_layout(table);
  if (!layout) {
    require(!why_no_layout(table).empty());
    return;
  }
  require(table.size() >= layout->size);
  for (const std::span<const GpuMetricsField> fields : {layout->fast, layout->slow}) {
    for (const GpuMetricsField& field : fields) {
      const auto value = gpu_metrics_value(table, field, field.count - 1u);
      require(!value || (std::isfinite(*value) && *value >= 0));
    }
  }
}

const std::string& card_folder() {
  static const std::string made = [] {
    const std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    const std::string root = folder + "/tacho_gpu_metrics_fuzz." + std::to_string(::getpid());
    std::filesystem::create_directories(root + "/bus/pci/devices/" + std::string(kAddress));
    std::ofstream(root + "/bus/pci/devices/" + std::string(kAddress) + "/uevent") << "DRIVER=amdgpu\n";
    return root;
  }();
  static const struct RemoveAtEnd {
    ~RemoveAtEnd() { std::filesystem::remove_all(made); }
  } remove_at_end;
  return made;
}

void write_table(std::string_view table) {
  std::ofstream(card_folder() + "/bus/pci/devices/" + std::string(kAddress) + "/gpu_metrics", std::ios::binary) << table;
}

// As the scheduler does it: no table is a failure, and what was just described fits.
void run(AmdMetrics::Which which, std::string_view first, std::string_view second) {
  AmdCard card({.procfs = "", .sysfs = card_folder(), .rootfs = ""},
               {.slot = {.index = 0, .pci_bus_id = std::string(kAddress), .numa_node = ""}, .vendor = "amd"});
  require(card.look() == AmdCard::State::awake);
  card.identify();
  AmdMetrics metrics(which);
  for (const std::string_view table : {first, second}) {
    write_table(table);
    for (int again = 0;; ++again) {
      store::Schema schema;
      SchemaBuilder builder(schema);
      metrics.describe(card, builder);
      std::set<std::string> seen;
      for (const store::SeriesInfo& series : schema) require(seen.insert(series.labels.to_string()).second);
      RowBuffer cells(schema.size());
      Row row = cells.row();
      write_table(second);
      if (metrics.sample(row) == Sampled::ok) {
        for (std::size_t i = 0; i < cells.size(); ++i) require(is_absent(cells[i]) || cells[i] >= 0);
        break;
      }
      require(again == 0);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t length = std::min<std::size_t>(data[0] | data[1] << 8, bytes.size());
  const std::string_view first = bytes.substr(0, length), second = bytes.substr(length);
  for (const std::string_view table : {first, second}) check_table(table);
  for (const AmdMetrics::Which which : {AmdMetrics::Which::fast, AmdMetrics::Which::slow}) run(which, first, second);
  return 0;
}
