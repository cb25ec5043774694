#include "tools/job_archive.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"

namespace tacho::tools {
namespace {

namespace fs = std::filesystem;

// A file is END.NAMESPACE!NAME.json, the end in milliseconds with 13 digits, so that names are in order of time; what is no letter, digit,
// dot or hyphen is an underscore.
std::string file_part(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 100)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    out += plain ? c : c == '/' ? '!' : '_';
  }
  return out;
}

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
  const std::string folder = state + "/jobs", wanted = file_part(name);
  std::vector<ArchivedJob> out;
  for (const std::string& report : reports_in(folder)) {
    const std::string job = report.substr(std::min(report.find('.'), report.size() - 1) + 1);
    if (job != wanted && job.substr(job.find('!') + 1) != wanted) continue;
    out.push_back({folder + "/" + report + ".json", folder + "/" + report + ".txt"});
  }
  return out;
}

void JobArchive::look(TimeMs now) {
  const auto timeline = options_.timeline();
  std::map<query::JobOwner, TimeMs> there;
  if (timeline) {
    for (const store::IdentityTimeline::Entry& e : timeline->entries()) {
      const Labels& labels = e.identity->labels;
      if (labels.empty() || e.until != std::numeric_limits<TimeMs>::max()) continue;
      if (!labels.has("pod") && !labels.has("job_name") && !labels.has("hpc_job") && !labels.has("slurm_job_id")) continue;
      const auto [at, added] = there.emplace(query::owner_of(labels), e.identity->from);
      if (!added) at->second = std::min(at->second, e.identity->from);
    }
  }
  for (const auto& [owner, since] : there) {
    const auto [known, added] = jobs_.emplace(owner, Known{since, 0});
    known->second.gone = 0;
    known->second.since = std::min(known->second.since, since);
  }
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    auto& [owner, known] = *job;
    if (there.contains(owner)) {
      ++job;
      continue;
    }
    if (known.gone == 0) known.gone = now;
    if (now - known.gone < kEndedMs) {
      ++job;
      continue;
    }
    const auto kept = keep(owner, known, now);
    if (!kept && !failing_) log_error("the report of job {} cannot be kept: {}; it is tried again", owner.text(), kept.error());
    if (kept && failing_) log_info("reports of jobs are kept again");
    failing_ = !kept;
    job = kept ? jobs_.erase(job) : std::next(job);
  }
}

Result<void> JobArchive::keep(const query::JobOwner& owner, const Known& known, TimeMs now) {
  auto report = query::make_job_report(options_.window, {known.since - query::kJobGapMs, now}, options_.report);
  if (!report) return std::unexpected(report.error());
  std::erase_if(report->runs, [&](const query::JobRun& r) { return r.owner != owner || r.run != r.runs; });
  if (report->runs.empty() || report->runs[0].devices.empty()) return {};  // it held no device: nothing to tell
  query::JobRun& run = report->runs[0];
  run.running = false;
  report->nobodys.clear();
  report->devices.clear();
  std::error_code ec;
  fs::create_directories(options_.folder, ec);
  if (ec) return failure("{}: {}", options_.folder, ec.message());
  const std::string path = fmt::format("{}/{:013}.{}", options_.folder, run.end, file_part(owner.text()));
  if (auto ok = replace_file(path + ".txt", query::job_pages(*report, owner.text())); !ok) return ok;
  if (auto ok = replace_file(path + ".json", query::job_json(*report) + "\n"); !ok) return ok;
  log_info("job {} has ended after {:.0f} s: {} devices, {:.3f} device-hours; its report is {}.txt", owner.text(),
           static_cast<double>(run.end - run.begin) / 1000, run.devices.size(),
           static_cast<double>(run.devices_sum.held_ms) / 3'600'000, path);
  drop_oldest();
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
  while (!wake_.wait_for(lock, std::chrono::seconds(5), [&] { return stopping_; })) {
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
