#include "sampler/host/system/cpufreq.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "proto/base/file.h"
#include "sampler/cells.h"
#include "sampler/host/system/cpu_list.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr double kHzPerKhz = 1000.0;

struct RateFile {
  std::string_view file;
  std::string_view metric;
};

constexpr RateFile kRates[] = {
    {"cpuinfo_cur_freq", "node_cpu_frequency_hertz"},
    {"cpuinfo_avg_freq", "node_cpu_frequency_avg_hertz"},
    {"cpuinfo_min_freq", "node_cpu_frequency_min_hertz"},
    {"cpuinfo_max_freq", "node_cpu_frequency_max_hertz"},
    {"scaling_cur_freq", "node_cpu_scaling_frequency_hertz"},
    {"scaling_min_freq", "node_cpu_scaling_frequency_min_hertz"},
    {"scaling_max_freq", "node_cpu_scaling_frequency_max_hertz"},
};

// A sysfs attribute of one line.
struct Attribute {
  int error = 0;          // an errno, if it could not be read
  bool whole = false;     // its end was seen
  std::string_view line;  // in the caller's buffer; blanks at its ends taken off

  // It is not there for us; any other error may pass.
  bool missing() const { return error == ENOENT || error == EACCES || error == EPERM; }
};

using Buffer = std::array<char, 4096>;  // sysfs hands out a page at most

// No text on errors: a file that fails for hours must not allocate at each tick.
Attribute read_line(const std::string& path, Buffer& buffer) {
  Attribute attribute;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ssize_t n = -1;
  if (fd) {
    do n = ::read(fd.get(), buffer.data(), buffer.size());
    while (n < 0 && errno == EINTR);
  }
  if (n < 0) {
    attribute.error = errno;
    return attribute;
  }
  Lines lines(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
  if (!lines.next()) return attribute;
  attribute.whole = lines.whole();
  attribute.line = lines.line();
  skip_blanks(attribute.line);
  while (!attribute.line.empty() && is_blank(attribute.line.back())) attribute.line.remove_suffix(1);
  return attribute;
}

}  // namespace

CpufreqSource::Cpu CpufreqSource::look(const std::string& folder, const std::string& number, SchemaBuilder& builder) {
  Buffer buffer;
  Cpu cpu;
  const Label label{"cpu", number};
  for (const RateFile& rate : kRates) {
    std::string path = folder + "/" + std::string(rate.file);
    if (read_line(path, buffer).missing()) continue;
    cpu.rates.push_back({std::move(path), builder.add(rate.metric, {label})});
  }
  const std::string governor_path = folder + "/scaling_governor";
  const std::string offered_path = folder + "/scaling_available_governors";
  if (read_line(governor_path, buffer).missing()) return cpu;
  const Attribute offered = read_line(offered_path, buffer);
  if (offered.missing()) return cpu;
  cpu.governor_path = governor_path;
  cpu.offered_path = offered_path;
  if (!offered.whole) return cpu;  // the next tick finds a new list
  cpu.offered = offered.line;
  std::string_view rest = cpu.offered;
  for (std::string_view name = take_word(rest); !name.empty(); name = take_word(rest)) {
    cpu.governors.emplace_back(name, builder.add("node_cpu_scaling_governor", {label, {"governor", std::string(name)}}));
  }
  return cpu;
}

Result<void> CpufreqSource::describe(store::Schema& schema) {
  const Result<std::vector<std::uint64_t>> numbers = list_cpus(folder_);
  if (!numbers) return std::unexpected(numbers.error());
  Buffer buffer;
  const Attribute offline = read_line(offline_path_, buffer);
  offline_ = offline.whole ? offline.line : std::string_view{};
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  std::vector<Cpu> cpus;
  without_.clear();
  for (const std::uint64_t number : *numbers) {
    if (lists_cpu(offline_, number)) continue;
    const std::string folder = fmt::format("{}/cpu{}/cpufreq", folder_, number);
    if (::access(folder.c_str(), F_OK) != 0) {
      without_.push_back(folder);
    } else {
      cpus.push_back(look(folder, fmt::format("{}", number), builder));
    }
  }
  if (schema.size() == before) return failure("{} has no CPU whose clock rate can be read (cpu0/cpufreq ...)", folder_);
  cpus_ = std::move(cpus);
  return {};
}

// False: the governors are others than those described.
bool CpufreqSource::sample_governor(const Cpu& cpu, Row& row) {
  if (cpu.governor_path.empty()) return true;
  Buffer buffer;
  const Attribute offered = read_line(cpu.offered_path, buffer);
  if (offered.missing() || (offered.whole && offered.line != cpu.offered)) return false;
  const Attribute governor = read_line(cpu.governor_path, buffer);
  if (governor.missing()) return false;
  if (!governor.whole || governor.line.empty()) return true;
  for (const auto& [name, column] : cpu.governors) put(row, column, name == governor.line ? 1.0 : 0.0);
  return true;
}

Result<Sampled> CpufreqSource::sample(Row& row) {
  Buffer buffer;
  const Attribute offline = read_line(offline_path_, buffer);
  if (offline.whole && offline.line != offline_) return Sampled::layout_changed;
  for (const std::string& folder : without_) {
    if (::access(folder.c_str(), F_OK) == 0) return Sampled::layout_changed;
  }
  std::size_t read = 0;
  int error = 0;
  for (const Cpu& cpu : cpus_) {
    for (const Rate& rate : cpu.rates) {
      Attribute attribute = read_line(rate.path, buffer);
      if (attribute.missing()) return Sampled::layout_changed;
      if (attribute.error != 0) {
        error = attribute.error;
        continue;
      }
      ++read;
      if (std::optional<std::uint64_t> khz = take_u64(attribute.line)) {
        put(row, rate.column, static_cast<double>(*khz) * kHzPerKhz);
      }
    }
    if (!sample_governor(cpu, row)) return Sampled::layout_changed;
  }
  if (read == 0 && error != 0) return sys_failure(error, "cannot read any clock rate below {}", folder_);
  return Sampled::ok;
}

}  // namespace tacho::sampler
