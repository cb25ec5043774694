#include "store/aliases/labels.h"

#include <algorithm>

namespace tacho::store {
namespace {

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_pinned(const std::vector<AliasTerm>& terms, std::string_view name) {
  return std::any_of(terms.begin(), terms.end(), [&](const AliasTerm& t) {
    return std::any_of(t.where.begin(), t.where.end(),
                       [&](const Matcher& m) { return m.op() == MatchOp::equal && m.label() == name; });
  });
}

bool stays(const AliasRule& rule, std::string_view name) {
  if (name == kMetricName || has_name(rule.labels->dropped, name)) return false;
  const auto& made = rule.labels->made;
  if (std::any_of(made.begin(), made.end(), [&](const AliasLabel& l) { return l.from == name; })) return false;
  return !is_pinned(rule.terms, name) && !is_pinned(rule.divisor, name);
}

// The one that gives the label, when it is the only one that can.
const AliasLabel* maker_of(const AliasLabels& labels, std::string_view name) {
  const AliasLabel* found = nullptr;
  for (const AliasLabel& l : labels.made) {
    if (l.name != name) continue;
    if (found != nullptr) return nullptr;
    found = &l;
  }
  return found;
}

// Whether both have it, and then whether it is the same.
std::optional<bool> agree(const Labels& a, const Labels& b, const std::string& label) {
  if (label.empty()) return std::nullopt;
  const std::string_view x = a.get(label);
  const std::string_view y = b.get(label);
  return x.empty() || y.empty() ? std::nullopt : std::optional(x == y);
}

}  // namespace

Labels alias_labels(const AliasRule& rule, const Labels& series) {
  // Of equal names the last one given wins: the least telling come first.
  std::vector<Label> out;
  out.reserve(series.size() + rule.fixed.size() + rule.labels->constant.size());
  for (const Label& l : series) {
    if (stays(rule, l.name)) out.push_back(l);
  }
  out.insert(out.end(), rule.labels->constant.begin(), rule.labels->constant.end());
  for (auto made = rule.labels->made.rbegin(); made != rule.labels->made.rend(); ++made) {
    const std::string_view value = series.get(made->from);
    if (value.empty()) continue;
    std::string text = made->make == nullptr ? std::string(value) : made->make(value);
    if (!text.empty()) out.push_back({made->name, std::move(text)});
  }
  out.insert(out.end(), rule.fixed.begin(), rule.fixed.end());
  out.push_back({std::string(kMetricName), rule.name});
  return Labels(std::move(out));
}

std::vector<Matcher> matchers_behind(const AliasLabels& labels, std::span<const Matcher> matchers) {
  std::vector<Matcher> out;
  for (const Matcher& m : matchers) {
    const AliasLabel* maker = maker_of(labels, m.label());
    if (maker == nullptr) continue;
    if (maker->make == nullptr) {
      if (auto same = Matcher::create(maker->from, m.op(), m.value())) out.push_back(std::move(*same));
    } else if (maker->unmake != nullptr && m.op() == MatchOp::equal && !m.value().empty()) {
      if (std::string value = maker->unmake(m.value()); !value.empty())
        out.push_back(Matcher::equal(maker->from, std::move(value)));
    }
  }
  return out;
}

bool says_the_same(const AliasRule& rule, const Labels& kept, const Labels& alias) {
  for (const Label& l : rule.fixed) {
    if (kept.get(l.name) != l.value) return false;
  }
  const CardLabels& card = rule.labels->card;
  if (!card.partition.empty() && kept.get(card.partition) != alias.get(card.partition)) return false;
  if (!agree(kept, alias, card.vendor).value_or(true)) return false;
  for (const std::string* label : {&card.uuid, &card.address, &card.index}) {
    if (const auto same = agree(kept, alias, *label)) return *same;
  }
  // Nothing tells the cards apart: of a metric without cards (how many there are) it is the same.
  return card.uuid.empty() && card.address.empty() && card.index.empty();
}

}  // namespace tacho::store
