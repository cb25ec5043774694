#include "tools/config/config.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace tacho::tools {
namespace {

// All problems of a text, a line each.
std::string problems_of(const std::string& text, const ConfigContext& context = {}) {
  const ConfigReport report = examine_config_text(text, "f.yml", context);
  std::string out;
  for (const ConfigProblem& p : report.problems) out += report.to_string(p) + "\n";
  return out;
}

Config good(const std::string& text) {
  const ConfigReport report = examine_config_text(text, "f.yml");
  for (const ConfigProblem& p : report.problems) UNSCOPED_INFO(report.to_string(p));
  REQUIRE(report.ok());
  return report.config;
}

const std::string kLabels = "global: {external_labels: {node: n7}}\n";

// One endpoint, with more keys at its level.
std::string endpoint(const std::string& more) { return kLabels + "remote_write:\n- url: http://h:9090/api/v1/write\n" + more; }

}  // namespace

TEST_CASE("an empty file is a good configuration that says nothing") {
  for (const char* text : {"", "# nothing\n", "{}\n", "global:\nremote_write:\n"}) {
    const Config c = good(text);
    CHECK(c.remote_write.empty());
    CHECK_FALSE(c.listen);
    CHECK_FALSE(c.storage_budget_bytes);
  }
}

TEST_CASE("a whole configuration is read") {
  ::setenv("TACHO_TEST_NODE", "gpu-17", 1);
  const Config c = good(R"(
global:
  external_labels: {cluster: eu1, node: '${TACHO_TEST_NODE}'}
remote_write:
  - url: https://metrics.example.org/api/v1/write?token=x
    name: main
    remote_timeout: 10s
    headers: {X-Scope-OrgID: team-a}
    basic_auth: {username: node, password: secret}
    tls_config: {server_name: other, insecure_skip_verify: true}
    queue_config: {max_samples_per_send: 500, min_backoff: 100ms, max_backoff: 1m, capacity: 10000, sample_age_limit: 1h}
    metadata_config: {send: false}
    write_relabel_configs:
      - source_labels: [__name__]
        regex: node_.*
        action: keep
      - {target_label: env, replacement: prod}
  - url: http://[::1]:8428/api/v1/write
    authorization: {credentials: abc}
storage: {budget: 256MiB, series_max: 5000, state: /var/lib/tacho, runtime: /run/tacho}
sampling:
  interval: 500ms
  sources:
    filesystem: {interval: 10s}
    pressure: {enabled: false}
shipping: {grace: 2s, spread: 15s}
query: {concurrency: 4, streams_max: 3, timeout: 10s, lookback: 1m, samples_max: 1000000, series_max: 500, memory_max: 64MiB, steps_max: 20000}
listen: 0.0.0.0:9980
)");
  CHECK(c.external_labels == Labels{{"cluster", "eu1"}, {"node", "gpu-17"}});
  REQUIRE(c.remote_write.size() == 2);
  const RemoteWriteConfig& w = c.remote_write[0];
  CHECK(w.name == "main");
  CHECK(w.endpoint.url == "https://metrics.example.org/api/v1/write?token=x");
  CHECK(w.endpoint.timeout_ms == 10'000);
  CHECK(w.endpoint.headers == store::HttpHeaders{{"X-Scope-OrgID", "team-a"}});
  CHECK(w.endpoint.auth.username == "node");
  CHECK(w.endpoint.auth.password == "secret");
  CHECK(w.endpoint.tls.server_name == "other");
  CHECK(w.endpoint.tls.insecure_skip_verify);
  CHECK(w.shipper.samples_per_send_max == 500);
  CHECK(w.shipper.rules.external_labels == c.external_labels);
  CHECK(w.shipper.rules.relabel.size() == 2);
  CHECK(w.shipper.backoff_min_ms == 100);
  CHECK(w.shipper.backoff_max_ms == 60'000);
  CHECK(w.shipper.age_limit_ms == 3'600'000);
  CHECK(w.shipper.metadata_interval_ms == 0);
  CHECK(w.shipper.grace_ms == 2000);
  CHECK(c.remote_write[1].endpoint.auth.credentials == "abc");
  CHECK(c.remote_write[1].shipper.samples_per_send_max == 2000);
  CHECK(c.storage_budget_bytes == 256u << 20);
  CHECK(c.storage_series_max == 5000);
  CHECK(c.state_dir == "/var/lib/tacho");
  CHECK(c.runtime_dir == "/run/tacho");
  CHECK(c.interval_ms == 500);
  CHECK(c.sources.at("filesystem").interval_ms == 10'000);
  CHECK(c.sources.at("pressure").enabled == false);
  CHECK_FALSE(c.sources.at("filesystem").enabled.has_value());
  CHECK(c.query_concurrency == 4);
  CHECK(c.query_streams_max == 3);
  CHECK(c.query.timeout_ms == 10'000);
  CHECK(c.query.lookback_ms == 60'000);
  CHECK(c.query.samples_max == 1'000'000);
  CHECK(c.query.series_max == 500);
  CHECK(c.query.memory_max == 64u << 20);
  CHECK(c.query.steps_max == 20'000);
  CHECK(c.listen == "0.0.0.0:9980");
  CHECK(c.ship_spread_ms == 15'000);
}

TEST_CASE("the defaults of an endpoint are Prometheus's, its name is its address without the query") {
  const Config c = good(kLabels + "remote_write: [{url: 'http://h:9090/api/v1/write?token=secret'}]");
  const RemoteWriteConfig& w = c.remote_write.at(0);
  CHECK(w.name == "h:9090/api/v1/write");
  CHECK(w.endpoint.timeout_ms == 30'000);
  CHECK(w.shipper.backoff_min_ms == 30);
  CHECK(w.shipper.backoff_max_ms == 30'000);
  CHECK(w.shipper.retry_on_429);
  CHECK(w.endpoint.auth.credentials.empty());
}

TEST_CASE("unknown keys are errors with their line, and the key that was meant") {
  CHECK(problems_of("globl:\n  external_labels: {a: b}\n") ==
        "f.yml:1: unknown key \"globl\" in the configuration; did you mean global?\n");
  CHECK(problems_of(endpoint("  queue_config:\n    max_sample_per_send: 5\n")) ==
        "f.yml:5: unknown key \"max_sample_per_send\" in remote_write[0].queue_config; did you mean "
        "max_samples_per_send?\n");
  CHECK(problems_of("nonsense: 1\n") == "f.yml:1: unknown key \"nonsense\" in the configuration\n");
  CHECK(problems_of("global:\n  external_labels: {a: b}\n  external_labels: {a: b}\n") ==
        "f.yml:3: global.external_labels is given twice\n");
}

TEST_CASE("all problems are found in one go, by line") {
  CHECK(problems_of("listen: here\n"
                    "storage:\n"
                    "  budget: big\n"
                    "sampling: {interval: 3}\n"
                    "sahred: 1\n") ==
        "f.yml:1: listen must be HOST:PORT, not \"here\"\n"
        "f.yml:3: storage.budget must be a size such as 256MiB or 1GiB, at least 1048576 bytes, not \"big\"\n"
        "f.yml:4: sampling.interval must be a duration with its unit, such as 30s or 1m30s, from 100ms to 1h, not "
        "\"3\"\n"
        "f.yml:5: unknown key \"sahred\" in the configuration\n");
}

TEST_CASE("what is no YAML, or no mapping, is said so") {
  CHECK(problems_of("a: [1, 2\nb: 3\n").starts_with("f.yml:"));
  CHECK(problems_of("a: [1, 2\nb: 3\n").find("no YAML: ") != std::string::npos);
  CHECK(problems_of("- a\n- b\n") == "f.yml:1: the file must be a mapping of keys to values\n");
  CHECK(problems_of("global: 5\n") == "f.yml:1: global must be a mapping of keys to values\n");
  CHECK(problems_of("remote_write: {url: x}\n").find("remote_write must be a list") != std::string::npos);
  CHECK(problems_of("? [a]\n: 1\n") == "f.yml:1: a key must be a text\n");
  CHECK_FALSE(examine_config_text(std::string("\0\xff\xfe", 3), "f").ok());
}

TEST_CASE("no text whatever makes the reader throw") {
  const std::string seed = endpoint(
      "  headers: {a: b}\n  basic_auth: {username: u, password: p}\n  write_relabel_configs: [{regex: a, action: "
      "drop}]\n");
  std::uint64_t x = 88'172'645'463'325'252ULL;
  const auto random = [&x](std::uint64_t n) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x % n;
  };
  constexpr std::string_view kBytes = "{}[]:,-?&*!|>'\"%@`#\n\t ~a0\\";
  for (int i = 0; i < 4000; ++i) {
    std::string text = seed;
    for (std::uint64_t n = 1 + random(4); n > 0; --n) text[random(text.size())] = kBytes[random(kBytes.size())];
    CHECK_NOTHROW(examine_config_text(text, "f"));
  }
}

TEST_CASE("what is Prometheus's and not ours yet is refused where it is used, not where it is empty") {
  CHECK(problems_of("rule_files: []\nalerting: {}\nscrape_configs:\n").empty());
  CHECK(problems_of("rule_files: [a.yml]\n") == "f.yml:1: rule_files is not supported yet\n");
  CHECK(problems_of("alerting: {alertmanagers: []}\n") == "f.yml:1: alerting is not supported yet\n");
  CHECK(problems_of("\nremote_read:\n- url: x\n") == "f.yml:2: remote_read is not supported yet\n");
  CHECK(problems_of(endpoint("  sigv4: {region: x}\n")) == "f.yml:4: remote_write[0].sigv4 is not supported yet\n");
  CHECK(problems_of(endpoint("  protobuf_message: v3\n")).find("there are prometheus.WriteRequest (remote write 1.0)") !=
        std::string::npos);
  CHECK(problems_of(endpoint("  proxy_from_environment: false\n  send_exemplars: true\n  enable_http2: true\n")).empty());
}

TEST_CASE("endpoints: a URL each, and names of their own") {
  CHECK(problems_of(kLabels + "remote_write:\n- name: a\n") == "f.yml:3: remote_write[0].url is missing\n");
  CHECK(problems_of(kLabels + "remote_write:\n- url: nowhere\n").starts_with("f.yml:3: remote_write[0].url: "));
  const std::string twice = kLabels + "remote_write:\n- url: http://h/w\n- url: http://h/w\n";
  CHECK(problems_of(twice) ==
        "f.yml:4: remote_write[1]: another endpoint is called \"h:80/w\" already; give each a name of its own\n");
  CHECK(problems_of(twice + "  name: other\n").empty());
}

TEST_CASE("endpoints of several nodes without a label between them are warned of") {
  const ConfigReport report = examine_config_text("remote_write: [{url: 'http://h/w'}]", "f.yml");
  CHECK(report.ok());
  REQUIRE(report.problems.size() == 1);
  CHECK(report.to_string(report.problems[0]).starts_with("f.yml:1: warning: remote_write without global.external_labels"));
}

TEST_CASE("authentication: one way at a time") {
  const auto problem = [](const std::string& more) { return problems_of(endpoint(more)); };
  CHECK(problem("  basic_auth: {username: u, password: p}\n").empty());
  CHECK(problem("  bearer_token: t\n").empty());
  CHECK(problem("  authorization: {type: Token, credentials: t}\n").empty());
  CHECK(problem("  bearer_token: t\n  authorization: {credentials: t}\n").find("at most one of") != std::string::npos);
  CHECK(problem("  basic_auth: {password: p}\n").find("remote_write[0].basic_auth.username is missing") != std::string::npos);
  CHECK(problem("  basic_auth: {username: u, password: p, password_file: f}\n").find("keep one") != std::string::npos);
  CHECK(problem("  authorization: {type: Basic, credentials: t}\n").find("use basic_auth") != std::string::npos);
  CHECK(problem("  authorization: {}\n").find("credentials or credentials_file must be given") != std::string::npos);
  CHECK(problem("  basic_auth: {username: u, password_file: /nonexistent/x}\n") ==
        "f.yml:4: warning: remote_write[0].basic_auth.password_file: /nonexistent/x cannot be read here: No such "
        "file or directory\n");
  CHECK(problem("  tls_config: {cert_file: /dev/null}\n").find("cert_file and key_file go together") != std::string::npos);
}

TEST_CASE("headers of the protocol cannot be overridden") {
  CHECK(problems_of(endpoint("  headers: {user-agent: x}\n")) ==
        "f.yml:4: remote_write[0].headers: the header user-agent belongs to the protocol and cannot be set\n");
  CHECK(problems_of(endpoint("  headers: {Authorization: x}\n")).find("use authorization") != std::string::npos);
  CHECK(problems_of(endpoint("  headers: {'a b': x}\n")).find("\"a b\" is no header") != std::string::npos);
  CHECK(problems_of(endpoint("  headers: {a: \"x\\r\\ny: z\"}\n")).find("is no header") != std::string::npos);
}

TEST_CASE("relabel rules are checked when the file is") {
  const auto rule = [](const std::string& r) { return problems_of(endpoint("  write_relabel_configs:\n  - " + r + "\n")); };
  CHECK(rule("{source_labels: [a, b], target_label: c}").empty());
  CHECK(rule("{regex: '(', action: keep}")
            .starts_with("f.yml:5: remote_write[0].write_relabel_configs[0]: invalid regular expression"));
  CHECK(rule("{action: discard}").starts_with("f.yml:5: remote_write[0].write_relabel_configs[0]: unknown relabel action"));
  CHECK(rule("{action: replace}").find("needs target_label") != std::string::npos);
  CHECK(rule("{source_label: [a], target_label: b}").find("did you mean source_labels?") != std::string::npos);
}

TEST_CASE("labels that cannot be, and variables that are not set") {
  ::unsetenv("TACHO_TEST_NONE");
  CHECK(problems_of("global:\n  external_labels:\n    a-b: x\n")
            .starts_with("f.yml:3: global.external_labels: \"a-b\" is no label name"));
  CHECK(problems_of("global:\n  external_labels:\n    a: ${TACHO_TEST_NONE}\n")
            .find("warning: global.external_labels.a: the environment "
                  "variable TACHO_TEST_NONE is not set") != std::string::npos);
  CHECK(problems_of("global: {external_labels: {a: [1]}}\n").find("global.external_labels.a must be a text") !=
        std::string::npos);
}

TEST_CASE("sources are known by name where the names are given") {
  const ConfigContext context{{"cpu", "diskstats", "filesystem"}};
  CHECK(problems_of("sampling:\n  sources:\n    diskstat: {enabled: false}\n", context) ==
        "f.yml:3: unknown source \"diskstat\" in sampling.sources; did you mean diskstats?\n");
  CHECK(problems_of("sampling:\n  sources:\n    cpu: {enabled: maybe}\n", context) ==
        "f.yml:3: sampling.sources.cpu.enabled must be true or false, not \"maybe\"\n");
  CHECK(problems_of("sampling: {sources: [cpu]}\n").find("sampling.sources must be a mapping") != std::string::npos);
}

TEST_CASE("accelerators work in threads, or in processes where the file says so, and nowhere else") {
  const auto isolation = [](const std::string& accelerators) {
    return good("sampling:\n  accelerators: " + accelerators + "\n").accel_isolation;
  };
  CHECK(good("sampling: {interval: 2s}\n").accel_isolation == sampler::AccelIsolation::thread);
  CHECK(isolation("{}") == sampler::AccelIsolation::thread);
  CHECK(isolation("{isolation: thread}") == sampler::AccelIsolation::thread);
  CHECK(isolation("{isolation: process}") == sampler::AccelIsolation::process);
  CHECK(problems_of("sampling:\n  interval: 1s\n  accelerators:\n    isolation: child\n") ==
        "f.yml:4: sampling.accelerators.isolation must be thread or process, not \"child\"\n");
  CHECK(problems_of("sampling:\n  accelerators: {isolatoin: process}\n").find("did you mean isolation?") != std::string::npos);
}

TEST_CASE("sources take the filters of node_exporter, each checked on its line") {
  const ConfigReport report = examine_config_text(
      "sampling:\n  sources:\n    diskstats: {device_exclude: '^sr', device_include: ^s}\n    netclass: {ignore_invalid_speed: "
      "true}\n",
      "f.yml");
  REQUIRE(report.ok());
  const auto disks = report.config.host_options.filter("diskstats", "device");
  CHECK(disks("sr0"));
  CHECK_FALSE(disks("sda1"));
  CHECK(disks("nvme0n1"));
  CHECK(report.config.host_options.flag("netclass", "ignore_invalid_speed"));
  CHECK(problems_of("sampling:\n  sources:\n    cpu: {}\n    diskstats: {device_exclude: '('}\n")
            .starts_with("f.yml:4: sampling.sources.diskstats.device_exclude: \"(\" is no regular expression: "));
  CHECK(problems_of("sampling:\n  sources:\n    diskstats: {device_exclud: x}\n").find("did you mean device_exclude?") !=
        std::string::npos);
  CHECK(problems_of("sampling:\n  sources:\n    cpu: {device_exclude: x}\n").find("unknown key \"device_exclude\"") !=
        std::string::npos);
}

TEST_CASE("a file that cannot be used is one sentence") {
  const auto missing = load_config("/nonexistent/tacho.yml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "cannot open /nonexistent/tacho.yml: No such file or directory");
  char path[] = "/tmp/tacho-config-XXXXXX";
  REQUIRE(::close(::mkstemp(path)) == 0);
  std::ofstream(path) << "a: 1\nb: 2\nc: 3\n";
  const auto bad = load_config(path);
  ::unlink(path);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message ==
        fmt::format("{0}:1: unknown key \"a\" in the configuration (and 2 more: tacho check-config {0})", path));
}

TEST_CASE("the node's place in the spread is given to every endpoint") {
  Config c = good(kLabels + "shipping: {spread: 20s}\nremote_write: [{url: 'http://a/w'}, {url: 'http://b/w'}]");
  set_ship_offsets(c, "gpu-17");
  CHECK(c.remote_write[0].shipper.offset_ms == store::ship_offset_ms("gpu-17", 20'000));
  CHECK(c.remote_write[1].shipper.offset_ms == c.remote_write[0].shipper.offset_ms);
}

TEST_CASE("shipping: rules say what of which series is shipped, and how often; the first that matches decides") {
  const Config c = good(endpoint("  protobuf_message: io.prometheus.write.v2.Request\n") + R"(
shipping:
  interval: 30s
  outbox: 8MiB
  rules:
    - match: 'node_cpu_seconds_total{mode="idle"}'
      drop: true
    - match: ['{__name__=~"accel_.*"}', 'node_load1']
      interval: 15s
      keep: [avg, max, p99_9]
    - match: 'x'
      keep_raw: true
)");
  CHECK(c.ship_outbox_bytes == 8u << 20);
  REQUIRE(c.remote_write.size() == 1);
  CHECK(c.remote_write[0].shipper.version == store::WriteVersion::v2);
  const store::RollupPolicy& policy = c.remote_write[0].shipper.rules.policy;
  const auto of = [&](Labels labels) { return policy.of({std::move(labels), MetricType::gauge, store::Rollup::none}); };
  CHECK(of(Labels::of("node_cpu_seconds_total", {{"mode", "idle"}})).drop);
  CHECK_FALSE(of(Labels::of("node_cpu_seconds_total", {{"mode", "user"}})).drop);
  CHECK(of(Labels::of("accel_up")).interval_ms == 15'000);
  CHECK(of(Labels::of("node_load1")).outputs.size() == 3);
  CHECK(store::output_name("a", of(Labels::of("accel_up")).outputs[2], 15'000) == "a:15s_p99_9");
  CHECK(of(Labels::of("x")).keep_raw);
  CHECK(of(Labels::of("y")).interval_ms == 30'000);
  CHECK(policy.step_ms() == 15'000);
  // Without the section: minutes, as the catalogue has them, and an outbox.
  const Config plain = good(endpoint(""));
  CHECK(plain.remote_write[0].shipper.rules.policy.step_ms() == 60'000);
  CHECK(plain.remote_write[0].shipper.version == store::WriteVersion::v1);
  CHECK(plain.ship_outbox_bytes == 64u << 20);
}

TEST_CASE("shipping: what is wrong in a rule is said with its line") {
  CHECK(problems_of(R"(shipping:
  outbox: 1MiB
  rules:
    - match: 'a{b="c"'
    - match: ['a', {b: c}]
      interval: 7s
      keep: [avg, p101, mean]
    - keep: []
    - match: x
      drop: true
      keep_raw: true
    - match: y
      window: 1m
)") == R"(f.yml:2: shipping.outbox must be at least 4MiB, or 0 for none
f.yml:4: shipping.rules[0].match: 1:8: parse error: unexpected end of input in label matching, expected "," or "}"
f.yml:5: shipping.rules[1].match must be a selector, or a list of them
f.yml:6: shipping.rules[1].interval must divide an hour, so that windows end at the same times on every node: 15s, 30s, 1m, 5m
f.yml:7: shipping.rules[1].keep: "p101" is none of avg, min, max, last, sum, count, or a quantile like p99
f.yml:7: shipping.rules[1].keep: "mean" is none of avg, min, max, last, sum, count, or a quantile like p99
f.yml:8: shipping.rules[2].match is missing: a selector like '{__name__=~"accel_.*"}'
f.yml:8: shipping.rules[2].keep is empty; drop: true ships nothing
f.yml:10: shipping.rules[3].drop together with keep or keep_raw: it would keep nothing
f.yml:13: unknown key "window" in shipping.rules[4]
)");
}

}  // namespace tacho::tools
