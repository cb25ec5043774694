#include "store/codec/integers.h"

#include <algorithm>
#include <array>
#include <bit>

#include "proto/base/check.h"
#include "store/codec/coded.h"
#include "store/codec/integers_format.h"

namespace tacho::store::codec {
namespace {

// Reading what is coded takes about twice as long as a frame: it must be smaller by this part.
constexpr std::size_t kCodedGain = 16;
// What is this small already is not coded.
constexpr std::size_t kSimpleMin = 12;
// Modes whose weight is above the least by more than this part are not planned.
constexpr std::size_t kNotWorse = 6;
// A few changes in so many bytes are written as they are: a frame of one bit takes 17.
constexpr std::size_t kFewChanges = 6;
constexpr std::size_t kSmall = 16;
constexpr std::size_t kFew = 32;  // values, of which too few are weighed to tell modes apart

// How a frame is packed, and what it costs.
struct Plan {
  Mode mode = kFrame;
  std::uint64_t base = 0;
  unsigned width = 0;
  unsigned exceptions = 0;
  unsigned exception_bytes = 0;
  std::size_t bytes = SIZE_MAX;
};

std::size_t varint_bytes(std::uint64_t v) { return static_cast<std::size_t>(std::bit_width(v | 1) + 6) / 7; }

// The width at which the frame and what does not fit in it are smallest.
Plan plan(Mode mode, const Magnitudes& magnitudes, std::size_t n, std::uint64_t base, bool has_base) {
  const auto& counts = magnitudes.counts;
  const unsigned top = magnitudes.top();
  const std::size_t fixed = 1 + (has_base ? varint_bytes(zigzag(base)) : 0);
  Plan best{mode, base, width_of(step_of(top)), 0, 0, fixed + packed_bytes(n, width_of(step_of(top)))};
  unsigned above = 0;
  for (unsigned width = std::min(top, 61u); width-- > 0;) {
    above += counts[width + 1];
    if (top > 61 && width == 60) {
      for (unsigned w = 62; w <= 64; ++w) above += counts[w];
    }
    const unsigned each = (top - width + 7) / 8;
    const std::size_t bytes = fixed + 3 + packed_bytes(n, width) + above * (1 + each);
    if (bytes < best.bytes) best = {mode, base, width, above, each, bytes};
    if (above > n / 4) break;
  }
  return best;
}

void write_frame(const Plan& p, std::uint64_t* values, std::size_t n, Bytes& out) {
  if (p.exceptions > 0) {
    put_byte(out, kExceptions);
    put_byte(out, p.exceptions);
    put_byte(out, p.exception_bytes);
  }
  put_byte(out, kPacked + p.mode * kWidths + step_of(p.width));
  if (p.mode == kFrame || p.mode == kBiased) put_varint(out, zigzag(p.base));
  std::uint8_t where[kSub];
  std::uint64_t high[kSub];
  unsigned found = 0;
  if (p.exceptions > 0) {
    for (std::size_t i = 0; i < n; ++i) {
      if (values[i] >> p.width == 0) continue;
      where[found] = static_cast<std::uint8_t>(i);
      high[found++] = values[i] >> p.width;
      values[i] &= (std::uint64_t{1} << p.width) - 1;
    }
  }
  put_packed(values, n, p.width, out);
  for (unsigned i = 0; i < found; ++i) put_byte(out, where[i]);
  for (unsigned i = 0; i < found; ++i) put_fixed(out, high[i], p.exception_bytes);
}

// What each of several modes would leave, about: those far above the least are not planned.
template <std::size_t N>
class Weights {
 public:
  Weights(const std::array<const std::uint64_t*, N>& candidates, std::size_t n) : few_(n < kFew) {
    for (std::size_t i = 0; i < N; ++i) least_ = std::min(least_, weights_[i] = weight_of(candidates[i], n));
  }
  bool promising(std::size_t i) const { return few_ || weights_[i] <= least_ + least_ / kNotWorse; }

 private:
  bool few_;
  std::size_t weights_[N];
  std::size_t least_ = SIZE_MAX;
};

// The changes of a sub-block that has few.
struct Sparse {
  std::uint8_t where[kSub];
  std::uint64_t changes[kSub];  // less the least
  std::size_t count = 0;
  std::uint64_t bias = 0;
  unsigned width = 0;
  std::size_t bytes = SIZE_MAX;
};

// One sub-block's candidates, each as an array of its own.
class SubBlock {
 public:
  void write(const std::uint64_t* v, std::size_t count, std::uint64_t last, std::uint64_t slope, Effort effort, Bytes& out);

 private:
  void plan_sparse(std::size_t changes, Sparse& sparse) const;
  Plan plan_frame(const std::uint64_t* v, std::uint64_t last, std::uint64_t slope);
  Plan plan_quickly(const std::uint64_t* v, std::uint64_t last);
  bool write_coded(const std::uint64_t* v, std::uint64_t last, std::size_t simple, Bytes& out);
  static std::uint64_t above_lowest(const std::uint64_t* in, std::size_t n, std::uint64_t origin, std::uint64_t* out);
  static std::uint64_t middle(const std::uint64_t* in, std::size_t n, std::uint64_t origin);

  std::size_t n_ = 0;
  std::uint64_t delta_[kSub];
  std::uint64_t work_[kModes][kSub];  // what the frames of each mode hold
  std::uint64_t beside_[2][kSub];     // values and deltas beside a middle one, zigzagged
};

// out = in - lowest, where the lowest (as a signed number beside origin) may leave out one or two stragglers, which wrap around to
// exceptions: one dip must not widen the frame.
std::uint64_t SubBlock::above_lowest(const std::uint64_t* in, std::size_t n, std::uint64_t origin, std::uint64_t* out) {
  std::int64_t low[3] = {INT64_MAX, INT64_MAX, INT64_MAX}, high = INT64_MIN;
  for (std::size_t i = 0; i < n; ++i) {
    const auto d = static_cast<std::int64_t>(in[i] - origin);
    high = std::max(high, d);
    if (d >= low[2]) continue;
    low[2] = d;
    if (low[2] < low[1]) std::swap(low[1], low[2]);
    if (low[1] < low[0]) std::swap(low[0], low[1]);
  }
  const auto bits = [&](std::int64_t from) {
    return std::bit_width(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(from));
  };
  std::int64_t base = low[0];
  // A straggler costs nine bytes as an exception, each bit of width sixteen.
  if (n == kSub && bits(low[1]) + 1 < bits(low[0])) base = low[1];
  if (n == kSub && bits(low[2]) + 2 < bits(base)) base = low[2];
  for (std::size_t i = 0; i < n; ++i) out[i] = in[i] - origin - static_cast<std::uint64_t>(base);
  return static_cast<std::uint64_t>(base);
}

// Requires: as many changes as there are.
void SubBlock::plan_sparse(std::size_t changes, Sparse& sparse) const {
  std::int64_t bias = INT64_MAX;
  for (std::size_t i = 0; i < n_; ++i) {
    if (delta_[i] == 0) continue;
    sparse.where[sparse.count] = static_cast<std::uint8_t>(i);
    sparse.changes[sparse.count++] = delta_[i];
    bias = std::min(bias, static_cast<std::int64_t>(delta_[i]));
  }
  tacho_dcheck(sparse.count == changes);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < changes; ++i) all |= sparse.changes[i] -= static_cast<std::uint64_t>(bias);
  sparse.bias = zigzag(static_cast<std::uint64_t>(bias));
  sparse.width = static_cast<unsigned>(std::bit_width(all));
  sparse.bytes = 3 + varint_bytes(sparse.bias) + changes + packed_bytes(changes, sparse.width);
}

void write_sparse(const Sparse& sparse, Bytes& out) {
  put_byte(out, kSparse);
  put_byte(out, sparse.count);
  put_byte(out, sparse.width);
  put_varint(out, sparse.bias);
  const auto where = std::as_bytes(std::span(sparse.where).first(sparse.count));
  out.insert(out.end(), where.begin(), where.end());
  const std::size_t at = out.size();
  out.resize(at + packed_bytes(sparse.count, sparse.width));
  pack_few(sparse.changes, sparse.count, sparse.width, out.data() + at);
}

void SubBlock::write(const std::uint64_t* v, std::size_t count, std::uint64_t last, std::uint64_t slope, Effort effort,
                     Bytes& out) {
  n_ = count;
  std::uint64_t before = last;
  std::size_t changes = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    delta_[i] = v[i] - before;
    before = v[i];
    changes += delta_[i] != 0;
  }
  if (changes == 0) return put_byte(out, kRepeat);

  Sparse sparse;
  if (changes <= kFewChanges && n_ == kSub) {
    plan_sparse(changes, sparse);
    if (sparse.bytes <= kSmall) return write_sparse(sparse, out);
  }
  const Plan best = effort == Effort::small ? plan_frame(v, last, slope) : plan_quickly(v, last);
  if (sparse.count == 0 && changes + 4 < best.bytes) plan_sparse(changes, sparse);
  if (effort == Effort::small && write_coded(v, last, std::min(best.bytes, sparse.bytes), out)) return;
  if (sparse.bytes <= best.bytes) {
    write_sparse(sparse, out);
  } else {
    write_frame(best, work_[best.mode], n_, out);
  }
}

// The best of all modes.
Plan SubBlock::plan_frame(const std::uint64_t* v, std::uint64_t last, std::uint64_t slope) {
  const std::uint64_t bases[kModes] = {above_lowest(v, n_, last, work_[kFrame]), 0, above_lowest(delta_, n_, 0, work_[kBiased]),
                                       0};
  std::uint64_t delta_before = slope;
  for (std::size_t i = 0; i < n_; ++i) {
    work_[kZigzag][i] = zigzag(delta_[i]);
    work_[kCurve][i] = zigzag(delta_[i] - delta_before);
    delta_before = delta_[i];
  }
  Plan best;
  const Weights<kModes> weights({work_[kFrame], work_[kZigzag], work_[kBiased], work_[kCurve]}, n_);
  for (const Mode mode : {kFrame, kZigzag, kBiased, kCurve}) {
    if (!weights.promising(mode)) continue;
    const Plan p = plan(mode, Magnitudes(work_[mode], n_), n_, bases[mode], mode == kFrame || mode == kBiased);
    if (p.bytes < best.bytes) best = p;
  }
  return best;
}

// Of the two that cost least to try, the one that seems better.
Plan SubBlock::plan_quickly(const std::uint64_t* v, std::uint64_t last) {
  const std::uint64_t base = above_lowest(v, n_, last, work_[kFrame]);
  for (std::size_t i = 0; i < n_; ++i) work_[kZigzag][i] = zigzag(delta_[i]);
  const bool frame = weight_of(work_[kFrame], n_) < weight_of(work_[kZigzag], n_);
  const Mode mode = frame ? kFrame : kZigzag;
  return plan(mode, Magnitudes(work_[mode], n_), n_, frame ? base : 0, frame);
}

// Where that takes less than `simple` bytes, and by so much that the slower reading is worth it.
bool SubBlock::write_coded(const std::uint64_t* v, std::uint64_t last, std::size_t simple, Bytes& out) {
  if (simple < kSimpleMin) return false;
  const std::uint64_t level = middle(v, n_, last), step = middle(delta_, n_, 0);
  for (std::size_t i = 0; i < n_; ++i) {
    beside_[kLevel][i] = zigzag(v[i] - last - level);
    beside_[kDelta][i] = zigzag(delta_[i] - step);
  }
  const std::uint64_t* const residuals[kCodedModes] = {beside_[kLevel], beside_[kDelta], work_[kCurve]};
  const std::uint64_t bases[kCodedModes] = {level, step, 0};
  const Weights<kCodedModes> weights({beside_[kLevel], beside_[kDelta], work_[kCurve]}, n_);
  CodedPlan best;
  unsigned best_mode = 0;
  for (unsigned mode = 0; mode < kCodedModes; ++mode) {
    if (!weights.promising(mode)) continue;
    CodedPlan p = plan_coded(Magnitudes(residuals[mode], n_));
    p.bytes += 1 + (mode == kBend ? 0 : varint_bytes(zigzag(bases[mode])));
    if (p.bytes >= best.bytes) continue;
    best = p;
    best_mode = mode;
  }
  if (best.bytes + best.bytes / kCodedGain >= simple) return false;
  const std::size_t at = out.size();
  put_byte(out, kCoded + best_mode);
  if (best_mode != kBend) put_varint(out, zigzag(bases[best_mode]));
  codec::write_coded(best, residuals[best_mode], n_, out);
  if (out.size() - at < simple) return true;
  out.resize(at);  // the plan was an estimate
  return false;
}

// The median of some of them, as signed numbers beside origin: what most lie close to.
std::uint64_t SubBlock::middle(const std::uint64_t* in, std::size_t n, std::uint64_t origin) {
  constexpr std::size_t kSome = 15;
  std::int64_t some[kSome];
  const std::size_t count = std::min(n, kSome);
  for (std::size_t k = 0; k < count; ++k) {
    const auto d = static_cast<std::int64_t>(in[k * n / count] - origin);
    std::size_t at = k;
    for (; at > 0 && some[at - 1] > d; --at) some[at] = some[at - 1];
    some[at] = d;
  }
  return static_cast<std::uint64_t>(some[count / 2]);
}

}  // namespace

void write_integers(std::span<const std::uint64_t> values, Bytes& out, Effort effort) {
  if (values.empty()) return;
  TACHO_CHECK(values[0] == 0);
  std::uint64_t slope = 0, last = 0;
  if (values.size() > 1) {
    slope = values[1];
    last = 0 - slope;
    put_varint(out, zigzag(slope));
  }
  SubBlock sub;
  for (std::size_t at = 0; at < values.size(); at += kSub) {
    const std::size_t n = std::min(kSub, values.size() - at);
    sub.write(values.data() + at, n, last, slope, effort, out);
    slope = values[at + n - 1] - (n > 1 ? values[at + n - 2] : last);
    last = values[at + n - 1];
  }
}

}  // namespace tacho::store::codec
