// Any bytes are a column: refused, or read within their bounds, by both sets of kernels alike. And any doubles come back as they were.
#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "store/block/column.h"

namespace {

using namespace tacho::store;

class One final : public ColumnSource {
 public:
  explicit One(EncodedColumn column) : column_(column) {}
  EncodedColumn column(std::size_t) const override { return column_; }
  std::size_t columns() const override { return 2; }  // so that a copy finds an original: itself

 private:
  EncodedColumn column_;
};

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * 8) == 0);
}

void any_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() < 3) return;
  const auto encoding = static_cast<Encoding>(static_cast<unsigned>(bytes[0]) % 8);
  const std::size_t rows = 1 + static_cast<std::size_t>(bytes[1]) * 8 + static_cast<std::size_t>(bytes[2]) % 8;
  const std::vector<std::byte> exact(bytes.begin() + 3, bytes.end());
  const One source({encoding, exact});
  std::vector<double> portable(rows), wide(rows);
  const bool good = read_column(source, 1, rows, 0, portable, codec::portable_kernels()).has_value();
  if (good != read_column(source, 1, rows, 0, wide, codec::kernels()).has_value()) std::abort();
  if (good && !same_bits(portable, wide)) std::abort();
}

void any_doubles(std::span<const std::byte> bytes) {
  std::vector<double> cells(bytes.size() / 8);
  if (cells.empty()) return;
  std::memcpy(cells.data(), bytes.data(), cells.size() * 8);
  codec::Bytes out;
  const Encoding encoding = ColumnWriter(out).add(cells);
  if (encoding == Encoding::same || encoding == Encoding::copy) std::abort();
  std::vector<double> back(cells.size());
  if (!read_column(One({encoding, out}), 0, cells.size(), 0, back, codec::kernels())) std::abort();
  if (!same_bits(cells, back)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  any_bytes(bytes);
  any_doubles(bytes);
  return 0;
}
