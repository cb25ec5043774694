#include "store/block/packed.h"

#include <lz4.h>

#include <cstdint>
#include <cstring>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

constexpr std::size_t kUnpackedMax = std::size_t{1} << 30;

}  // namespace

std::vector<std::byte> pack_bytes(std::span<const std::byte> bytes) {
  TACHO_CHECK(bytes.size() < kUnpackedMax);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::vector<std::byte> out(sizeof size + static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(size))));
  std::memcpy(out.data(), &size, sizeof size);
  const int packed =
      LZ4_compress_default(reinterpret_cast<const char*>(bytes.data()), reinterpret_cast<char*>(out.data()) + sizeof size,
                           static_cast<int>(size), static_cast<int>(out.size() - sizeof size));
  out.resize(sizeof size + static_cast<std::size_t>(packed));
  return out;
}

Result<std::vector<std::byte>> unpack_bytes(std::span<const std::byte> packed, std::string_view what) {
  std::uint32_t size = 0;
  if (packed.size() < sizeof size) return failure("{}: {} bytes are none", what, packed.size());
  std::memcpy(&size, packed.data(), sizeof size);
  const std::span<const std::byte> body = packed.subspan(sizeof size);
  // lz4 makes at most 255 bytes of one: what claims more would only exhaust the reader.
  if (size >= kUnpackedMax || size / 256 > body.size() || body.size() >= kUnpackedMax)
    return failure("{}: {} bytes say that they hold {}", what, packed.size(), size);
  std::vector<std::byte> bytes(size);
  const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(body.data()), reinterpret_cast<char*>(bytes.data()),
                                    static_cast<int>(body.size()), static_cast<int>(size));
  if (n < 0 || static_cast<std::uint32_t>(n) != size) return failure("{}: {} bytes cannot be decompressed", what, packed.size());
  return bytes;
}

}  // namespace tacho::store
