#include "query/engine/matching.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "query/engine/binary_ops.h"
#include "query/engine/grouping.h"

namespace tacho::query {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kSeveral = kNone - 1;

class Matcher {
 public:
  Matcher(Env& env, const Binary& b, const Matrix& lhs, const Matrix& rhs)
      : env_(env),
        b_(b),
        m_(b.matching),
        swapped_(m_.card == Cardinality::one_to_many),
        many_(swapped_ ? rhs : lhs),
        one_(swapped_ ? lhs : rhs),
        fill_many_(m_.fill_left),
        fill_one_(m_.fill_right),
        grouping_(m_.labels, m_.on),
        many_groups_(grouping_.add(many_)),
        one_groups_(grouping_.add(one_)),
        out_(many_.steps()),
        index_(out_) {}

  Values run() {
    if (auto status = find_partners(); !status) return std::unexpected(status.error());
    matched_.assign(grouping_.count() * out_.steps(), 0);
    for (std::size_t r = 0; r < many_.rows(); ++r) {
      if (auto status = match_row(r); !status) return std::unexpected(status.error());
      if (auto status = env_.admit(out_.cells()); !status) return std::unexpected(status.error());
    }
    if (fill_many_) {
      if (auto status = fill_unmatched(); !status) return std::unexpected(status.error());
    }
    // 2 marks a pair that the comparison dropped; it counted for the checks only.
    for (std::size_t r = 0; r < out_.rows(); ++r) {
      for (std::uint8_t& p : out_.present(r)) p = p == 1 ? 1 : 0;
    }
    out_.remove_empty_rows();
    return std::move(out_);
  }

 private:
  // Which row of the one side each group has: one for all steps, or several that take turns.
  Status find_partners() {
    single_.assign(grouping_.count(), kNone);
    for (std::size_t r = 0; r < one_.rows(); ++r) {
      std::size_t& single = single_[one_groups_[r]];
      single = single == kNone ? r : kSeveral;
    }
    for (std::size_t r = 0; r < one_.rows(); ++r) {
      if (single_[one_groups_[r]] != kSeveral) continue;
      std::vector<std::size_t>& turns = turns_[one_groups_[r]];
      turns.resize(out_.steps(), kNone);
      const auto present = one_.present(r);
      for (std::size_t i = 0; i < out_.steps(); ++i) {
        if (!present[i]) continue;
        if (turns[i] != kNone && (fill_one_ || fill_many_ || many_side_has_value(i))) return duplicate(r, turns[i]);
        turns[i] = r;
      }
    }
    many_count_.assign(grouping_.count(), 0);
    for (const std::size_t g : many_groups_) ++many_count_[g];
    return {};
  }

  std::size_t partner_at(std::size_t group, std::size_t step) const {
    const std::size_t single = single_[group];
    if (single == kSeveral) return turns_.at(group)[step];
    return single != kNone && one_.present(single)[step] ? single : kNone;
  }

  bool many_side_has_value(std::size_t step) const {
    for (std::size_t r = 0; r < many_.rows(); ++r) {
      if (many_.present(r)[step]) return true;
    }
    return false;
  }

  Status duplicate(std::size_t a, std::size_t b) const {
    return execution_error(
        fmt::format("found duplicate series for the match group {} on the {} hand-side of the operation: [{}, "
                    "{}];many-to-many matching "
                    "not allowed: matching labels must be unique on one side",
                    grouping_.labels_of(one_.key(a)).to_string(), swapped_ ? "left" : "right",
                    one_.key(a).to_labels().to_string(), one_.key(b).to_labels().to_string()));
  }

  // A group with one series on either side: whole rows at once. False when the row's labels are taken already.
  bool match_whole_row(std::size_t r) {
    const std::size_t group = many_groups_[r];
    const std::size_t partner = single_[group];
    if (partner == kNone && !fill_one_) return true;
    const bool alone = m_.card != Cardinality::one_to_one || many_count_[group] == 1;
    if (partner == kNone || partner == kSeveral || fill_one_ || fill_many_ || !alone) return false;
    const std::size_t before = out_.rows();
    const std::size_t to = index_.row(result_key(many_.key(r), &one_.key(partner)));
    if (to != before) return false;
    const auto a = swapped_ ? one_.values(partner) : many_.values(r);
    const auto b = swapped_ ? many_.values(r) : one_.values(partner);
    const auto p = many_.present(r), q = one_.present(partner);
    const auto out = out_.values(to);
    const auto present = out_.present(to);
    with_operator(b_.op, [&](auto f) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = f(a[i], b[i]);
        present[i] = p[i] & q[i];
      }
    });
    if (!is_comparison(b_.op) || b_.return_bool) return true;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (present[i] && out[i] == 0) present[i] = 2;
      out[i] = a[i];
    }
    return true;
  }

  Status match_row(std::size_t r) {
    if (match_whole_row(r)) return {};
    const auto present = many_.present(r);
    const std::size_t group = many_groups_[r];
    const std::size_t base = group * out_.steps();
    std::size_t last_partner = kNone, to = kNone;
    bool first = true;
    for (std::size_t i = 0; i < out_.steps(); ++i) {
      if (!present[i]) continue;
      const std::size_t partner = partner_at(group, i);
      if (partner == kNone && !fill_one_) continue;
      if (matched_[base + i] && m_.card == Cardinality::one_to_one) {
        return execution_error("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
      }
      matched_[base + i] = 1;
      if (first || partner != last_partner) {
        to = index_.row(result_key(many_.key(r), partner == kNone ? nullptr : &one_.key(partner)));
        last_partner = partner;
        first = false;
      }
      const double other = partner == kNone ? *fill_one_ : one_.values(partner)[i];
      if (auto status = put(to, i, many_.values(r)[i], other); !status) return status;
    }
    return {};
  }

  // What the one side has alone, against the many side's fill value.
  Status fill_unmatched() {
    for (std::size_t r = 0; r < one_.rows(); ++r) {
      const std::size_t base = one_groups_[r] * out_.steps();
      const Labels* shared = env_.keep(grouping_.labels_of(one_.key(r)));
      const std::size_t to = index_.row(result_key({shared}, &one_.key(r)));
      for (std::size_t i = 0; i < out_.steps(); ++i) {
        if (!one_.present(r)[i] || matched_[base + i]) continue;
        if (auto status = put(to, i, *fill_many_, one_.values(r)[i]); !status) return status;
      }
    }
    return {};
  }

  Status put(std::size_t row, std::size_t step, double many, double one) {
    std::uint8_t& present = out_.present(row)[step];
    if (present != 0) {
      return execution_error(m_.card == Cardinality::one_to_one
                                 ? std::string(kSameLabels)
                                 : "multiple matches for labels: grouping labels must ensure unique matches");
    }
    const double a = swapped_ ? one : many;
    const double b = swapped_ ? many : one;
    double& out = out_.values(row)[step];
    with_operator(b_.op, [&](auto f) { out = f(a, b); });
    present = 1;
    if (!is_comparison(b_.op) || b_.return_bool) return {};
    if (out == 0) present = 2;
    out = a;
    return {};
  }

  RowKey result_key(const RowKey& many, const RowKey* one) {
    const bool drop_name = !is_comparison(b_.op) || b_.return_bool;
    const bool plain = m_.card != Cardinality::one_to_one ? m_.include.empty() : m_.labels.empty() && !m_.on;
    if (plain) return {many.labels, many.nameless || drop_name};
    Labels labels = RowKey{many.labels, many.nameless || drop_name}.to_labels();
    if (m_.card == Cardinality::one_to_one) {
      Labels kept;
      for (const Label& l : labels) {
        const bool named = std::find(m_.labels.begin(), m_.labels.end(), l.name) != m_.labels.end();
        if (named == m_.on) kept.set(l.name, l.value);
      }
      labels = std::move(kept);
    }
    for (const std::string& name : m_.include) labels.set(name, one ? one->get(name) : std::string_view{});
    return {env_.keep(std::move(labels))};
  }

  Env& env_;
  const Binary& b_;
  const VectorMatching& m_;
  bool swapped_;
  const Matrix& many_;
  const Matrix& one_;
  std::optional<double> fill_many_, fill_one_;
  Grouping grouping_;
  std::vector<std::size_t> many_groups_, one_groups_;
  std::vector<std::size_t> single_;                                  // of each group: its row on the one side, kNone or kSeveral
  std::vector<std::size_t> many_count_;                              // of each group
  std::unordered_map<std::size_t, std::vector<std::size_t>> turns_;  // of groups with several: the row at each step
  std::vector<std::uint8_t> matched_;
  Matrix out_;
  RowIndex index_;
};

}  // namespace

Values match_vectors(Env& env, const Binary& binary, const Matrix& lhs, const Matrix& rhs) {
  return Matcher(env, binary, lhs, rhs).run();
}

}  // namespace tacho::query
