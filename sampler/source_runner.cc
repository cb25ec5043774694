#include "sampler/source_runner.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "proto/base/log.h"
#include "sampler/moment.h"

namespace tacho::sampler {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

SourceRunner::SourceRunner(std::unique_ptr<Source> source, std::unique_ptr<store::Group> group, std::int64_t interval_ms,
                           const Clock& clock)
    : source_(std::move(source)), group_(std::move(group)), clock_(clock), grid_(interval_ms) {
  source_->set_interval(interval_ms);
}

void SourceRunner::start() {
  const Moment now = Moment::now(clock_);
  grid_.start(now.wall_ns, now.mono);
  if (!source_->may_block()) describe();  // one that can hang: at its first tick, which is watched
}

template <typename Call>
auto SourceRunner::in_source(Call call) {
  if (!source_->may_block()) return call();
  hand_.store(Hand::lent, std::memory_order_release);
  auto result = call();
  for (Hand expected = Hand::lent; !hand_.compare_exchange_weak(expected, Hand::thread, std::memory_order_acquire);
       expected = Hand::lent)
    std::this_thread::yield();  // the watch is about to write a row, which takes microseconds
  if (marked_stale_) failures_ = std::max(failures_, kStaleAfter);
  return result;
}

void SourceRunner::watch() {
  const std::int64_t since = stats_.busy_since_ns.load(relaxed);
  const MonoNs now = clock_.mono();
  if (since == 0 || MonoNs{since} == watched_ || now - MonoNs{since} < kStaleAfter * grid_.interval_ns()) return;
  Hand expected = Hand::lent;
  if (!hand_.compare_exchange_strong(expected, Hand::watch, std::memory_order_acquire)) return;
  // Still the same hang, now that the thread cannot go on. Half a tick back: no row of the thread's has such a time.
  if (stats_.busy_since_ns.load(relaxed) == since) {
    const std::int64_t wall = clock_.wall_ns();
    if (group_->described()) group_->publish_stale((wall - wall % grid_.interval_ns() - grid_.interval_ns() / 2) / kNsPerMs);
    marked_stale_ = true;
    watched_ = MonoNs{since};
  }
  hand_.store(Hand::lent, std::memory_order_release);
}

// A source that is not there has no reason to wake anybody until it is looked for again.
std::int64_t SourceRunner::wait_ns() const {
  const std::int64_t idle_ticks = group_->described() ? 0 : std::max<std::int64_t>(ticks_to_describe_, 0);
  return grid_.wait_ns(clock_.wall_ns()) + idle_ticks * grid_.interval_ns();
}

int SourceRunner::ticks_between_looks() const {
  return static_cast<int>(std::clamp<std::int64_t>(kLookMs / interval_ms(), 0, kLookTicksMax));
}

bool SourceRunner::describe() {
  store::Schema schema;
  auto described = in_source([&] { return source_->describe(schema); });
  if (!described) {
    ticks_to_describe_ = ticks_between_looks();
    if (!complained_) log_info("source {} is not there: {}", source_->name(), described.error());
    complained_ = true;
    return false;
  }
  if (auto ok = group_->describe(std::move(schema)); !ok) {
    ticks_to_describe_ = ticks_between_looks();
    if (!complained_) log_warn("source {} is not sampled: {}", source_->name(), ok.error());
    complained_ = true;
    return false;
  }
  complained_ = false;
  in_step_ = true;
  return true;
}

std::int64_t SourceRunner::stuck_ns(MonoNs now) const {
  const std::int64_t since = stats_.busy_since_ns.load(relaxed);
  return since == 0 ? 0 : std::max<std::int64_t>(now - MonoNs{since} - deadline_ns(), 0);
}

void SourceRunner::tick() {
  const TickGrid::Due due = wake(group_->described());
  if (!due.due) return;
  if (!group_->described()) {
    const std::int64_t before = ticks_to_describe_;
    ticks_to_describe_ -= 1 + static_cast<int>(std::min<std::int64_t>(due.missed, kLookTicksMax));
    if (before > due.missed) return;
  }
  if (ticks_to_rest_ > 0) return rest(due.tick_ns / kNsPerMs);
  take_row(due.tick_ns);
}

TickGrid::Due SourceRunner::wake(bool is_there) {
  const Moment now = Moment::now(clock_);
  const TickGrid::Due due = grid_.wake(now.wall_ns, now.mono);
  if (due.stepped) stats_.clock_steps.fetch_add(1, relaxed);
  if (due.missed > 0 && is_there) stats_.missed.fetch_add(static_cast<std::uint64_t>(due.missed), relaxed);
  return due;
}

void SourceRunner::take_row(std::int64_t tick_ns) {
  const MonoNs begun = clock_.mono();
  stats_.busy_since_ns.store(static_cast<std::int64_t>(begun), relaxed);
  const bool was_described = group_->described();
  if (!was_described && !describe()) return stats_.busy_since_ns.store(0, relaxed);
  std::int64_t read_wall = clock_.wall_ns();
  // Being described or held up took it beyond the next tick: the row is that one's, which would else have a second row in it.
  while (read_wall >= grid_.next()) {
    if (was_described) stats_.missed.fetch_add(1, relaxed);
    const TickGrid::Due due = wake(was_described);
    if (!due.due) return stats_.busy_since_ns.store(0, relaxed);
    tick_ns = due.tick_ns;
    read_wall = clock_.wall_ns();
  }
  const auto sampled = sample_row();
  stats_.busy_since_ns.store(0, relaxed);
  const std::int64_t took = clock_.mono() - begun;
  const TimeMs t = grid_.stamp(tick_ns, read_wall);
  if (!sampled) return failed(sampled.error(), t);
  // What was read during so long a time has no one time: a gap is the honest answer.
  if (source_->may_block() && took > deadline_ns()) {
    overran();
    return failed(Error{fmt::format("took {} ms, its deadline is {} ms", took / kNsPerMs, deadline_ns() / kNsPerMs)}, t);
  }

  group_->publish(t);
  if (complained_) log_info("source {} is back", source_->name());
  complained_ = false;
  failures_ = 0;
  overruns_ = 0;
  marked_stale_ = false;
  stats_.duration_ns.store(took, relaxed);
  stats_.lateness_ns.store(read_wall - tick_ns, relaxed);
  stats_.rows.fetch_add(1, relaxed);
  stats_.up.store(true, relaxed);
  stats_.seen.store(true, relaxed);
}

// Until it succeeds the source is not sampled: it fills the layout that it has described last, and the group has the one before.
Result<void> SourceRunner::describe_again() {
  described_as_source_ = false;
  store::SchemaChange change;
  if (std::exchange(in_step_, false) && in_source([&] { return source_->describe_change(change); })) {
    if (auto ok = group_->describe(std::move(change)); !ok) return ok;
  } else {
    store::Schema schema;
    if (auto described = in_source([&] { return source_->describe(schema); }); !described) return described;
    if (auto ok = group_->describe(std::move(schema)); !ok) return ok;
  }
  described_as_source_ = true;
  in_step_ = true;
  return {};
}

Result<Sampled> SourceRunner::sample_in_place() {
  Row row(group_->begin_row());
  return source_->sample(row);
}

// What a source that hangs may still write must not lie in the head, which goes on without it.
Result<Sampled> SourceRunner::sample_aside() {
  const std::size_t size = group_->begin_row().size();
  if (row_.size() != size) row_ = RowBuffer(size);
  row_.clear();
  Row row = row_.row();
  const auto sampled = in_source([&] { return source_->sample(row); });
  if (!sampled || *sampled != Sampled::ok) return sampled;
  const auto cells = group_->begin_row();
  for (std::size_t c = 0; c < size; ++c) cells[c].store(row_.bits(c), std::memory_order_release);
  return sampled;
}

Result<void> SourceRunner::sample_row() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!described_as_source_) {
      if (auto ok = describe_again(); !ok) return ok;
    }
    const auto sampled = source_->may_block() ? sample_aside() : sample_in_place();
    if (!sampled) return std::unexpected(sampled.error());
    if (*sampled == Sampled::ok) return {};
    described_as_source_ = false;
  }
  return failure("its layout changed twice within a tick");
}

// What is slow is slowed down by being asked: after each overrun in a row twice as many ticks are let go by.
void SourceRunner::overran() {
  const std::int64_t most = std::max<std::int64_t>(kRestMaxMs / interval_ms(), 1);
  ticks_to_rest_ = static_cast<int>(std::min<std::int64_t>((1LL << std::min(overruns_, 20)) - 1, most));
  ++overruns_;
}

void SourceRunner::rest(TimeMs tick) {
  --ticks_to_rest_;
  stats_.missed.fetch_add(1, relaxed);
  if (++failures_ == kStaleAfter) group_->publish_stale(tick);
}

void SourceRunner::failed(const Error& error, TimeMs t) {
  stats_.up.store(false, relaxed);
  stats_.errors.fetch_add(1, relaxed);
  stats_.missed.fetch_add(1, relaxed);
  if (!complained_) log_warn("source {} gives no row: {}", source_->name(), error);
  complained_ = true;
  if (++failures_ == kStaleAfter) group_->publish_stale(t);
}

}  // namespace tacho::sampler
