#include "sampler/identity/told_scopes.h"

#include <algorithm>
#include <utility>

namespace tacho::sampler {
namespace {

std::string_view kind_of(std::string_view scope) { return scope.substr(0, scope.find(' ')); }

}  // namespace

bool is_of_kind(std::string_view scope, std::span<const std::string_view> kinds) {
  return scope.find(' ') != std::string_view::npos && std::find(kinds.begin(), kinds.end(), kind_of(scope)) != kinds.end();
}

void ToldScopes::resume(std::span<const store::Identity> in_force, std::span<const std::string_view> kinds) {
  for (const store::Identity& identity : in_force) {
    if (is_of_kind(identity.scope, kinds) && !identity.labels.empty()) told_[identity.scope] = {identity, identity.from, false};
  }
}

void ToldScopes::tell(store::Identity identity, TimeMs now, How how) {
  Told& told = told_[identity.scope];
  const bool first = told.identity.scope.empty();
  told.seen = true;
  if (first ? identity.labels.empty() : told.identity.labels == identity.labels && told.identity.targets == identity.targets) {
    if (first) told.identity = std::move(identity);
    return;
  }
  if (!first) identity.from = std::max(identity.from, how == How::correction ? told.before : told.identity.from);
  identity.from = std::min(identity.from, now);
  // A correction that goes back takes the place of what was in force.
  if (!first && identity.from > told.identity.from) told.before = told.identity.from;
  told.identity = identity;
  news_.push_back(std::move(identity));
}

void ToldScopes::sweep(std::string_view kind, TimeMs now) {
  for (auto it = told_.begin(); it != told_.end();) {
    if (kind_of(it->first) != kind || it->second.seen) {
      ++it;
      continue;
    }
    if (!it->second.identity.labels.empty()) {
      it->second.identity.labels = {};
      it->second.identity.from = std::max(it->second.identity.from, now);
      news_.push_back(it->second.identity);
    }
    it = told_.erase(it);
  }
}

void ToldScopes::step_back(TimeMs now) {
  for (auto& [scope, told] : told_) {
    told.identity.from = std::min(told.identity.from, now);
    told.before = std::min(told.before, now);
  }
}

void ToldScopes::keep(const std::string& scope) {
  if (const auto it = told_.find(scope); it != told_.end()) it->second.seen = true;
}

void ToldScopes::keep_kind(std::string_view kind) {
  for (auto& [scope, told] : told_) told.seen = told.seen || kind_of(scope) == kind;
}

std::vector<store::Identity> ToldScopes::take_news() {
  for (auto& [scope, told] : told_) told.seen = false;
  return std::exchange(news_, {});
}

TimeMs ToldScopes::since(const std::string& scope, TimeMs begun, TimeMs seen) const {
  const store::Identity* told = in_force(scope);
  return told == nullptr || told->labels.empty() ? begun : std::max(begun, seen);
}

const store::Identity* ToldScopes::in_force(const std::string& scope) const {
  const auto it = told_.find(scope);
  return it == told_.end() ? nullptr : &it->second.identity;
}

}  // namespace tacho::sampler
