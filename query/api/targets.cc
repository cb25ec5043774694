// targets: what is scraped, and how that went.
#include <set>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "query/api/handlers.h"

namespace tacho::query {
namespace {

constexpr char kNeverScraped[] = "0001-01-01T00:00:00Z";  // Go's zero time

std::string time_text(TimeMs t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

void write_text(JsonText& out, std::string_view key, std::string_view value) {
  out.raw(key);
  out.string(value);
}

void write_target(JsonText& out, const TargetStatus& t) {
  out.raw(R"({"discoveredLabels":)");
  out.labels(t.discovered);
  out.raw(R"(,"labels":)");
  out.labels(t.labels);
  write_text(out, R"(,"scrapePool":)", t.pool);
  write_text(out, R"(,"scrapeUrl":)", t.url);
  write_text(out, R"(,"globalUrl":)", t.url);
  write_text(out, R"(,"lastError":)", t.last_error);
  write_text(out, R"(,"lastScrape":)", t.last_scrape == 0 ? kNeverScraped : time_text(t.last_scrape));
  out.raw(R"(,"lastScrapeDuration":)");
  out.number(t.last_seconds);
  write_text(out, R"(,"health":)", t.last_scrape == 0 ? "unknown" : t.last_error.empty() ? "up" : "down");
  write_text(out, R"(,"scrapeInterval":)", format_duration(t.interval_ms));
  write_text(out, R"(,"scrapeTimeout":)", format_duration(t.timeout_ms));
  out.raw('}');
}

}  // namespace

// Targets that relabel_configs dropped are not kept: there are none of them here.
ApiResult<std::string> answer_targets(const ApiContext& c, const HttpRequest& r) {
  const std::string_view state = r.param("state").value_or("");
  const std::string_view pool = r.param("scrapePool").value_or("");
  const bool shown = (state.empty() || state == "any" || state == "active") && c.options.targets;
  const auto targets = shown ? c.options.targets() : std::vector<TargetStatus>{};
  return api_success_json([&](JsonText& out) {
    out.raw(R"({"activeTargets":[)");
    bool first = true;
    for (const TargetStatus& t : targets) {
      if (!pool.empty() && t.pool != pool) continue;
      if (!std::exchange(first, false)) out.raw(',');
      write_target(out, t);
    }
    out.raw(R"(],"droppedTargets":[],"droppedTargetCounts":{}})");
  });
}

ApiResult<std::string> answer_scrape_pools(const ApiContext& c, const HttpRequest&) {
  std::set<std::string> pools;
  if (c.options.targets) {
    for (const TargetStatus& t : c.options.targets()) pools.insert(t.pool);
  }
  return api_success_json([&](JsonText& out) {
    out.raw(R"({"scrapePools":)");
    out.strings(pools);
    out.raw('}');
  });
}

}  // namespace tacho::query
