#include "sampler/scrape/target.h"

#include <algorithm>

#include "proto/base/duration.h"
#include "proto/base/utf8.h"
#include "proto/http.h"

namespace tacho::sampler {
namespace {

constexpr std::int64_t kTimeoutMs = 10'000;  // Prometheus's
constexpr std::size_t kNameBytesMost = 120;  // a part of a file's name

// What a group's name can hold: [a-z0-9_].
std::string plain_name(const ScrapeTarget& target) {
  std::string out = "scrape_";
  for (const char c : target.job + "_" + std::string(target.labels.get("instance"))) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    out += upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '_';
  }
  return out.substr(0, kNameBytesMost);
}

void set_default(Labels& labels, std::string_view name, std::string_view value) {
  if (!labels.has(name)) labels.set(name, value);
}

constexpr std::string_view kParam = "__param_";

// What the rules see.
Labels discovered(const ScrapeConfig& config, const std::string& address, const Labels& own) {
  Labels labels = own;
  labels.set("__address__", address);
  set_default(labels, "job", config.common.job);
  set_default(labels, "__scheme__", config.scheme);
  set_default(labels, "__metrics_path__", config.metrics_path);
  if (config.common.interval_ms > 0) set_default(labels, "__scrape_interval__", format_duration(config.common.interval_ms));
  if (config.common.timeout_ms > 0) set_default(labels, "__scrape_timeout__", format_duration(config.common.timeout_ms));
  for (const auto& [name, values] : config.params) {
    if (!values.empty()) set_default(labels, std::string(kParam) + name, values[0]);
  }
  return labels;
}

Result<Url> url_of(const ScrapeConfig& config, const Labels& labels) {
  auto params = config.params;
  for (const Label& l : labels) {
    if (!l.name.starts_with(kParam)) continue;
    auto& values = params[l.name.substr(kParam.size())];
    values.empty() ? values.push_back(l.value) : static_cast<void>(values[0] = l.value);
  }
  std::string text = fmt::format("{}://{}", labels.get("__scheme__"), labels.get("__address__"));
  if (!labels.get("__metrics_path__").starts_with('/')) text += '/';
  for (const char c : labels.get("__metrics_path__")) c == '?' ? text += "%3F" : c == '#' ? text += "%23" : text += c;
  char separator = '?';
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      text += separator + url_encode(name) + "=" + url_encode(value);
      separator = '&';
    }
  }
  if (labels.get("__address__").find_first_of("/?#") != std::string_view::npos)
    return failure("{} is no HOST:PORT; a path belongs in metrics_path", quoted(labels.get("__address__")));
  return parse_url(text);
}

Result<void> read_duration(const Labels& labels, std::string_view name, std::int64_t& ms) {
  const std::string_view text = labels.get(name);
  if (text.empty()) return {};
  const auto read = parse_duration(text);
  if (!read || *read <= 0) return failure("{} is {}, which is no duration", name, quoted(text));
  ms = *read;
  return {};
}

}  // namespace

Result<std::optional<ScrapeTarget>> make_target(const ScrapeConfig& config, const std::string& address, const Labels& own) {
  const Labels before = discovered(config, address, own);
  Labels labels = before;
  if (!store::relabel(config.relabel, labels)) return std::nullopt;
  if (!labels.has("__address__")) return failure("no address is left");
  ScrapeTarget target = config.common;
  auto url = url_of(config, labels);
  if (!url) return std::unexpected(url.error());
  target.url = std::move(*url);
  target.compressed = config.compressed.value_or(!is_loopback(target.url.host));
  if (auto ok = read_duration(labels, "__scrape_interval__", target.interval_ms); !ok) return std::unexpected(ok.error());
  if (auto ok = read_duration(labels, "__scrape_timeout__", target.timeout_ms); !ok) return std::unexpected(ok.error());
  set_default(labels, "instance", labels.get("__address__"));
  std::vector<Label> kept;
  for (const Label& l : labels) {
    if (l.name.starts_with("__")) continue;
    if (!is_utf8(l.value)) return failure("the label {} is not UTF-8", l.name);
    kept.push_back(l);
  }
  target.discovered = before;
  target.labels = Labels(std::move(kept));
  return target;
}

std::int64_t timeout_of(const ScrapeTarget& target, std::int64_t interval_ms) {
  const std::int64_t wanted = target.timeout_ms > 0 ? target.timeout_ms : std::min(kTimeoutMs, interval_ms * 9 / 10);
  return std::max<std::int64_t>(std::min(wanted, interval_ms * 19 / 20), 1);
}

void name_targets(std::vector<ScrapeTarget>& targets) {
  std::map<std::string, int> count;
  for (ScrapeTarget& t : targets) ++count[t.name = plain_name(t)];
  for (ScrapeTarget& t : targets) {
    if (count[t.name] > 1) t.name += fmt::format("_{:016x}", t.labels.hash());
  }
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace tacho::sampler
