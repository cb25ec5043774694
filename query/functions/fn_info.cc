// info(): series joined with the labels of their target's info metrics (target_info by default), by instance and job.
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "query/engine/eval.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

constexpr std::string_view kIdentity[] = {"instance", "job"};
using Matchers = std::vector<store::Matcher>;

// What the second argument asks for.
struct Wanted {
  Matchers names;  // of the info metrics
  Matchers data;   // on their labels

  explicit Wanted(const Call& call) {
    if (call.args.size() > 1) {
      for (const store::Matcher& m : unwrap(*call.args[1]).as<VectorSelector>()->matchers) {
        (m.label() == kMetricName ? names : data).push_back(m);
      }
    }
    explicit_names = !names.empty();
    const auto is_positive = [](const auto& m) { return m.op() == store::MatchOp::equal || m.op() == store::MatchOp::regex; };
    if (std::none_of(names.begin(), names.end(), is_positive))
      names.push_back(store::Matcher::equal(std::string(kMetricName), "target_info"));
  }

  bool is_info_metric(std::string_view name) const {
    return std::all_of(names.begin(), names.end(), [name](const auto& m) { return m.matches(name); });
  }
  bool wants_label(std::string_view label) const {
    return data.empty() || std::any_of(data.begin(), data.end(), [label](const auto& m) { return m.label() == label; });
  }
  bool empty_is_enough() const {
    return std::all_of(data.begin(), data.end(), [](const auto& m) { return m.matches(""); });
  }

  bool explicit_names = false;
};

// A series that is itself one of the info metrics is not enriched.
bool is_base(const Wanted& wanted, const Call& call, const RowKey& key) {
  const bool names_matter = call.args.size() < 2 || wanted.explicit_names;
  return !(names_matter && wanted.is_info_metric(key.get(kMetricName)));
}

// instance=~"a|b": only info series that some base series could meet are fetched.
Matchers info_matchers(const Wanted& wanted, const Call& call, const Matrix& base) {
  Matchers out = wanted.names;
  out.insert(out.end(), wanted.data.begin(), wanted.data.end());
  bool any = false;
  for (const std::string_view label : kIdentity) {
    std::set<std::string> values;
    for (std::size_t r = 0; r < base.rows(); ++r) {
      if (!is_base(wanted, call, base.key(r))) continue;
      if (const auto v = base.key(r).get(label); !v.empty())
        values.insert(re2::RE2::QuoteMeta(re2::StringPiece(v.data(), v.size())));
    }
    if (values.empty()) continue;
    any = true;
    std::string pattern;
    for (const std::string& v : values) pattern += (pattern.empty() ? "" : "|") + v;
    if (auto m = store::Matcher::create(std::string(label), store::MatchOp::regex, pattern)) out.push_back(std::move(*m));
  }
  return any ? out : Matchers{};
}

// Where the first selector in the argument looks, seen from the step: the info metrics are looked up there too.
using Shifts = std::vector<Shift>;  // outermost first

std::expected<bool, QueryError> find_shifts(const Expr& e, const Env& env, Shifts& out) {
  const auto* v = e.as<VectorSelector>();
  const auto* s = e.as<Subquery>();
  if (v || s) {
    const auto shift = resolve_shift(v ? v->shift : s->shift, env);
    if (!shift) return std::unexpected(shift.error());
    out.push_back(*shift);
    if (v) return true;
  }
  for (const Expr* child : children(e)) {
    const auto found = find_shifts(*child, env, out);
    if (!found || *found) return found;
  }
  if (s) out.pop_back();
  return false;
}

TimeMs shifted(const Shifts& shifts, TimeMs t) {
  for (const Shift& s : shifts) t = s.apply(t);
  return t;
}

std::string signature(std::string_view name, const RowKey& key) {
  std::string out(name);
  for (const std::string_view label : kIdentity) out += '\xff' + std::string(key.get(label));
  return out;
}

// The info series that counts at a step, by signature: the one with the newest sample.
struct Newest {
  const SelectedSeries* series = nullptr;
  TimeMs time = 0;
};
using ByTarget = std::map<std::string, Newest>;

std::expected<ByTarget, QueryError> info_at(const std::vector<SelectedSeries>& info, TimeMs at, std::int64_t lookback) {
  ByTarget out;
  for (const SelectedSeries& s : info) {
    const auto next = static_cast<std::size_t>(std::upper_bound(s.times.begin(), s.times.end(), at) - s.times.begin());
    if (next == 0 || s.times[next - 1] <= at - lookback || is_stale(s.values[next - 1])) continue;
    const TimeMs t = s.times[next - 1];
    Newest& best = out[signature(s.labels->metric_name(), {s.labels})];
    if (best.series && best.time == t) {
      return execution_error("found duplicate series for info metric: existing " + best.series->labels->to_string() + " @ " +
                             std::to_string(t) + ", new " + s.labels->to_string() + " @ " + std::to_string(t));
    }
    if (!best.series || t > best.time) best = {&s, t};
  }
  return out;
}

// Joins the base series with what covers each step.
class Join {
 public:
  Join(Env& env, const Wanted& wanted, const Call& call, const Matrix& base, std::set<std::string> info_names)
      : env_(env),
        wanted_(wanted),
        call_(call),
        base_(base),
        names_(std::move(info_names)),
        last_(base.rows()),
        out_(base.steps()),
        index_(out_) {}

  Status step(std::size_t i, const ByTarget& info) {
    for (std::size_t r = 0; r < base_.rows(); ++r) {
      if (!base_.present(r)[i]) continue;
      RowKey key = base_.key(r);
      if (is_base(wanted_, call_, key)) {
        const auto labels = enriched(r, info);
        if (!labels) return std::unexpected(labels.error());
        if (!*labels) continue;
        key = {*labels};
      }
      const std::size_t to = index_.row(key);
      if (out_.present(to)[i]) return execution_error(std::string(kSameLabels));
      out_.values(to)[i] = base_.values(r)[i];
      out_.present(to)[i] = 1;
    }
    return env_.check();
  }

  Matrix take() { return std::move(out_); }

 private:
  using Hits = std::vector<const SelectedSeries*>;
  struct Enriched {
    bool known = false;
    Hits hits;
    const Labels* labels = nullptr;
  };

  // The row's labels with those of its info series; null when it must be left out. The same series cover most steps,
  // so the last answer is kept.
  std::expected<const Labels*, QueryError> enriched(std::size_t row, const ByTarget& info) {
    const RowKey& key = base_.key(row);
    Hits hits;
    for (const std::string& name : names_) {
      const auto hit = info.find(signature(name, key));
      if (hit != info.end()) hits.push_back(hit->second.series);
    }
    Enriched& last = last_[row];
    if (last.known && last.hits == hits) return last.labels;
    const auto labels = combine(key, hits);
    if (labels) last = {true, std::move(hits), *labels};
    return labels;
  }

  std::expected<const Labels*, QueryError> combine(const RowKey& key, const Hits& hits) {
    if (hits.empty() && !wanted_.empty_is_enough()) return nullptr;
    Labels added;
    for (const SelectedSeries* s : hits) {
      for (const Label& l : *s->labels) {
        if (l.name == kMetricName || !wanted_.wants_label(l.name)) continue;
        if (added.has(l.name) && added.get(l.name) != l.value) return execution_error("conflicting label: " + l.name);
        if (key.get(l.name).empty()) added.set(l.name, l.value);
      }
    }
    Labels out = key.to_labels();
    for (const Label& l : added) out.set(l.name, l.value);
    return env_.keep(std::move(out));
  }

  Env& env_;
  const Wanted& wanted_;
  const Call& call_;
  const Matrix& base_;
  std::set<std::string> names_;
  std::vector<Enriched> last_;
  Matrix out_;
  RowIndex index_;
};

}  // namespace

Values Evaluator::eval_info(const Call& call, const Grid& grid) {
  const auto base = eval(*call.args[0], grid);
  if (!base) return base;
  const Wanted wanted(call);
  const Matchers matchers = info_matchers(wanted, call, *base);
  Shifts shifts;
  if (const auto found = find_shifts(*call.args[0], env_, shifts); !found) return std::unexpected(found.error());
  std::vector<SelectedSeries> info;
  if (!matchers.empty()) {
    const store::TimeRange range{shifted(shifts, grid.start) - env_.lookback_ms + 1, shifted(shifts, grid.last())};
    auto selected = selections_.select(*selections_.store(), matchers, range, false);
    if (!selected) return std::unexpected(selected.error());
    info = std::move(*selected);
  }
  std::set<std::string> names;
  for (const SelectedSeries& s : info) names.emplace(s.labels->metric_name());
  Join join(env_, wanted, call, *base, std::move(names));
  for (std::size_t i = 0; i < grid.count; ++i) {
    const auto by_target = info_at(info, shifted(shifts, grid.at(i)), env_.lookback_ms);
    if (!by_target) return std::unexpected(by_target.error());
    if (auto status = join.step(i, *by_target); !status) return std::unexpected(status.error());
  }
  return join.take();
}

}  // namespace tacho::query
