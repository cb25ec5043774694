#include "query/jobs/job_json.h"

#include "query/json/object.h"

namespace tacho::query {
namespace {

// With the sums that reports are made of.
class Object : public JsonObject {
 public:
  using JsonObject::JsonObject;
  using JsonObject::number;
  void number(std::string_view name, const std::optional<ExactSum>& v) {
    if (v) number(name, v->value());
  }
  void sums(std::string_view name, const std::map<std::string, ExactSum>& v) {
    if (v.empty()) return;
    JsonObject inner(key(name));
    for (const auto& [k, sum] : v) inner.number(k, sum.value());
  }
};

void write_use(Object& o, const DeviceUse& use) {
  o.seconds("held_seconds", use.held_ms);
  if (use.lost_ms > 0) o.seconds("lost_seconds", use.lost_ms);
  o.number("utilization_mean", use.utilization_mean());
  o.number("utilization_min", use.utilization_min);
  if (use.rated_ms > 0) o.seconds("stalled_seconds", use.stalled_ms);
  o.number("busy_seconds", use.busy_seconds);
  if (use.process_busy_ms) o.number("process_busy_seconds", use.process_busy_ms->value() / 1000);
  o.number("energy_joules", use.energy_joules);
  o.number("power_max_watts", use.power_max_watts);
  o.number("memory_max_bytes", use.memory_max_bytes);
  o.seconds("throttled_seconds", use.throttled_ms);
  o.sums("throttled_seconds_by_reason", use.throttled_seconds);
  o.sums("errors", use.errors);
}

void write_device(JsonText& out, const DeviceReport& d) {
  Object o(out);
  o.text("vendor", d.name.vendor);
  o.text("accel", d.name.index);
  o.text("partition", d.name.partition);
  o.text("uuid", d.uuid);
  o.text("model", d.model);
  write_use(o, d.use);
}

void write_run(JsonText& out, const JobRun& run) {
  Object o(out);
  o.text("job", run.owner.name);
  o.text("namespace", run.owner.name_space);
  o.number("run", static_cast<double>(run.run));
  o.number("runs", static_cast<double>(run.runs));
  o.seconds("begin", run.begin);
  o.seconds("end", run.end);
  o.flag("began_earlier", run.from_start);
  o.flag("running", run.running);
  o.seconds("duration_seconds", run.end - run.begin);
  o.number("device_hours", static_cast<double>(run.devices_sum.held_ms) / 3'600'000);
  o.key("total");
  {
    Object total(out);
    write_use(total, run.devices_sum);
  }
  if (const auto slowest = run.slowest_device()) write_device(o.key("slowest_device"), run.devices[*slowest]);
  o.key("host");
  {
    Object host(out);
    host.number("cpu_seconds", run.host.cpu_seconds);
    host.number("memory_max_bytes", run.host.memory_max_bytes);
    host.number("oom_kills", run.host.oom_kills);
  }
  write_list(o.key("pods"), run.pods, [&](const PodReport& pod) {
    Object p(out);
    p.seconds("begin", pod.begin);
    p.seconds("end", pod.end);
    p.key("labels").labels(pod.labels);
  });
  write_list(o.key("devices"), run.devices, [&](const DeviceReport& d) { write_device(out, d); });
}

}  // namespace

std::string job_json(const JobReport& report) {
  JsonText out;
  {
    Object o(out);
    o.seconds("from", report.range.min);
    o.seconds("to", report.range.max);
    write_list(o.key("jobs"), report.runs, [&](const JobRun& run) { write_run(out, run); });
    write_list(o.key("unattributed"), report.nobodys, [&](const DeviceReport& d) { write_device(out, d); });
    write_list(o.key("devices"), report.devices, [&](const DeviceReport& d) { write_device(out, d); });
  }
  return out.take();
}

}  // namespace tacho::query
