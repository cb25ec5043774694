#include "tools/agent/job_archive.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xxhash.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <limits>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/number.h"
#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"

namespace tacho::tools {
namespace {

namespace fs = std::filesystem;

// A file is END.NAMESPACE!NAME.HASH.json: the end in milliseconds with 13 digits, so that names are in order of time; what is no letter,
// digit, dot or hyphen is an underscore; the hash is of the whole name, which may be longer.
std::string file_name(TimeMs end, const std::string& owner) {
  std::string readable;
  for (const char c : owner.substr(0, 150)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    readable += plain ? c : c == '/' ? '!' : '_';
  }
  return fmt::format("{:013}.{}.{:08x}", end, readable, static_cast<std::uint32_t>(XXH3_64bits(owner.data(), owner.size())));
}

TimeMs end_of(const std::string& report) { return parse_int(report.substr(0, 13)).value_or(0); }

std::vector<std::string> reports_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code ec;
  for (fs::directory_iterator file(folder, ec), end; !ec && file != end; file.increment(ec)) {
    if (file->path().extension() == ".json") out.push_back(file->path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<ArchivedJob> archived_jobs(const std::string& state, std::string_view name) {
  const std::string folder = state + "/jobs";
  std::vector<ArchivedJob> out;
  for (const std::string& report : reports_in(folder)) {
    const auto text = read_file(folder + "/" + report + ".json");
    if (!text) continue;
    boost::system::error_code ec;
    const boost::json::value root = boost::json::parse(*text, ec);
    const boost::json::value* const job = ec ? nullptr : root.find_pointer("/jobs/0/job", ec);
    if (job == nullptr || !job->is_string()) continue;
    query::JobOwner owner{std::string(job->as_string()), ""};
    if (const auto* space = root.find_pointer("/jobs/0/namespace", ec); space != nullptr && space->is_string())
      owner.name_space = std::string(space->as_string());
    if (owner.is_called(name)) out.push_back({folder + "/" + report + ".json", folder + "/" + report + ".txt"});
  }
  return out;
}

// Those that are there, and with the first look those that have ended since the last report.
void JobArchive::see(const store::IdentityTimeline& timeline, TimeMs now) {
  std::map<query::JobOwner, Known> there, ended;
  const std::vector<std::string> reports = reports_in(options_.folder);
  const TimeMs since = std::max(reports.empty() ? 0 : end_of(reports.back()), now - kLookBackMs);
  for (const store::IdentityTimeline::Entry& e : timeline.entries()) {
    const store::Identity& identity = *e.identity;
    if (!query::names_owner(identity.labels)) continue;
    const bool is_there = e.until == std::numeric_limits<TimeMs>::max();
    if (!is_there && (looked_ || e.until <= since)) continue;
    const auto of_all = [](const Labels& target) { return target.empty(); };
    const bool may_hold = identity.scope.starts_with("device ") || identity.scope.starts_with("process ") ||
                          std::ranges::any_of(identity.targets, of_all);
    Known& known = (is_there ? there : ended)[query::owner_of(identity.labels)];
    known.since = known.since == 0 ? identity.from : std::min(known.since, identity.from);
    known.gone = is_there ? 0 : std::max(known.gone, e.until);
    known.may_hold = known.may_hold || may_hold;
  }
  looked_ = true;
  for (const auto& [owner, known] : ended) {
    if (!there.contains(owner)) jobs_.emplace(owner, known);
  }
  for (const auto& [owner, fresh] : there) {
    Known& known = jobs_.emplace(owner, fresh).first->second;
    known.gone = 0;
    known.since = std::min(known.since, fresh.since);
    known.may_hold = known.may_hold || fresh.may_hold;
  }
  for (auto& [owner, known] : jobs_) {
    if (!there.contains(owner) && known.gone == 0) known.gone = now;
    if (known.gone > now) known.gone = now;  // the clock stepped back
    if (known.again > now + kAgainMs) known.again = now;
  }
}

void JobArchive::look(TimeMs now) {
  const auto timeline = options_.timeline();
  if (!timeline) return;
  see(*timeline, now);
  bool failed = false;
  for (auto job = jobs_.begin(); job != jobs_.end() && !stopping_.load(std::memory_order_relaxed);) {
    auto& [owner, known] = *job;
    if (known.gone == 0 || now - known.gone < kEndedMs || now < known.again) {
      ++job;
      continue;
    }
    const auto kept = known.may_hold ? keep(owner, known, now) : Result<void>{};
    if (!kept && stopping_.load(std::memory_order_relaxed)) return;
    if (!kept && !failing_)
      log_error("the report of job {} cannot be kept: {}; it is tried again each {} minutes", owner.text(), kept.error(),
                kAgainMs / 60'000);
    failed = failed || !kept;
    known.again = now + kAgainMs;
    job = kept ? jobs_.erase(job) : std::next(job);
    if (kept && failing_ && !failed) log_info("reports of jobs are kept again");
    failing_ = failed;
  }
}

Result<void> JobArchive::keep(const query::JobOwner& owner, const Known& known, TimeMs now) {
  auto report = query::make_job_report(options_.window, {known.since - 2 * query::kJobGapMs, now}, options_.report);
  if (!report) return std::unexpected(report.error());
  std::erase_if(report->runs, [&](const query::JobRun& r) { return r.owner != owner || r.devices.empty(); });
  report->nobodys.clear();
  report->devices.clear();
  for (const query::JobRun& run : report->runs) {
    if (auto ok = write(*report, run); !ok) return ok;
  }
  drop_oldest();
  return {};
}

Result<void> JobArchive::write(const query::JobReport& report, const query::JobRun& run) const {
  std::error_code ec;
  fs::create_directories(options_.folder, ec);
  if (ec) return failure("{}: {}", options_.folder, ec.message());
  const std::string path = options_.folder + "/" + file_name(run.end, run.owner.text());
  if (fs::exists(path + ".json", ec)) return {};  // a run before the last one, kept already
  query::JobReport one{report.range, {run}, {}, {}};
  if (auto ok = replace_file(path + ".txt", query::job_pages(one, run.owner.text())); !ok) return ok;
  if (auto ok = replace_file(path + ".json", query::job_json(one) + "\n"); !ok) return ok;
  log_info("job {} has ended after {:.0f} s: {} devices, {:.3f} device-hours; its report is {}.txt", run.owner.text(),
           static_cast<double>(run.end - run.begin) / 1000, run.devices.size(),
           static_cast<double>(run.devices_sum.held_ms) / 3'600'000, path);
  return {};
}

void JobArchive::drop_oldest() const {
  const std::vector<std::string> all = reports_in(options_.folder);
  std::error_code ignored;
  for (std::size_t i = 0; i + kReportsMax < all.size(); ++i) {
    fs::remove(options_.folder + "/" + all[i] + ".json", ignored);
    fs::remove(options_.folder + "/" + all[i] + ".txt", ignored);
  }
}

void JobArchive::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "tacho-jobs");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 5);  // of this thread alone
    run();
  });
}

void JobArchive::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(5), [&] { return stopping_.load(); })) {
    lock.unlock();
    look(system_clock().wall_ms());
    lock.lock();
  }
}

void JobArchive::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tacho::tools
