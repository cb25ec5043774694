// The numbers of a card that are one call or one field each (nvidia_values.h), and how often they are read.
//
// Every tick   what changes within a second and costs little: on a H200 (driver 580) the firmware is asked anew about ten times a
//              second at most, and an answer takes 0.3 to 0.9 ms of a CPU's time, which is most of what a tick costs.
// Slowly       what changes slowly, and what is dear: the energy counter takes 2.5 to 3.5 ms. It counts all the time, so nothing is
//              lost between; what a second draws is in the power series of every tick.
// Seldom       limits, which hardly ever change and take up to 2 ms each: every kSeldom-th slow row.
// Fields       200 and 251 to 268 have had different meanings in different drivers and are not used; those below 199 never had.
#pragma once

#include <span>

#include "sampler/accel/nvidia/values.h"

namespace tacho::sampler {

inline constexpr unsigned kSeldom = 6;

std::span<const CallRow> nvidia_calls();
std::span<const FieldRow> nvidia_fields();
std::span<const CallRow> nvidia_slow_calls();
std::span<const FieldRow> nvidia_slow_fields();
std::span<const CallRow> nvidia_seldom_calls();

}  // namespace tacho::sampler
