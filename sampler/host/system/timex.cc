#include "sampler/host/system/timex.h"

#include <cerrno>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

constexpr double kUsPerS = 1e6;
constexpr double kNsPerS = 1e9;
// Parts per million with 16 binary places behind the point.
constexpr double kPpm16 = 1e6 * 65536.0;

struct Reading {
  const timex& clock;
  int state;
  double precise;  // what offset and jitter are divided by
};

struct Cell {
  std::string_view metric;
  double (*value)(const Reading&);
};

double number(auto value) { return static_cast<double>(value); }

// In the order of the columns.
constexpr Cell kCells[] = {
    {"node_timex_sync_status", [](const Reading& r) { return r.state == TIME_ERROR ? 0.0 : 1.0; }},
    {"node_timex_offset_seconds", [](const Reading& r) { return number(r.clock.offset) / r.precise; }},
    {"node_timex_frequency_adjustment_ratio", [](const Reading& r) { return 1.0 + number(r.clock.freq) / kPpm16; }},
    {"node_timex_maxerror_seconds", [](const Reading& r) { return number(r.clock.maxerror) / kUsPerS; }},
    {"node_timex_estimated_error_seconds", [](const Reading& r) { return number(r.clock.esterror) / kUsPerS; }},
    {"node_timex_status", [](const Reading& r) { return number(r.clock.status); }},
    {"node_timex_loop_time_constant", [](const Reading& r) { return number(r.clock.constant); }},
    {"node_timex_tick_seconds", [](const Reading& r) { return number(r.clock.tick) / kUsPerS; }},
    {"node_timex_pps_frequency_hertz", [](const Reading& r) { return number(r.clock.ppsfreq) / kPpm16; }},
    {"node_timex_pps_jitter_seconds", [](const Reading& r) { return number(r.clock.jitter) / r.precise; }},
    // The interval is 2 to the power of this many seconds; node_exporter shows the power under this name.
    {"node_timex_pps_shift_seconds", [](const Reading& r) { return number(r.clock.shift); }},
    {"node_timex_pps_stability_hertz", [](const Reading& r) { return number(r.clock.stabil) / kPpm16; }},
    {"node_timex_pps_jitter_total", [](const Reading& r) { return number(r.clock.jitcnt); }},
    {"node_timex_pps_calibration_total", [](const Reading& r) { return number(r.clock.calcnt); }},
    {"node_timex_pps_error_total", [](const Reading& r) { return number(r.clock.errcnt); }},
    {"node_timex_pps_stability_exceeded_total", [](const Reading& r) { return number(r.clock.stbcnt); }},
    {"node_timex_tai_offset_seconds", [](const Reading& r) { return number(r.clock.tai); }},
};

}  // namespace

int system_adjtimex(timex& out) {
  out.modes = 0;
  const int state = ::adjtimex(&out);
  return state < 0 ? -errno : state;
}

Result<void> TimexSource::describe(store::Schema& schema) {
  timex clock{};
  if (const int state = adjtimex_(clock); state < 0) return sys_failure(-state, "cannot ask adjtimex");
  SchemaBuilder builder(schema);
  for (const Cell& cell : kCells) builder.add(cell.metric);
  return {};
}

Result<Sampled> TimexSource::sample(Row& row) {
  timex clock{};
  const int state = adjtimex_(clock);
  if (state < 0) return sys_failure(-state, "cannot ask adjtimex");
  const Reading reading{clock, state, (clock.status & STA_NANO) != 0 ? kNsPerS : kUsPerS};
  std::size_t column = 0;
  for (const Cell& cell : kCells) row.set(column++, cell.value(reading));
  return Sampled::ok;
}

}  // namespace tacho::sampler
