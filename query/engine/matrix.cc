#include "query/engine/matrix.h"

#include <xxhash.h>

#include <algorithm>

namespace tacho::query {
namespace {

using Pairs = std::span<const Label>;

void skip_name(Pairs::iterator& at, const Pairs& all, bool nameless) {
  while (nameless && at != all.end() && is_metadata(at->name)) ++at;
}

}  // namespace

const Labels kNoLabels;

std::string_view RowKey::get(std::string_view name) const {
  return nameless && is_metadata(name) ? std::string_view{} : labels->get(name);
}

Labels RowKey::to_labels() const {
  if (!nameless) return *labels;
  std::vector<Label> out;
  out.reserve(labels->size());
  for (const Label& l : *labels) {
    if (!is_metadata(l.name)) out.push_back(l);
  }
  return Labels(std::move(out));
}

std::uint64_t RowKey::hash() const {
  std::uint64_t h = 0;
  for (const Label& l : *labels) {
    if (nameless && is_metadata(l.name)) continue;
    h = XXH3_64bits_withSeed(l.name.data(), l.name.size(), h);
    h = XXH3_64bits_withSeed(l.value.data(), l.value.size(), h);
  }
  return h;
}

bool same_labels(const RowKey& a, const RowKey& b) {
  if (a.labels == b.labels && a.nameless == b.nameless) return true;
  const auto pa = a.labels->pairs(), pb = b.labels->pairs();
  auto i = pa.begin();
  auto j = pb.begin();
  while (true) {
    skip_name(i, pa, a.nameless);
    skip_name(j, pb, b.nameless);
    if (i == pa.end() || j == pb.end()) return i == pa.end() && j == pb.end();
    if (*i != *j) return false;
    ++i;
    ++j;
  }
}

bool same_metadata(const RowKey& a, const RowKey& b) {
  if (a.nameless || b.nameless) return a.nameless == b.nameless;
  if (a.labels == b.labels) return true;
  for (const std::string_view label : {kMetricName, std::string_view("__type__"), std::string_view("__unit__")}) {
    if (a.labels->get(label) != b.labels->get(label)) return false;
  }
  return true;
}

bool labels_less(const RowKey& a, const RowKey& b) {
  const auto pa = a.labels->pairs(), pb = b.labels->pairs();
  auto i = pa.begin();
  auto j = pb.begin();
  while (true) {
    skip_name(i, pa, a.nameless);
    skip_name(j, pb, b.nameless);
    if (i == pa.end() || j == pb.end()) return i == pa.end() && j != pb.end();
    if (*i != *j) return *i < *j;
    ++i;
    ++j;
  }
}

Matrix Matrix::scalar(std::size_t steps, double value) {
  Matrix m(steps);
  m.add_row({&kNoLabels});
  std::ranges::fill(m.values(0), value);
  std::ranges::fill(m.present(0), std::uint8_t{1});
  return m;
}

void Matrix::reserve(std::size_t rows) {
  keys_.reserve(rows);
  values_.reserve(rows * steps_);
  present_.reserve(rows * steps_);
}

std::size_t Matrix::add_row(RowKey key) {
  keys_.push_back(key);
  values_.resize(values_.size() + steps_);
  present_.resize(present_.size() + steps_);
  return keys_.size() - 1;
}

void Matrix::drop_last_row() {
  keys_.pop_back();
  values_.resize(values_.size() - steps_);
  present_.resize(present_.size() - steps_);
}

bool Matrix::row_is_empty(std::size_t row) const {
  const auto p = present(row);
  return std::find(p.begin(), p.end(), std::uint8_t{1}) == p.end();
}

void Matrix::remove_empty_rows() {
  std::size_t kept = 0;
  for (std::size_t r = 0; r < rows(); ++r) {
    if (row_is_empty(r)) continue;
    if (kept != r) {
      keys_[kept] = keys_[r];
      std::ranges::copy(values(r), values(kept).begin());
      std::ranges::copy(present(r), present(kept).begin());
    }
    ++kept;
  }
  keys_.resize(kept);
  values_.resize(kept * steps_);
  present_.resize(kept * steps_);
}

void Matrix::reorder(std::span<const std::size_t> order) {
  Matrix out(steps_);
  out.reserve(order.size());
  for (const std::size_t from : order) {
    const std::size_t to = out.add_row(keys_[from]);
    std::ranges::copy(values(from), out.values(to).begin());
    std::ranges::copy(present(from), out.present(to).begin());
  }
  *this = std::move(out);
}

void RowIndex::grow() {
  const std::size_t size = std::max<std::size_t>(16, slots_.size() * 2);
  slots_.assign(size, 0);
  for (std::size_t r = 0; r < hashes_.size(); ++r) {
    std::size_t at = hashes_[r] & (size - 1);
    while (slots_[at] != 0) at = (at + 1) & (size - 1);
    slots_[at] = r + 1;
  }
}

std::size_t RowIndex::row(RowKey key) {
  if (hashes_.size() * 2 >= slots_.size()) grow();
  const std::uint64_t h = key.hash();
  std::size_t at = h & (slots_.size() - 1);
  for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const std::size_t r = slots_[at] - 1;
    if (hashes_[r] == h && same_labels(matrix_.key(r), key)) return r;
  }
  const std::size_t r = matrix_.add_row(key);
  slots_[at] = r + 1;
  hashes_.push_back(h);
  return r;
}

bool merge_equal_rows(Matrix& matrix) {
  if (matrix.rows() < 2) return true;
  Matrix out(matrix.steps());
  out.reserve(matrix.rows());
  RowIndex index(out);
  for (std::size_t from = 0; from < matrix.rows(); ++from) {
    const std::size_t to = index.row(matrix.key(from));
    const auto in_values = matrix.values(from);
    const auto in_present = matrix.present(from);
    const auto out_values = out.values(to);
    const auto out_present = out.present(to);
    for (std::size_t i = 0; i < matrix.steps(); ++i) {
      if (!in_present[i]) continue;
      if (out_present[i]) return false;
      out_values[i] = in_values[i];
      out_present[i] = 1;
    }
  }
  matrix = std::move(out);
  return true;
}

}  // namespace tacho::query
