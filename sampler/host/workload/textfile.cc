#include "sampler/host/workload/textfile.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <unordered_set>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/exposition.h"
#include "sampler/cells.h"
#include "sampler/folders.h"

namespace tacho::sampler {
namespace {

// The samples of a text, and what its # TYPE lines say.
class Collector : public ExpositionSink {
 public:
  void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
    if (t && timed_.empty()) timed_ = series;
    samples_.emplace_back(series, value);
  }
  void type(std::string_view metric, MetricType type) override { types_.insert_or_assign(std::string(metric), type); }

  // A series that has a time of its own; "" if none has.
  std::string_view timed() const { return timed_; }
  const std::vector<std::pair<std::string, double>>& samples() const { return samples_; }

  MetricType type_of(std::string_view metric) const {
    if (const auto at = types_.find(metric); at != types_.end()) return at->second;
    for (const MetricType type : {MetricType::histogram, MetricType::summary}) {
      const auto at = types_.find(family_name(metric, type, TextFormat::prometheus));
      if (at != types_.end() && at->second == type) return type;
    }
    return MetricType::unknown;
  }

 private:
  std::string timed_;
  std::vector<std::pair<std::string, double>> samples_;
  std::map<std::string, MetricType, std::less<>> types_;
};

}  // namespace

TextfileSource::Stamp TextfileSource::stamp_of(const struct stat& st) {
  return {.mtime_ns = st.st_mtim.tv_sec * kNsPerSecond + st.st_mtim.tv_nsec,
          .size = static_cast<std::uint64_t>(st.st_size),
          .inode = st.st_ino,
          .device = st.st_dev};
}

// The file's series and values anew, and the stamp of what was read.
Result<void> TextfileSource::read(File& file) {
  file.series.clear();
  file.values.clear();
  Result<Fd> fd = Fd::open_file(file.path, O_RDONLY | O_CLOEXEC);
  if (!fd) return std::unexpected(fd.error());
  struct stat st{};
  if (::fstat(fd->get(), &st) != 0) return sys_failure(errno, "cannot look at {}", file.path);
  file.stamp = stamp_of(st);
  if (file.stamp->size > kFileBytesMax) {
    return failure("{} has {} bytes, more than {}: split it", file.path, file.stamp->size, kFileBytesMax);
  }
  std::string text(file.stamp->size, '\0');
  const Result<std::size_t> length = read_at(*fd, std::as_writable_bytes(std::span(text)), 0, file.path);
  if (!length) return std::unexpected(length.error());
  text.resize(*length);
  if (!text.empty() && !text.ends_with('\n')) {
    return failure(
        "{}: the last line may be half a line: end it with a newline, and write files under another name first, "
        "then rename them",
        file.path);
  }
  Collector found;
  if (Result<void> parsed = parse_exposition(text, TextFormat::prometheus, found, file.path); !parsed) return parsed;
  if (!found.timed().empty()) {
    return failure("{}: {} has a timestamp: leave timestamps out, what is in the file is taken for now", file.path,
                   found.timed());
  }
  std::unordered_set<Labels, LabelsHash> seen;
  for (const auto& [series, value] : found.samples()) {
    Result<Labels> labels = parse_series(series);
    if (!labels) return failure("{}: {}", file.path, labels.error());
    if (!seen.insert(*labels).second) return failure("{}: {} stands there twice", file.path, labels->to_string());
    const MetricType type = found.type_of(labels->metric_name());
    file.series.push_back({std::move(*labels), type});
    file.values.push_back(value);
  }
  return {};
}

// The files *.prom that are in the folder now; what is known of one that was there before is kept.
void TextfileSource::list(Folder& folder) {
  const Result<std::vector<std::string>> names = list_folder(folder.path);
  folder.good = names.has_value();
  if (!names) {
    log_warn("textfile: {}", names.error());
    folder.files.clear();
    return;
  }
  std::vector<File> files;
  for (const std::string& name : *names) {
    if (!name.ends_with(".prom")) continue;
    File file{.path = folder.path + "/" + name};
    const auto known = std::ranges::find(folder.files, file.path, &File::path);
    if (known != folder.files.end()) file = std::move(*known);
    files.push_back(std::move(file));
  }
  folder.files = std::move(files);
}

// Reads the file if it is another version than before. True: it has other series, or can be read where it could not, or no more.
bool TextfileSource::look_at(File& file) {
  struct stat st{};
  const Stamp now = ::stat(file.path.c_str(), &st) == 0 ? stamp_of(st) : Stamp{};
  if (file.stamp == now) return false;
  const std::vector<Series> before = std::move(file.series);
  const bool was_good = file.good;
  file.stamp = now;  // read() has a newer one if the file was written in between
  const Result<void> done = read(file);
  file.good = done.has_value();
  if (!done) {
    file.series.clear();
    log_warn("textfile: {}; nothing of the file is shown until it is written anew", done.error());
  }
  return file.good != was_good || file.series != before;
}

bool TextfileSource::look() {
  bool changed = false;
  for (Folder& folder : looked_) {
    const std::uint64_t print = folder_print(folder.path);
    if (print != folder.print || (print == 0 && folder.good)) {
      list(folder);
      folder.print = print;
      changed = true;
    }
    for (File& file : folder.files) changed = look_at(file) || changed;
  }
  return changed;
}

Result<void> TextfileSource::describe(store::Schema& schema) {
  if (looked_.empty()) {
    for (const std::string& path : folders_) looked_.push_back({.path = path, .files = {}});
  }
  look();
  SchemaBuilder builder(schema);
  error_column_ = builder.add("node_textfile_scrape_error");
  std::unordered_set<Labels, LabelsHash> seen;
  for (Folder& folder : looked_) {
    for (File& file : folder.files) {
      file.columns.clear();
      file.mtime_column = kNoColumn;
      const auto again = std::ranges::find_if(file.series, [&](const Series& s) { return seen.contains(s.labels); });
      const bool repeats = again != file.series.end();
      if (repeats && !file.repeats) {
        log_warn("textfile: {} has {}, as a file before it; nothing of the file is shown", file.path, again->labels.to_string());
      }
      file.repeats = repeats;
      if (!file.good || repeats) continue;
      for (const Series& series : file.series) {
        seen.insert(series.labels);
        file.columns.push_back(builder.add_foreign(series.labels, series.type));
      }
      file.mtime_column = builder.add("node_textfile_mtime_seconds", {{"file", file.path}});
    }
  }
  return {};
}

Result<Sampled> TextfileSource::sample(Row& row) {
  if (look()) return Sampled::layout_changed;
  bool error = false;
  for (const Folder& folder : looked_) {
    error = error || !folder.good;
    for (const File& file : folder.files) {
      error = error || !file.good || file.repeats;
      if (file.mtime_column == kNoColumn) continue;
      const std::int64_t mtime_seconds = file.stamp->mtime_ns / kNsPerSecond;  // whole ones, as node_exporter has them
      put(row, file.mtime_column, static_cast<double>(mtime_seconds));
      for (std::size_t i = 0; i < file.columns.size(); ++i) put(row, file.columns[i], file.values[i]);
    }
  }
  put(row, error_column_, error ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
