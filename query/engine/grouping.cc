#include "query/engine/grouping.h"

#include <algorithm>

namespace tacho::query {

Grouping::Grouping(std::vector<std::string> names, bool keep) : names_(std::move(names)), keep_(keep) {
  std::sort(names_.begin(), names_.end());
}

bool Grouping::counts(const Label& label, bool nameless) const {
  if (nameless && is_metadata(label.name)) return false;
  if (!keep_ && label.name == kMetricName) return false;
  return std::binary_search(names_.begin(), names_.end(), label.name) == keep_;
}

Labels Grouping::labels_of(const RowKey& key) const {
  std::vector<Label> out;
  for (const Label& l : *key.labels) {
    if (counts(l, key.nameless)) out.push_back(l);
  }
  return Labels(std::move(out));
}

std::vector<std::size_t> Grouping::add(const Matrix& matrix) {
  std::vector<std::size_t> out(matrix.rows());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    const std::size_t before = matrix_.rows();
    const std::size_t group = index_.row({&labels_.emplace_back(labels_of(matrix.key(r)))});
    if (group != before) labels_.pop_back();
    out[r] = group;
  }
  return out;
}

}  // namespace tacho::query
