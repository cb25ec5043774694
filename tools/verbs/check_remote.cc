// tacho check-remote: sends one sample to each endpoint of a configuration and says in words what came of it.
#include <cstdio>
#include <functional>

#include "query/api/json.h"
#include "query/json/object.h"
#include "store/shipping/ship_text.h"
#include "store/shipping/ship_verdict.h"
#include "store/shipping/ship_window.h"
#include "tools/answers/data.h"
#include "tools/config/endpoints.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

constexpr const char* kProbe = "tacho_check_remote";

// One sample under the endpoint's external labels and relabeling.
class OneSample final : public store::Queryable {
 public:
  explicit OneSample(TimeMs now) : times_{now}, info_{Labels::of(kProbe), MetricType::gauge, store::Rollup::none} {}
  Result<store::Selection> select(std::span<const store::Matcher>, store::TimeRange, const store::SelectLimits&) const override {
    store::Selection out;
    out.series.push_back({&info_, times_, values_});
    out.samples = 1;
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const store::Matcher>, store::TimeRange) const override {
    return std::vector<Labels>{info_.labels};
  }
  store::TimeRange bounds() const override { return {times_[0], times_[0]}; }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  std::vector<TimeMs> times_;
  std::vector<double> values_{1};
  store::SeriesInfo info_;
};

const char* advice(int status) {
  switch (status) {
    case 400: return "it refuses the sample itself; its text says why";
    case 401: return "it wants credentials: basic_auth or authorization";
    case 403: return "it knows the sender and does not let it write: check the credentials' rights, or the tenant's header";
    case 404:
      return "there is no such path: Prometheus has /api/v1/write and needs --web.enable-remote-write-receiver, Mimir has "
             "/api/v1/push";
    case 405: return "the path is there for reading, not for writing";
    case 413: return "the request is too large for it: lower queue_config.max_samples_per_send";
    case 429: return "it limits how much is sent; the agent slows down and tries again";
    default:
      return status >= 500 ? "it is in trouble; the agent tries again until it is better"
                           : "not what a remote write receiver answers";
  }
}

// What is found of it, each as soon as it is known: a receiver can take long to answer.
using Say = std::function<void(const char* what, const std::string& text)>;

// Whether the agent could ship to it.
bool check(const RemoteWriteConfig& endpoint, const Say& say) {
  auto transport = store::HttpTransport::create(endpoint.endpoint);
  if (!transport) return say("url", transport.error().message), false;
  const OneSample store(system_clock().wall_ms());
  store::ShipRules rules = endpoint.shipper.rules;
  rules.policy = store::RollupPolicy();
  auto window = store::make_window(store, (store.bounds().max - 1) / 60'000 * 60'000 + 60'000, rules);
  if (!window) return say("labels", window.error().message), false;
  if (window->samples.empty()) {
    say("labels", window->invalid > 0 ? "external_labels hold what no receiver takes" : "write_relabel_configs drop the sample");
    return false;
  }
  for (store::ShippedSample& s : window->samples) s.t = store.bounds().max;
  say("labels", window->samples[0].labels.to_string());
  bool good = false;
  for (const store::WriteVersion version : {store::WriteVersion::v1, store::WriteVersion::v2}) {
    const bool is_v2 = version == store::WriteVersion::v2;
    const auto answer =
        (*transport)
            ->send(store::encode_samples(*window, {0, window->samples.size()}, version, nullptr), store::write_headers(version));
    const char* name = is_v2 ? "version 2" : "version 1";
    if (!answer) {
      say(name, answer.error().message);
      return is_v2 && good && endpoint.shipper.version == store::WriteVersion::v1;
    }
    switch (store::judge(answer, is_v2)) {
      case store::Verdict::taken: say(name, "taken"); break;
      case store::Verdict::other_version: say(name, fmt::format("not known to it (it answered {})", answer->status)); break;
      default:
        say(name, fmt::format("answered {} {}: {}", answer->status, store::one_line(answer->body), advice(answer->status)));
    }
    if (store::judge(answer, is_v2) == store::Verdict::taken && (!is_v2 || endpoint.shipper.version == version)) good = true;
  }
  if (good && endpoint.shipper.version == store::WriteVersion::v2)
    say("agent", "begins in version 2, and goes on in version 1 where that is all the receiver knows");
  return good;
}

struct Checked {
  std::string name, url;
  std::vector<std::pair<std::string, std::string>> findings;  // what, text
  bool good;
};

std::string report_json(const std::vector<Checked>& checked) {
  return query::api_success_json([&](query::JsonText& out) {
    query::write_list(out, checked, [&](const Checked& c) {
      query::JsonObject o(out);
      o.text("name", c.name);
      o.text("url", c.url);
      o.flag("good", c.good);
      query::write_list(o.key("findings"), c.findings, [&](const auto& finding) {
        query::JsonObject item(out);
        item.text("what", finding.first);
        item.text("text", finding.second);
      });
    });
  });
}

}  // namespace

int check_remote(const CheckRemoteOptions& options) {
  const auto endpoints = load_endpoints(options.config, options.endpoint);
  if (!endpoints) return fail(endpoints.error());
  bool all_good = true;
  std::vector<Checked> checked;
  for (const RemoteWriteConfig& endpoint : *endpoints) {
    Checked c{endpoint.name, endpoint.endpoint.url.substr(0, endpoint.endpoint.url.find('?')), {}, false};
    const bool table = options.format == "table";
    if (table) std::printf("%s  %s\n", c.name.c_str(), c.url.c_str());
    c.good = check(endpoint, [&](const char* what, const std::string& text) {
      if (table) std::printf("  %-10s %s\n", what, text.c_str());
      c.findings.emplace_back(what, text);
    });
    all_good = all_good && c.good;
    checked.push_back(std::move(c));
  }
  if (options.format == "json") std::printf("%s\n", report_json(checked).c_str());
  return all_good ? 0 : 1;
}

}  // namespace tacho::tools
