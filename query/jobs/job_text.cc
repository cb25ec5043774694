#include "query/jobs/job_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "proto/base/text_table.h"

namespace tacho::query {
namespace {

using Row = std::vector<std::string>;

// The first column stands to the left, numbers to the right; the first row is the header.
std::string aligned(std::vector<Row> rows, std::string_view indent, std::size_t width) {
  TextTable t{.columns = std::vector<TextTable::Column>(rows.front().size(), {.right = true}), .rows = std::move(rows)};
  t.columns[0].right = false;
  t.indent = indent;
  return t.text(width);
}

std::string scaled(double v, double step, const std::array<std::string_view, 5>& units) {
  std::size_t unit = 0;
  while (v >= step && unit + 1 < units.size()) v /= step, ++unit;
  return fmt::format("{:.{}f} {}", v, unit == 0 || v >= 100 ? 0 : v >= 10 ? 1 : 2, units[unit]);
}

std::string bytes(const std::optional<double>& v) { return v ? scaled(*v, 1024, {"B", "KiB", "MiB", "GiB", "TiB"}) : "-"; }
std::string joules(const std::optional<ExactSum>& v) { return v ? scaled(v->value(), 1000, {"J", "kJ", "MJ", "GJ", "TJ"}) : "-"; }
std::string percent(const std::optional<double>& v) { return v ? fmt::format("{:.1f} %", 100 * *v) : "-"; }
std::string watts(const std::optional<double>& v) { return v ? fmt::format("{:.0f} W", *v) : "-"; }
std::string span(std::int64_t ms) { return format_duration(ms / 1000 * 1000); }
// Of a device that nobody rated it is not known.
std::string stalled(const DeviceUse& use) { return use.rated_ms > 0 ? span(use.stalled_ms) : "-"; }
std::string time(TimeMs t) {
  std::string out;
  append_rfc3339(out, t / 1000 * 1000);
  return out;
}

std::string errors(const DeviceUse& use) {
  std::string out;
  for (const auto& [code, count] : use.errors) out += fmt::format("{}{}: {:.0f}", out.empty() ? "" : ", ", code, count.value());
  return out.empty() ? "-" : out;
}

std::string name_of(const DeviceReport& d) {
  std::string out = d.name.vendor + " " + d.name.index;
  if (!d.name.partition.empty()) out += "/" + d.name.partition;
  return out;
}

const Row kDeviceHeader{"device",     "held",        "utilization", "least", "stalled", "energy",
                        "most power", "most memory", "throttled",   "lost",  "errors"};

Row device_row(const DeviceReport& d) {
  const DeviceUse& u = d.use;
  return {name_of(d),
          span(u.held_ms),
          percent(u.utilization_mean()),
          percent(u.utilization_min),
          stalled(u),
          joules(u.energy_joules),
          watts(u.power_max_watts),
          bytes(u.memory_max_bytes),
          span(u.throttled_ms),
          span(u.lost_ms),
          errors(u)};
}

std::string devices_text(const std::vector<DeviceReport>& devices, std::size_t width) {
  std::vector<Row> rows{kDeviceHeader};
  for (const DeviceReport& d : devices) rows.push_back(device_row(d));
  return aligned(std::move(rows), "  ", width);
}

std::string run_name(const JobRun& run) {
  return run.owner.text() + (run.runs > 1 ? fmt::format(" (run {} of {})", run.run, run.runs) : "");
}

// Those labels that are not said elsewhere on the page.
std::string labels_text(const JobRun& run) {
  std::string out;
  for (const Label& l : run.pods.front().labels) {
    const auto said = {"pod", "namespace", "pod_uid", "container", "job_name", "job_namespace", "node"};
    if (std::find(said.begin(), said.end(), l.name) != said.end()) continue;
    const bool everywhere =
        std::all_of(run.pods.begin(), run.pods.end(), [&](const PodReport& p) { return p.labels.get(l.name) == l.value; });
    if (everywhere) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", l.name, l.value);
  }
  return out;
}

std::string page(const JobRun& run, std::size_t width) {
  const auto line = [width](const std::string& text) { return fitted_line(text, width); };
  std::string out = line(fmt::format("job {}{}", run_name(run), run.running ? ", running" : ""));
  out += line(fmt::format("  {} to {}, {}{}", time(run.begin), run.running ? "now" : time(run.end), span(run.end - run.begin),
                          run.from_start ? "; the window begins here, the job perhaps before" : ""));
  if (const std::string labels = labels_text(run); !labels.empty()) out += line("  " + labels);
  for (const PodReport& pod : run.pods) {
    if (!pod.labels.has("pod")) continue;
    out += line(fmt::format("  pod {} from {} to {}", pod.labels.get("pod"), time(pod.begin), time(pod.end)));
  }
  if (!run.devices.empty()) {
    const DeviceUse& u = run.devices_sum;
    out += "\n" +
           line(fmt::format("  {} device{}, {:.3f} device-hours, {} of energy, {} busy, stalled for {}, throttled for {}",
                            run.devices.size(), run.devices.size() == 1 ? "" : "s", static_cast<double>(u.held_ms) / 3'600'000,
                            joules(u.energy_joules), percent(u.utilization_mean()), stalled(u), span(u.throttled_ms))) +
           "\n" + devices_text(run.devices, width);
    if (const auto slowest = run.slowest_device()) {
      const DeviceReport& d = run.devices[*slowest];
      out += "\n" + line(fmt::format("  least busy: {}, {} in the mean against {} of all", name_of(d),
                                     percent(d.use.utilization_mean()), percent(u.utilization_mean())));
    }
  }
  const HostUse& h = run.host;
  if (h.cpu_seconds || h.memory_max_bytes) {
    out += "\n" + line(fmt::format("  host: {} CPU seconds, {} of memory at most, {} OOM kills",
                                   h.cpu_seconds ? fmt::format("{:.1f}", h.cpu_seconds->value()) : "-", bytes(h.memory_max_bytes),
                                   h.oom_kills ? fmt::format("{:.0f}", h.oom_kills->value()) : "-"));
  }
  return out;
}

}  // namespace

std::string job_table(const JobReport& report, std::size_t width) {
  std::vector<Row> rows{{"job", "began", "lasted", "devices", "device-hours", "utilization", "stalled", "energy", "throttled"}};
  for (const JobRun& run : report.runs) {
    const DeviceUse& u = run.devices_sum;
    rows.push_back({run_name(run), time(run.begin), span(run.end - run.begin) + (run.running ? ", running" : ""),
                    std::to_string(run.devices.size()), fmt::format("{:.3f}", static_cast<double>(u.held_ms) / 3'600'000),
                    percent(u.utilization_mean()), stalled(u), joules(u.energy_joules), span(u.throttled_ms)});
  }
  std::string out = rows.size() > 1 ? aligned(std::move(rows), "", width)
                                    : "no job: no series carries the labels of a pod or job in this time\n";
  if (!report.nobodys.empty()) out += "\nnobody's:\n" + devices_text(report.nobodys, width);
  return out;
}

std::string job_pages(const JobReport& report, std::string_view name, std::size_t width) {
  std::string out;
  for (const JobRun& run : report.runs) {
    if (!run.owner.is_called(name)) continue;
    out += (out.empty() ? "" : "\n") + page(run, width);
  }
  return out;
}

}  // namespace tacho::query
