#include <unistd.h>

#include <cstdio>
#include <map>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "proto/exposition.h"
#include "query/engine/engine.h"
#include "tools/answers/data.h"
#include "tools/terminal/progress.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kFlushBytes = 1 << 20;

// Samples written, of all. Where they themselves go to the terminal, they are what shows how far it is.
class Written {
 public:
  explicit Written(const store::Selection& selection)
      : total_(selection.samples), progress_("exporting", !terminal_size(STDOUT_FILENO)) {}
  void add(std::size_t samples) {
    done_ += samples;
    progress_.advance(done_, total_);
  }

 private:
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  Progress progress_;
};

void flush(std::string& out, std::size_t above) {
  if (out.size() <= above) return;
  std::fwrite(out.data(), 1, out.size(), stdout);
  out.clear();
}

void write_openmetrics(const store::Selection& selection, const std::vector<store::MetricMetadata>& metadata) {
  Written written(selection);
  std::map<std::string_view, const store::MetricMetadata*> known;
  for (const auto& m : metadata) known[m.name] = &m;
  std::string out;
  ExpositionWriter writer(TextFormat::openmetrics, out);
  // Sorted by labels, in which __name__ is not always the first: family by family.
  std::map<std::string_view, std::vector<const store::SeriesView*>> families;
  for (const store::SeriesView& s : selection.series) families[s.labels().metric_name()].push_back(&s);
  for (const auto& [name, members] : families) {
    const auto meta = known.find(name);
    writer.begin(name, members.front()->info->type, meta == known.end() ? "" : meta->second->help);
    for (const store::SeriesView* s : members) {
      for (std::size_t i = 0; i < s->times.size(); ++i) {
        writer.sample(s->labels(), s->values[i], s->times[i]);
        flush(out, kFlushBytes);
      }
      written.add(s->times.size());
    }
  }
  writer.finish();
  flush(out, 0);
}

void write_csv(const store::Selection& selection) {
  Written written(selection);
  bool header = true;
  for (const store::SeriesView& s : selection.series) {
    query::QueryResult one;
    one.type = query::ValueType::matrix;
    one.series.push_back({s.labels(), {}});
    for (std::size_t i = 0; i < s.times.size(); ++i) {
      if (!is_stale(s.values[i])) one.series[0].points.push_back({s.times[i], s.values[i]});
    }
    const std::string text = result_csv(one);
    const std::size_t skip = header ? 0 : text.find('\n') + 1;
    std::fwrite(text.data() + skip, 1, text.size() - skip, stdout);
    header = false;
    written.add(s.times.size());
  }
}

}  // namespace

int export_samples(const ExportOptions& options) {
  if (options.data.url)
    return fail(Error{
        "export reads this node's own files or a --file; ask a --url with: tacho query 'SELECTOR[10m]' --format csv --url ..."});
  std::vector<store::Matcher> matchers;
  if (!options.matcher.empty()) {
    auto parsed = query::parse_matchers(options.matcher);
    if (!parsed) return fail(Error{parsed.error().message});
    matchers = std::move(*parsed);
  }
  auto data = open_data(options.data);
  if (!data) return fail(data.error());
  const TimeMs end = options.at ? *options.at : newest_time(**data, options.data);
  // Left-open, like a range in PromQL: --last 1m is sixty seconds.
  const auto selection = (*data)->select(matchers, {end - options.last_ms + 1, end}, {});
  if (!selection) return fail(selection.error());
  if (selection->series.empty())
    return fail(Error{fmt::format("no samples in the {} before {}", format_duration(options.last_ms),
                                  api_number(static_cast<double>(end) / 1000))});
  if (options.format == "csv") {
    write_csv(*selection);
  } else {
    write_openmetrics(*selection, (*data)->metadata());
  }
  return 0;
}

}  // namespace tacho::tools
