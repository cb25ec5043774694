// A run of integers, small where neighbours are alike: sub-blocks of 128, each in the smallest of a few modes.
//
// Shape    64-bit integers modulo 2^64, the first of them 0: the caller takes base and common factor out (column.cc).
// Modes    repeat; sparse (few changes); and packed frames of reference over the values, their deltas zigzagged, their deltas
//          above the smallest, or the deltas' deltas; values that would widen a frame are kept beside it as exceptions. Or coded:
//          values, deltas or the deltas' deltas beside a middle one, in as many bits as each needs (coded.h).
// Layout   store/FORMAT.md, "integers".
// Source   frame of reference and patching: Zukowski et al., "Super-Scalar RAM-CPU Cache Compression" (2006); delta of delta:
//          Pelkonen et al., "Gorilla" (2015).
// Threads  pure functions.
// Cost     writing: some five nanoseconds a value; reading: a nanosecond and less.
// Errors   IntegerReader: bytes that do not fit are an error of next(); it reads nothing beyond them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "store/codec/bitpack.h"
#include "store/codec/varint.h"

namespace tacho::store::codec {

// What writing may take: `fast` is for bytes that are read and thrown away within the hour.
enum class Effort : std::uint8_t { small, fast };

// Requires: values[0] == 0.
void write_integers(std::span<const std::uint64_t> values, Bytes& out, Effort effort = Effort::small);

// Gives the sub-blocks one after the other.
class IntegerReader {
 public:
  IntegerReader(std::span<const std::byte> bytes, std::size_t count, const Kernels& kernels);

  // The next min(128, left) values, in out[0..); out has room for 128. False: the bytes do not fit.
  bool next(std::uint64_t* out);
  std::span<const std::byte> rest() const { return in_.rest(); }

 private:
  bool packed(std::uint64_t code, std::size_t n, std::uint64_t* out);
  bool sparse(std::size_t n, std::uint64_t* out);
  bool coded(std::uint64_t mode, std::size_t n, std::uint64_t* out);
  bool frame(unsigned width, std::size_t n, std::uint64_t* out);

  Reader in_;
  std::size_t left_;
  const Kernels& kernels_;
  std::uint64_t last_ = 0;
  std::uint64_t slope_ = 0;  // the last delta
};

}  // namespace tacho::store::codec
