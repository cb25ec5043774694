// One record of the kernel's log, as /dev/kmsg hands it out.
//
// Shape    "6,339,5140900,-;NET: Registered PF_VSOCK protocol family\n SUBSYSTEM=...\n": facility and level in one number, sequence
//          number, microseconds since boot, flags, then perhaps more fields (caller=T12); behind the semicolon the text. The
//          lines behind it that begin with a blank are of its device, and no part of it. In the text, bytes that are no printable ASCII
//          are written as \x0a.
// Errors   nullopt for what does not begin like this.
// Cost     no allocation; the text points into the bytes given.   Threads  any.
// Source   the kernel's Documentation/ABI/testing/dev-kmsg and printk.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tacho::sampler {

struct KmsgRecord {
  unsigned level = 0;     // 0 (emergency) to 7 (debug)
  unsigned facility = 0;  // 0 is the kernel; what a program writes to the log has another
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;  // by the clock of printk: since boot, close to CLOCK_MONOTONIC
  std::string_view text;
};

std::optional<KmsgRecord> parse_kmsg_record(std::string_view bytes);

}  // namespace tacho::sampler
