#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "proto/base/duration.h"
#include "proto/base/log.h"
#include "tools/agent.h"
#include "tools/data.h"
#include "tools/known_sources.h"
#include "tools/open_files.h"
#include "tools/verbs.h"

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

}  // namespace

int run(const RunOptions& options) {
  // A few threads that allocate little: one arena is enough, and keeps memory small.
  ::mallopt(M_ARENA_MAX, 1);
  raise_open_files_limit();
  sigset_t ends;
  sigemptyset(&ends);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, s);
  // Before any thread starts, so that all inherit it: only sigwait below takes these signals.
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  auto settled = settle(options);
  if (!settled) return fail(settled.error());
  const store::StoreDirs dirs = settled->dirs;
  auto agent = Agent::start(std::move(*settled));
  if (!agent) return fail(agent.error());
  log_info("tacho {} answers on http://{}/, keeps its window in {} and {}", TACHO_VERSION, (*agent)->address(), dirs.state,
           dirs.runtime);

  int signal = 0;
  do {
    ::sigwait(&ends, &signal);
    if (signal == SIGHUP)
      log_info("SIGHUP: there is nothing to reload yet; restart to use a new configuration (no second is lost)");
  } while (signal == SIGHUP);
  log_info("ends on signal {}", signal);
  const bool clean = (*agent)->stop();
  if (!clean) {
    std::fflush(nullptr);
    ::_exit(0);
  }
  return 0;
}

}  // namespace tacho::tools
