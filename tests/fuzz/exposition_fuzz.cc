// Any text is an exposition: read, or refused with a line.
#include <algorithm>
#include "proto/exposition.h"

namespace {
struct Sink final : tacho::ExpositionSink {
  void sample(std::string_view series, double, std::optional<tacho::TimeMs>) override { (void)tacho::parse_series(series); }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Sink sink;
  (void)tacho::parse_exposition(text, tacho::TextFormat::prometheus, sink);
  (void)tacho::parse_exposition(text, tacho::TextFormat::openmetrics, sink);
  return 0;
}
