#include "tools/answers/data.h"

#include <unistd.h>

#include <cstdio>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "sampler/aliases.h"
#include "store/aliases/view.h"
#include "store/identity/log.h"
#include "store/identity/view.h"
#include "store/window/dir_store.h"
#include "tools/answers/catalogue_metadata.h"
#include "tools/terminal/progress.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kLookbackMs = 300'000;

}  // namespace

Result<std::unique_ptr<store::Queryable>> open_data(const DataChoice& choice) {
  auto opened = open_data_of(choice);
  if (!opened) return std::unexpected(opened.error());
  return std::move(opened->store);
}

Result<OpenedData> open_data_of(const DataChoice& choice) {
  if (choice.file) {
    auto loaded = load_file(*choice.file);
    if (!loaded) return std::unexpected(loaded.error());
    auto file = std::make_unique<store::MemoryStore>(std::move(*loaded));
    const store::SnapshotOrigin origin = file->origin();
    // A snapshot says whose it is; of text nobody knows.
    return OpenedData{std::make_unique<store::AliasView>(std::move(file), sampler::make_alias_table(origin.host)), origin};
  }
  const store::StoreDirs dirs = store::reader_dirs(choice.state, choice.runtime);
  auto found = store::DirStore::open(dirs, catalogue_metadata);
  if (!found) return std::unexpected(found.error());
  for (const std::string& problem : (*found)->problems()) std::fprintf(stderr, "tacho: skipped: %s\n", problem.c_str());
  const auto identities = std::make_shared<store::IdentityReader>(dirs.state);
  (void)identities->timeline();
  if (const std::string problem = identities->problem(); !problem.empty())
    std::fprintf(stderr, "tacho: skipped: %s\n", problem.c_str());
  auto labelled = std::make_unique<store::IdentityView>(std::move(*found), [identities] { return identities->timeline(); });
  return OpenedData{std::make_unique<store::AliasView>(std::move(labelled), sampler::make_alias_table(host_name())),
                    {.host = host_name()}};
}

Result<store::MemoryStore> load_file(const std::string& path) {
  Progress progress("reading " + path);
  return store::MemoryStore::load(path, [&](std::uint64_t done, std::uint64_t total) { progress.advance(done, total); });
}

TimeMs newest_time(const store::Queryable& data, const DataChoice& choice) {
  const TimeMs now = system_clock().wall_ms();
  const store::TimeRange range = data.bounds();
  if (range.empty() || range.max > now - kLookbackMs) return range.empty() || !choice.file ? now : range.max;
  if (!choice.file) {
    std::fprintf(stderr, "tacho: the newest sample is %s old (no agent runs?); asking as of then\n",
                 format_duration((now - range.max) / 1000 * 1000).c_str());
  }
  return range.max;
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

int fail(const Error& error) {
  std::fprintf(stderr, "tacho: %s\n", error.message.c_str());
  return 1;
}

}  // namespace tacho::tools
