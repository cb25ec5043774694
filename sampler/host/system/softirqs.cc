#include "sampler/host/system/softirqs.h"

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// The order of the numbers, which is the kernel's enum; the names are node_exporter's.
constexpr std::string_view kVectors[] = {"hi",           "timer",   "net_tx", "net_rx",  "block",
                                         "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

// What follows the sum of all in the line softirq; empty if it is not there or was cut. The line before it of thousands of interrupts
// is one look for a newline.
std::string_view numbers_behind_sum(std::string_view stat) {
  constexpr std::string_view kKey = "\nsoftirq ";
  const std::size_t at = stat.find(kKey);
  if (at == std::string_view::npos) return {};
  Lines lines(stat.substr(at + kKey.size()));
  if (!lines.next() || !lines.whole()) return {};
  std::string_view rest = lines.line();
  take_word(rest);
  skip_blanks(rest);
  return rest;
}

}  // namespace

Result<void> SoftirqsSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  const Result<std::string_view> text = file_.read();
  has_table_ =
      text && table_.learn(
                  *text, true, [](const CpuTable::Line&) { return true; },
                  [&](const CpuTable::Line& line, const std::string& cpu) {
                    return builder.add("node_softirqs_functions_total", {{"cpu", cpu}, {"type", std::string(line.name)}});
                  });
  sums_.clear();
  if (const Result<std::string_view> stat = stat_->text(seen_)) {
    std::string_view rest = numbers_behind_sum(*stat);
    for (const std::string_view vector : kVectors) {
      if (take_word(rest).empty()) break;
      sums_.push_back(builder.add("node_softirqs_total", {{"vector", std::string(vector)}}));
    }
  }
  if (schema.size() > before) return {};
  if (!text) return std::unexpected(text.error());
  return failure("{} has no line of a kind of soft interrupt, {} has no line softirq", file_.path(), stat_->path());
}

Result<Sampled> SoftirqsSource::sample(Row& row) {
  if (has_table_) {
    const Result<std::string_view> text = file_.read();
    if (!text) return std::unexpected(text.error());
    if (table_.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  if (!sums_.empty()) {
    const Result<std::string_view> stat = stat_->text(seen_);
    if (!stat) return std::unexpected(stat.error());
    std::string_view rest = numbers_behind_sum(*stat);
    for (const std::size_t column : sums_) put(row, column, take_u64(rest));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
