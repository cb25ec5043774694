#include "tools/command/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "proto/base/clock.h"
#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "tools/command/describe.h"
#include "tools/terminal/colour.h"
#include "tools/top/view_time.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

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

CLI::Option* time_flag(CLI::App& app, std::optional<std::int64_t>& at, const std::string& name = "--at",
                       const std::string& help = "the time to ask for; now when not given") {
  return app
      .add_option_function<std::string>(
          name,
          [&at, name](const std::string& text) {
            if (text == "now") return;
            at = parse_time(text);
            if (!at)
              throw CLI::ValidationError(name, "'" + text + "' is no time; write Unix seconds, 2026-11-23T16:00:00Z, or now");
          },
          help)
      ->type_name("TIME");
}

void format_flag(CLI::App& app, std::string& format, const std::vector<std::string>& formats, const std::string& help) {
  app.add_option("--format", format, help)->type_name("FORMAT")->check(CLI::IsMember(formats))->capture_default_str();
}

// Where what is printed can have colours.
void colour_flag(CLI::App& app) {
  app.add_flag_callback("--no-color", refuse_colours, "no colours, as NO_COLOR in the environment has it");
}

void roots_flags(CLI::App& app, sampler::Roots& roots) {
  app.add_option("--procfs", roots.procfs, "where the proc file system is")->type_name("DIR")->capture_default_str();
  app.add_option("--sysfs", roots.sysfs, "where the sys file system is")->type_name("DIR")->capture_default_str();
  app.add_option("--rootfs", roots.rootfs, "where the host's root is mounted (in a container: /host)")->type_name("DIR");
}

void data_flags(CLI::App& app, DataChoice& data) {
  auto* url = app.add_option("--url", data.url, "an agent's or a Prometheus's address: http://127.0.0.1:9980")->type_name("URL");
  auto* file = app.add_option("--file", data.file, "a snapshot, or OpenMetrics text with timestamps")->type_name("FILE");
  auto* state = app.add_option("--state", data.state, "the agent's state folder, whether or not it runs")->type_name("DIR");
  auto* runtime = app.add_option("--runtime", data.runtime, "the agent's runtime folder")->type_name("DIR");
  url->excludes(file)->excludes(state)->excludes(runtime);
  file->excludes(state)->excludes(runtime);
}

// Requires: data_flags() before.
void nodes_flag(CLI::App& app, std::optional<std::string>& nodes) {
  auto* flag = app.add_option("--nodes", nodes,
                              "several agents at once: HOST[:PORT] or URLs between commas, a name with several addresses, or a "
                              "file_sd file")
                   ->type_name("NODES");
  for (const char* other : {"--url", "--file", "--state", "--runtime"}) flag->excludes(app.get_option(other));
}

void nodes_flags(CLI::App& app, std::optional<std::string>& nodes, std::int64_t& timeout_ms) {
  nodes_flag(app, nodes);
  duration_flag(
      app, "--timeout", [&timeout_ms](std::int64_t ms) { timeout_ms = ms; }, "of each node of --nodes; 15s when not given");
}

struct Program {
  CLI::App app{
      "tacho keeps every second of a training node: it samples host and accelerators once a second into a ring on the\n"
      "node, answers PromQL over it, and ships minute rollups to Prometheus storage.",
      "tacho"};
  int exit_code = 0;
  bool once = false;

  RunOptions run_options;
  QueryOptions query_options;
  SeriesOptions series_options;
  StatusOptions status_options;
  MetricsOptions metrics_options;
  CheckConfigOptions check_config_options;
  SampleOptions sample_options;
  DevicesOptions devices_options;
  JobVerbOptions job_options;
  EventsOptions events_options;
  CheckOptions check_options;
  ExportOptions export_options;
  SnapshotOptions snapshot_options;
  ServeOptions serve_options;
  CheckRemoteOptions check_remote_options;
  ShipOptions ship_options;
  TopOptions top_options;
  CompletionOptions completion_options;

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
    r.add_option("--config", run_options.config, "configuration (YAML)")->type_name("FILE");
    r.add_option("--listen", run_options.listen, "HOST:PORT to answer on; 127.0.0.1:9980 when not given")->type_name("HOST:PORT");
    r.add_option("--state", run_options.state, "folder on disk for the ring")->type_name("DIR");
    r.add_option("--runtime", run_options.runtime, "folder in shared memory for the newest rows")->type_name("DIR");
    duration_flag(
        r, "--interval", [this](std::int64_t ms) { run_options.interval_ms = ms; }, "between samples; 1s when not given");
    roots_flags(r, run_options.roots);

    auto& c = verb("check-config", "says whether a configuration is right, and where it is not", "tacho check-config tacho.yaml",
                   [this] { return check_config(check_config_options); });
    c.add_option("FILE", check_config_options.file, "configuration (YAML)")->type_name("")->required();
    format_flag(c, check_config_options.format, {"table", "json"}, "table: the problems, a line each; or json");

    auto& cr = verb("check-remote", "sends one sample to each remote_write endpoint and explains what came of it",
                    "tacho check-remote --config tacho.yaml", [this] { return check_remote(check_remote_options); });
    cr.add_option("--config", check_remote_options.config, "configuration (YAML)")->type_name("FILE")->required();
    cr.add_option("--endpoint", check_remote_options.endpoint, "only the one of this name")->type_name("NAME");
    format_flag(cr, check_remote_options.format, {"table", "json"}, "table or json");

    auto& sh = verb("ship", "sends a stretch of seconds to long-term storage, once",
                    "tacho ship --config tacho.yaml --last 5m '{__name__=~\"accel_.*\"}'", [this] { return ship(ship_options); });
    sh.add_option("MATCHER", ship_options.matcher, "which series")->type_name("")->required();
    sh.add_option("--config", ship_options.config, "configuration (YAML) with remote_write")->type_name("FILE")->required();
    sh.add_option("--endpoint", ship_options.endpoint, "only to the one of this name")->type_name("NAME");
    sh.add_option("--state", ship_options.data.state, "the agent's state folder, whether or not it runs")->type_name("DIR");
    sh.add_option("--runtime", ship_options.data.runtime, "the agent's runtime folder")->type_name("DIR");
    sh.add_option("--file", ship_options.data.file, "a snapshot, or OpenMetrics text with timestamps, instead")
        ->type_name("FILE");
    duration_flag(sh, "--last", [this](std::int64_t ms) { ship_options.last_ms = ms; }, "how far back; 5m when not given");
    time_flag(sh, ship_options.at);
    sh.add_option("--rate", ship_options.samples_per_second, "samples a second at most, 1 to 1e7")
        ->type_name("NUMBER")
        ->check(CLI::Range(1.0, 1e7).description(""))
        ->capture_default_str();

    auto& t = verb("top", "the node at a glance, each second, and back in time", "tacho top --at 2026-11-23T16:00:00Z",
                   [this] { return top(top_options); });
    data_flags(t, top_options.data);
    nodes_flag(t, top_options.nodes);
    time_flag(t, top_options.at, "--at", "the second to begin at; live when not given");
    t.add_option_function<std::string>(
         "--step",
         [this](const std::string& text) {
           const auto ms = parse_duration_or_seconds(text);
           if (!ms || !ViewTime::is_step(*ms))
             throw CLI::ValidationError("--step", "'" + text + "' is none of 1s, 2s, 5s, 10s, 15s, 30s and 1m");
           top_options.step_ms = *ms;
         },
         "what a column shows at first: 1s, 2s, 5s, 10s, 15s, 30s or 1m; keys + and - change it")
        ->type_name("DURATION");
    t.add_flag("--no-mouse", top_options.no_mouse, "leave the mouse to the terminal");
    colour_flag(t);

    auto& q =
        verb("query", "asks in PromQL", "tacho query 'sum by (mode) (rate(node_cpu_seconds_total[5s]))' --last 1m --step 5s",
             [this] { return query(query_options); });
    q.add_option("EXPR", query_options.expr, "the expression")->type_name("")->required();
    data_flags(q, query_options.data);
    nodes_flags(q, query_options.nodes, query_options.nodes_timeout_ms);
    duration_flag(
        q, "--last", [this](std::int64_t ms) { query_options.last_ms = ms; },
        "the range that ends at --at; one instant when not given");
    duration_flag(
        q, "--step", [this](std::int64_t ms) { query_options.step_ms = ms; }, "between the points of a range; 1s when not given");
    time_flag(q, query_options.at);
    format_flag(q, query_options.format, {"table", "json", "csv", "chart", "heat"},
                "table, json, csv, chart or heat (a row a series)");
    colour_flag(q);

    auto& s = verb("series", "the series there are", "tacho series '{__name__=~\"node_disk_.*\"}'",
                   [this] { return series(series_options); });
    s.add_option("MATCHER", series_options.matcher, "which; all when not given")->type_name("");
    data_flags(s, series_options.data);
    format_flag(s, series_options.format, {"table", "json"},
                "table: the series, a line each; or json, as /api/v1/series has them");

    auto& st = verb("status", "the window: how far back, how dense, at what cost", "tacho status --state /var/lib/tacho",
                    [this] { return status(status_options); });
    data_flags(st, status_options.data);
    format_flag(st, status_options.format, {"table", "json"}, "table or json");

    auto& m = verb("metrics", "the catalogue: name, type, unit, help, source", "tacho metrics | grep pressure",
                   [this] { return metrics(metrics_options); });
    format_flag(m, metrics_options.format, {"table", "json", "markdown"},
                "table, json, or markdown for the page docs/metrics.md");

    auto& o = verb("sample", "one sample of every source, to stdout", "tacho sample --once",
                   [this] { return sample_once(sample_options); });
    o.add_flag("--once", once, "sample once and end (the only way there is)")->required();
    format_flag(o, sample_options.format, {"prometheus"}, "prometheus");
    roots_flags(o, sample_options.roots);

    auto& d = verb("devices", "the accelerators: which answer, whose they are, what they do not support", "tacho devices",
                   [this] { return devices(devices_options); });
    d.add_option("--sysfs", devices_options.roots.sysfs, "where the sys file system is")->type_name("DIR")->capture_default_str();
    d.add_option("--rootfs", devices_options.roots.rootfs, "where the host's root is mounted (in a container: /host)")
        ->type_name("DIR");
    data_flags(d, devices_options.data);

    format_flag(d, devices_options.format, {"table", "json"}, "table or json");

    auto& j = verb("job", "what jobs used of this node: device-hours, utilisation, stalls, energy, errors",
                   "tacho job team-a/train-7 --format json", [this] { return job(job_options); });
    j.add_option("NAME", job_options.name, "NAME or NAMESPACE/NAME; all, a line each, when not given")->type_name("");
    data_flags(j, job_options.data);
    nodes_flags(j, job_options.nodes, job_options.nodes_timeout_ms);
    duration_flag(
        j, "--last", [this](std::int64_t ms) { job_options.last_ms = ms; }, "how far back; the whole window when not given");
    time_flag(j, job_options.at);
    format_flag(j, job_options.format, {"table", "json"}, "table or json");
    j.add_option("--charts", job_options.charts, "below the page of NAME: auto (on a terminal), always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
    colour_flag(j);

    auto& ch = verb("check", "is this node fit to train? a line a finding; exit 1 if it is not", "tacho check --accelerators 8",
                    [this] { return check(check_options); });
    ch.add_option("--accelerators", check_options.accelerators, "how many there should be; fewer are a failure")
        ->type_name("NUMBER");
    data_flags(ch, check_options.data);
    duration_flag(
        ch, "--last", [this](std::int64_t ms) { check_options.last_ms = ms; },
        "how far back errors count, where an agent has seen them; 1h when not given");
    roots_flags(ch, check_options.roots);
    format_flag(ch, check_options.format, {"table", "json"}, "table: a line a finding and one that sums up; or json");

    auto& ev = verb("events", "what happened: errors, devices lost, throttling, OOM kills, links, gaps", "tacho events --last 1h",
                    [this] { return events(events_options); });
    ev.add_option("MATCHER", events_options.matcher, "events of these series alone; of all when not given")->type_name("");
    data_flags(ev, events_options.data);
    auto* last =
        duration_flag(ev, "--last", [this](std::int64_t ms) { events_options.last_ms = ms; }, "how far back; 10m when not given");
    time_flag(ev, events_options.start, "--start", "from then on, instead of --last")->excludes(last);
    time_flag(ev, events_options.end, "--end", "up to then; now when not given");
    ev.add_option("--limit", events_options.limit, "the newest so many; 1000 when not given, 0 for all")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}).description(""));
    format_flag(ev, events_options.format, {"table", "json"}, "table: a line an event; or json, as /api/v1/events has them");
    colour_flag(ev);

    auto& e = verb("export", "hands the seconds to other tools",
                   "tacho export --last 10m '{__name__=~\"node_load.*\"}' --format openmetrics",
                   [this] { return export_samples(export_options); });
    e.add_option("MATCHER", export_options.matcher, "which series; all when not given")->type_name("");
    data_flags(e, export_options.data);
    duration_flag(e, "--last", [this](std::int64_t ms) { export_options.last_ms = ms; }, "how far back; 10m when not given");
    time_flag(e, export_options.at);
    format_flag(e, export_options.format, {"openmetrics", "csv"}, "openmetrics or csv");

    auto& sn = verb("snapshot", "writes a part of the window as one file, which --file opens on any machine",
                    "tacho snapshot -o incident.tacho --last 10m && tacho query node_load1 --file incident.tacho",
                    [this] { return snapshot(snapshot_options); });
    sn.add_option("MATCHER", snapshot_options.matcher, "which series; all when not given")->type_name("");
    sn.add_option("-o,--output", snapshot_options.output, "the file to write")->type_name("FILE")->required();
    data_flags(sn, snapshot_options.data);
    sn.add_option("--config", snapshot_options.config, "configuration (YAML), for its external_labels; a --url tells its own")
        ->type_name("FILE");
    duration_flag(sn, "--last", [this](std::int64_t ms) { snapshot_options.last_ms = ms; }, "how far back; 10m when not given");
    time_flag(sn, snapshot_options.at);

    auto& f = verb("serve", "answers the HTTP API over a file, and shows it at /",
                   "tacho serve --file recording.om --listen 127.0.0.1:9980", [this] { return serve(serve_options); });
    f.add_option("--file", serve_options.file, "a snapshot, or OpenMetrics text with timestamps")->type_name("FILE")->required();
    f.add_option("--listen", serve_options.listen, "HOST:PORT")->type_name("HOST:PORT")->capture_default_str();

    auto& co = verb("completion", "what a shell needs to complete tacho's verbs, flags and metrics",
                    "source <(tacho completion bash)", [this] { return completion(completion_options, describe_command(app)); });
    co.add_option("SHELL", completion_options.shell, "which shell")
        ->type_name("")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));

    verb("man", "the manual's page, as man(1) reads it", "tacho man | man -l -", [this] { return man(describe_command(app)); });
  }
};

}  // namespace

int run_command_line(int argc, char** argv) {
  Program program;
  try {
    program.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return program.app.exit(e);  // --help, --version
    std::fprintf(stderr, "tacho: %s (see tacho %s--help)\n", e.what(),
                 program.app.get_subcommands().empty() ? "" : (program.app.get_subcommands().front()->get_name() + " ").c_str());
    return kWrongUsage;
  }
  return program.exit_code;
}

Command describe_command_line() { return describe_command(Program().app); }

}  // namespace tacho::tools
