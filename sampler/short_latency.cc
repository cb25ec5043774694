#include "sampler/short_latency.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace tacho::sampler {
namespace {

// struct sched_attr, first version (sched_setattr(2)); the kernel's own header clashes with libc's.
struct SchedAttr {
  std::uint32_t size = sizeof(SchedAttr);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedAttr) == 48);

}  // namespace

void prefer_short_latency() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  SchedAttr attr;
  attr.nice = ::getpriority(PRIO_PROCESS, 0);
  attr.runtime_ns = 100'000;  // the shortest slice there is
  ::syscall(SYS_sched_setattr, 0, &attr, 0U);
}

}  // namespace tacho::sampler
