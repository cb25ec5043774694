#include "query/functions/window_sums.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "query/engine/numeric.h"

namespace tacho::query {
namespace {

using Window = std::span<const double>;

double sum_of(Window w) {
  KahanSum sum;
  for (const double x : w) sum.add(x);
  return std::isinf(sum.sum) ? sum.sum : sum.sum + sum.c;
}

double mean_of(Window w) {
  RunningMean mean;
  for (const double x : w) mean.add(x);
  return mean.value();
}

// Four windows are added up in step as far as the shortest goes, and then each to its end. The error of an addition is exact in either
// form (Knuth's or Neumaier's), so the digits are those of KahanSum; what overflows on the way is left to the one-by-one form, where
// overflow has a meaning.
class Lanes {
 public:
  Lanes(const RangeCall& call, bool mean) : call_(call), v_(call.series.values), mean_(mean) {}

  void run() {
    for_each_window(call_.series, call_.input.windows, [this](std::size_t step, std::size_t lo, std::size_t hi) {
      if (!call_.env.keep_going(hi - lo)) return;
      windows_[count_] = v_.subspan(lo, hi - lo);
      steps_[count_] = step;
      if (++count_ == kLanes) flush();
    });
    for (std::size_t i = 0; i < count_; ++i) one(i);
  }

 private:
  static constexpr std::size_t kLanes = 4;
  using Pair [[gnu::vector_size(2 * sizeof(double))]] = double;  // a register of SSE2 or NEON

  template <class T>
  static void add(T x, T& sum, T& c) {
    const T t = sum + x;
    const T part = t - sum;
    c += (sum - (t - part)) + (x - part);
    sum = t;
  }

  void one(std::size_t lane) { call_.set(steps_[lane], mean_ ? mean_of(windows_[lane]) : sum_of(windows_[lane])); }

  void flush() {
    std::size_t shared = windows_[0].size();
    for (const Window& w : windows_) shared = std::min(shared, w.size());
    Pair sum01{}, c01{}, sum23{}, c23{};
    const double *a0 = windows_[0].data(), *a1 = windows_[1].data(), *a2 = windows_[2].data(), *a3 = windows_[3].data();
    for (std::size_t i = 0; i < shared; ++i) {
      add(Pair{a0[i], a1[i]}, sum01, c01);
      add(Pair{a2[i], a3[i]}, sum23, c23);
    }
    const double sums[kLanes] = {sum01[0], sum01[1], sum23[0], sum23[1]};
    const double errors[kLanes] = {c01[0], c01[1], c23[0], c23[1]};
    for (std::size_t l = 0; l < kLanes; ++l) finish(l, shared, sums[l], errors[l]);
    count_ = 0;
  }

  void finish(std::size_t lane, std::size_t from, double sum, double c) {
    for (const double x : windows_[lane].subspan(from)) add(x, sum, c);
    if (!std::isfinite(sum) || !std::isfinite(c)) return one(lane);
    const double n = static_cast<double>(windows_[lane].size());
    call_.set(steps_[lane], mean_ ? sum / n + c / n : sum + c);
  }

  const RangeCall& call_;
  const Window v_;
  const bool mean_;
  std::array<Window, kLanes> windows_;
  std::array<std::size_t, kLanes> steps_{};
  std::size_t count_ = 0;
};

// All values are whole and below the limit. Adding 1.5 * 2^52 leaves a double below 2^51 no bits for a fraction; without branches, so that
// several values are looked at in one instruction.
bool all_whole(Window v, double limit) {
  constexpr double kNoFraction = 6755399441055744.0;
  int bad = 0;
  for (const double x : v)
    bad |= static_cast<int>(!(std::fabs(x) < limit)) | static_cast<int>((x + kNoFraction) - kNoFraction != x);
  return bad == 0;
}

// The values as whole numbers, summed up to each; empty where one is not whole, or a sum of them all could need more than 53 bits.
std::vector<std::int64_t> running_sums(Window v) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!all_whole(v, std::min(kExact / 4, kExact / static_cast<double>(v.size())))) return {};
  std::vector<std::int64_t> out(v.size() + 1);
  for (std::size_t i = 0; i < v.size(); ++i) out[i + 1] = out[i] + static_cast<std::int64_t>(v[i]);
  return out;
}

void run(const RangeCall& call, bool mean) {
  const WindowGrid& g = call.input.windows;
  // Windows that hardly overlap are summed as they are.
  const bool overlap = g.count > 2 && g.step * 2 < g.range;
  const std::vector<std::int64_t> sums =
      overlap && !call.series.values.empty() ? running_sums(call.series.values) : std::vector<std::int64_t>{};
  if (sums.empty()) return Lanes(call, mean).run();
  for_each_window(call.series, g, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    const double sum = static_cast<double>(sums[hi] - sums[lo]);
    call.set(step, mean ? sum / static_cast<double>(hi - lo) : sum);
  });
}

}  // namespace

void window_sums(const RangeCall& call) { run(call, false); }
void window_means(const RangeCall& call) { run(call, true); }

}  // namespace tacho::query
