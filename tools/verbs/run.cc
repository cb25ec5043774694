#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "proto/base/clock.h"
#include "proto/base/duration.h"
#include "proto/base/log.h"
#include "tools/agent/agent.h"
#include "tools/agent/open_files.h"
#include "tools/agent/service_manager.h"
#include "tools/answers/data.h"
#include "tools/config/known_sources.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kFlagIntervalMinMs = 10;

// What the file says, under what the flags say.
Result<AgentOptions> settle(const RunOptions& run) {
  AgentOptions out;
  if (run.config) {
    auto config = load_config(*run.config, {known_sources()});
    if (!config) return std::unexpected(config.error());
    out.config = std::move(*config);
  }
  const auto pick = [](const auto& flag, const auto& file) { return flag ? flag : file; };
  out.dirs = store::agent_dirs(pick(run.state, out.config.state_dir), pick(run.runtime, out.config.runtime_dir));
  out.listen = pick(run.listen, out.config.listen).value_or("127.0.0.1:9980");
  out.interval_ms = pick(run.interval_ms, out.config.interval_ms).value_or(1000);
  out.roots = run.roots;
  out.accel = sampler::AccelOptions::from_environment();
  if (out.interval_ms < kFlagIntervalMinMs)
    return failure("an interval of {} is shorter than {}, the shortest there is; --interval 1s is usual",
                   format_duration(out.interval_ms), format_duration(kFlagIntervalMinMs));
  return out;
}

// Returns the signal that ends the agent. Until then it tells the service manager, if that wants to know, that rows are being made.
int wait_for_end(const sigset_t& ends, const Agent& agent, std::int64_t interval_ms, ServiceManager& manager) {
  // Three times in the time it waits. One who samples seldom is well for three of its intervals.
  const std::int64_t period_ms = manager.watchdog_ms() > 0 ? std::max<std::int64_t>(manager.watchdog_ms() / 3, 1) : 3'600'000;
  const std::int64_t patience_ns = 3 * interval_ms * kNsPerMs;
  std::uint64_t rows = agent.rows();
  MonoNs grown = system_clock().mono();
  for (;;) {
    const timespec period{period_ms / 1000, (period_ms % 1000) * kNsPerMs};
    const int signal = ::sigtimedwait(&ends, nullptr, &period);
    if (signal == SIGHUP) {
      log_info("SIGHUP: there is nothing to reload yet; restart to use a new configuration (no second is lost)");
      continue;
    }
    if (signal > 0) return signal;
    if (errno != EAGAIN || manager.watchdog_ms() == 0) continue;
    const MonoNs now = system_clock().mono();
    if (const std::uint64_t newest = agent.rows(); newest != rows) rows = newest, grown = now;
    if (now - grown < std::max(patience_ns, period_ms * kNsPerMs)) manager.tell("WATCHDOG=1");
  }
}

// Without exit(), which would take down what a thread that was left behind still uses.
[[noreturn]] void end_at_once(int code) {
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

int run(const RunOptions& options) {
  // A few threads that allocate little: one arena is enough, and keeps memory small.
  ::mallopt(M_ARENA_MAX, 1);
  raise_open_files_limit();
  sigset_t ends;
  sigemptyset(&ends);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, s);
  // Before any thread starts, so that all inherit it: only sigtimedwait above takes these signals.
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ServiceManager manager = ServiceManager::from_environment();

  auto settled = settle(options);
  if (!settled) return fail(settled.error());
  const store::StoreDirs dirs = settled->dirs;
  const std::int64_t interval_ms = settled->interval_ms;
  auto agent = Agent::start(std::move(*settled));
  if (!agent) end_at_once(fail(agent.error()));
  log_info("tacho {} answers on http://{}/, keeps its window in {} and {}", TACHO_VERSION, (*agent)->address(), dirs.state,
           dirs.runtime);

  manager.tell("READY=1");
  const int signal = wait_for_end(ends, **agent, interval_ms, manager);
  manager.tell("STOPPING=1");
  log_info("ends on signal {}", signal);
  const bool clean = (*agent)->stop();
  if (!clean) end_at_once(0);
  return 0;
}

}  // namespace tacho::tools
