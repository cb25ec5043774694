// Integers of few bytes: seven bits a byte, the lowest first, the top bit set on all but the last; signed ones zigzagged.
//
// Errors   Reader never reads past its bytes: what does not fit turns ok() false, and every value after it is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tacho::store::codec {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t zigzag(std::uint64_t v) { return v << 1 ^ (0 - (v >> 63)); }
constexpr std::uint64_t unzigzag(std::uint64_t v) { return v >> 1 ^ (0 - (v & 1)); }

inline void put_byte(Bytes& out, std::uint64_t v) { out.push_back(static_cast<std::byte>(v)); }

inline void put_varint(Bytes& out, std::uint64_t v) {
  for (; v >= 128; v >>= 7) put_byte(out, (v & 127) | 128);
  put_byte(out, v);
}

inline void put_fixed(Bytes& out, std::uint64_t v, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) put_byte(out, v >> 8 * i & 255);
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::span<const std::byte> rest() const { return rest_; }

  // Null, and not ok, where fewer are left.
  const std::byte* take(std::size_t n) {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return nullptr;
    }
    const std::byte* at = rest_.data();
    rest_ = rest_.subspan(n);
    return at;
  }
  std::uint64_t byte() {
    const std::byte* at = take(1);
    return at == nullptr ? 0 : static_cast<std::uint64_t>(*at);
  }
  std::uint64_t fixed(unsigned bytes) {
    const std::byte* at = take(bytes);
    std::uint64_t v = 0;
    if (at != nullptr) std::memcpy(&v, at, bytes);
    return v;
  }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t b = byte();
      v |= (b & 127) << shift;
      if (b < 128) return v;
    }
    ok_ = false;
    return 0;
  }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace tacho::store::codec
