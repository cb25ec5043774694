#include "store/aliases/values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

// To the nearest integer, also where the processor has no instruction for it. From 2^51 on doubles are integers, nearly.
double nearest(double v) {
  constexpr double kShift = 0x1.8p52;
  return std::fabs(v) < 0x1p51 ? (v + kShift) - kShift : v;
}

double tidy(double v) {
  const double slack = std::fabs(v) * 0x1p-51;
  for (const double digits : {1.0, 1e4}) {
    const double near = nearest(v * digits) / digits;
    if (std::fabs(near - v) <= slack) return near;
  }
  return v;
}

double scaled(const AliasRule& rule, double v) {
  // Not being a product, a quotient is right as it is; so is what was not changed.
  return rule.times == 1 ? v / rule.over : tidy(v * rule.times / rule.over);
}

bool is_unread(const AliasRule& rule, double v) { return rule.unread && v == *rule.unread; }

AliasColumn one_series(const AliasRule& rule, const AliasInput& input, TimeRange range) {
  AliasColumn out{.same_times = true};
  const auto times = input.series.times;
  const auto from = std::lower_bound(times.begin(), times.end(), range.min);
  const auto to = std::upper_bound(from, times.end(), range.max);
  out.first = static_cast<std::size_t>(from - times.begin());
  const auto values = input.series.values.subspan(out.first, static_cast<std::size_t>(to - from));
  out.values.resize(values.size());
  const double factor = input.term->factor;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.values[i] = is_stale(values[i]) ? values[i] : scaled(rule, factor * values[i]);
  if (!rule.unread || std::none_of(values.begin(), values.end(), [&](double v) { return is_unread(rule, v); })) return out;
  out.same_times = false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_unread(rule, values[i])) continue;
    out.times.push_back(times[out.first + i]);
    out.values[kept++] = out.values[i];
  }
  out.values.resize(kept);
  return out;
}

// Walks over the times of all inputs.
class Walk {
 public:
  Walk(const AliasRule& rule, std::span<const AliasInput> inputs, TimeRange range) : rule_(rule), range_(range) {
    for (const AliasInput& input : inputs) cursors_.push_back({&input});
  }

  AliasColumn run() {
    while (true) {
      TimeMs t = std::numeric_limits<TimeMs>::max();
      for (const Cursor& c : cursors_) {
        if (!c.done()) t = std::min(t, c.time());
      }
      if (t > range_.max || t == std::numeric_limits<TimeMs>::max()) break;
      row(t);
    }
    return std::move(out_);
  }

 private:
  struct Cursor {
    const AliasInput* input;
    std::size_t next = 0;
    bool lives = false;

    bool done() const { return next == input->series.times.size(); }
    TimeMs time() const { return input->series.times[next]; }
  };

  struct Sums {
    double terms = 0;
    double divisor = 0;
  };

  void row(TimeMs t) {
    bool ended = false;
    bool complete = true;
    Sums sums;
    for (Cursor& c : cursors_) {
      if (c.done() || c.time() != t) {
        complete = complete && !c.lives;
        continue;
      }
      const double v = c.input->series.values[c.next++];
      if (is_stale(v)) {
        ended = ended || c.lives;
        c.lives = false;
        continue;
      }
      if (is_unread(rule_, v)) {
        complete = false;
        continue;
      }
      c.lives = true;
      (c.input->divides ? sums.divisor : sums.terms) += c.input->term->factor * v;
    }
    if (!lives()) {
      last_t_ = kNone;
      if (ended) add(t, stale_marker());
      return;
    }
    if (complete) sample(t, sums);
  }

  // Whether every term that must be there has a series that lives.
  bool lives() const {
    const auto has = [&](const AliasTerm& term) {
      return term.optional ||
             std::any_of(cursors_.begin(), cursors_.end(), [&](const Cursor& c) { return c.lives && c.input->term == &term; });
    };
    const bool any = std::any_of(cursors_.begin(), cursors_.end(), [](const Cursor& c) { return c.lives; });
    return any && std::all_of(rule_.terms.begin(), rule_.terms.end(), has) &&
           std::all_of(rule_.divisor.begin(), rule_.divisor.end(), has);
  }

  void sample(TimeMs t, const Sums& sums) {
    double v = sums.terms;
    if (!rule_.divisor.empty()) {
      if (sums.divisor == 0) return;
      v /= sums.divisor;
    }
    if (!rule_.per_second) return add(t, scaled(rule_, v));
    const bool is_step = last_t_ != kNone && t - last_t_ <= kRateGapMs && v >= last_;
    const double seconds = static_cast<double>(t - last_t_) / 1000;
    if (is_step) add(t, scaled(rule_, (v - last_) / seconds));
    last_t_ = t;
    last_ = v;
  }

  void add(TimeMs t, double v) {
    if (t < range_.min) return;
    out_.times.push_back(t);
    out_.values.push_back(v);
  }

  static constexpr TimeMs kNone = std::numeric_limits<TimeMs>::min();

  const AliasRule& rule_;
  const TimeRange range_;
  std::vector<Cursor> cursors_;
  TimeMs last_t_ = kNone;  // of the sample before, for the rate
  double last_ = 0;
  AliasColumn out_;
};

}  // namespace

AliasColumn alias_values(const AliasRule& rule, std::span<const AliasInput> inputs, TimeRange range) {
  TACHO_CHECK(!inputs.empty());
  const bool is_plain = inputs.size() == 1 && !rule.per_second && rule.divisor.empty();
  return is_plain ? one_series(rule, inputs[0], range) : Walk(rule, inputs, range).run();
}

}  // namespace tacho::store
