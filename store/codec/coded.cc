#include "store/codec/coded.h"

#include <algorithm>
#include <array>
#include <bit>

#include "store/codec/prefix_code.h"

namespace tacho::store::codec {
namespace {

constexpr unsigned kEscape = kSymbols - 1;
// The first byte: the code in bits 0 and 1, the mask in 2 and 3, the shift above, where 15 means that it follows in a byte.
constexpr unsigned kShiftFollows = 15;
constexpr std::size_t kPositionsMax = 15;  // a bitmap of a full sub-block takes 16 bytes

// The average length of a word whose symbol has so many bits, in sixteenths of a bit: 1, then 2 and 3, then 4 to 7, then 8 to 14.
using Lengths = std::array<std::uint32_t, 5>;
constexpr std::array<Lengths, kPrefixCodes> kAverage = [] {
  std::array<Lengths, kPrefixCodes> all{};
  for (unsigned code = 0; code < kPrefixCodes; ++code) {
    const auto& bits = kWordBits[code];
    const auto mean = [&](unsigned from, unsigned to) {
      std::uint32_t sum = 0;
      for (unsigned s = from; s < to; ++s) sum += bits[s];
      return sum * 16 / (to - from);
    };
    all[code] = {mean(0, 1), mean(1, 2), mean(2, 4), mean(4, 8), mean(8, kEscape)};
  }
  return all;
}();

using Counts = std::array<std::uint32_t, 65>;

struct Choice {
  unsigned code = 0, shift = 0;
  std::size_t bits = SIZE_MAX;
};

Choice choose(const Counts& counts, unsigned top, std::size_t n) {
  // Half of the residuals have at most `middle` bits.
  unsigned middle = 0;
  for (std::size_t below = counts[0]; below < (n + 1) / 2; below += counts[middle]) ++middle;
  Choice best;
  for (unsigned shift = middle > 3 ? middle - 3 : 0; shift <= middle; ++shift) {
    std::array<std::uint32_t, 5> h{};
    for (unsigned w = 0; w <= shift; ++w) h[0] += counts[w];
    std::uint32_t escapes = static_cast<std::uint32_t>(n) - h[0];
    for (unsigned b = 1; b < 5 && shift + b <= 64; ++b) escapes -= h[b] = counts[shift + b];
    const std::size_t outside = escapes == 0 ? 0 : 8 + escapes * 8 * ((top - shift + 7) / 8);
    for (unsigned code = 0; code < kPrefixCodes; ++code) {
      std::size_t sixteenths = std::size_t{escapes} * kWordBits[code][kEscape] * 16;
      for (unsigned b = 0; b < 5; ++b) sixteenths += std::size_t{h[b]} * kAverage[code][b];
      const std::size_t bits = shift * n + sixteenths / 16 + outside;
      if (bits < best.bits) best = {code, shift, bits};
    }
  }
  return best;
}

std::size_t bytes_of(const Choice& c) { return 1 + (c.shift >= kShiftFollows ? 1 : 0) + (c.bits + 7) / 8; }

// Places in a sub-block.
struct Where {
  std::array<std::uint64_t, 2> bits{};

  void set(std::size_t i) { bits[i / 64] |= std::uint64_t{1} << i % 64; }
  std::size_t count() const { return static_cast<std::size_t>(std::popcount(bits[0]) + std::popcount(bits[1])); }
};

bool read_where(Reader& in, Mask mask, std::size_t n, Where& where) {
  if (mask == Mask::bitmap) {
    where.bits[0] = in.fixed(static_cast<unsigned>(std::min<std::size_t>(8, (n + 7) / 8)));
    if (n > 64) where.bits[1] = in.fixed(static_cast<unsigned>((n - 64 + 7) / 8));
    // No bit behind the last residual.
    if (n < 64) return (where.bits[0] >> n) == 0;
    return n == 128 || n == 64 || (where.bits[1] >> (n - 64)) == 0;
  }
  const std::size_t count = in.byte();
  const std::byte* at = in.take(count);
  if (at == nullptr) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto position = static_cast<std::size_t>(at[i]);
    if (position >= n || (i > 0 && at[i] <= at[i - 1])) return false;
    where.set(position);
  }
  return true;
}

}  // namespace

Magnitudes::Magnitudes(const std::uint64_t* residuals, std::size_t n) { kernels().count_widths(residuals, n, counts.data()); }

unsigned Magnitudes::top() const {
  unsigned top = 64;
  while (top > 0 && counts[top] == 0) --top;
  return top;
}

std::size_t weight_of(const std::uint64_t* residuals, std::size_t n) { return kernels().weight(residuals, n); }

CodedPlan plan_coded(const Magnitudes& residuals) {
  Counts counts{};
  std::copy_n(residuals.counts.begin(), counts.size(), counts.begin());
  std::size_t n = 0;
  for (const std::uint32_t c : counts) n += c;
  const unsigned top = residuals.top();
  const Choice whole = choose(counts, top, n);
  CodedPlan plan{whole.code, whole.shift, Mask::none, bytes_of(whole)};
  const std::size_t others = n - counts[0];
  if (counts[0] < n / 8 || others == 0) return plan;
  // Less 1, the powers of two have a bit less: of those of two bits a half.
  counts[0] = counts[1];
  counts[1] = counts[2] / 2;
  counts[2] -= counts[1];
  const Choice few = choose(counts, top, others);
  const bool positions = others <= kPositionsMax && others < (n + 7) / 8;
  const std::size_t bytes = bytes_of(few) + (positions ? 1 + others : (n + 7) / 8);
  if (bytes < plan.bytes) plan = {few.code, few.shift, positions ? Mask::positions : Mask::bitmap, bytes};
  return plan;
}

void write_coded(const CodedPlan& plan, const std::uint64_t* residuals, std::size_t n, Bytes& out) {
  put_byte(out, plan.code | static_cast<unsigned>(plan.mask) << 2 | std::min(plan.shift, kShiftFollows) << 4);
  if (plan.shift >= kShiftFollows) put_byte(out, plan.shift);
  std::array<std::uint64_t, kSub> low;
  std::array<std::uint8_t, kSub> symbols;
  std::array<std::uint64_t, kSub> escaped;
  std::array<std::uint8_t, kSub> positions;
  Where where;
  std::size_t count = 0, escapes = 0;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t r = residuals[i];
    if (plan.mask != Mask::none) {
      if (r == 0) continue;
      --r;
      where.set(i);
      positions[count] = static_cast<std::uint8_t>(i);
    }
    low[count] = r & ((std::uint64_t{1} << plan.shift) - 1);
    const std::uint64_t high = r >> plan.shift;
    symbols[count++] = static_cast<std::uint8_t>(std::min<std::uint64_t>(high, kEscape));
    if (high >= kEscape) all |= escaped[escapes++] = high - kEscape;
  }
  if (plan.mask == Mask::bitmap) {
    put_fixed(out, where.bits[0], static_cast<unsigned>(std::min<std::size_t>(8, (n + 7) / 8)));
    if (n > 64) put_fixed(out, where.bits[1], static_cast<unsigned>((n - 64 + 7) / 8));
  } else if (plan.mask == Mask::positions) {
    put_byte(out, count);
    const auto bytes = std::as_bytes(std::span(positions).first(count));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  put_packed(low.data(), count, plan.shift, out);
  write_symbols(plan.code, std::span(symbols).first(count), out);
  if (escapes == 0) return;
  const auto each = static_cast<unsigned>(std::bit_width(all) + 7) / 8;
  put_byte(out, each);
  for (std::size_t i = 0; i < escapes; ++i) put_fixed(out, escaped[i], each);
}

bool read_coded(Reader& in, std::size_t n, std::uint64_t* out, const Kernels& kernels) {
  const auto head = static_cast<unsigned>(in.byte());
  const unsigned code = head & 3;
  const auto mask = static_cast<Mask>(head >> 2 & 3);
  unsigned shift = head >> 4;
  if (shift == kShiftFollows) shift = static_cast<unsigned>(in.byte());
  if (!in.ok() || shift > 63 || mask > Mask::positions) return false;
  Where where;
  std::size_t count = n;
  if (mask != Mask::none) {
    if (!read_where(in, mask, n, where)) return false;
    count = where.count();
  }
  const std::byte* packed = in.take(count == kSub ? packed_bytes(shift) : packed_bytes(count, shift));
  if (packed == nullptr) return false;
  std::array<std::uint8_t, kSub + kSymbolsSlack> symbols;
  if (count > 0 && in.take(read_symbols(code, in.rest(), count, symbols.data())) == nullptr) return false;
  std::array<std::uint64_t, kSub + kSpreadSlack> few;
  std::uint64_t* const values = mask == Mask::none ? out : few.data();
  if (count == kSub) {
    kernels.unpack[shift](packed, values);
  } else {
    unpack_few(packed, count, shift, values, kernels);
    std::fill(values + count, values + kSub, 0);
    std::fill(symbols.begin() + static_cast<std::ptrdiff_t>(count), symbols.end(), std::uint8_t{0});
  }
  Where escaped;
  kernels.add_symbols(symbols.data(), shift, values, escaped.bits.data());
  if ((escaped.bits[0] | escaped.bits[1]) != 0) {
    const auto each = static_cast<unsigned>(in.byte());
    const std::size_t escapes = escaped.count();
    const std::byte* at = each > 8 ? nullptr : in.take(escapes * each);
    if (at == nullptr) return false;
    std::array<std::uint64_t, kSub> above;
    unpack_few(at, escapes, 8 * each, above.data(), kernels);
    const std::uint64_t* next = above.data();
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::uint64_t bits = escaped.bits[half]; bits != 0; bits &= bits - 1)
        values[half * 64 + static_cast<std::size_t>(std::countr_zero(bits))] += *next++ << shift;
    }
  }
  if (mask != Mask::none) kernels.spread(where.bits.data(), values, out);
  return in.ok();
}

}  // namespace tacho::store::codec
