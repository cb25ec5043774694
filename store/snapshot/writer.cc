#include <algorithm>
#include <cstring>
#include <set>

#include "proto/base/check.h"
#include "proto/exposition.h"
#include "proto/schema/snapshot_generated.h"
#include "store/block/block.h"
#include "store/block/packed.h"
#include "store/block/schema_codec.h"
#include "store/snapshot/columns.h"
#include "store/snapshot/format.h"
#include "store/snapshot/snapshot.h"

namespace tacho::store {
namespace {

// Puts parts behind each other.
class PartWriter {
 public:
  explicit PartWriter(std::string& out) : out_(out) {}

  fb::SnapshotPart add(const StoredSchema& schema, std::span<const std::byte> block, std::size_t samples) {
    const std::size_t begin = out_.size();
    const std::vector<std::byte> packed = pack_schema(schema);
    append(packed);
    append(block);
    const auto bytes = std::as_bytes(std::span(out_)).subspan(begin);
    return {begin, bytes.size(), snapshot_checksum(bytes), static_cast<std::uint32_t>(packed.size()),
            static_cast<std::uint32_t>(samples)};
  }

 private:
  void append(std::span<const std::byte> bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    out_.resize(snapshot_aligned(out_.size()));
  }

  std::string& out_;
};

// A series' samples in some rows: its cells, absent where it has none. Takes the samples in order, stretch by stretch.
class CellReader {
 public:
  explicit CellReader(const SeriesView& view) : view_(view) {}

  // How many of the cells have a value.
  std::size_t read(std::span<const TimeMs> rows, std::vector<double>& cells) {
    cells.assign(rows.size(), absent());
    std::size_t found = 0;
    for (std::size_t r = 0; r < rows.size() && at_ < view_.times.size(); ++r) {
      if (view_.times[at_] != rows[r]) continue;
      const double v = view_.values[at_++];
      cells[r] = is_absent(v) ? normal_nan() : v;
      ++found;
    }
    return found;
  }

 private:
  const SeriesView& view_;
  std::size_t at_ = 0;
};

class SampleWriter {
 public:
  SampleWriter(const Selection& selection, PartWriter& out, const SnapshotProgress& progress)
      : selection_(selection), out_(out), progress_(progress) {}

  std::vector<fb::SnapshotPart> write() {
    for (const SnapshotRows& rows : snapshot_rows(selection_.series)) {
      for (std::size_t first = 0; first < rows.series.size(); first += kPartColumnsMax) {
        const std::size_t n = std::min(kPartColumnsMax, rows.series.size() - first);
        add_columns(rows.times, std::span(rows.series).subspan(first, n));
      }
    }
    return std::move(parts_);
  }

 private:
  void add_columns(std::span<const TimeMs> times, std::span<const std::size_t> series) {
    std::vector<CellReader> readers;
    for (const std::size_t i : series) readers.emplace_back(selection_.series[i]);
    std::vector<double> cells;
    for (std::size_t row = 0; row < times.size(); row += kPartRowsMax) {
      const auto rows = times.subspan(row, std::min(kPartRowsMax, times.size() - row));
      BlockWriter block(rows);
      Schema schema;
      std::size_t samples = 0;
      for (std::size_t c = 0; c < series.size(); ++c) {
        const std::size_t found = readers[c].read(rows, cells);
        if (found == 0) continue;  // it ended before these rows, or begins after them
        block.add(cells);
        schema.push_back(*selection_.series[series[c]].info);
        samples += found;
        done_ += found;
        if (progress_ && c % 64 == 0) progress_(done_, selection_.samples);
      }
      if (samples > 0) parts_.push_back(out_.add(*encode_schema("", 0, std::move(schema)), block.finish(), samples));
    }
  }

  const Selection& selection_;
  PartWriter& out_;
  const SnapshotProgress& progress_;
  std::vector<fb::SnapshotPart> parts_;
  std::size_t done_ = 0;
};

std::vector<fb::SnapshotPart> write_groups(const std::vector<GroupTimes>& groups, PartWriter& out) {
  std::vector<fb::SnapshotPart> parts;
  for (const GroupTimes& g : groups) {
    const auto schema = encode_schema(g.group, g.interval_ms, {});
    for (std::size_t row = 0; row < g.times.size(); row += kPartRowsMax) {
      const auto rows = std::span(g.times).subspan(row, std::min(kPartRowsMax, g.times.size() - row));
      parts.push_back(out.add(*schema, BlockWriter(rows).finish(), rows.size()));
    }
  }
  return parts;
}

// By name: those of the series' metrics and of the families that they may belong to.
std::vector<MetricMetadata> needed_metadata(const Selection& selection, const std::vector<MetricMetadata>& all) {
  std::set<std::string_view> names;
  for (const SeriesView& s : selection.series) {
    const std::string_view name = s.labels().metric_name();
    names.insert(name);
    for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics})
      names.insert(family_name(name, s.info->type, format));
  }
  std::vector<MetricMetadata> out;
  std::ranges::copy_if(all, std::back_inserter(out), [&](const MetricMetadata& m) { return names.contains(m.name); });
  return out;
}

std::vector<std::byte> make_directory(const SnapshotFrame& frame, const std::vector<MetricMetadata>& metadata,
                                      const std::vector<fb::SnapshotPart>& groups, const std::vector<fb::SnapshotPart>& samples) {
  flatbuffers::FlatBufferBuilder builder(4096);
  std::vector<flatbuffers::Offset<fb::SnapshotText>> labels;
  for (const Label& l : frame.origin.external_labels)
    labels.push_back(fb::CreateSnapshotTextDirect(builder, l.name.c_str(), l.value.c_str()));
  std::vector<flatbuffers::Offset<fb::SnapshotMetric>> metrics;
  for (const MetricMetadata& m : metadata)
    metrics.push_back(fb::CreateSnapshotMetricDirect(builder, m.name.c_str(), m.help.c_str(), m.unit.c_str(),
                                                     static_cast<std::uint8_t>(m.type)));
  // One after the other, not as arguments of one call, whose order compilers choose: the bytes are to be the same.
  const auto samples_offset = builder.CreateVectorOfStructs(samples);
  const auto groups_offset = builder.CreateVectorOfStructs(groups);
  const auto metrics_offset = builder.CreateVector(metrics);
  const auto labels_offset = builder.CreateVector(labels);
  const auto host_offset = builder.CreateString(frame.origin.host);
  const auto tacho_offset = builder.CreateString(frame.origin.tacho);
  builder.Finish(fb::CreateSnapshot(builder, tacho_offset, host_offset, frame.origin.range.min, frame.origin.range.max,
                                    labels_offset, metrics_offset, groups_offset, samples_offset));
  return pack_bytes(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
}

Result<void> check_range(TimeRange range) {
  if (range.min < -kSnapshotTimeMax || range.max > kSnapshotTimeMax || range.empty())
    return failure("no snapshot can be made of the range from {} to {} ms", range.min, range.max);
  return {};
}

}  // namespace

Result<std::string> encode_snapshot(const Selection& selection, const SnapshotFrame& frame, const SnapshotProgress& progress) {
  if (auto ok = check_range(frame.origin.range); !ok) return std::unexpected(ok.error());
  if (selection.samples > kSnapshotSamplesMax)
    return failure("a snapshot of {} samples is more than the {} that one may hold; ask for a shorter range or fewer series",
                   selection.samples, kSnapshotSamplesMax);
  for (const SeriesView& s : selection.series)
    TACHO_CHECK(s.times.front() >= frame.origin.range.min && s.times.back() <= frame.origin.range.max);

  std::string out(sizeof(SnapshotHeader), '\0');
  PartWriter parts(out);
  const auto groups = write_groups(frame.groups, parts);
  const auto samples = SampleWriter(selection, parts, progress).write();
  const auto directory = make_directory(frame, needed_metadata(selection, frame.metadata), groups, samples);

  SnapshotHeader header{};
  std::memcpy(header.magic, kSnapshotMagic.data(), sizeof header.magic);
  header.version = kSnapshotVersion;
  header.directory_offset = out.size();
  header.directory_checksum = snapshot_checksum(directory);
  out.append(reinterpret_cast<const char*>(directory.data()), directory.size());
  header.file_bytes = out.size();
  header.checksum = snapshot_checksum(std::as_bytes(std::span(&header, 1)).first(kSnapshotHeaderChecked));
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace tacho::store
