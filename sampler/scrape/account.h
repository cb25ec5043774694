// What all scrapes together have to tell: failures by kind, what the pages say of their metrics, how each target does.
//
// Threads  writing: each target's own thread. Reading: any. Counters are relaxed atomics, each stands alone; the rest is under a mutex
//          that is held for moments.
// Cost     a scrape: one lock that nobody else holds for long.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/labels.h"
#include "store/queryable.h"

namespace tacho::sampler {

// Why a scrape failed.
enum class ScrapeFault : std::uint8_t { no_answer, timeout, status, body_size, text, relabel, sample_limit, label_limit };
inline constexpr std::size_t kScrapeFaults = 8;
// The value of the label `reason`: "no_answer", ...
std::string_view name_of(ScrapeFault fault);

struct ScrapeFailure {
  ScrapeFault fault = ScrapeFault::no_answer;
  std::string message;

  bool operator==(const ScrapeFailure&) const = default;
};

// A target's last scrape.
struct ScrapeReport {
  TimeMs begun = 0;  // 0: not scraped yet
  double seconds = 0;
  bool up = false;
  std::string error;  // "" when it went well
};

class ScrapeAccount {
 public:
  void count_failure(ScrapeFault fault) { failures_[static_cast<std::size_t>(fault)].fetch_add(1, relaxed); }
  void count_duplicates(std::size_t samples) { duplicates_.fetch_add(samples, relaxed); }
  void count_out_of_time(std::size_t samples) { out_of_time_.fetch_add(samples, relaxed); }
  const std::atomic<std::uint64_t>& failures(ScrapeFault fault) const { return failures_[static_cast<std::size_t>(fault)]; }
  const std::atomic<std::uint64_t>& duplicates() const { return duplicates_; }
  const std::atomic<std::uint64_t>& out_of_time() const { return out_of_time_; }

  // `target` is the source's name.
  void set_metadata(std::string_view target, std::vector<store::MetricMetadata> metadata);
  // Each name once; of targets that disagree the first by name.
  std::vector<store::MetricMetadata> metadata() const;

  void report(std::string_view target, TimeMs begun, double seconds, const ScrapeFailure* failure);
  ScrapeReport report_of(std::string_view target) const;

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;

  std::array<std::atomic<std::uint64_t>, kScrapeFaults> failures_{};
  std::atomic<std::uint64_t> duplicates_{0};
  std::atomic<std::uint64_t> out_of_time_{0};
  mutable std::mutex mutex_;  // guards what follows; a leaf
  std::map<std::string, std::vector<store::MetricMetadata>, std::less<>> metadata_;
  std::map<std::string, ScrapeReport, std::less<>> reports_;
};

}  // namespace tacho::sampler
