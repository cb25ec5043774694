#include "store/identity/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "proto/base/log.h"
#include "store/identity/record.h"
#include "store/log_records.h"

namespace tacho::store {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::string log_path(const std::string& folder) { return folder + "/identities.log"; }

std::string record_of(const Identity& identity) {
  std::string out;
  append_log_record(out, IdentityRecordHeader{.magic = kIdentityRecordMagic, .from = identity.from}, pack_identity(identity));
  return out;
}

}  // namespace

IdentityLog::IdentityLog(IdentityLogOptions options)
    : options_(std::move(options)), path_(log_path(options_.folder)), timeline_(IdentityTimeline::of({})) {}

Result<std::unique_ptr<IdentityLog>> IdentityLog::open(IdentityLogOptions options) {
  std::unique_ptr<IdentityLog> log(new IdentityLog(std::move(options)));
  if (auto ok = log->load(); !ok) return std::unexpected(ok.error());
  log->publish();
  return log;
}

Result<void> IdentityLog::load() {
  struct ::stat there{};
  if (::stat(path_.c_str(), &there) != 0 && errno == ENOENT) return {};
  const auto file = read_file(path_);
  if (!file) return std::unexpected(file.error());
  if (auto checked = check_identity_log(bytes_of(*file), path_); !checked) {
    const std::string aside = path_ + ".damaged";
    if (::rename(path_.c_str(), aside.c_str()) != 0)
      return sys_failure(errno, "{}; cannot rename it to {}", checked.error(), aside);
    log_warn("{}; it is set aside as {}, and the seconds before now have no identities", checked.error(), aside);
    damaged_.fetch_add(1, relaxed);
    return {};
  }
  IdentitiesRead read = read_identities(bytes_of(*file));
  if (read.damaged > 0) {
    log_warn("{}: {} damaged places in it are passed over", path_, read.damaged);
    damaged_.fetch_add(read.damaged, relaxed);
  }
  for (Identity& identity : read.identities) {
    kept_.push_back({nullptr, record_of(identity).size()});
    kept_bytes_ += kept_.back().bytes;
    newest_[identity.scope] = kept_.size() - 1;
    kept_.back().identity = std::make_shared<const Identity>(std::move(identity));
  }
  // What is damaged in it goes with the first thing that is written; also what was torn within the zeros behind the last record.
  anew_ = read.damaged > 0 || file->size() % kLogAlign != 0;
  written_ = kept_.size();
  file_bytes_ = file->size();
  return {};
}

bool IdentityLog::is_news(const Identity& identity) const {
  const auto at = newest_.find(identity.scope);
  if (at == newest_.end()) return !identity.labels.empty();
  const Identity& now = *kept_[at->second].identity;
  return now.targets != identity.targets || now.labels != identity.labels || identity.from < now.from;
}

Result<std::size_t> IdentityLog::append(std::span<const Identity> told, TimeMs oldest) {
  std::size_t news = 0;
  bool dropped = false;
  for (const Identity& one : told) {
    Identity identity{one.scope, one.targets, identity_labels(one.labels), one.from};
    if (!is_news(identity)) continue;
    const std::size_t bytes = record_of(identity).size();
    const std::uint64_t before = kept_bytes_;
    const bool is_record = bytes <= log_record_bytes<IdentityRecordHeader>(kIdentityBytesMax);
    if (is_record) make_room(bytes, oldest);
    dropped |= kept_bytes_ != before;
    if (is_record && fits(bytes)) {
      keep(std::move(identity), bytes);
      ++news;
      continue;
    }
    if (!identity.labels.empty()) dropped_.fetch_add(1, relaxed);
    if (end_scope(identity.scope, identity.from)) ++news;
  }
  if (news > 0 || dropped) publish();
  if (written_ < kept_.size() || (anew_ && news > 0)) {
    if (auto ok = write(); !ok) return std::unexpected(ok.error());
  }
  return news;
}

bool IdentityLog::fits(std::size_t bytes) const { return sizeof(IdentityLogHeader) + kept_bytes_ + bytes <= options_.bytes_max; }

void IdentityLog::keep(Identity identity, std::size_t bytes) {
  kept_bytes_ += bytes;
  newest_[identity.scope] = kept_.size();
  changed_.store(identity.from, relaxed);
  kept_.push_back({std::make_shared<const Identity>(std::move(identity)), bytes});
}

// What there is no room for is so all the same: what was in force of the scope is so no more. False: nothing was.
bool IdentityLog::end_scope(const std::string& scope, TimeMs from) {
  const auto at = newest_.find(scope);
  if (at == newest_.end() || kept_[at->second].identity->labels.empty()) return false;
  Identity end{scope, {}, {}, from};
  const std::size_t bytes = record_of(end).size();
  if (fits(bytes)) {
    keep(std::move(end), bytes);
    return true;
  }
  std::vector<bool> goes;
  for (const Kept& k : kept_) goes.push_back(k.identity->scope == scope);
  dropped_.fetch_add(static_cast<std::uint64_t>(std::count(goes.begin(), goes.end(), true)), relaxed);
  take_out(goes);
  return true;
}

// Takes out the stretches that ended at `before` or earlier, and scopes that are nobody's since then.
bool IdentityLog::drop_ended(TimeMs before) {
  // By scope, backwards: when the next one in force began.
  std::map<std::string_view, TimeMs> next;
  std::vector<bool> goes(kept_.size());
  bool any = false;
  for (std::size_t i = kept_.size(); i-- > 0;) {
    const Identity& identity = *kept_[i].identity;
    auto [at, is_newest] = next.try_emplace(identity.scope, identity.from);
    goes[i] =
        is_newest ? identity.labels.empty() && identity.from <= before : at->second <= before || at->second <= identity.from;
    if (!is_newest && identity.from < at->second) at->second = identity.from;
    any |= goes[i];
  }
  if (any) take_out(goes);
  return any;
}

void IdentityLog::take_out(const std::vector<bool>& goes) {
  std::vector<Kept> rest;
  newest_.clear();
  kept_bytes_ = 0;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (goes[i]) continue;
    kept_bytes_ += kept_[i].bytes;
    newest_[kept_[i].identity->scope] = rest.size();
    rest.push_back(std::move(kept_[i]));
  }
  kept_ = std::move(rest);
  written_ = 0;
  anew_ = true;
}

void IdentityLog::make_room(std::size_t bytes, TimeMs oldest) {
  const auto is_full = [&](std::uint64_t most) { return sizeof(IdentityLogHeader) + kept_bytes_ + bytes > most; };
  if (!is_full(options_.bytes_max)) return;
  drop_ended(oldest);
  // To three quarters, so that the file is not written anew for each one.
  while (is_full(options_.bytes_max / 4 * 3)) {
    const std::size_t before = kept_.size();
    // The first quarter of the ends of stretches that are there.
    std::vector<TimeMs> ends;
    std::map<std::string_view, TimeMs> since;
    for (const Kept& k : kept_) {
      const auto [at, is_first] = since.try_emplace(k.identity->scope, k.identity->from);
      if (!is_first) ends.push_back(k.identity->from);
      at->second = k.identity->from;
    }
    if (ends.empty()) return;
    const auto quarter = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 4);
    std::nth_element(ends.begin(), quarter, ends.end());
    if (!drop_ended(*quarter)) return;
    dropped_.fetch_add(before - kept_.size(), relaxed);
  }
}

Result<void> IdentityLog::write_anew() {
  std::string all = identity_log_header();
  for (const Kept& k : kept_) all += record_of(*k.identity);
  file_ = Fd();
  if (auto ok = replace_file(path_, all); !ok) return ok;
  if (auto ok = sync_folder(options_.folder); !ok) return ok;
  anew_ = false;
  written_ = kept_.size();
  file_bytes_ = all.size();
  bytes_.store(file_bytes_, relaxed);
  return {};
}

// Whoever cleans up the folder takes the file from under the agent.
bool IdentityLog::is_there() const {
  struct ::stat there{};
  if (::stat(path_.c_str(), &there) != 0) return errno != ENOENT;
  if (static_cast<std::uint64_t>(there.st_size) != file_bytes_) return false;
  struct ::stat ours{};
  return !file_ || ::fstat(file_.get(), &ours) != 0 || (ours.st_ino == there.st_ino && ours.st_dev == there.st_dev);
}

Result<void> IdentityLog::write() {
  if (anew_ || !is_there()) return write_anew();
  if (!file_) {
    auto file = Fd::open(path_, O_WRONLY);
    if (!file) return std::unexpected(file.error());
    file_ = std::move(*file);
  }
  std::string news;
  for (std::size_t i = written_; i < kept_.size(); ++i) news += record_of(*kept_[i].identity);
  Result<void> done = write_at(file_, bytes_of(news), file_bytes_, path_);
  if (done && ::fdatasync(file_.get()) != 0) done = sys_failure(errno, "cannot sync {}", path_);
  if (!done) {
    anew_ = true;  // what part of it is there nobody knows
    return done;
  }
  written_ = kept_.size();
  file_bytes_ += news.size();
  bytes_.store(file_bytes_, relaxed);
  return {};
}

void IdentityLog::publish() {
  std::vector<std::shared_ptr<const Identity>> all;
  all.reserve(kept_.size());
  for (const Kept& k : kept_) all.push_back(k.identity);
  auto made = std::make_shared<const IdentityTimeline>(std::move(all));
  {
    const std::lock_guard lock(mutex_);
    timeline_.swap(made);
  }
  bytes_.store(file_bytes_, relaxed);
  count_.store(kept_.size(), relaxed);
  const auto has_labels = [&](const auto& n) { return !kept_[n.second].identity->labels.empty(); };
  scopes_in_force_.store(static_cast<std::uint64_t>(std::count_if(newest_.begin(), newest_.end(), has_labels)), relaxed);
  if (changed_.load(relaxed) == 0 && !kept_.empty()) changed_.store(kept_.back().identity->from, relaxed);
}

std::shared_ptr<const IdentityTimeline> IdentityLog::timeline() const {
  const std::lock_guard lock(mutex_);
  return timeline_;
}

std::vector<Identity> IdentityLog::in_force() const {
  std::vector<Identity> out;
  for (const auto& [scope, at] : newest_) out.push_back(*kept_[at].identity);
  return out;
}

IdentityReader::IdentityReader(const std::string& folder) : path_(log_path(folder)) {}

std::shared_ptr<const IdentityTimeline> IdentityReader::timeline() {
  const std::lock_guard lock(mutex_);
  struct ::stat there{};
  if (::stat(path_.c_str(), &there) != 0) {
    problem_ = errno == ENOENT ? "" : fmt::format("cannot look at {}: {}", path_, ::strerror(errno));
    timeline_ = nullptr;
    seen_ = {};
    return nullptr;
  }
  const Seen now{there.st_ino, static_cast<std::uint64_t>(there.st_size),
                 there.st_mtim.tv_sec * 1'000'000'000 + there.st_mtim.tv_nsec};
  if (now == seen_) return timeline_;
  const auto file = read_file(path_);
  auto checked = file ? check_identity_log(bytes_of(*file), path_) : Result<void>(std::unexpected(file.error()));
  if (!checked) {
    problem_ = checked.error().message;
    timeline_ = nullptr;
    return nullptr;
  }
  IdentitiesRead read = read_identities(bytes_of(*file));
  // A record that is just being written: the file is read again then.
  seen_ = read.damaged == 0 ? now : Seen{};
  problem_ = read.damaged == 0 ? "" : fmt::format("{}: {} damaged places in it are passed over", path_, read.damaged);
  timeline_ = IdentityTimeline::of(read.identities);
  return timeline_;
}

std::string IdentityReader::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace tacho::store
