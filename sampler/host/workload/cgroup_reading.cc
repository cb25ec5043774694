#include "sampler/host/workload/cgroup_reading.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "sampler/host/system/psi.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

using Field = CgroupField;
using Format = CgroupFormat;

constexpr double kUsPerSecond = 1e6;
// Version 1 writes no limit as the largest number of whole pages.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

void read_keyed(std::string_view text, std::span<const CgroupKey> keys, CgroupReading& out) {
  std::size_t next = 0;  // mostly the next key is the next of the table
  for (Lines lines(text); lines.next();) {
    std::string_view rest = lines.line();
    const std::string_view word = take_word(rest);
    for (std::size_t n = 0; n < keys.size(); ++n) {
      const std::size_t i = next + n < keys.size() ? next + n : next + n - keys.size();
      if (keys[i].key != word) continue;
      if (const auto value = take_u64(rest)) out[keys[i].field] = static_cast<double>(*value) / keys[i].divisor;
      next = i + 1 == keys.size() ? 0 : i + 1;
      break;
    }
  }
}

// A line that was cut has no number that can be believed.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return std::nullopt;
  std::string_view rest = lines.line();
  return take_u64(rest);
}

std::optional<double> limit(std::string_view text) {
  if (text == "max\n") return 0;
  const auto number = whole_number(text);
  if (!number) return std::nullopt;
  return *number > kNoLimit ? 0 : static_cast<double>(*number);
}

void read_cpu_max(std::string_view text, CgroupReading& out) {
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return;
  std::string_view rest = lines.line();
  const auto quota = take_u64(rest);  // "max" is no number: there is none
  const auto period = take_u64(rest);
  if (quota && period) {
    out[Field::cpu_quota] = static_cast<double>(*quota);
    out[Field::cpu_period] = static_cast<double>(*period);
  }
}

// "259:0": the numbers, or nullopt.
std::optional<CgroupIo> device_of(std::string_view word) {
  CgroupIo io;
  const auto number = [](std::string_view text, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  const std::string_view major = take_until(word, ':');
  if (!number(major, io.major) || !number(word, io.minor)) return std::nullopt;
  return io;
}

bool same_device(const CgroupIo& a, const CgroupIo& b) { return a.major == b.major && a.minor == b.minor; }

void read_io(std::string_view text, CgroupReading& out) {
  constexpr std::string_view kNames[] = {"rbytes=", "wbytes=", "rios=", "wios="};
  out.io_whole = true;
  for (Lines lines(text); lines.next();) {
    out.io_whole = lines.whole();
    std::string_view rest = lines.line();
    auto io = device_of(take_word(rest));
    if (!io) continue;
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
      for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (!word.starts_with(kNames[i])) continue;
        word.remove_prefix(kNames[i].size());
        io->counts[i] = take_u64(word);
        break;
      }
    }
    // A device that the cgroup has not used yet may be a line without numbers.
    if (io->counts[0]) out.io.push_back(*io);
  }
}

// Both files have the devices; whichever comes first.
void read_blkio(std::string_view text, std::size_t read_index, CgroupReading& out) {
  out.io_whole = true;
  for (Lines lines(text); lines.next();) {
    out.io_whole = out.io_whole && lines.whole();
    std::string_view rest = lines.line();
    const auto device = device_of(take_word(rest));  // the last line is "Total 123"
    if (!device) continue;
    const std::string_view operation = take_word(rest);
    if (operation != "Read" && operation != "Write") continue;
    auto it = std::find_if(out.io.begin(), out.io.end(), [&](const CgroupIo& io) { return same_device(io, *device); });
    if (it == out.io.end()) it = out.io.insert(out.io.end(), *device);
    it->counts[read_index + (operation == "Write" ? 1 : 0)] = take_u64(rest);
  }
}

}  // namespace

void CgroupReading::clear() {
  values.fill(std::nullopt);
  io.clear();
  io_whole = false;
  errors = 0;
}

void read_cgroup_text(const CgroupForm& form, std::string_view text, CgroupReading& out) {
  switch (form.format) {
    case Format::number:
      if (const auto value = whole_number(text)) out[form.field] = static_cast<double>(*value) / form.divisor;
      return;
    case Format::limit: out[form.field] = limit(text); return;
    case Format::cpu_max: return read_cpu_max(text, out);
    case Format::quota:
      if (const auto value = whole_number(text)) out[Field::cpu_quota] = static_cast<double>(*value);
      return;
    case Format::keyed: return read_keyed(text, form.keys, out);
    case Format::pressure: {
      const PsiTotals totals = psi_totals(text);
      if (totals.some_us) out[form.field] = static_cast<double>(*totals.some_us) / kUsPerSecond;
      if (totals.full_us) out[form.second] = static_cast<double>(*totals.full_us) / kUsPerSecond;
      return;
    }
    case Format::io: return read_io(text, out);
    case Format::blkio_bytes: return read_blkio(text, 0, out);
    case Format::blkio_count: return read_blkio(text, 2, out);
  }
}

}  // namespace tacho::sampler
