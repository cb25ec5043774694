#include <catch2/catch.hpp>

#include "tools/config/config.h"

namespace tacho::tools {
namespace {

std::string problems_of(const std::string& text) {
  const ConfigReport report = examine_config_text(text, "f.yml");
  std::string out;
  for (const ConfigProblem& p : report.problems) out += report.to_string(p) + "\n";
  return out;
}

std::vector<sampler::ScrapeTarget> targets_of(const std::string& text) {
  const ConfigReport report = examine_config_text(text, "f.yml");
  for (const ConfigProblem& p : report.problems) UNSCOPED_INFO(report.to_string(p));
  REQUIRE(report.ok());
  return report.config.scrape_targets;
}

// One job with a target, with more keys at its level.
std::string job(const std::string& more) {
  return "scrape_configs:\n- job_name: j\n  static_configs: [{targets: ['h:1']}]\n" + more;
}
sampler::ScrapeTarget target_of(const std::string& more) { return targets_of(job(more)).at(0); }

}  // namespace

TEST_CASE("a scrape target has Prometheus's defaults, and the agent's interval") {
  const auto t = target_of("");
  CHECK(t.url.to_string() == "http://h:1/metrics");
  CHECK(t.labels == Labels{{"job", "j"}, {"instance", "h:1"}});
  CHECK(t.name == "scrape_j_h_1");
  CHECK(t.interval_ms == 0);
  CHECK(t.timeout_ms == 0);
  CHECK_FALSE(t.honor_labels);
  CHECK(t.honor_timestamps);
  CHECK(t.limits.samples == 0);
  CHECK(t.limits.body_bytes == 16u << 20);
}

TEST_CASE("a whole scrape_config is read") {
  const auto targets = targets_of(R"(
scrape_configs:
  - job_name: gpu
    scrape_interval: 2s
    scrape_timeout: 1500ms
    metrics_path: /stats
    scheme: https
    params: {'collect[]': [cpu, 'mem info'], x: ['1']}
    honor_labels: true
    honor_timestamps: false
    enable_compression: false
    basic_auth: {username: u, password: p}
    tls_config: {insecure_skip_verify: true}
    body_size_limit: 1MiB
    sample_limit: 10
    label_limit: 20
    label_name_length_limit: 30
    label_value_length_limit: 40
    metric_relabel_configs: [{source_labels: [__name__], regex: 'go_.*', action: drop}]
    static_configs:
      - targets: ['a:1', '[::1]:2']
        labels: {rack: r1}
      - targets: [b]
  - job_name: node
    static_configs: [{targets: ['127.0.0.1:9100']}]
)");
  REQUIRE(targets.size() == 4);
  const auto& t = targets[0];
  CHECK(t.url.to_string() == "https://a:1/stats?collect%5B%5D=cpu&collect%5B%5D=mem%20info&x=1");
  CHECK(t.labels == Labels{{"job", "gpu"}, {"instance", "a:1"}, {"rack", "r1"}});
  CHECK(t.interval_ms == 2000);
  CHECK(t.timeout_ms == 1500);
  CHECK(t.honor_labels);
  CHECK_FALSE(t.honor_timestamps);
  CHECK_FALSE(t.compressed);
  CHECK(t.auth.username == "u");
  CHECK(t.tls.insecure_skip_verify);
  CHECK(t.limits.body_bytes == 1u << 20);
  CHECK(t.limits.samples == 10);
  CHECK(t.limits.labels == 20);
  CHECK(t.limits.label_name_bytes == 30);
  CHECK(t.limits.label_value_bytes == 40);
  CHECK(t.metric_relabel.size() == 1);
  CHECK(targets[1].labels.get("instance") == "[::1]:2");
  CHECK(targets[2].url.to_string() == "https://b:443/stats?collect%5B%5D=cpu&collect%5B%5D=mem%20info&x=1");
  CHECK(targets[2].labels == Labels{{"job", "gpu"}, {"instance", "b"}});
  CHECK(targets[3].name == "scrape_node_127_0_0_1_9100");
}

TEST_CASE("gzip is asked for, but not on the loopback, unless it is said") {
  const auto compressed = [](const std::string& address, const std::string& more) {
    return targets_of("scrape_configs:\n- job_name: j\n  static_configs: [{targets: ['" + address + "']}]\n" + more)
        .at(0)
        .compressed;
  };
  CHECK(compressed("node-7:9100", ""));
  CHECK_FALSE(compressed("127.0.0.1:9100", ""));
  CHECK_FALSE(compressed("[::1]:9100", ""));
  CHECK_FALSE(compressed("localhost:9100", ""));
  CHECK(compressed("localhost:9100", "  enable_compression: true\n"));
  CHECK_FALSE(compressed("node-7:9100", "  enable_compression: false\n"));
}

TEST_CASE("relabel_configs rewrite a target's address, path, parameters, interval and labels, or drop it") {
  const auto t = target_of(R"(  params: {module: [old]}
  relabel_configs:
  - {source_labels: [__address__], target_label: instance, regex: '(.*):.*', replacement: 'host-$1'}
  - {target_label: __metrics_path__, replacement: '/x?y'}
  - {target_label: __param_module, replacement: 'a b'}
  - {target_label: __address__, replacement: 'proxy:9'}
  - {target_label: __scrape_interval__, replacement: 5s}
  - {target_label: __scrape_timeout__, replacement: 3s}
  - {target_label: job, replacement: other}
  - {target_label: __tmp, replacement: gone}
)");
  CHECK(t.url.to_string() == "http://proxy:9/x%3Fy?module=a%20b");
  CHECK(t.labels == Labels{{"job", "other"}, {"instance", "host-h"}});
  CHECK(t.interval_ms == 5000);
  CHECK(t.timeout_ms == 3000);
  CHECK(t.job == "j");
  CHECK(targets_of(job("  relabel_configs: [{source_labels: [__address__], regex: 'h:1', action: drop}]\n")).empty());
  CHECK(problems_of(job("  relabel_configs: [{target_label: __address__, replacement: ''}]\n")) ==
        "f.yml:3: scrape_configs[0].static_configs[0].targets: the target \"h:1\": no address is left\n");
  CHECK(
      problems_of(job("  relabel_configs: [{target_label: __scrape_interval__, replacement: soon}]\n")).find("is no duration") !=
      std::string::npos);
  CHECK(problems_of(job("  relabel_configs: [{target_label: __scrape_interval__, replacement: 1ms}]\n"))
            .find("its interval must be from 100ms to 1h") != std::string::npos);
}

TEST_CASE("a static label is there before the rules, and wins over what would be set") {
  const auto t = targets_of(
      "scrape_configs:\n- job_name: j\n  static_configs: [{targets: ['h:1'], labels: {job: mine, __metrics_path__: /p}}]\n");
  CHECK(t.at(0).labels == Labels{{"job", "mine"}, {"instance", "h:1"}});
  CHECK(t.at(0).url.target == "/p");
}

TEST_CASE("what is wrong in scrape_configs is said with its line") {
  CHECK(problems_of("scrape_configs:\n- static_configs: [{targets: [a]}]\n") ==
        "f.yml:2: scrape_configs[0].job_name is missing\n");
  CHECK(problems_of("scrape_configs:\n- job_name: x\n") ==
        "f.yml:2: warning: scrape_configs[0].static_configs is missing: nothing is scraped\n");
  CHECK(problems_of(job("- job_name: j\n  static_configs: []\n"))
            .find("f.yml:4: scrape_configs[1]: there is another job called "
                  "\"j\"") != std::string::npos);
  CHECK(problems_of(job("  scrape_timeout: 3s\n")) ==
        "f.yml:4: scrape_configs[0].scrape_timeout is longer than the interval, 1s (the agent's); leave it out, or set "
        "scrape_interval\n");
  CHECK(problems_of(job("  scrape_interval: 2s\n  scrape_timeout: 3s\n"))
            .find("f.yml:5: scrape_configs[0].scrape_timeout is longer than the interval, 2s;") == 0);
  CHECK(problems_of(job("  scrape_interval: 15\n")).find("f.yml:4: scrape_configs[0].scrape_interval must be a duration") == 0);
  CHECK(
      problems_of(job("  scheme: ftp\n")).starts_with("f.yml:4: scrape_configs[0].scheme must be http or https, not \"ftp\"\n"));
  CHECK(problems_of(job("  kubernetes_sd_configs: [{role: pod}]\n")) ==
        "f.yml:4: scrape_configs[0].kubernetes_sd_configs is not supported yet\n");
  CHECK(problems_of(job("  kubernetes_sd_configs: []\n  track_timestamps_staleness: true\n")).empty());
  CHECK(problems_of(job("  follow_redirects: true\n")) == "f.yml:4: scrape_configs[0].follow_redirects is not supported yet\n");
  CHECK(problems_of(job("  honor_lables: true\n")) ==
        "f.yml:4: unknown key \"honor_lables\" in scrape_configs[0]; did you mean honor_labels?\n");
  CHECK(problems_of(job("  metric_relabel_configs: [{action: drip}]\n"))
            .starts_with("f.yml:4: scrape_configs[0].metric_relabel_configs[0]: "
                         "unknown relabel action"));
  const auto target = [](const std::string& address) {
    return problems_of("scrape_configs:\n- job_name: j\n  static_configs:\n  - targets: ['" + address + "']\n");
  };
  CHECK(target("http://h:1/metrics").starts_with("f.yml:4: scrape_configs[0].static_configs[0].targets: the target "));
  CHECK(target("h:1/metrics").find("is no HOST:PORT; a path belongs in metrics_path") != std::string::npos);
  CHECK(target("h:x").starts_with("f.yml:4: "));
  CHECK(target("").find("no address is left") != std::string::npos);
  CHECK(problems_of("scrape_configs:\n- job_name: j\n  static_configs: [{targets: [a], labels: {'a-b': c}}]\n")
            .find("\"a-b\" is no label name") != std::string::npos);
}

TEST_CASE("two targets of the same labels are refused: their series would be one") {
  CHECK(problems_of("scrape_configs:\n- job_name: j\n  metrics_path: /a\n  static_configs:\n  - targets: ['h:1', 'h:1']\n")
            .find("f.yml:5: scrape_configs[0].static_configs[0].targets: the target \"h:1\": another target has the labels "
                  "{instance=\"h:1\",job=\"j\"} already; give each a label of its own") != std::string::npos);
}

}  // namespace tacho::tools
