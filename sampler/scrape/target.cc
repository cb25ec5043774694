#include "sampler/scrape/target.h"

#include <algorithm>
#include <map>

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

}  // namespace

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
