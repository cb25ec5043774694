// The section shipping of the configuration: when minutes are sent, what of them, and how much may wait on the disk.
//
//   shipping:
//     grace: 5s                # after a window's end
//     spread: 10s              # nodes send at different moments of it
//     interval: 1m             # of a window; it divides an hour
//     outbox: 64MiB            # an endpoint; 0: none
//     rules:                   # the first that matches a series decides
//       - match: 'node_cpu_seconds_total{mode="idle"}'      # a selector, or a list of them
//         drop: true
//       - match: '{__name__=~"accel_.*"}'
//         interval: 15s
//         keep: [avg, max, p99]
//       - match: 'node_pressure_io_stalled_seconds_total'
//         keep_raw: true       # the seconds, too, under the label resolution="1s"
#pragma once

#include "tools/config/config.h"
#include "tools/config/section.h"

namespace tacho::tools {

void read_shipping(Section& file, Config& config);

}  // namespace tacho::tools
