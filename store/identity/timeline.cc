#include "store/identity/timeline.h"

#include <algorithm>

#include "proto/base/utf8.h"

namespace tacho::store {
namespace {

// A pair as a key: a label's name has no byte 0, which yaml and Kubernetes cannot say either.
void pair_key(const Label& l, std::string& out) {
  out.assign(l.name);
  out += '\0';
  out += l.value;
}

bool has_all(const Labels& series, const Labels& target) {
  return std::all_of(target.begin(), target.end(), [&](const Label& l) { return series.get(l.name) == l.value; });
}

// A scope's history, each from its own time: what was written later takes the place of all from its `from` on.
using History = std::vector<std::shared_ptr<const Identity>>;
std::map<std::string_view, History> histories(const History& written) {
  std::map<std::string_view, History> out;
  for (const auto& identity : written) {
    History& history = out[identity->scope];
    while (!history.empty() && history.back()->from >= identity->from) history.pop_back();
    history.push_back(identity);
  }
  return out;
}

std::shared_ptr<const Identity> permitted(std::shared_ptr<const Identity> identity) {
  Labels labels = identity_labels(identity->labels);
  if (labels == identity->labels) return identity;
  return std::make_shared<Identity>(identity->scope, identity->targets, std::move(labels), identity->from);
}

}  // namespace

bool is_identity_label(std::string_view name) {
  return is_classic_label_name(name) && !name.starts_with("__") && name != "job" && name != "instance";
}

Labels identity_labels(const Labels& labels) {
  const auto goes = [](const Label& l) { return !is_identity_label(l.name) || !is_utf8(l.value); };
  if (std::none_of(labels.begin(), labels.end(), goes)) return labels;
  std::vector<Label> kept;
  std::remove_copy_if(labels.begin(), labels.end(), std::back_inserter(kept), goes);
  return Labels(std::move(kept));
}

Labels joined_labels(const Labels& series, const Labels& identity) {
  if (identity.empty()) return series;
  std::vector<Label> out;
  out.reserve(series.size() + identity.size());
  auto own = series.begin();
  auto other = identity.begin();
  while (own != series.end() || other != identity.end()) {
    if (other == identity.end() || (own != series.end() && own->name <= other->name)) {
      if (other != identity.end() && own->name == other->name) ++other;
      out.push_back(*own++);
    } else {
      out.push_back(*other++);
    }
  }
  return Labels(std::move(out));
}

std::shared_ptr<const IdentityTimeline> IdentityTimeline::of(std::span<const Identity> written) {
  History all;
  for (const Identity& identity : written) all.push_back(std::make_shared<const Identity>(identity));
  return std::make_shared<const IdentityTimeline>(std::move(all));
}

IdentityTimeline::IdentityTimeline(std::vector<std::shared_ptr<const Identity>> written) {
  std::uint32_t scope = 0;
  for (const auto& [name, history] : histories(written)) {
    for (std::size_t i = 0; i < history.size(); ++i) {
      const TimeMs until = i + 1 < history.size() ? history[i + 1]->from : std::numeric_limits<TimeMs>::max();
      entries_.push_back({permitted(history[i]), until, scope});
    }
    ++scope;
  }
  std::unordered_map<std::string, std::uint32_t> uses;
  std::string key;
  for (const Entry& e : entries_) {
    for (const Label& l : e.identity->labels) names_.insert(l.name);
    for (const Labels& target : e.identity->targets) {
      for (const Label& l : target) pair_key(l, key), ++uses[key];
    }
  }
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto& targets = entries_[i].identity->targets;
    for (std::uint32_t k = 0; k < targets.size(); ++k) {
      if (targets[k].empty()) {
        of_all_.push_back({i, k});
        continue;
      }
      std::string rarest;
      for (const Label& l : targets[k]) {
        pair_key(l, key);
        if (rarest.empty() || uses[key] < uses[rarest]) rarest = key;
      }
      by_label_[rarest].push_back({i, k});
    }
  }
}

bool IdentityTimeline::tells_of(TimeRange range) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& e) { return !e.identity->labels.empty() && e.overlaps(range); });
}

void IdentityJoiner::look_up(const std::vector<IdentityTimeline::Target>& targets, const Labels& series) {
  for (const auto& [entry, target] : targets) {
    const IdentityTimeline::Entry& e = timeline_.entries_[entry];
    if (!e.overlaps(range_) || !has_all(series, e.identity->targets[target])) continue;
    const auto specificity = static_cast<std::uint32_t>(e.identity->targets[target].size());
    about_.push_back({entry, specificity});
  }
}

const std::vector<IdentityStretch>& IdentityJoiner::stretches(const Labels& series) {
  about_.clear();
  look_up(timeline_.of_all_, series);
  if (!timeline_.by_label_.empty()) {
    for (const Label& l : series) {
      pair_key(l, key_);
      if (const auto at = timeline_.by_label_.find(key_); at != timeline_.by_label_.end()) look_up(at->second, series);
    }
  }
  // Of several targets of one identity the one that says most.
  std::sort(about_.begin(), about_.end(), [](const About& a, const About& b) {
    return a.entry != b.entry ? a.entry < b.entry : a.specificity > b.specificity;
  });
  about_.erase(std::unique(about_.begin(), about_.end(), [](const About& a, const About& b) { return a.entry == b.entry; }),
               about_.end());
  const auto known = known_.find(about_);
  if (known != known_.end()) return known->second.stretches;
  return known_.emplace(about_, join(about_)).first->second.stretches;
}

IdentityJoiner::Joined IdentityJoiner::join(const std::vector<About>& about) const {
  std::set<TimeMs> times{range_.min};
  std::vector<About> by_time = about;
  for (const About& a : about) {
    const IdentityTimeline::Entry& e = timeline_.entries_[a.entry];
    if (e.identity->from > range_.min) times.insert(e.identity->from);
    if (e.until <= range_.max) times.insert(e.until);
  }
  const auto from_of = [&](const About& a) { return timeline_.entries_[a.entry].identity->from; };
  std::sort(by_time.begin(), by_time.end(), [&](const About& a, const About& b) { return from_of(a) < from_of(b); });

  Joined out;
  std::vector<About> in_force;
  auto next = by_time.begin();
  for (const TimeMs t : times) {
    std::erase_if(in_force, [&](const About& a) { return timeline_.entries_[a.entry].until <= t; });
    for (; next != by_time.end() && from_of(*next) <= t; ++next) {
      if (timeline_.entries_[next->entry].until > t) in_force.push_back(*next);
    }
    Labels labels = union_of(in_force);
    if (!out.labels.empty() && *out.labels.back() == labels) continue;
    out.labels.push_back(std::make_unique<Labels>(std::move(labels)));
    out.stretches.push_back({t, out.labels.back().get()});
  }
  return out;
}

Labels IdentityJoiner::union_of(std::vector<About> about) const {
  // The last one given wins.
  std::sort(about.begin(), about.end(), [&](const About& a, const About& b) {
    const IdentityTimeline::Entry& x = timeline_.entries_[a.entry];
    const IdentityTimeline::Entry& y = timeline_.entries_[b.entry];
    if (a.specificity != b.specificity) return a.specificity < b.specificity;
    if (x.identity->from != y.identity->from) return x.identity->from < y.identity->from;
    return x.scope > y.scope;
  });
  // A process of one pod on another pod's card is its own pod's alone: labels of two pods are not mixed.
  std::vector<const Labels*> given;
  for (const About& a : about) {
    const Labels& labels = timeline_.entries_[a.entry].identity->labels;
    const std::string_view pod = labels.get("pod_uid");
    if (!pod.empty()) std::erase_if(given, [pod](const Labels* l) { return l->has("pod_uid") && l->get("pod_uid") != pod; });
    given.push_back(&labels);
  }
  std::vector<Label> out;
  for (const Labels* labels : given) out.insert(out.end(), labels->begin(), labels->end());
  return Labels(std::move(out));
}

}  // namespace tacho::store
