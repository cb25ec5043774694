#include "store/shipping/ship_once.h"

#include "store/shipping/ship_text.h"
#include "store/shipping/ship_verdict.h"

namespace tacho::store {
namespace {

constexpr std::int64_t kWaitMs = 500;  // before the second attempt; twice as long before each later one

}  // namespace

Result<ShippedOnce> ship_once(const ShippedWindow& window, const MetricBook* book, Transport& transport, const Clock& clock,
                              const ShipOnceOptions& options) {
  ShippedOnce out;
  out.version = options.version;
  for (const RequestCut cut : cut_window(window, options.samples_per_send_max)) {
    int attempt = 1;
    for (WriteVersion version = out.version;;) {
      const bool is_v2 = version == WriteVersion::v2;
      const auto answer = transport.send(encode_samples(window, cut, version, book), write_headers(version));
      const Verdict verdict = judge(answer, is_v2);
      if (verdict == Verdict::taken) {
        out.samples += cut.samples();
        out.version = version;
        break;
      }
      if (verdict == Verdict::other_version) {
        version = WriteVersion::v1;
        continue;
      }
      if (verdict == Verdict::refused) {
        out.refused += cut.samples();
        if (out.refusal.empty()) out.refusal = fmt::format("{} {}", answer->status, one_line(answer->body));
        break;
      }
      if (attempt == options.attempts) {
        if (!answer) return failure("{} samples were sent, then, in {} attempts: {}", out.samples, attempt, answer.error());
        return failure("{} samples were sent, then the receiver answered {} attempts with {} {}", out.samples, attempt,
                       answer->status, one_line(answer->body));
      }
      const std::int64_t asked = answer ? retry_after_ms(*answer, clock.wall_ms()) : 0;
      clock.sleep_until(clock.mono() + std::max(asked, kWaitMs << (attempt - 1)) * kNsPerMs);
      ++attempt;
    }
    const double seconds = static_cast<double>(cut.samples()) / options.samples_per_second;
    clock.sleep_until(clock.mono() + static_cast<std::int64_t>(seconds * static_cast<double>(kNsPerSecond)));
  }
  return out;
}

}  // namespace tacho::store
