// A sub-block's residuals, the low bits of each as a frame and what is above them by a prefix code.
//
// Shape    a residual r is r mod 2^shift, packed, and the symbol r >> shift, at most 14; what is larger is symbol 15, and r >> shift - 15
//          follows behind. Where many residuals are 0 a mask says where, and the others are written less 1.
// Why      residuals are mostly small and sometimes large: a frame is as wide as the largest of most, a code as long as each. Its
//          mean is within some percent of the entropy of their magnitudes.
// Source   Rice (1979) for the split in packed and coded bits; store/FORMAT.md, "coded".
// Threads  pure functions.
// Cost     choosing works on the counts of bit widths, not on the values: about two nanoseconds a value; reading: one to two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "store/codec/bitpack.h"
#include "store/codec/varint.h"

namespace tacho::store::codec {

enum class Mask : std::uint8_t { none = 0, bitmap = 1, positions = 2 };

struct CodedPlan {
  unsigned code = 0;
  unsigned shift = 0;
  Mask mask = Mask::none;
  std::size_t bytes = SIZE_MAX;  // about
};

// Residuals by their bits. Requires: n <= kSub.
struct Magnitudes {
  std::array<std::uint8_t, kWidthCounts> counts;  // [0, 65)

  Magnitudes(const std::uint64_t* residuals, std::size_t n);
  unsigned top() const;  // the bits of the largest
};

// What tells better residuals from worse at little cost: about the bits that some of them have.
std::size_t weight_of(const std::uint64_t* residuals, std::size_t n);

// The best, by an estimate. Requires: at least one residual.
CodedPlan plan_coded(const Magnitudes& residuals);
// Requires: n <= kSub.
void write_coded(const CodedPlan& plan, const std::uint64_t* residuals, std::size_t n, Bytes& out);
// n residuals in out, which has room for kSub; the rest of it becomes 0. `head` is the byte that write_coded began with. False: the bytes do not fit.
bool read_coded(Reader& in, std::size_t n, std::uint64_t* out, const Kernels& kernels);

}  // namespace tacho::store::codec
