#include "sampler/scrape/account.h"

#include <set>

namespace tacho::sampler {

std::string_view name_of(ScrapeFault fault) {
  switch (fault) {
    case ScrapeFault::no_answer: return "no_answer";
    case ScrapeFault::timeout: return "timeout";
    case ScrapeFault::status: return "status";
    case ScrapeFault::body_size: return "body_size";
    case ScrapeFault::text: return "text";
    case ScrapeFault::relabel: return "relabel";
    case ScrapeFault::sample_limit: return "sample_limit";
    case ScrapeFault::label_limit: return "label_limit";
  }
  return "";
}

void ScrapeAccount::set_metadata(std::string_view target, std::vector<store::MetricMetadata> metadata) {
  const std::lock_guard lock(mutex_);
  metadata_[std::string(target)] = std::move(metadata);
}

std::vector<store::MetricMetadata> ScrapeAccount::metadata() const {
  std::vector<store::MetricMetadata> out;
  std::set<std::string_view> seen;
  const std::lock_guard lock(mutex_);
  for (const auto& [target, list] : metadata_) {
    for (const store::MetricMetadata& m : list) {
      if (seen.insert(m.name).second) out.push_back(m);
    }
  }
  return out;
}

void ScrapeAccount::report(std::string_view target, TimeMs begun, double seconds, const ScrapeFailure* failure) {
  const std::lock_guard lock(mutex_);
  auto at = reports_.find(target);
  if (at == reports_.end()) at = reports_.emplace(std::string(target), ScrapeReport{}).first;
  ScrapeReport& r = at->second;
  r.begun = begun;
  r.seconds = seconds;
  r.up = failure == nullptr;
  r.error.clear();
  if (failure != nullptr) r.error = failure->message;
}

ScrapeReport ScrapeAccount::report_of(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto at = reports_.find(target);
  return at == reports_.end() ? ScrapeReport{} : at->second;
}

}  // namespace tacho::sampler
