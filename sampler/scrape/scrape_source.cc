#include "sampler/scrape/scrape_source.h"

#include <algorithm>

#include "proto/base/log.h"
#include "sampler/catalogue.h"

namespace tacho::sampler {
namespace {

constexpr std::int64_t kAgeMs = 5000;
constexpr const char* kReportNames[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
                                        "scrape_samples_post_metric_relabeling", "scrape_series_added"};

}  // namespace

ScrapeSource::ScrapeSource(ScrapeTarget target, ScrapeAccount& account, const Clock& clock, std::unique_ptr<PageFetcher> fetcher)
    : target_(std::move(target)), account_(account), clock_(clock), fetcher_(std::move(fetcher)) {}

ScrapeSource::ScrapeSource(ScrapeTarget target, ScrapeAccount& account, const Clock& clock)
    : target_(std::move(target)), account_(account), clock_(clock), fetcher_(std::make_unique<HttpPageFetcher>(target_)) {}

void ScrapeSource::set_interval(std::int64_t ms) {
  fetcher_->set_timeout(timeout_of(target_, ms));
  age_max_ms_ = std::max(2 * ms, kAgeMs);
}

Result<void> ScrapeSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  for (const char* name : kReportNames) builder.add(name, {target_.labels.begin(), target_.labels.end()});
  if (up_) schema.insert(schema.end(), columns_.series().begin(), columns_.series().end());
  columns_.take_changes();
  described();
  return {};
}

bool ScrapeSource::describe_change(store::SchemaChange& change) {
  if (up_ && !described_up_) return false;
  change.size = kReports;
  if (up_) {
    change.size += columns_.series().size();
    for (const std::uint32_t c : columns_.take_changes())
      change.changed.push_back({static_cast<std::uint32_t>(kReports + c), columns_.series()[c]});
  }
  described();
  return true;
}

void ScrapeSource::described() {
  described_layout_ = layout_;
  described_up_ = up_;
  waiting_ = waiting_ == Waiting::for_layout ? Waiting::for_row : Waiting::nothing;
}

Result<Sampled> ScrapeSource::sample(Row& row) {
  if (waiting_ != Waiting::for_row) {
    const TimeMs begun = clock_.wall_ms();
    const MonoNs mono = clock_.mono();
    auto failure = scrape();
    reports_[kSeconds] = static_cast<double>(clock_.mono() - mono) / 1e9;
    up_ = !failure;
    reports_[kUp] = up_ ? 1 : 0;
    tell(std::move(failure), begun);
    if (up_ != described_up_ || (up_ && layout_ != described_layout_)) {
      waiting_ = Waiting::for_layout;
      return Sampled::layout_changed;
    }
  }
  waiting_ = Waiting::nothing;
  fill(row);
  return Sampled::ok;
}

std::optional<ScrapeFailure> ScrapeSource::scrape() {
  for (const Report r : {kScraped, kLeft, kAdded}) reports_[r] = 0;
  const auto format = fetcher_->fetch(text_);
  answered_ = clock_.wall_ms();
  if (!format) return format.error();
  return read_page(*format);
}

std::optional<ScrapeFailure> ScrapeSource::read_page(TextFormat format) {
  const auto read = page_.read(text_, format);
  reports_[kScraped] = static_cast<double>(page_.samples_read());
  if (!read) return ScrapeFailure{ScrapeFault::text, fmt::format("the page of {}: {}", target_.url.to_string(), read.error())};
  if (*read == ScrapedPage::Read::changed) adopt();
  reports_[kLeft] = static_cast<double>(samples_left_);
  account_.count_duplicates(duplicates_);
  return page_failure_;
}

// The page has other lines than the one before, or says something else of them.
void ScrapeSource::adopt() {
  PageColumns::Adopted adopted = columns_.adopt(page_, target_);
  layout_ += adopted.changed;
  if (adopted.duplicates > 0 && duplicates_ == 0)
    log_warn("the page of {} has {} samples of series that are on it already; the first of them counts", target_.url.to_string(),
             adopted.duplicates);
  duplicates_ = adopted.duplicates;
  samples_left_ = adopted.samples;
  reports_[kAdded] = static_cast<double>(adopted.added);
  page_failure_ = std::move(adopted.failure);
  if (!page_failure_ && target_.limits.samples > 0 && samples_left_ > target_.limits.samples)
    page_failure_ =
        ScrapeFailure{ScrapeFault::sample_limit, fmt::format("the page of {} has {} samples, sample_limit is {}",
                                                             target_.url.to_string(), samples_left_, target_.limits.samples)};
  if (std::ranges::equal(page_.families(), families_)) return;
  families_.assign(page_.families().begin(), page_.families().end());
  std::vector<store::MetricMetadata> metadata;
  metadata.reserve(families_.size());
  for (const PageFamily& f : families_) metadata.push_back({f.name, f.type, f.help, f.unit});
  account_.set_metadata(target_.name, std::move(metadata));
}

void ScrapeSource::tell(std::optional<ScrapeFailure> failure, TimeMs begun) {
  account_.report(target_.name, begun, reports_[kSeconds], failure ? &*failure : nullptr);
  if (failure) account_.count_failure(failure->fault);
  if (failure && told_ != failure->fault) log_warn("scrape of job {}: {}", target_.job, failure->message);
  if (!failure && told_) log_info("scrape of job {}: {} is back", target_.job, target_.url.to_string());
  told_ = failure ? std::optional(failure->fault) : std::nullopt;
}

void ScrapeSource::fill(Row& row) {
  for (std::size_t r = 0; r < kReports; ++r) row.set(r, reports_[r]);
  if (!up_) return;
  if (!page_.times().empty() && target_.honor_timestamps) return fill_timed(row);
  const auto columns = columns_.columns();
  const auto values = page_.values();
  for (std::size_t line = 0; line < columns.size(); ++line) {
    if (PageColumns::is_column(columns[line])) row.set(kReports + columns[line], values[line]);
  }
}

void ScrapeSource::fill_timed(Row& row) {
  const auto columns = columns_.columns();
  const auto last_times = columns_.last_times();
  std::size_t out_of_time = 0;
  for (std::size_t line = 0; line < columns.size(); ++line) {
    if (!PageColumns::is_column(columns[line])) continue;
    const TimeMs t = page_.times()[line];
    TimeMs& last = last_times[columns[line]];
    if (t != ScrapedPage::kNoTime) {
      if (t == last) continue;
      const bool fits = t > last && t >= answered_ - age_max_ms_ && t <= answered_ + age_max_ms_;
      out_of_time += !fits;
      if (!fits) continue;
      last = t;
    }
    row.set(kReports + columns[line], page_.values()[line]);
  }
  account_.count_out_of_time(out_of_time);
  if (out_of_time > 0 && !told_out_of_time_)
    log_warn(
        "the page of {} has {} samples with times of their own that are more than {} ms away from the scrape's; they are left "
        "out. "
        "honor_timestamps: false takes them, at the scrape's time",
        target_.url.to_string(), out_of_time, age_max_ms_);
  told_out_of_time_ = told_out_of_time_ || out_of_time > 0;
}

}  // namespace tacho::sampler
