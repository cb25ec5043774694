// Sends one window to an endpoint now, for whoever waits for it: no cursor, no queue, a few attempts.
//
// Shape    one request at a time, with a pause so that no more than samples_per_second leave; a request that fails in passing is tried again
//          `attempts` times in all.
// Threads  one; send() sleeps on the clock.
// Errors   the first thing that did not get better. What was sent before it stays sent.
#pragma once

#include "proto/base/clock.h"
#include "store/shipping/shipper.h"

namespace tacho::store {

struct ShipOnceOptions {
  WriteVersion version = WriteVersion::v1;
  std::size_t samples_per_send_max = 2000;
  double samples_per_second = 20'000;
  int attempts = 5;
};

struct ShippedOnce {
  std::size_t samples = 0;  // taken
  std::size_t refused = 0;
  std::string refusal;                      // what the receiver said first
  WriteVersion version = WriteVersion::v1;  // that it understood
};

Result<ShippedOnce> ship_once(const ShippedWindow& window, const MetricBook* book, Transport& transport, const Clock& clock,
                              const ShipOnceOptions& options);

}  // namespace tacho::store
