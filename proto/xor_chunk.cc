#include "proto/xor_chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "proto/base/check.h"

namespace tacho {
namespace {

constexpr std::size_t kCountBytes = 2;
// A value's window says its leading zeros in 5 bits and its length in 6, 64 as 0.
constexpr unsigned kLeadingBits = 5, kLengthBits = 6, kLeadingMax = 31;

// Times: a prefix of ones, ended by a zero, and the change of the distance in so many bits.
struct TimeClass {
  std::uint64_t prefix;
  unsigned prefix_bits;
  unsigned bits;
};
constexpr std::array<TimeClass, 3> kTimeClasses = {{{0b10, 2, 14}, {0b110, 3, 17}, {0b1110, 4, 20}}};
constexpr std::uint64_t kWidePrefix = 0b1111;

// -(2^(n-1) - 1) to 2^(n-1): a range of two's complement moved up by one.
bool fits(std::int64_t v, unsigned bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return v > -half && v <= half;
}

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  ~BitWriter() {
    if (held_ > 0) out_ += static_cast<char>(word_ << (8 - held_));
  }

  // The lower `count` bits of `v`, count at most 64.
  void write(std::uint64_t v, unsigned count) {
    if (count > 32) {
      write(v >> 32, count - 32);
      count = 32;
    }
    word_ = (word_ << count) | (v & ((std::uint64_t{1} << count) - 1));
    held_ += count;
    while (held_ >= 8) {
      held_ -= 8;
      out_ += static_cast<char>(word_ >> held_);
    }
    word_ &= (std::uint64_t{1} << held_) - 1;
  }

  void varint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) write((v & 0x7f) | 0x80, 8);
    write(v, 8);
  }

 private:
  std::string& out_;
  std::uint64_t word_ = 0;  // its lower held_ bits are not written yet; fewer than 8 between calls
  unsigned held_ = 0;
};

// Bits from the front; past the end they are zeros, and failed() says so.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }

  std::uint64_t read(unsigned count) {
    std::uint64_t v = 0;
    for (; count > 0; --count) v = (v << 1) | static_cast<std::uint64_t>(bit());
    return v;
  }
  bool bit() {
    if (at_ / 8 >= bytes_.size()) {
      failed_ = true;
      return false;
    }
    const auto byte = static_cast<unsigned char>(bytes_[at_ / 8]);
    return ((byte >> (7 - at_++ % 8)) & 1) != 0;
  }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = read(8);
      v |= (byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    failed_ = true;
    return v;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

std::uint64_t zigzag(std::int64_t v) { return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63); }
std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>((v >> 1) ^ (0 - (v & 1))); }

// The bits of a value that differ from the last one's lie in a window, which is kept while they fit.
struct Window {
  unsigned leading = 0;
  unsigned trailing = 0;
  bool set = false;
  unsigned length() const { return 64 - leading - trailing; }
};

void write_time_change(BitWriter& out, std::int64_t change) {
  if (change == 0) return out.write(0, 1);
  for (const TimeClass& c : kTimeClasses) {
    if (!fits(change, c.bits)) continue;
    out.write(c.prefix, c.prefix_bits);
    return out.write(static_cast<std::uint64_t>(change), c.bits);
  }
  out.write(kWidePrefix, 4);
  out.write(static_cast<std::uint64_t>(change), 64);
}

std::int64_t read_time_change(BitReader& in) {
  unsigned ones = 0;
  while (ones < 4 && in.bit()) ++ones;
  if (ones == 0) return 0;
  if (ones == 4) return static_cast<std::int64_t>(in.read(64));
  const unsigned bits = kTimeClasses[ones - 1].bits;
  const auto v = static_cast<std::int64_t>(in.read(bits));
  return v > std::int64_t{1} << (bits - 1) ? v - (std::int64_t{1} << bits) : v;
}

void write_value(BitWriter& out, Window& window, std::uint64_t changed) {
  if (changed == 0) return out.write(0, 1);
  const unsigned leading = std::min(static_cast<unsigned>(std::countl_zero(changed)), kLeadingMax);
  const auto trailing = static_cast<unsigned>(std::countr_zero(changed));
  if (window.set && leading >= window.leading && trailing >= window.trailing) {
    out.write(0b10, 2);
  } else {
    window = {leading, trailing, true};
    out.write(0b11, 2);
    out.write(leading, kLeadingBits);
    out.write(window.length() & 63, kLengthBits);
  }
  out.write(changed >> window.trailing, window.length());
}

// What differs from the last value; nullopt for a window that does not fit 64 bits.
std::optional<std::uint64_t> read_value(BitReader& in, Window& window) {
  if (!in.bit()) return 0;
  if (in.bit()) {
    const auto leading = static_cast<unsigned>(in.read(kLeadingBits));
    auto length = static_cast<unsigned>(in.read(kLengthBits));
    if (length == 0) length = 64;
    if (leading + length > 64) return std::nullopt;
    window = {leading, 64 - leading - length, true};
  }
  if (!window.set) return std::nullopt;
  return in.read(window.length()) << window.trailing;
}

}  // namespace

void append_xor_chunk(std::string& out, std::span<const TimeMs> times, std::span<const double> values) {
  TACHO_CHECK(!times.empty() && times.size() == values.size() && times.size() <= kXorChunkSamplesMax);
  out += static_cast<char>(times.size() >> 8);
  out += static_cast<char>(times.size() & 0xff);
  BitWriter bits(out);
  Window window;
  std::uint64_t distance = 0, last = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto value = std::bit_cast<std::uint64_t>(values[i]);
    if (i == 0) {
      bits.varint(zigzag(times[0]));
      bits.write(value, 64);
    } else {
      const std::uint64_t d = static_cast<std::uint64_t>(times[i]) - static_cast<std::uint64_t>(times[i - 1]);
      if (i == 1) {
        bits.varint(d);
      } else {
        write_time_change(bits, static_cast<std::int64_t>(d - distance));
      }
      distance = d;
      write_value(bits, window, value ^ last);
    }
    last = value;
  }
}

Result<std::vector<Sample>> decode_xor_chunk(std::string_view chunk) {
  const auto cut_short = [&](std::size_t at, std::size_t count) {
    return failure("the XOR chunk of {} bytes is broken or cut short in sample {} of {}", chunk.size(), at, count);
  };
  if (chunk.size() < kCountBytes) return cut_short(0, 0);
  BitReader in(chunk);
  const std::size_t count = in.read(16);
  std::vector<Sample> out;
  out.reserve(std::min(count, chunk.size() * 4));  // a sample takes two bits or more
  Window window;
  std::uint64_t t = 0, distance = 0, value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0) {
      t = static_cast<std::uint64_t>(unzigzag(in.varint()));
      value = in.read(64);
    } else {
      distance = i == 1 ? in.varint() : distance + static_cast<std::uint64_t>(read_time_change(in));
      t += distance;
      const auto changed = read_value(in, window);
      if (!changed) return cut_short(i, count);
      value ^= *changed;
    }
    if (in.failed()) return cut_short(i, count);
    out.push_back({static_cast<TimeMs>(t), std::bit_cast<double>(value)});
  }
  return out;
}

}  // namespace tacho
