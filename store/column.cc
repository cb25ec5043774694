#include "store/column.h"

#include <algorithm>
#include <cstring>

#include "proto/base/check.h"
#include "proto/base/sample.h"

namespace tacho::store {
namespace {

std::uint64_t bits(double v) { return std::bit_cast<std::uint64_t>(v); }

void append(std::vector<std::byte>& out, std::span<const double> cells) {
  const auto bytes = std::as_bytes(cells);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Encoding encode_column(std::span<const double> cells, std::vector<std::byte>& out) {
  const bool constant = std::all_of(cells.begin(), cells.end(), [&](double v) { return bits(v) == bits(cells.front()); });
  if (cells.empty() || (constant && is_absent(cells.front()))) return Encoding::absent;
  if (constant) {
    append(out, cells.first(1));
    return Encoding::constant;
  }
  append(out, cells);
  return Encoding::plain;
}

Result<void> decode_column(Encoding encoding, std::span<const std::byte> bytes, std::size_t rows, std::size_t first,
                           std::span<double> out) {
  TACHO_CHECK(first + out.size() <= rows);
  switch (encoding) {
    case Encoding::absent:
      if (!bytes.empty()) return failure("an absent column has {} bytes", bytes.size());
      std::fill(out.begin(), out.end(), absent());
      return {};
    case Encoding::constant: {
      if (bytes.size() != 8) return failure("a constant column has {} bytes instead of 8", bytes.size());
      double v = 0;
      std::memcpy(&v, bytes.data(), 8);
      std::fill(out.begin(), out.end(), v);
      return {};
    }
    case Encoding::plain:
      if (bytes.size() != rows * 8) return failure("a plain column of {} rows has {} bytes", rows, bytes.size());
      std::memcpy(out.data(), bytes.data() + first * 8, out.size() * 8);
      return {};
  }
  return failure("column encoding {} is not known to this version", static_cast<int>(encoding));
}

}  // namespace tacho::store
