// The program's verbs: command_line.cc reads the command line into these, and calls them. Each returns the exit code:
// 0 good, 1 the answer is bad news or the operation failed. (2, wrong usage, is command_line.cc's.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sampler/source.h"
#include "tools/command/command.h"

namespace tacho::tools {

// Where a verb that asks gets its samples: an agent's URL, a file, or this node's own shared memory and ring.
struct DataChoice {
  std::optional<std::string> url;
  std::optional<std::string> file;
  std::optional<std::string> state;
  std::optional<std::string> runtime;
};

struct RunOptions {
  std::optional<std::string> config;
  std::optional<std::string> listen;
  std::optional<std::string> state;
  std::optional<std::string> runtime;
  std::optional<std::int64_t> interval_ms;
  sampler::Roots roots;
};
int run(const RunOptions& options);

struct CheckConfigOptions {
  std::string file;
  std::string format = "table";
};
int check_config(const CheckConfigOptions& options);

struct CheckRemoteOptions {
  std::string config;
  std::optional<std::string> endpoint;
  std::string format = "table";
};
int check_remote(const CheckRemoteOptions& options);

struct ShipOptions {
  std::string config;
  std::optional<std::string> endpoint;
  std::string matcher;
  DataChoice data;
  std::int64_t last_ms = 300'000;
  std::optional<std::int64_t> at;
  double samples_per_second = 20'000;
};
int ship(const ShipOptions& options);

struct QueryOptions {
  std::string expr;
  DataChoice data;
  std::optional<std::string> nodes;        // several agents instead (tools/answers/nodes.h),
  std::int64_t nodes_timeout_ms = 15'000;  // each so long
  std::optional<std::int64_t> last_ms;
  std::int64_t step_ms = 1000;
  std::optional<std::int64_t> at;
  std::string format = "table";
};
int query(const QueryOptions& options);

struct SeriesOptions {
  std::string matcher;
  DataChoice data;
  std::string format = "table";
};
int series(const SeriesOptions& options);

struct StatusOptions {
  DataChoice data;
  std::string format = "table";
};
int status(const StatusOptions& options);

struct MetricsOptions {
  std::string format = "table";  // or json, markdown
};
int metrics(const MetricsOptions& options);

struct SampleOptions {
  sampler::Roots roots;
  std::string format = "prometheus";
};
int sample_once(const SampleOptions& options);

struct DevicesOptions {
  sampler::Roots roots;
  DataChoice data;  // where the agent says whose they are
  std::string format = "table";
};
int devices(const DevicesOptions& options);

struct JobVerbOptions {
  std::string name;  // "": all
  DataChoice data;
  std::optional<std::string> nodes;  // as of QueryOptions
  std::int64_t nodes_timeout_ms = 15'000;
  std::optional<std::int64_t> last_ms;  // nullopt: as far as the window reaches
  std::optional<std::int64_t> at;
  std::string format = "table";
  std::string charts = "auto";  // below a page: auto (on a terminal), always, never
};
int job(const JobVerbOptions& options);

struct EventsOptions {
  std::string matcher;  // "": of all series
  DataChoice data;
  std::int64_t last_ms = 600'000;
  std::optional<std::int64_t> start;  // instead of last_ms
  std::optional<std::int64_t> end;
  std::optional<std::int64_t> limit;
  std::string format = "table";
};
int events(const EventsOptions& options);

struct CheckOptions {
  DataChoice data;  // without any: the agent's that runs here, else a sample of this moment
  sampler::Roots roots;
  std::int64_t last_ms = 3'600'000;         // of events
  std::optional<std::size_t> accelerators;  // so many there should be
  std::string format = "table";
};
int check(const CheckOptions& options);

struct ExportOptions {
  std::string matcher;
  DataChoice data;
  std::int64_t last_ms = 600'000;
  std::optional<std::int64_t> at;
  std::string format = "openmetrics";
};
int export_samples(const ExportOptions& options);

struct SnapshotOptions {
  std::string output;
  std::string matcher;
  DataChoice data;
  std::optional<std::string> config;  // for its external labels
  std::int64_t last_ms = 600'000;
  std::optional<std::int64_t> at;
};
int snapshot(const SnapshotOptions& options);

struct ServeOptions {
  std::string file;
  std::string listen = "127.0.0.1:9980";
};
int serve(const ServeOptions& options);

struct TopOptions {
  DataChoice data;
  std::optional<std::string> nodes;     // several agents side by side instead (tools/answers/nodes.h)
  std::optional<std::int64_t> at;       // live when not given
  std::optional<std::int64_t> step_ms;  // as the width allows when not given
  bool no_mouse = false;
};
int top(const TopOptions& options);

struct CompletionOptions {
  std::string shell;
};
int completion(const CompletionOptions& options, const Command& command_line);

int man(const Command& command_line);

}  // namespace tacho::tools
