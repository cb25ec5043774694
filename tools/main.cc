// The door: reads the command line, calls a verb (verbs.h), turns what went wrong into one line and an exit code.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "proto/base/clock.h"
#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "tools/verbs.h"

namespace {

using namespace tacho;
using namespace tacho::tools;

constexpr int kWrongUsage = 2;

// A flag whose text is a duration: 1s, 250ms, 5m, 1h30m, or seconds as a number.
CLI::Option* duration_flag(CLI::App& app, const std::string& name, std::function<void(std::int64_t)> set,
                           const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [name, set = std::move(set)](const std::string& text) {
            const auto ms = parse_duration_or_seconds(text);
            if (!ms || *ms <= 0) throw CLI::ValidationError(name, "'" + text + "' is no duration; write 1s, 250ms, 5m or 1h30m");
            set(*ms);
          },
          help)
      ->type_name("DURATION");
}

void time_flag(CLI::App& app, std::optional<std::int64_t>& at) {
  app.add_option_function<std::string>(
         "--at",
         [&at](const std::string& text) {
           if (text == "now") return;
           at = parse_time(text);
           if (!at)
             throw CLI::ValidationError("--at", "'" + text + "' is no time; write Unix seconds, 2026-11-23T16:00:00Z, or now");
         },
         "the time to ask for; now when not given")
      ->type_name("TIME");
}

void roots_flags(CLI::App& app, sampler::Roots& roots) {
  app.add_option("--procfs", roots.procfs, "where the proc file system is")->capture_default_str();
  app.add_option("--sysfs", roots.sysfs, "where the sys file system is")->capture_default_str();
  app.add_option("--rootfs", roots.rootfs, "where the host's root is mounted (in a container: /host)");
}

void data_flags(CLI::App& app, DataChoice& data) {
  auto* url = app.add_option("--url", data.url, "an agent's or a Prometheus's address: http://127.0.0.1:9980");
  auto* file = app.add_option("--file", data.file, "a snapshot, or OpenMetrics text with timestamps");
  auto* state = app.add_option("--state", data.state, "the agent's state folder, whether or not it runs");
  auto* runtime = app.add_option("--runtime", data.runtime, "the agent's runtime folder");
  url->excludes(file)->excludes(state)->excludes(runtime);
  file->excludes(state)->excludes(runtime);
}

struct Program {
  CLI::App app{
      "tacho keeps every second of a training node: it samples host and accelerators once a second into a ring on the\n"
      "node, answers PromQL over it, and ships minute rollups to Prometheus storage.",
      "tacho"};
  int exit_code = 0;
  bool once = false;

  RunOptions run_options;
  std::string config_path;
  QueryOptions query_options;
  SeriesOptions series_options;
  StatusOptions status_options;
  MetricsOptions metrics_options;
  SampleOptions sample_options;
  DevicesOptions devices_options;
  JobVerbOptions job_options;
  ExportOptions export_options;
  SnapshotOptions snapshot_options;
  ServeOptions serve_options;
  CheckRemoteOptions check_remote_options;
  ShipOptions ship_options;
  TopOptions top_options;

  CLI::App& verb(const char* name, const char* what, const char* example, std::function<int()> call) {
    CLI::App* v = app.add_subcommand(name, what);
    v->footer(std::string("Example:\n  ") + example);
    v->callback([this, call = std::move(call)] { exit_code = call(); });
    return *v;
  }

  Program() {
    app.set_version_flag("--version", std::string("tacho ") + TACHO_VERSION);
    app.require_subcommand(1);
    app.footer("Example:\n  tacho run &\n  tacho query 'rate(node_cpu_seconds_total{mode!=\"idle\"}[5s])' --last 1m");

    auto& r = verb("run", "the agent: samples, keeps, answers, ships", "tacho run --config /etc/tacho/tacho.yaml",
                   [this] { return run(run_options); });
    r.add_option("--config", run_options.config, "configuration (YAML)");
    r.add_option("--listen", run_options.listen, "HOST:PORT to answer on; 127.0.0.1:9980 when not given");
    r.add_option("--state", run_options.state, "folder on disk for the ring");
    r.add_option("--runtime", run_options.runtime, "folder in shared memory for the newest rows");
    duration_flag(
        r, "--interval", [this](std::int64_t ms) { run_options.interval_ms = ms; }, "between samples; 1s when not given");
    roots_flags(r, run_options.roots);

    auto& c = verb("check-config", "says whether a configuration is right, and where it is not", "tacho check-config tacho.yaml",
                   [this] { return check_config(config_path); });
    c.add_option("FILE", config_path, "configuration (YAML)")->required();

    auto& cr = verb("check-remote", "sends one sample to each remote_write endpoint and explains what came of it",
                    "tacho check-remote --config tacho.yaml", [this] { return check_remote(check_remote_options); });
    cr.add_option("--config", check_remote_options.config, "configuration (YAML)")->required();
    cr.add_option("--endpoint", check_remote_options.endpoint, "only the one of this name");

    auto& sh = verb("ship", "sends a stretch of seconds to long-term storage, once",
                    "tacho ship --config tacho.yaml --last 5m '{__name__=~\"accel_.*\"}'", [this] { return ship(ship_options); });
    sh.add_option("MATCHER", ship_options.matcher, "which series")->required();
    sh.add_option("--config", ship_options.config, "configuration (YAML) with remote_write")->required();
    sh.add_option("--endpoint", ship_options.endpoint, "only to the one of this name");
    sh.add_option("--state", ship_options.data.state, "the agent's state folder, whether or not it runs");
    sh.add_option("--runtime", ship_options.data.runtime, "the agent's runtime folder");
    sh.add_option("--file", ship_options.data.file, "a snapshot, or OpenMetrics text with timestamps, instead");
    duration_flag(sh, "--last", [this](std::int64_t ms) { ship_options.last_ms = ms; }, "how far back; 5m when not given");
    time_flag(sh, ship_options.at);
    sh.add_option("--rate", ship_options.samples_per_second, "samples a second at most")
        ->check(CLI::Range(1.0, 1e7))
        ->capture_default_str();

    auto& t = verb("top", "the node at a glance, each second", "tacho top", [this] { return top(top_options); });
    data_flags(t, top_options.data);

    auto& q =
        verb("query", "asks in PromQL", "tacho query 'sum by (mode) (rate(node_cpu_seconds_total[5s]))' --last 1m --step 5s",
             [this] { return query(query_options); });
    q.add_option("EXPR", query_options.expr, "the expression")->required();
    data_flags(q, query_options.data);
    auto* nodes = q.add_option(
        "--nodes", query_options.nodes,
        "several agents at once: HOST[:PORT] or URLs between commas, a name with several addresses, or a file_sd file");
    for (const char* other : {"--url", "--file", "--state", "--runtime"}) nodes->excludes(q.get_option(other));
    duration_flag(
        q, "--timeout", [this](std::int64_t ms) { query_options.nodes_timeout_ms = ms; },
        "of each node of --nodes; 15s when not given");
    duration_flag(
        q, "--last", [this](std::int64_t ms) { query_options.last_ms = ms; },
        "the range that ends at --at; one instant when not given");
    duration_flag(
        q, "--step", [this](std::int64_t ms) { query_options.step_ms = ms; }, "between the points of a range; 1s when not given");
    time_flag(q, query_options.at);
    q.add_option("--format", query_options.format, "table, json, csv or chart")
        ->check(CLI::IsMember({"table", "json", "csv", "chart"}))
        ->capture_default_str();

    auto& s = verb("series", "the series there are", "tacho series '{__name__=~\"node_disk_.*\"}'",
                   [this] { return series(series_options); });
    s.add_option("MATCHER", series_options.matcher, "which; all when not given");
    data_flags(s, series_options.data);

    auto& st = verb("status", "the window: how far back, how dense, at what cost", "tacho status --state /var/lib/tacho",
                    [this] { return status(status_options); });
    data_flags(st, status_options.data);
    st.add_option("--format", status_options.format, "table or json")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();

    auto& m = verb("metrics", "the catalogue: name, type, unit, help, source", "tacho metrics | grep pressure",
                   [this] { return metrics(metrics_options); });
    m.add_option("--format", metrics_options.format, "table, or markdown for the page docs/metrics.md")
        ->check(CLI::IsMember({"table", "markdown"}))
        ->capture_default_str();

    auto& o = verb("sample", "one sample of every source, to stdout", "tacho sample --once",
                   [this] { return sample_once(sample_options); });
    o.add_flag("--once", once, "sample once and end (the only way there is)")->required();
    o.add_option("--format", sample_options.format, "prometheus")->check(CLI::IsMember({"prometheus"}))->capture_default_str();
    roots_flags(o, sample_options.roots);

    auto& d = verb("devices", "the accelerators: which answer, whose they are, what they do not support", "tacho devices",
                   [this] { return devices(devices_options); });
    d.add_option("--sysfs", devices_options.roots.sysfs, "where the sys file system is")->capture_default_str();
    d.add_option("--rootfs", devices_options.roots.rootfs, "where the host's root is mounted (in a container: /host)");
    data_flags(d, devices_options.data);

    auto& j = verb("job", "what jobs used of this node: device-hours, utilisation, stalls, energy, errors",
                   "tacho job team-a/train-7 --format json", [this] { return job(job_options); });
    j.add_option("NAME", job_options.name, "NAME or NAMESPACE/NAME; all, a line each, when not given");
    data_flags(j, job_options.data);
    duration_flag(
        j, "--last", [this](std::int64_t ms) { job_options.last_ms = ms; }, "how far back; the whole window when not given");
    time_flag(j, job_options.at);
    j.add_option("--format", job_options.format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();

    auto& e = verb("export", "hands the seconds to other tools",
                   "tacho export --last 10m '{__name__=~\"node_load.*\"}' --format openmetrics",
                   [this] { return export_samples(export_options); });
    e.add_option("MATCHER", export_options.matcher, "which series; all when not given");
    data_flags(e, export_options.data);
    duration_flag(e, "--last", [this](std::int64_t ms) { export_options.last_ms = ms; }, "how far back; 10m when not given");
    time_flag(e, export_options.at);
    e.add_option("--format", export_options.format, "openmetrics or csv")
        ->check(CLI::IsMember({"openmetrics", "csv"}))
        ->capture_default_str();

    auto& sn = verb("snapshot", "writes a part of the window as one file, which --file opens on any machine",
                    "tacho snapshot -o incident.tacho --last 10m && tacho query node_load1 --file incident.tacho",
                    [this] { return snapshot(snapshot_options); });
    sn.add_option("MATCHER", snapshot_options.matcher, "which series; all when not given");
    sn.add_option("-o,--output", snapshot_options.output, "the file to write")->required();
    data_flags(sn, snapshot_options.data);
    sn.add_option("--config", snapshot_options.config, "configuration (YAML), for its external_labels; a --url tells its own");
    duration_flag(sn, "--last", [this](std::int64_t ms) { snapshot_options.last_ms = ms; }, "how far back; 10m when not given");
    time_flag(sn, snapshot_options.at);

    auto& f = verb("serve", "answers the HTTP API over a file", "tacho serve --file recording.om --listen 127.0.0.1:9980",
                   [this] { return serve(serve_options); });
    f.add_option("--file", serve_options.file, "a snapshot, or OpenMetrics text with timestamps")->required();
    f.add_option("--listen", serve_options.listen, "HOST:PORT")->capture_default_str();
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    // Shells set HOSTNAME and do not export it; ${HOSTNAME} in external_labels is to work under any starter.
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0) ::setenv("HOSTNAME", host, 0);
    Program program;
    try {
      program.app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) return program.app.exit(e);  // --help, --version
      std::fprintf(
          stderr, "tacho: %s (see tacho %s--help)\n", e.what(),
          program.app.get_subcommands().empty() ? "" : (program.app.get_subcommands().front()->get_name() + " ").c_str());
      return kWrongUsage;
    }
    return program.exit_code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tacho: %s\n", e.what());
    return 1;
  }
}
