#include "store/codec/prefix_code.h"

#include <algorithm>
#include <cstring>

#include "proto/base/check.h"
#include "store/codec/bitpack.h"

namespace tacho::store::codec {
namespace {

constexpr unsigned kAtOnce = 6;  // symbols of one look-up at the most
constexpr int kLookups = 3;      // of one load
static_assert(kLookups * kAtOnce + 2 <= kSymbolsSlack && kLookups * kWordBitsMax <= 57);
constexpr std::size_t kTwoRuns = 64;  // symbols, from which on they are in two runs
constexpr std::size_t kPeek = std::size_t{1} << kWordBitsMax;

// What the next kWordBitsMax bits begin with: symbols in the low bytes, in byte 6 how many, in byte 7 their bits.
using Lookup = std::array<std::uint64_t, kPeek>;

struct Code {
  std::array<std::uint16_t, kSymbols> words{};  // first bit lowest
  Lookup lookup{};
};

consteval Code make(const std::array<std::uint8_t, kSymbols>& lengths) {
  Code code;
  unsigned next = 0;
  for (unsigned length = 1; length <= kWordBitsMax; ++length, next <<= 1) {
    for (unsigned s = 0; s < kSymbols; ++s) {
      if (lengths[s] != length) continue;
      unsigned reversed = 0;
      for (unsigned bit = 0; bit < length; ++bit) reversed |= (next >> bit & 1) << (length - 1 - bit);
      code.words[s] = static_cast<std::uint16_t>(reversed);
      ++next;
    }
  }
  std::array<std::uint8_t, kPeek> first{};
  for (unsigned s = 0; s < kSymbols; ++s) {
    for (std::size_t rest = 0; rest < kPeek >> lengths[s]; ++rest)
      first[rest << lengths[s] | code.words[s]] = static_cast<std::uint8_t>(s);
  }
  for (std::size_t peek = 0; peek < kPeek; ++peek) {
    std::uint64_t entry = 0;
    unsigned count = 0, bits = 0;
    while (count < kAtOnce) {
      const std::uint8_t s = first[peek >> bits];
      if (bits + lengths[s] > kWordBitsMax) break;
      entry |= std::uint64_t{s} << 8 * count++;
      bits += lengths[s];
    }
    code.lookup[peek] = entry | std::uint64_t{count} << 48 | std::uint64_t{bits} << 56;
  }
  return code;
}

constexpr std::array<Code, kPrefixCodes> kCodes = {make(kWordBits[0]), make(kWordBits[1]), make(kWordBits[2]),
                                                   make(kWordBits[3])};

// One run of words being read. Requires: 8 bytes can be read from wherever a word begins, and some symbols more than asked for written.
class Words {
 public:
  Words(const Lookup& lookup, const std::byte* in, std::uint8_t* out) : lookup_(lookup), in_(in), out_(out) {}

  std::size_t symbols() const { return at_; }
  // Three look-ups: some three to eighteen symbols.
  void step() {
    std::uint64_t ahead;
    std::memcpy(&ahead, in_ + bit_ / 8, 8);
    ahead >>= bit_ % 8;
    for (int i = 0; i < kLookups; ++i) {
      const std::uint64_t entry = lookup_[ahead & (kPeek - 1)];
      std::memcpy(out_ + at_, &entry, 8);
      at_ += entry >> 48 & 0xff;
      ahead >>= entry >> 56;
      bit_ += entry >> 56;
    }
  }
  // The bytes that `count` symbols took. Requires: at least as many were read.
  std::size_t bytes(std::size_t count, const std::array<std::uint8_t, kSymbols>& lengths) const {
    std::size_t bits = bit_;
    for (std::size_t i = count; i < at_; ++i) bits -= lengths[out_[i]];
    return (bits + 7) / 8;
  }

 private:
  const Lookup& lookup_;
  const std::byte* in_;
  std::uint8_t* out_;
  std::size_t at_ = 0, bit_ = 0;
};

// In two runs side by side, where there are enough symbols: a look-up waits for the one before it, but not for the other run's.
std::size_t read_padded(unsigned number, const std::byte* in, std::size_t count, std::uint8_t* out) {
  const Lookup& lookup = kCodes[number].lookup;
  const auto& lengths = kWordBits[number];
  if (count < kTwoRuns) {
    Words words(lookup, in, out);
    while (words.symbols() < count) words.step();
    return words.bytes(count, lengths);
  }
  const std::size_t half = count / 2,
                    first_bytes = std::min<std::size_t>(static_cast<std::size_t>(in[0]), (half * kWordBitsMax + 7) / 8);
  std::array<std::uint8_t, kSub / 2 + kSymbolsSlack> second;
  Words a(lookup, in + 1, out), b(lookup, in + 1 + first_bytes, second.data());
  while (a.symbols() < half && b.symbols() < count - half) {
    a.step();
    b.step();
  }
  while (a.symbols() < half) a.step();
  while (b.symbols() < count - half) b.step();
  // A first run of another length than it says is no such run.
  if (a.bytes(half, lengths) != static_cast<std::size_t>(in[0])) return SIZE_MAX;
  std::memcpy(out + half, second.data(), count - half);
  return 1 + first_bytes + b.bytes(count - half, lengths);
}

// Requires: at most kSub symbols.
void write_run(unsigned number, std::span<const std::uint8_t> symbols, Bytes& out) {
  std::array<std::byte, kSub * kWordBitsMax / 8 + 8> run;
  std::size_t at = 0;
  std::uint64_t word = 0;
  unsigned bits = 0;
  for (const std::uint8_t s : symbols) {
    word |= std::uint64_t{kCodes[number].words[s]} << bits;
    bits += kWordBits[number][s];
    if (bits < 32) continue;
    std::memcpy(run.data() + at, &word, 4);
    at += 4;
    word >>= 32;
    bits -= 32;
  }
  std::memcpy(run.data() + at, &word, 4);
  at += (bits + 7) / 8;
  out.insert(out.end(), run.begin(), run.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

void write_symbols(unsigned code, std::span<const std::uint8_t> symbols, Bytes& out) {
  TACHO_CHECK(code < kPrefixCodes && symbols.size() <= kSub);
  if (symbols.size() < kTwoRuns) return write_run(code, symbols, out);
  const std::size_t at = out.size(), half = symbols.size() / 2;
  put_byte(out, 0);
  write_run(code, symbols.first(half), out);
  out[at] = static_cast<std::byte>(out.size() - at - 1);
  write_run(code, symbols.subspan(half), out);
}

std::size_t read_symbols(unsigned code, std::span<const std::byte> in, std::size_t count, std::uint8_t* out) {
  TACHO_CHECK(code < kPrefixCodes && count <= kSub);
  // All that the words and those read too many may take, and the eight bytes that are loaded there.
  constexpr std::size_t kMost = 1 + (kSub * kWordBitsMax) / 8 + 2 + kLookups * kWordBitsMax / 8 + 1 + 8;
  if (in.size() >= kMost) return read_padded(code, in.data(), count, out);
  std::array<std::byte, kMost> padded{};
  std::copy(in.begin(), in.end(), padded.begin());
  return read_padded(code, padded.data(), count, out);
}

}  // namespace tacho::store::codec
