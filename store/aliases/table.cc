#include "store/aliases/table.h"

#include <algorithm>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

bool is_name(const Matcher& m) { return m.label() == kMetricName; }
bool is_positive(const Matcher& m) { return m.op() == MatchOp::equal || m.op() == MatchOp::regex; }

// One of the names that the rules' series have.
Matcher names_behind(const AliasPlan& plan) {
  std::string list;
  for (const auto& [name, uses] : plan.uses) {
    TACHO_CHECK(is_classic_metric_name(name), name);
    list += (list.empty() ? "" : "|") + std::string(name);
  }
  if (plan.uses.size() == 1) return Matcher::equal(std::string(kMetricName), std::move(list));
  return Matcher::create(std::string(kMetricName), MatchOp::regex, std::move(list)).value();
}

void finish(AliasPlan& plan) {
  if (plan.rules.empty()) return;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    for (const AliasTerm& t : plan.rules[i]->terms) plan.uses[t.metric].push_back({i, &t, false});
    for (const AliasTerm& t : plan.rules[i]->divisor) plan.uses[t.metric].push_back({i, &t, true});
  }
  plan.inputs = names_behind(plan);
  plan.labels = plan.rules[0]->labels.get();
  if (plan.rules.size() == 1 && plan.rules[0]->terms.size() == 1 && plan.rules[0]->divisor.empty())
    plan.where = plan.rules[0]->terms[0].where;
  for (const AliasRule* rule : plan.rules) {
    const bool joins = rule->sums || rule->terms.size() + rule->divisor.size() > 1;
    plan.reaches_back = plan.reaches_back || rule->per_second || joins;
    if (rule->labels.get() != plan.labels) plan.labels = nullptr;
  }
}

// Whether the selector's own expressions find what the alias is made of: then it is answered under that name.
bool finds_behind(std::span<const Matcher> matchers, const AliasRule& rule) {
  const auto finds = [&](const AliasTerm& t) {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& m) { return !is_name(m) || !is_positive(m) || m.matches(t.metric); });
  };
  return std::any_of(rule.terms.begin(), rule.terms.end(), finds) || std::any_of(rule.divisor.begin(), rule.divisor.end(), finds);
}

}  // namespace

bool matches_name(std::span<const Matcher> matchers, std::string_view name) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return !is_name(m) || m.matches(name); });
}

AliasTable::AliasTable(std::vector<AliasRule> rules) : rules_(std::move(rules)) {
  for (const AliasRule& rule : rules_) {
    TACHO_CHECK(rule.labels != nullptr && !rule.terms.empty() && rule.times != 0 && rule.over != 0, rule.name);
    if (std::find(sets_.begin(), sets_.end(), rule.set) == sets_.end()) sets_.push_back(rule.set);
    AliasPlan& plan = by_name_[rule.name];
    if (plan.rules.empty()) names_.push_back(rule.name);
    plan.rules.push_back(&rule);
    all_.rules.push_back(&rule);
  }
  for (auto& [name, plan] : by_name_) finish(plan);
  finish(all_);
}

const AliasPlan* AliasTable::plan(std::span<const Matcher> matchers, std::optional<AliasPlan>& own) const {
  bool by_expression = false;
  for (const Matcher& m : matchers) {
    if (!is_name(m) || !is_positive(m)) continue;
    if (m.op() == MatchOp::equal) {
      const auto found = by_name_.find(std::string_view(m.value()));
      return found != by_name_.end() && matches_name(matchers, m.value()) ? &found->second : nullptr;
    }
    by_expression = true;
  }
  if (!by_expression) return nullptr;
  own.emplace();
  for (const std::string_view name : names_) {
    if (!matches_name(matchers, name)) continue;
    for (const AliasRule* rule : by_name_.find(name)->second.rules) {
      if (!finds_behind(matchers, *rule)) own->rules.push_back(rule);
    }
  }
  finish(*own);
  return own->rules.empty() ? nullptr : &*own;
}

AliasPlan AliasTable::plan_of_sets(std::span<const std::string> sets) const {
  AliasPlan plan;
  for (const AliasRule& rule : rules_) {
    if (std::find(sets.begin(), sets.end(), rule.set) != sets.end()) plan.rules.push_back(&rule);
  }
  finish(plan);
  return plan;
}

}  // namespace tacho::store
