#include "store/identity/matchers.h"

#include <optional>
#include <set>

namespace tacho::store {
namespace {

constexpr std::size_t kSelectionsMax = 64;  // more are not cheaper than all series

// What the identities are about whose labels the matcher matches; nullopt: all series, or too many to name.
std::optional<std::set<Labels>> targets_of(const IdentityTimeline& timeline, const Matcher& m, TimeRange range) {
  std::set<Labels> out;
  for (const IdentityTimeline::Entry& e : timeline.entries()) {
    const std::string_view value = e.identity->labels.get(m.label());
    if (value.empty() || !e.overlaps(range) || !m.matches(value)) continue;
    for (const Labels& target : e.identity->targets) {
      if (target.empty()) return std::nullopt;
      out.insert(target);
    }
    if (out.size() > kSelectionsMax) return std::nullopt;
  }
  return out;
}

}  // namespace

std::vector<std::vector<Matcher>> matchers_below(const IdentityTimeline& timeline, std::span<const Matcher> matchers,
                                                 TimeRange range) {
  std::vector<Matcher> plain;  // on labels that no identity gives
  // A label that must be there: by itself, or by an identity. Of several such matchers the one with the fewest targets is asked for.
  const Matcher* narrow = nullptr;
  std::set<Labels> targets;
  for (const Matcher& m : matchers) {
    if (!timeline.gives(m.label())) {
      plain.push_back(m);
    } else if (!m.matches(std::string_view())) {
      auto found = targets_of(timeline, m, range);
      if (!found || (narrow != nullptr && found->size() >= targets.size())) continue;
      narrow = &m;
      targets = std::move(*found);
    }
  }
  if (narrow == nullptr) return {std::move(plain)};
  std::vector<std::vector<Matcher>> out{plain};
  out[0].push_back(*narrow);
  for (const Labels& target : targets) {
    out.push_back(plain);
    for (const Label& l : target) out.back().push_back(Matcher::equal(l.name, l.value));
  }
  return out;
}

}  // namespace tacho::store
