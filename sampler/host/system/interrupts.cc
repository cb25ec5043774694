#include "sampler/host/system/interrupts.h"

#include <algorithm>

#include "sampler/catalogue.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Names {
  std::string info;
  std::string devices;
};

// The words with one blank between them, whatever the kernel has put there to align them.
std::string words(std::string_view text) {
  std::string out;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

Names names_of(const CpuTable::Line& line) {
  const bool numbered =
      !line.name.empty() && std::all_of(line.name.begin(), line.name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!numbered) return {.info = words(line.rest), .devices = {}};
  std::string_view rest = line.rest;
  std::string info(take_word(rest));
  return {.info = std::move(info), .devices = words(rest)};
}

}  // namespace

Result<void> InterruptsSource::describe(store::Schema& schema) {
  const Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  Names names;  // of the line that was last asked for
  const auto is_shown = [&](const CpuTable::Line& line) {
    if (line.rest.empty()) return false;
    names = names_of(line);
    return !options_.left_out(std::string(line.name) + ";" + names.info + ";" + names.devices);
  };
  const bool has_table = table_.learn(*text, options_.zeros, is_shown, [&](const CpuTable::Line& line, const std::string& cpu) {
    return builder.add("node_interrupts_total",
                       {{"cpu", cpu}, {"type", std::string(line.name)}, {"info", names.info}, {"devices", names.devices}});
  });
  if (!has_table) return failure("{} does not begin with a line of CPUs (CPU0 ...)", file_.path());
  if (schema.size() == before) return failure("{} has no interrupt that is shown", file_.path());
  return {};
}

Result<Sampled> InterruptsSource::sample(Row& row) {
  const Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  return table_.read(*text, row);
}

}  // namespace tacho::sampler
