#include "proto/remote_write_v2.h"

#include <bit>
#include <charconv>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_message.hpp>

#include "proto/snappy_message.h"

namespace tacho {
namespace {

using protozero::pbf_wire_type;
using protozero::tag_and_type;

// The specification's field numbers.
enum class RequestField : protozero::pbf_tag_type { symbols = 4, timeseries = 5 };
enum class SeriesField : protozero::pbf_tag_type { labels_refs = 1, samples = 2, metadata = 5 };
enum class SampleField : protozero::pbf_tag_type { value = 1, timestamp = 2, start_timestamp = 3 };
enum class MetadataField : protozero::pbf_tag_type { type = 1, help_ref = 3, unit_ref = 4 };

// What a message says before its symbols are known: numbers instead of texts.
struct RawSeries {
  std::vector<std::uint32_t> refs;
  int type = 0;
  std::uint32_t help = 0;
  std::uint32_t unit = 0;
  std::vector<Sample> samples;
  std::vector<TimeMs> starts;
};

void read_sample(protozero::pbf_message<SampleField> m, RawSeries& series) {
  Sample sample;
  TimeMs start = 0;
  while (m.next()) {
    if (m.tag_and_type() == tag_and_type(SampleField::value, pbf_wire_type::fixed64)) {
      sample.v = m.get_double();
    } else if (m.tag_and_type() == tag_and_type(SampleField::timestamp, pbf_wire_type::varint)) {
      sample.t = m.get_int64();
    } else if (m.tag_and_type() == tag_and_type(SampleField::start_timestamp, pbf_wire_type::varint)) {
      start = m.get_int64();
    } else {
      m.skip();
    }
  }
  series.samples.push_back(sample);
  series.starts.push_back(start);
}

void read_metadata(protozero::pbf_message<MetadataField> m, RawSeries& series) {
  while (m.next()) {
    if (m.tag_and_type() == tag_and_type(MetadataField::type, pbf_wire_type::varint)) {
      series.type = m.get_enum();
    } else if (m.tag_and_type() == tag_and_type(MetadataField::help_ref, pbf_wire_type::varint)) {
      series.help = m.get_uint32();
    } else if (m.tag_and_type() == tag_and_type(MetadataField::unit_ref, pbf_wire_type::varint)) {
      series.unit = m.get_uint32();
    } else {
      m.skip();
    }
  }
}

RawSeries read_series(protozero::pbf_message<SeriesField> m) {
  RawSeries series;
  while (m.next()) {
    if (m.tag_and_type() == tag_and_type(SeriesField::labels_refs, pbf_wire_type::length_delimited)) {
      for (const std::uint32_t ref : m.get_packed_uint32()) series.refs.push_back(ref);
    } else if (m.tag_and_type() == tag_and_type(SeriesField::labels_refs, pbf_wire_type::varint)) {
      series.refs.push_back(m.get_uint32());  // not packed: a reader has to take it, too
    } else if (m.tag_and_type() == tag_and_type(SeriesField::samples, pbf_wire_type::length_delimited)) {
      read_sample(m.get_message(), series);
    } else if (m.tag_and_type() == tag_and_type(SeriesField::metadata, pbf_wire_type::length_delimited)) {
      read_metadata(m.get_message(), series);
    } else {
      m.skip();
    }
  }
  return series;
}

Result<WrittenSeriesV2> resolved(RawSeries raw, const std::vector<std::string>& symbols, std::size_t number) {
  const auto text = [&](std::uint32_t ref) -> const std::string* { return ref < symbols.size() ? &symbols[ref] : nullptr; };
  if (raw.refs.size() % 2 != 0)
    return failure("series {} of the write request has {} label references: names and values come in pairs", number,
                   raw.refs.size());
  WrittenSeriesV2 out;
  std::vector<Label> labels;
  for (std::size_t i = 0; i < raw.refs.size(); i += 2) {
    const std::string* name = text(raw.refs[i]);
    const std::string* value = text(raw.refs[i + 1]);
    if (!name || !value)
      return failure("series {} of the write request refers to symbol {}, there are {}", number,
                     std::max(raw.refs[i], raw.refs[i + 1]), symbols.size());
    labels.push_back({*name, *value});
  }
  const std::string* help = text(raw.help);
  const std::string* unit = text(raw.unit);
  if (!help || !unit)
    return failure("the metadata of series {} of the write request refers to symbol {}, there are {}", number,
                   std::max(raw.help, raw.unit), symbols.size());
  out.labels = Labels(std::move(labels));
  out.type = type_of_wire(raw.type);
  out.help = *help;
  out.unit = *unit;
  out.samples = std::move(raw.samples);
  out.starts = std::move(raw.starts);
  return out;
}

}  // namespace

void WriteRequestV2Builder::clear() {
  symbols_.clear();
  timeseries_.clear();
  numbers_.clear();
  series_ = samples_ = 0;
  symbol("");  // the first, by the specification
}

std::uint32_t WriteRequestV2Builder::symbol(std::string_view text) {
  const auto [at, is_new] = numbers_.try_emplace(std::string(text), static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) protozero::pbf_builder<RequestField>(symbols_).add_string(RequestField::symbols, text.data(), text.size());
  return at->second;
}

void WriteRequestV2Builder::add(const Labels& labels, std::span<const Sample> samples, const About& about, TimeMs start) {
  refs_.clear();
  for (const Label& l : labels) {
    refs_.push_back(symbol(l.name));
    refs_.push_back(symbol(l.value));
  }
  protozero::pbf_builder<RequestField> request(timeseries_);
  protozero::pbf_builder<SeriesField> series(request, RequestField::timeseries);
  series.add_packed_uint32(SeriesField::labels_refs, refs_.begin(), refs_.end());
  for (const Sample& s : samples) {
    protozero::pbf_builder<SampleField> sample(series, SeriesField::samples);
    // proto3 leaves zeros out; -0 is not one: its sign bit would be lost.
    if (std::bit_cast<std::uint64_t>(s.v) != 0) sample.add_double(SampleField::value, s.v);
    if (s.t != 0) sample.add_int64(SampleField::timestamp, s.t);
    if (start != 0) sample.add_int64(SampleField::start_timestamp, start);
  }
  const int type = wire_type(about.type);
  if (type != 0 || !about.help.empty() || !about.unit.empty()) {
    protozero::pbf_builder<MetadataField> metadata(series, SeriesField::metadata);
    if (type != 0) metadata.add_enum(MetadataField::type, type);
    if (!about.help.empty()) metadata.add_uint32(MetadataField::help_ref, symbol(about.help));
    if (!about.unit.empty()) metadata.add_uint32(MetadataField::unit_ref, symbol(about.unit));
  }
  ++series_;
  samples_ += samples.size();
}

std::string WriteRequestV2Builder::finish() {
  symbols_ += timeseries_;
  std::string body = pack_message(symbols_);
  clear();
  return body;
}

Result<std::vector<WrittenSeriesV2>> decode_write_request_v2(std::string_view body) {
  const auto message = unpack_message(body, "write request");
  if (!message) return std::unexpected(message.error());
  std::vector<std::string> symbols;
  std::vector<RawSeries> series;
  protozero::pbf_message<RequestField> request(*message);
  std::size_t at = 0;
  try {
    for (;;) {
      at = message->size() - request.length();
      if (!request.next()) break;
      if (request.tag_and_type() == tag_and_type(RequestField::symbols, pbf_wire_type::length_delimited)) {
        symbols.push_back(request.get_string());
      } else if (request.tag_and_type() == tag_and_type(RequestField::timeseries, pbf_wire_type::length_delimited)) {
        series.push_back(read_series(request.get_message()));
      } else {
        request.skip();
      }
    }
  } catch (const protozero::exception& e) {
    return failure("the write request's message of {} bytes is broken in the field at byte {}: {}", message->size(), at,
                   e.what());
  }
  if (symbols.empty() || !symbols[0].empty())
    return failure("the write request's first symbol is not the empty text, as version 2 has it");
  std::vector<WrittenSeriesV2> out;
  for (RawSeries& raw : series) {
    auto one = resolved(std::move(raw), symbols, out.size());
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> remote_write_v2_headers() {
  return {{"Content-Encoding", "snappy"},
          {"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
          {"User-Agent", "tacho/" TACHO_VERSION},
          {"X-Prometheus-Remote-Write-Version", "2.0.0"}};
}

std::optional<std::uint64_t> samples_written(const HttpResponse& answer) {
  bool said = false;
  std::uint64_t samples = 0;
  for (const char* what : {"Samples", "Histograms", "Exemplars"}) {
    const std::string name = std::string("X-Prometheus-Remote-Write-") + what + "-Written";
    const std::string_view text = header_value(answer.headers, name);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) continue;
    said = true;
    if (what[0] == 'S') samples = number;
  }
  if (!said) return std::nullopt;
  return samples;
}

}  // namespace tacho
