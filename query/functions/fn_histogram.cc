// Functions of classic histograms: the series with a label le, grouped by their other labels.
#include <fmt/format.h>

#include <cmath>

#include "proto/base/number.h"
#include "query/functions/buckets.h"
#include "query/functions/vector_functions.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

constexpr std::string_view kBucketLabel = "le";

struct Histogram {
  RowKey key;  // without le and the metric's name
  std::vector<std::size_t> rows;
  std::vector<double> bounds;  // of each row
};

class Histograms {
 public:
  // Groups the rows; what has no usable le is left out with a warning.
  Histograms(Env& env, const Matrix& in, const Span& at) : in_(in) {
    Matrix groups(0);
    RowIndex index(groups);
    for (std::size_t r = 0; r < in.rows(); ++r) {
      const std::string_view le = in.key(r).get(kBucketLabel);
      const auto bound = parse_number(le);
      if (!bound) {
        warn(env, in.key(r), le, at);
        continue;
      }
      Labels labels = in.key(r).to_labels();
      labels.erase(kBucketLabel);
      const std::size_t g = index.row({env.keep(std::move(labels))});
      if (g == all_.size()) all_.push_back({{groups.key(g).labels, true}, {}, {}});
      all_[g].rows.push_back(r);
      all_[g].bounds.push_back(*bound);
    }
  }

  const std::vector<Histogram>& all() const { return all_; }

  // The buckets that have a value at the step; empty when none has.
  void at_step(const Histogram& h, std::size_t step, std::vector<Bucket>& out) const {
    out.clear();
    for (std::size_t i = 0; i < h.rows.size(); ++i) {
      if (in_.present(h.rows[i])[step]) out.push_back({h.bounds[i], in_.values(h.rows[i])[step]});
    }
  }

 private:
  static void warn(Env& env, const RowKey& key, std::string_view le, const Span& at) {
    std::string text = fmt::format("bucket label \"le\" is missing or has a malformed value of {}", go_quoted(le));
    if (const auto name = key.get(kMetricName); !name.empty()) text += fmt::format(" for metric name {}", go_quoted(name));
    env.notes.warn(text, at);
  }

  const Matrix& in_;
  std::vector<Histogram> all_;
};

void check_quantile(Env& env, std::span<const double> q, const Span& at) {
  for (const double v : q) {
    if (v >= 0 && v <= 1) continue;
    env.notes.warn(fmt::format("quantile value should be between 0 and 1, got {}", go_general(v)), at);
  }
}

Values finished(Matrix out) {
  out.remove_empty_rows();
  if (!merge_equal_rows(out)) return execution_error(std::string(kSameLabels));
  return out;
}

void fill_quantile(VectorCall& call, const Histograms& in, const Histogram& h, std::span<const double> q, Matrix& out,
                   std::size_t row, const Span& at) {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < call.grid.count; ++i) {
    in.at_step(h, i, buckets);
    if (buckets.empty()) continue;
    const BucketQuantile result = bucket_quantile(q[i], buckets);
    if (result.forced_monotonic) {
      call.env.notes.inform(
          "input to histogram_quantile needed to be fixed for monotonicity (see "
          "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
          at);
    }
    out.values(row)[i] = result.value;
    out.present(row)[i] = 1;
  }
}

Values histogram_quantile(VectorCall& call) {
  check_quantile(call.env, call.scalar(0), call.arg_span(0));
  const Histograms in(call.env, call.args[1], call.arg_span(1));
  Matrix out(call.grid.count);
  for (const Histogram& h : in.all()) {
    fill_quantile(call, in, h, call.scalar(0), out, out.add_row(h.key), call.arg_span(1));
  }
  return finished(std::move(out));
}

// One series a quantile, told apart by a label.
Values histogram_quantiles(VectorCall& call) {
  const std::string& label = call.text(1);
  for (std::size_t a = 2; a < call.count(); ++a) check_quantile(call.env, call.scalar(a), call.arg_span(a));
  const Histograms in(call.env, call.args[0], call.arg_span(0));
  Matrix out(call.grid.count);
  for (std::size_t a = 2; a < call.count(); ++a) {
    for (const Histogram& h : in.all()) {
      Labels labels = h.key.to_labels();
      std::string value = go_general(call.scalar(a)[0]);
      // OpenMetrics writes whole numbers with a fraction.
      if (value.find_first_not_of("-0123456789") == std::string::npos) value += ".0";
      labels.set(label, value);
      fill_quantile(call, in, h, call.scalar(a), out, out.add_row({call.env.keep(std::move(labels))}), call.arg_span(1));
    }
  }
  return finished(std::move(out));
}

Values histogram_fraction(VectorCall& call) {
  const Histograms in(call.env, call.args[2], call.arg_span(2));
  Matrix out(call.grid.count);
  std::vector<Bucket> buckets;
  for (const Histogram& h : in.all()) {
    const std::size_t row = out.add_row(h.key);
    for (std::size_t i = 0; i < call.grid.count; ++i) {
      in.at_step(h, i, buckets);
      if (buckets.empty()) continue;
      out.values(row)[i] = bucket_fraction(call.scalar(0)[i], call.scalar(1)[i], buckets);
      out.present(row)[i] = 1;
    }
  }
  return finished(std::move(out));
}

}  // namespace

Values histogram_family(VectorCall& call) {
  switch (call.id()) {
    case FunctionId::histogram_quantile: return histogram_quantile(call);
    case FunctionId::histogram_quantiles: return histogram_quantiles(call);
    case FunctionId::histogram_fraction: return histogram_fraction(call);
    // The others look at native histograms alone, and there are none: of floats they give nothing.
    default: return Matrix(call.grid.count);
  }
}

}  // namespace tacho::query
