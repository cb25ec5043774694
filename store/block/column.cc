#include "store/block/column.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "proto/base/check.h"
#include "proto/base/sample.h"
#include "store/codec/integers.h"

namespace tacho::store {
namespace {

using codec::Bytes;
using codec::kSub;
using codec::Reader;
using codec::Scale;

// What byte 0 of an `integers` column says beside the scale.
constexpr std::uint64_t kScaleMask = 0x0f, kHasAbsent = 0x10, kHasFactor = 0x20, kHasSpecials = 0x40;

std::uint64_t bits(double v) { return std::bit_cast<std::uint64_t>(v); }

// The largest number that divides every difference to the first; the differences, divided, replace the values.
std::uint64_t take_out_factor(std::span<std::uint64_t> values) {
  const std::uint64_t base = values[0];
  std::uint64_t all = 0;
  for (std::uint64_t& v : values) all |= v -= base;
  if (all == 0) return 1;
  const auto magnitude = [](std::uint64_t v) { return static_cast<std::int64_t>(v) < 0 ? 0 - v : v; };
  const int shift = std::countr_zero(all);
  std::uint64_t odd = 0;
  for (const std::uint64_t v : values) {
    const std::uint64_t m = magnitude(v) >> shift;
    if (m == 0 || (odd != 0 && (m == odd || m % odd == 0))) continue;
    odd = std::gcd(odd, m);
    if (odd == 1) break;
  }
  if (odd == 1 && shift == 0) return 1;
  for (std::uint64_t& v : values) {
    const std::uint64_t m = odd == 1 ? magnitude(v) >> shift : (magnitude(v) >> shift) / odd;
    v = static_cast<std::int64_t>(v) < 0 ? 0 - m : m;
  }
  return odd << shift;
}

// An `integers` or `copy` column's header; the sub-blocks follow.
struct ColumnHeader {
  Scale scale{};
  std::uint64_t base = 0;
  std::uint64_t factor = 1;
  std::vector<std::size_t> runs;  // cells there, cells absent, cells there, ...; empty: all are there
  std::size_t values = 0;         // cells there
  std::vector<codec::Special> specials;
  std::span<const std::byte> rest;
};

Result<ColumnHeader> parse_header(std::span<const std::byte> bytes, std::size_t rows) {
  Reader in(bytes);
  ColumnHeader h;
  const std::uint64_t flags = in.byte();
  h.scale = static_cast<Scale>(flags & kScaleMask);
  h.base = h.scale == codec::kBits ? in.fixed(8) : codec::unzigzag(in.varint());
  if ((flags & kHasFactor) != 0) h.factor = in.varint();
  h.values = rows;
  if ((flags & kHasAbsent) != 0) {
    std::size_t covered = 0;
    h.values = 0;
    while (covered < rows && in.ok()) {
      const std::uint64_t run = in.varint();
      if (run > rows - covered || (run == 0 && !h.runs.empty())) return failure("a column's runs do not fit its {} rows", rows);
      if (h.runs.size() % 2 == 0) h.values += run;
      h.runs.push_back(run);
      covered += run;
    }
  }
  if ((flags & kHasSpecials) != 0) {
    const std::uint64_t count = in.varint();
    if (count > h.values) return failure("a column of {} values has {} special ones", h.values, count);
    std::uint64_t next = 0;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      next += in.varint();
      if (next >= h.values) return failure("a special value lies outside the {} of its column", h.values);
      h.specials.push_back({static_cast<std::uint32_t>(next), in.fixed(8)});
      ++next;
    }
  }
  if (!in.ok() || flags > 0x7f) return failure("a column's header of {} bytes is cut short or not known", bytes.size());
  h.rest = in.rest();
  return h;
}

void put_specials(const std::vector<codec::Special>& specials, Bytes& out) {
  codec::put_varint(out, specials.size());
  std::uint64_t next = 0;
  for (const codec::Special& s : specials) {
    codec::put_varint(out, s.index - next);
    codec::put_fixed(out, s.bits, 8);
    next = s.index + 1;
  }
}

// 128 values to cells.
void convert(const ColumnHeader& h, const codec::Kernels& kernels, const std::uint64_t* values, double* out) {
  if (h.scale == codec::kBits) {
    kernels.to_bits(values, h.base, h.factor, out);
  } else if (h.scale == codec::kWholes) {
    for (std::size_t i = 0; i < kSub; ++i) out[i] = static_cast<double>(static_cast<std::int64_t>(h.base + h.factor * values[i]));
  } else {
    kernels.to_decimal(values, h.base, h.factor, codec::kPowers[h.scale], out);
  }
}

// Values [first, first + out.size()) of those that are there.
Result<void> read_values(const ColumnHeader& h, std::span<const std::byte> stream, std::size_t first, std::span<double> out,
                         const codec::Kernels& kernels) {
  codec::IntegerReader reader(stream, h.values, kernels);
  alignas(64) std::uint64_t values[kSub] = {};
  alignas(64) double cells[kSub];
  const std::size_t end = first + out.size();
  for (std::size_t at = 0; at < end; at += kSub) {
    if (!reader.next(values)) return failure("a column's sub-block at row {} does not fit its bytes", at);
    if (at + kSub <= first) continue;
    if (at >= first && at + kSub <= end) {
      convert(h, kernels, values, out.data() + (at - first));
      continue;
    }
    convert(h, kernels, values, cells);
    const std::size_t from = std::max(at, first), to = std::min(at + kSub, end);
    std::copy(cells + (from - at), cells + (to - at), out.begin() + static_cast<std::ptrdiff_t>(from - first));
  }
  for (const codec::Special& s : h.specials) {
    if (s.index >= first && s.index < end) out[s.index - first] = std::bit_cast<double>(s.bits);
  }
  return {};
}

// Cells [first, first + out.size()), absent ones between those that are there.
Result<void> read_runs(const ColumnHeader& h, std::span<const std::byte> stream, std::size_t first, std::span<double> out,
                       const codec::Kernels& kernels) {
  if (h.runs.empty()) return read_values(h, stream, first, out, kernels);
  const std::size_t end = first + out.size();
  std::size_t before = 0, inside = 0, row = 0;  // values before the range and in it
  for (std::size_t r = 0; r < h.runs.size(); row += h.runs[r++]) {
    if (r % 2 != 0) continue;
    const std::size_t run_end = row + h.runs[r];
    before += std::min(run_end, first) - std::min(row, first);
    inside += std::clamp(run_end, first, end) - std::clamp(row, first, end);
  }
  std::vector<double> values(inside);
  if (auto ok = read_values(h, stream, before, values, kernels); !ok) return ok;
  std::size_t next = 0;
  row = 0;
  for (std::size_t r = 0; r < h.runs.size(); row += h.runs[r++]) {
    for (std::size_t i = std::clamp(row, first, end); i < std::clamp(row + h.runs[r], first, end); ++i)
      out[i - first] = r % 2 == 0 ? values[next++] : absent();
  }
  return {};
}

std::optional<std::size_t> original_of(const ColumnHeader& copy, std::size_t column) {
  Reader in(copy.rest);
  const std::uint64_t back = in.varint();
  if (!in.ok() || !in.rest().empty() || back == 0 || back > column) return std::nullopt;
  return column - back;
}

}  // namespace

std::optional<std::size_t> copied_column(const EncodedColumn& copy, std::size_t column, std::size_t rows) {
  const auto h = parse_header(copy.bytes, rows);
  return h ? original_of(*h, column) : std::nullopt;
}

Encoding ColumnWriter::add(std::span<const double> cells) {
  const bool constant = std::all_of(cells.begin(), cells.end(), [&](double v) { return bits(v) == bits(cells.front()); });
  Encoding encoding = Encoding::absent;
  if (constant && !cells.empty() && !is_absent(cells.front())) {
    encoding = add_constant(cells.front());
  } else if (!constant) {
    encoding = add_varying(cells);
    has_constant_ = false;
  }
  ++column_;
  return encoding;
}

Encoding ColumnWriter::add_constant(double value) {
  if (has_constant_ && constant_ == bits(value)) return Encoding::same;
  has_constant_ = true;
  constant_ = bits(value);
  const Scale scale = codec::choose_scale(std::span(&value, 1));
  if (scale != codec::kBits) {
    std::uint64_t integer = 0;
    std::vector<codec::Special> none;
    codec::to_integers(std::span(&value, 1), scale, std::span(&integer, 1), none);
    const std::size_t at = out_.size();
    codec::put_byte(out_, scale);
    codec::put_varint(out_, codec::zigzag(integer));
    if (out_.size() - at < 8) return Encoding::number;
    out_.resize(at);
  }
  codec::put_fixed(out_, constant_, 8);
  return Encoding::constant;
}

void ColumnWriter::gather(std::span<const double> cells, Bytes& presence) {
  values_.clear();
  for (std::size_t i = 0; i < cells.size();) {
    const bool there = !is_absent(cells[i]);
    std::size_t end = i;
    while (end < cells.size() && is_absent(cells[end]) != there) ++end;
    if (there)
      values_.insert(values_.end(), cells.begin() + static_cast<std::ptrdiff_t>(i),
                     cells.begin() + static_cast<std::ptrdiff_t>(end));
    if (!there && i == 0) codec::put_varint(presence, 0);
    codec::put_varint(presence, end - i);
    i = end;
  }
}

Encoding ColumnWriter::add_varying(std::span<const double> cells) {
  const bool holes = std::any_of(cells.begin(), cells.end(), is_absent);
  Bytes presence;
  if (holes) gather(cells, presence);
  const std::span<const double> values = holes ? std::span<const double>(values_) : cells;

  const std::size_t at = out_.size();
  const Scale scale = codec::choose_scale(values);
  Encoding encoding = write_integers(values, scale, presence);
  if (scale != codec::kBits && specials_.size() > values.size() / 32) {
    const Bytes first(out_.begin() + static_cast<std::ptrdiff_t>(at), out_.end());
    forget_stream();
    out_.resize(at);
    const Encoding second = write_integers(values, codec::kBits, presence);
    if (out_.size() - at >= first.size()) {
      forget_stream();
      out_.resize(at);
      out_.insert(out_.end(), first.begin(), first.end());
    } else {
      encoding = second;
    }
  }
  if (out_.size() - at < cells.size() * 8) return encoding;
  forget_stream();
  out_.resize(at);
  const auto plain = std::as_bytes(cells);
  out_.insert(out_.end(), plain.begin(), plain.end());
  return Encoding::plain;
}

// What was written of this column is about to go: nothing may refer to it.
void ColumnWriter::forget_stream() {
  if (own_stream_) streams_.erase(*std::exchange(own_stream_, std::nullopt));
}

Encoding ColumnWriter::write_integers(std::span<const double> values, Scale scale, const Bytes& presence) {
  own_stream_.reset();
  specials_.clear();
  integers_.resize(values.size());
  codec::to_integers(values, scale, integers_, specials_);
  const std::uint64_t base = integers_[0];
  const std::uint64_t factor = take_out_factor(integers_);

  codec::put_byte(out_, scale | (presence.empty() ? 0 : kHasAbsent) | (factor == 1 ? 0 : kHasFactor) |
                            (specials_.empty() ? 0 : kHasSpecials));
  if (scale == codec::kBits) {
    codec::put_fixed(out_, base, 8);
  } else {
    codec::put_varint(out_, codec::zigzag(base));
  }
  if (factor != 1) codec::put_varint(out_, factor);
  out_.insert(out_.end(), presence.begin(), presence.end());
  if (!specials_.empty()) put_specials(specials_, out_);

  const std::size_t at = out_.size();
  codec::write_integers(integers_, out_, effort_);
  const std::size_t bytes = out_.size() - at;
  if (bytes < 8) return Encoding::integers;  // a reference would save next to nothing
  const std::uint64_t hash = XXH3_64bits(out_.data() + at, bytes);
  const auto [original, added] = streams_.try_emplace(hash, Stream{column_, at, bytes, values.size()});
  if (added) own_stream_ = hash;
  const Stream& s = original->second;
  const bool same = !added && s.column != column_ && s.values == values.size() && s.bytes == bytes &&
                    std::memcmp(out_.data() + s.at, out_.data() + at, bytes) == 0;
  if (!same) return Encoding::integers;
  out_.resize(at);
  codec::put_varint(out_, column_ - s.column);
  return Encoding::copy;
}

Result<void> read_column(const ColumnSource& source, std::size_t column, std::size_t rows, std::size_t first,
                         std::span<double> out, const codec::Kernels& kernels) {
  TACHO_CHECK(column < source.columns() && first + out.size() <= rows);
  if (out.empty()) return {};
  const EncodedColumn c = source.column(column);
  switch (c.encoding) {
    case Encoding::absent:
      if (!c.bytes.empty()) return failure("an absent column has {} bytes", c.bytes.size());
      kernels.fill(absent(), out.size(), out.data());
      return {};
    case Encoding::constant: {
      if (c.bytes.size() != 8) return failure("a constant column has {} bytes instead of 8", c.bytes.size());
      double v = 0;
      std::memcpy(&v, c.bytes.data(), 8);
      kernels.fill(v, out.size(), out.data());
      return {};
    }
    case Encoding::plain:
      if (c.bytes.size() != rows * 8) return failure("a plain column of {} rows has {} bytes", rows, c.bytes.size());
      std::memcpy(out.data(), c.bytes.data() + first * 8, out.size() * 8);
      return {};
    case Encoding::number: {
      Reader in(c.bytes);
      const std::uint64_t scale = in.byte();
      const auto integer = static_cast<std::int64_t>(codec::unzigzag(in.varint()));
      if (!in.ok() || scale > codec::kWholes || !in.rest().empty())
        return failure("a number column has {} bytes", c.bytes.size());
      kernels.fill(static_cast<double>(integer) / codec::kPowers[scale], out.size(), out.data());
      return {};
    }
    case Encoding::integers: {
      const auto h = parse_header(c.bytes, rows);
      if (!h) return std::unexpected(h.error());
      return read_runs(*h, h->rest, first, out, kernels);
    }
    case Encoding::copy: {
      const auto h = parse_header(c.bytes, rows);
      if (!h) return std::unexpected(h.error());
      const auto place = original_of(*h, column);
      if (!place) return failure("column {} is a copy of one that is not there", column);
      const EncodedColumn original = source.column(*place);
      if (original.encoding != Encoding::integers) return failure("column {} is a copy of one without integers", column);
      const auto o = parse_header(original.bytes, rows);
      if (!o) return std::unexpected(o.error());
      if (o->values != h->values)
        return failure("column {} is a copy of one with {} values instead of {}", column, o->values, h->values);
      return read_runs(*h, o->rest, first, out, kernels);
    }
    case Encoding::same: break;  // resolved by the source
  }
  return failure("column encoding {} is not known to this version", static_cast<int>(c.encoding));
}

}  // namespace tacho::store
