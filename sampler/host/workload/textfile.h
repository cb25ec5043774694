// What other programs of this machine have measured and left in files: *.prom, and node_textfile_*.
//
// Source   the files *.prom of the folders given, in text 0.0.4 (proto/exposition.h): what the collector textfile of node_exporter
//          takes, by which cron jobs and hardware tools tell of themselves.
// Errors   a file that cannot be read or parsed, whose last line has no end, that has a sample with a time of its own, or a series
//          twice or one that a file before it has, is not shown at all; node_textfile_scrape_error is 1 then, and the log says
//          which and why, once for each version of the file. So it is with a folder that cannot be listed.
// Values   those of the file as it was last written, every tick again, until it is written anew or removed.
//          node_textfile_mtime_seconds tells how old they are, of the files that are shown.
// Changes  files are looked at each tick and read again when their time, size or inode is another. Other series are a new layout.
// Types    from # TYPE lines; help and units are not kept.
// Blocks   the folders may be on a network: its own thread, and 10 s between ticks.
// Cost     a listing of each folder and a stat of each file a tick.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

class TextfileSource : public Source {
 public:
  // More than any program writes: a bound, should a file grow without end.
  static constexpr std::size_t kFileBytesMax = 16 << 20;

  // Without a folder there is node_textfile_scrape_error alone, and 0.
  explicit TextfileSource(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  std::string_view name() const override { return "textfile"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Series {
    Labels labels;
    MetricType type = MetricType::unknown;
    bool operator==(const Series&) const = default;
  };
  // What a version of a file is known by.
  struct Stamp {
    std::int64_t mtime_ns = 0;
    std::uint64_t size = 0, inode = 0, device = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    std::string path;
    std::optional<Stamp> stamp;  // of the version that was read last, or tried; zeros: it could not be looked at
    bool good = false;           // it is shown
    bool repeats = false;        // it is not, though it could be read: a file before it has one of its series
    std::vector<Series> series;
    std::vector<double> values;  // one for each
    std::size_t mtime_column = kNoColumn;
    std::vector<std::size_t> columns;
  };
  struct Folder {
    std::string path;
    std::uint64_t print = 0;  // of its names as last listed; 0 before
    bool good = true;
    std::vector<File> files;
  };

  static Stamp stamp_of(const struct stat& st);
  static void list(Folder& folder);
  static bool look_at(File& file);
  static Result<void> read(File& file);
  bool look();

  std::vector<std::string> folders_;
  std::vector<Folder> looked_;
  std::size_t error_column_ = kNoColumn;
};

}  // namespace tacho::sampler
