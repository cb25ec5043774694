#include "store/shipping/outbox_record.h"

#include <lz4.h>

#include <bit>
#include <cstring>

#include "proto/base/check.h"
#include "store/block/byte_reader.h"

namespace tacho::store {
namespace {

constexpr std::uint32_t kUnpackedMax = 256u << 20;

}  // namespace

PackedWindow pack_window(std::span<const NumberedSample> samples, std::uint32_t series) {
  std::vector<std::byte> raw;
  append_bytes(raw, series);
  const std::size_t bits = raw.size();
  raw.resize(bits + (series + 7) / 8);
  std::uint32_t starts = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const NumberedSample& s = samples[i];
    TACHO_CHECK(s.series < series && (i == 0 || samples[i - 1].series < s.series));
    raw[bits + s.series / 8] |= std::byte{1} << (s.series % 8);
    starts += s.start != 0;
  }
  const std::size_t planes = raw.size();
  raw.resize(planes + 8 * samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto value = std::bit_cast<std::uint64_t>(samples[i].value);
    for (std::size_t k = 0; k < 8; ++k) raw[planes + k * samples.size() + i] = static_cast<std::byte>(value >> (8 * k));
  }
  append_bytes(raw, starts);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].start == 0) continue;
    append_bytes(raw, static_cast<std::uint32_t>(i));
    append_bytes(raw, samples[i].start);
  }
  PackedWindow out;
  out.unpacked = static_cast<std::uint32_t>(raw.size());
  out.bytes.resize(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(raw.size()))));
  const int n = LZ4_compress_default(reinterpret_cast<const char*>(raw.data()), reinterpret_cast<char*>(out.bytes.data()),
                                     static_cast<int>(raw.size()), static_cast<int>(out.bytes.size()));
  out.bytes.resize(static_cast<std::size_t>(n));
  return out;
}

Result<std::vector<NumberedSample>> unpack_window(std::span<const std::byte> packed, std::uint32_t unpacked) {
  // lz4 makes at most 255 bytes of one: what claims more would only exhaust the reader.
  if (unpacked > kUnpackedMax || unpacked / 256 > packed.size())
    return failure("a window of {} bytes says it unpacks to {}", packed.size(), unpacked);
  std::vector<std::byte> raw(unpacked);
  const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(raw.data()),
                                    static_cast<int>(packed.size()), static_cast<int>(unpacked));
  if (n < 0 || static_cast<std::uint32_t>(n) != unpacked)
    return failure("a window of {} bytes cannot be decompressed", packed.size());
  ByteReader in(raw);
  const auto series = in.take<std::uint32_t>();
  const auto bits = in.take_bytes((std::size_t{series} + 7) / 8);
  if (!in.ok()) return failure("a window names {} series in {} bytes", series, unpacked);
  std::vector<NumberedSample> out;
  for (std::uint32_t i = 0; i < series; ++i) {
    if ((bits[i / 8] >> (i % 8) & std::byte{1}) != std::byte{0}) out.push_back({i, 0, 0});
  }
  const auto planes = in.take_bytes(8 * out.size());
  const auto starts = in.take<std::uint32_t>();
  if (!in.ok()) return failure("a window of {} samples is cut short at {} bytes", out.size(), unpacked);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t value = 0;
    for (std::size_t k = 0; k < 8; ++k) value |= static_cast<std::uint64_t>(planes[k * out.size() + i]) << (8 * k);
    out[i].value = std::bit_cast<double>(value);
  }
  for (std::uint32_t i = 0; i < starts && in.ok(); ++i) {
    const auto place = in.take<std::uint32_t>();
    const auto start = in.take<TimeMs>();
    if (place >= out.size()) return failure("a window has a start for sample {} of {}", place, out.size());
    out[place].start = start;
  }
  if (!in.done()) return failure("a window of {} samples has not the length of its {} starts", out.size(), starts);
  return out;
}

}  // namespace tacho::store
