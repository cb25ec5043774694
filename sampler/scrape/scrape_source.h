// An exporter, scraped: the series of its page, and what Prometheus tells of a scrape (up, scrape_*).
//
// Shape    a row is a page: every series of it, stamped with the tick. A series that is not on the page any more ends there; when a
//          scrape fails all of them do, with up 0 (Prometheus's staleness).
// Threads  one of its own (may_block); never longer inside than timeout_of().
// Cost     a request, and a comparison and a number a line (proto/scraped_page.h): no allocation of its own while the page keeps its
//          series. Where they change: the parser, labels for the new ones, and what changes of the layout.
// Errors   none: a target that does not answer is a row that says so. The first of several failures in a row is logged.
// Types    are the page's (# TYPE), which decide what of a minute is shipped (store/rollup/rollup.h): counters last, gauges average.
// Times    A row has one time. Of a sample that brings its own (honor_timestamps) the value stands in the row of the tick at which it was
//          seen first, if it is then no older than two intervals, or 5 s; what is older, or from the future, is absent and counted, and
//          so is what was seen before: no value is told twice.
// Source   Prometheus 2.42 and 3: scrape/scrape.go, as its documentation tells of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proto/scraped_page.h"
#include "sampler/scrape/account.h"
#include "sampler/scrape/fetch.h"
#include "sampler/scrape/page_columns.h"
#include "sampler/scrape/target.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ScrapeSource final : public Source {
 public:
  // `account` and `clock` outlive it.
  ScrapeSource(ScrapeTarget target, ScrapeAccount& account, const Clock& clock);
  // The page comes from elsewhere: for tests.
  ScrapeSource(ScrapeTarget target, ScrapeAccount& account, const Clock& clock, std::unique_ptr<PageFetcher> fetcher);

  std::string_view name() const override { return target_.name; }
  std::int64_t default_interval_ms() const override { return target_.interval_ms; }
  void set_interval(std::int64_t ms) override;
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  bool describe_change(store::SchemaChange& change) override;
  Result<Sampled> sample(Row& row) override;

 private:
  // The columns before the page's, in this order.
  enum Report : std::size_t { kUp, kSeconds, kScraped, kLeft, kAdded, kReports };
  // What was scraped and did not fit the layout waits for the new one, which is asked for once.
  enum class Waiting : std::uint8_t { nothing, for_layout, for_row };

  std::optional<ScrapeFailure> scrape();
  std::optional<ScrapeFailure> read_page(TextFormat format);
  void adopt();
  void described();
  void tell(std::optional<ScrapeFailure> failure, TimeMs begun);
  void fill(Row& row);
  void fill_timed(Row& row);

  const ScrapeTarget target_;
  ScrapeAccount& account_;
  const Clock& clock_;
  std::unique_ptr<PageFetcher> fetcher_;
  std::int64_t age_max_ms_ = 0;

  std::string text_;  // the memory of the page to come
  ScrapedPage page_;
  PageColumns columns_;
  std::vector<PageFamily> families_;           // as the account has them
  std::size_t samples_left_ = 0;               // of the page, after the rules
  std::size_t duplicates_ = 0;                 // among them
  std::optional<ScrapeFailure> page_failure_;  // what is wrong with a page of these lines, whatever their values
  std::optional<ScrapeFault> told_;            // the failure that goes on, and has been logged
  bool told_out_of_time_ = false;

  double reports_[kReports] = {};
  bool up_ = false;
  TimeMs answered_ = 0;
  std::uint64_t layout_ = 0;            // grows when the series do change
  std::uint64_t described_layout_ = 0;  // that describe() has told
  bool described_up_ = false;
  Waiting waiting_ = Waiting::nothing;
};

}  // namespace tacho::sampler
