#include <algorithm>

#include "store/codec/coded.h"
#include "store/codec/integers.h"
#include "store/codec/integers_format.h"

namespace tacho::store::codec {

IntegerReader::IntegerReader(std::span<const std::byte> bytes, std::size_t count, const Kernels& kernels)
    : in_(bytes), left_(count), kernels_(kernels) {
  if (count < 2) return;
  // As if a value had come before the first, so that the first delta is not a jump.
  slope_ = unzigzag(in_.varint());
  last_ = 0 - slope_;
}

bool IntegerReader::next(std::uint64_t* out) {
  const std::size_t n = std::min(left_, kSub);
  left_ -= n;
  const std::uint64_t code = in_.byte();
  if (!in_.ok()) return false;
  bool good = true;
  if (code == kRepeat) {
    std::fill_n(out, n, last_);
  } else if (code == kSparse) {
    good = sparse(n, out);
  } else if (code >= kCoded) {
    good = coded(code - kCoded, n, out);
  } else {
    good = packed(code, n, out);
  }
  if (!good || !in_.ok() || n == 0) return false;
  slope_ = out[n - 1] - (n > 1 ? out[n - 2] : last_);
  last_ = out[n - 1];
  return true;
}

bool IntegerReader::sparse(std::size_t n, std::uint64_t* out) {
  const std::size_t count = in_.byte();
  const unsigned width = static_cast<unsigned>(in_.byte());
  const std::uint64_t bias = unzigzag(in_.varint());
  const std::byte* at = in_.take(count);
  if (at == nullptr || count > n || width > 64) return false;
  const std::byte* bytes = in_.take(packed_bytes(count, width));
  if (bytes == nullptr) return false;
  std::uint64_t changes[kSub];
  unpack_few(bytes, count, width, changes, kernels_);
  std::uint64_t value = last_;
  std::size_t i = 0;
  for (std::size_t c = 0; c < count; ++c) {
    const auto where = static_cast<std::size_t>(at[c]);
    if (where >= n || where < i) return false;
    for (; i < where; ++i) out[i] = value;
    value += changes[c] + bias;
  }
  for (; i < n; ++i) out[i] = value;
  return true;
}

bool IntegerReader::frame(unsigned width, std::size_t n, std::uint64_t* out) {
  const std::byte* bytes = in_.take(n == kSub ? packed_bytes(width) : packed_bytes(n, width));
  if (bytes == nullptr) return false;
  if (n == kSub) {
    kernels_.unpack[width](bytes, out);
  } else {
    unpack_few(bytes, n, width, out, kernels_);
    std::fill(out + n, out + kSub, 0);
  }
  return true;
}

bool IntegerReader::packed(std::uint64_t code, std::size_t n, std::uint64_t* out) {
  std::size_t exceptions = 0;
  unsigned exception_bytes = 0;
  if (code == kExceptions) {
    exceptions = in_.byte();
    exception_bytes = static_cast<unsigned>(in_.byte());
    code = in_.byte();
    if (exceptions > n || exception_bytes > 8) return false;
  }
  if (code < kPacked || code >= kPacked + kModes * kWidths) return false;
  const auto mode = static_cast<Mode>((code - kPacked) / kWidths);
  const unsigned width = width_of((code - kPacked) % kWidths);
  const std::uint64_t base = mode == kFrame || mode == kBiased ? unzigzag(in_.varint()) : 0;
  if (!frame(width, n, out)) return false;
  if (exceptions > 0) {
    const std::byte* at = in_.take(exceptions);
    if (at == nullptr || width == 64) return false;
    const std::byte* highs = in_.take(exceptions * exception_bytes);
    if (highs == nullptr) return false;
    std::uint64_t high[kSub];
    unpack_few(highs, exceptions, 8 * exception_bytes, high, kernels_);
    for (std::size_t i = 0; i < exceptions; ++i) {
      const auto where = static_cast<std::size_t>(at[i]);
      if (where >= n) return false;
      out[where] |= high[i] << width;
    }
  }
  // A sub-block that is not full has been filled up with zeros: the kernels know one length.
  switch (mode) {
    case kFrame:
      for (std::size_t i = 0; i < kSub; ++i) out[i] += base + last_;
      break;
    case kZigzag: kernels_.sum_zigzag(out, last_, 0); break;
    case kBiased: kernels_.sum_biased(out, last_, base); break;
    case kCurve:
      kernels_.sum_zigzag(out, slope_, 0);
      kernels_.sum_biased(out, last_, 0);
      break;
  }
  return true;
}

bool IntegerReader::coded(std::uint64_t mode, std::size_t n, std::uint64_t* out) {
  if (mode >= kCodedModes) return false;
  const std::uint64_t base = mode == kBend ? 0 : unzigzag(in_.varint());
  if (!read_coded(in_, n, out, kernels_)) return false;
  switch (static_cast<CodedMode>(mode)) {
    case kLevel: kernels_.from_zigzag(out, last_ + base); break;
    case kDelta: kernels_.sum_zigzag(out, last_, base); break;
    case kBend:
      kernels_.sum_zigzag(out, slope_, 0);
      kernels_.sum_biased(out, last_, 0);
      break;
  }
  return true;
}

}  // namespace tacho::store::codec
