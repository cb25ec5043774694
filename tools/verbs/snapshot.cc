// tacho snapshot: a part of the window as one file, to be opened on any machine with --file.
#include <cstdio>
#include <optional>

#include "proto/base/duration.h"
#include "proto/base/file.h"
#include "proto/base/number.h"
#include "tools/answers/data.h"
#include "tools/answers/snapshot_source.h"
#include "tools/terminal/progress.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

Result<void> write_snapshot(const SnapshotOptions& o) {
  auto source = read_snapshot_source(o);
  if (!source) return std::unexpected(source.error());
  const store::SnapshotOrigin& origin = source->frame.origin;
  if (source->selection.series.empty())
    return failure("no samples in the {} before {}", format_duration(o.last_ms),
                   api_number(static_cast<double>(origin.range.max) / 1000));
  Progress progress("writing " + o.output);
  const auto content = store::encode_snapshot(source->selection, source->frame,
                                              [&](std::size_t done, std::size_t all) { progress.advance(done, all); });
  progress.clear();
  if (!content) return std::unexpected(content.error());
  if (auto ok = replace_file(o.output, *content); !ok) return ok;
  std::printf("%s: %zu samples of %zu series, %s before %s, %zu bytes\n", o.output.c_str(), source->selection.samples,
              source->selection.series.size(), format_duration(o.last_ms).c_str(),
              api_number(static_cast<double>(origin.range.max) / 1000).c_str(), content->size());
  return {};
}

}  // namespace

int snapshot(const SnapshotOptions& options) {
  const auto done = write_snapshot(options);
  return done ? 0 : fail(done.error());
}

}  // namespace tacho::tools
