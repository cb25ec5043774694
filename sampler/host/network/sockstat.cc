#include "sampler/host/network/sockstat.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kFields[] = {"inuse", "orphan", "tw", "alloc", "mem", "memory"};

bool is_name(std::string_view protocol) {
  return !protocol.empty() && std::all_of(protocol.begin(), protocol.end(), [](unsigned char c) { return std::isalnum(c); });
}

}  // namespace

SockstatSource::SockstatSource(const Roots& roots, std::size_t page_bytes)
    : page_bytes_(static_cast<double>(page_bytes ? page_bytes : static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)))),
      files_{{NetFile(roots, "sockstat"), false, false, {}}, {NetFile(roots, "sockstat6"), true, false, {}}} {}

void SockstatSource::learn(File& file, std::string_view text, SchemaBuilder& builder) const {
  file.lines.clear();
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view rest = lines.line();
    Line line{.key = std::string(take_word(rest)), .fields = {}};
    const std::string protocol = line.key.substr(0, line.key.find(':'));
    for (std::string_view name; !(name = take_word(rest)).empty(); take_word(rest)) {
      Field field{.name = std::string(name)};
      if (protocol == "sockets") {
        if (name == "used" && !file.is_v6) field.column = builder.add("node_sockstat_sockets_used");
      } else if (is_name(protocol) && std::find(std::begin(kFields), std::end(kFields), name) != std::end(kFields)) {
        const std::string metric = "node_sockstat_" + protocol + "_" + field.name;
        field.column = builder.add(metric);
        if (name == "mem") field.bytes_column = builder.add(metric + "_bytes");
      }
      line.fields.push_back(std::move(field));
    }
    file.lines.push_back(std::move(line));
  }
}

Sampled SockstatSource::read(const File& file, std::string_view text, Row& row) const {
  std::size_t i = 0;
  for (Lines lines(text); lines.next();) {
    if (!lines.whole()) return Sampled::ok;  // what is behind a cut is only missing for now
    std::string_view rest = lines.line();
    if (i == file.lines.size() || take_word(rest) != file.lines[i].key) return Sampled::layout_changed;
    for (const Field& field : file.lines[i++].fields) {
      if (take_word(rest) != field.name) return Sampled::layout_changed;
      const std::optional<std::uint64_t> value = take_u64(rest);
      put(row, field.column, value);
      if (value) put(row, field.bytes_column, static_cast<double>(*value) * page_bytes_);
    }
    if (!take_word(rest).empty()) return Sampled::layout_changed;
  }
  return i == file.lines.size() ? Sampled::ok : Sampled::layout_changed;
}

Result<void> SockstatSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  Result<void> first_error;
  for (File& file : files_) {
    Result<std::string_view> text = file.file.choose();
    file.there = text.has_value();
    if (text) {
      learn(file, *text, builder);
    } else if (first_error) {
      first_error = std::unexpected(text.error());
    }
  }
  if (schema.size() > before) return {};
  if (!first_error) return first_error;
  return failure("{} has no line of a protocol", files_[0].file.path());
}

Result<Sampled> SockstatSource::sample(Row& row) {
  for (File& file : files_) {
    if (!file.there) continue;
    Result<std::string_view> text = file.file.read();
    if (!text) return std::unexpected(text.error());
    if (read(file, *text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
