// Any bytes are what drivers answer to ethtool's questions: series that are names and fit, or none. The input is taken from the front:
// each answer begins with a byte that says whether it is an error, and how many counters there are; then come as many bytes as it needs.
#include <fcntl.h>
#include <linux/ethtool.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include "sampler/host/network/ethtool.h"
#include "sampler/host/network/ethtool_link.h"
#include "sampler/row_buffer.h"

namespace {

using namespace tacho;
using namespace tacho::sampler;

class Answers {
 public:
  explicit Answers(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  int operator()(void* request) {
    std::uint32_t command = 0;
    std::memcpy(&command, request, sizeof command);
    const unsigned char how = next();
    if (how >= 250) return how == 255 ? EOPNOTSUPP : how == 254 ? ERANGE : EIO;
    auto* out = static_cast<unsigned char*>(request);
    // Mostly the number that was asked for.
    const auto count_of = [&](std::uint32_t asked) { return how < 200 ? asked : how - 200u; };
    if (command == ETHTOOL_GDRVINFO) {
      fill({out + sizeof command, sizeof(ethtool_drvinfo) - sizeof command});
      static_cast<ethtool_drvinfo*>(request)->n_stats = how;
    } else if (command == ETHTOOL_GSTRINGS) {
      auto& strings = *static_cast<ethtool_gstrings*>(request);
      strings.len = count_of(strings.len);
      fill({strings.data, strings.len * Ethtool::kNameBytes});
    } else if (command == ETHTOOL_GSTATS) {
      auto& stats = *static_cast<ethtool_stats*>(request);
      stats.n_stats = count_of(stats.n_stats);
      fill({reinterpret_cast<unsigned char*>(stats.data), stats.n_stats * sizeof stats.data[0]});
    } else if (command == ETHTOOL_GLINKSETTINGS) {
      auto& settings = *static_cast<ethtool_link_settings*>(request);
      const bool is_first = settings.link_mode_masks_nwords == 0;
      settings.link_mode_masks_nwords =
          static_cast<std::int8_t>(is_first ? -(how % 128) : settings.link_mode_masks_nwords + how / 200);
      if (!is_first)
        fill({reinterpret_cast<unsigned char*>(settings.link_mode_masks), 3 * 127 * sizeof settings.link_mode_masks[0]});
    } else if (command == ETHTOOL_GSET) {
      fill({out + sizeof command, sizeof(ethtool_cmd) - sizeof command});
    }
    return 0;
  }

 private:
  unsigned char next() {
    if (bytes_.empty()) return 0;
    const unsigned char byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  void fill(std::span<unsigned char> out) {
    const std::size_t count = std::min(out.size(), bytes_.size());
    std::memcpy(out.data(), bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
  }

  std::span<const unsigned char> bytes_;
};

// A few ticks as the scheduler does them.
void run(Source& source) {
  store::Schema schema;
  for (int tick = 0; tick < 25; ++tick) {
    if (schema.empty()) {
      if (!source.describe(schema)) return;
      std::set<std::string> seen;
      for (const store::SeriesInfo& series : schema) {
        if (!is_classic_metric_name(series.labels.metric_name())) std::abort();
        if (!seen.insert(series.labels.to_string()).second) std::abort();
      }
    }
    RowBuffer cells(schema.size());
    Row row = cells.row();
    const Result<Sampled> sampled = source.sample(row);
    if (!sampled) std::abort();  // no driver's answer is a failure of the whole
    if (*sampled == Sampled::layout_changed) schema.clear();
  }
}

const Roots& roots() {
  static const Roots made = [] {
    const std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    const std::string root = folder + "/tacho_ethtool_fuzz." + std::to_string(::getpid());
    for (const char* device : {"eth0", "eth1"}) std::filesystem::create_directories(root + "/class/net/" + device);
    return Roots{.procfs = root, .sysfs = root, .rootfs = root};
  }();
  static const struct RemoveAtEnd {
    ~RemoveAtEnd() { std::filesystem::remove_all(made.sysfs); }
  } remove_at_end;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  static const Exclude devices(kNetdevExclude);
  static const Exclude counters("");
  Answers of_counters({data, size});
  EthtoolSource source(roots(), [&](const std::string&, void* request) { return of_counters(request); }, devices, counters);
  run(source);
  Answers of_links({data, size});
  EthtoolLinkSource links(roots(), [&](const std::string&, void* request) { return of_links(request); }, devices);
  run(links);
  return 0;
}
