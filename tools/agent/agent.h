// The agent: store, sampler, HTTP API, shipping, put together and taken apart in the right order.
//
// Threads  start() and stop(): one thread, which lives as long as the process (children end with it); start() before there are others. What each of the agent's own threads owns: ARCHITECTURE.md, "Threads".
// Errors   start(): folders or an address that cannot be used, an endpoint that cannot be understood. What it had begun until then is
//          stopped, but a call to the kubelet may go on: the process must end with _exit.
// Stop     HTTP first (no new questions), then shipping, then sampling; then everything is sealed.
#pragma once

#include <memory>

#include "proto/base/error.h"
#include "sampler/accel_sources.h"
#include "sampler/source.h"
#include "store/directory.h"
#include "tools/config/config.h"

namespace tacho::tools {

struct AgentOptions {
  Config config;
  store::StoreDirs dirs;
  std::string listen;
  std::int64_t interval_ms = 1000;
  sampler::Roots roots;
  sampler::AccelOptions accel;
};

class Agent {
 public:
  static Result<std::unique_ptr<Agent>> start(AgentOptions options);
  ~Agent();
  // False: a thread could not be ended, of a source that hangs in the kernel or of a call to the kubelet; the process must end with _exit.
  bool stop();
  // Rows of its own source until now: a tick thread that works makes it grow. Any thread.
  std::uint64_t rows() const;
  // HOST:PORT with the real port.
  std::string address() const;

 private:
  struct Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tacho::tools
