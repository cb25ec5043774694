#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "proto/schema/snapshot_generated.h"
#include "store/block/block.h"
#include "store/block/packed.h"
#include "store/block/schema_codec.h"
#include "store/snapshot/format.h"
#include "store/snapshot/snapshot.h"

namespace tacho::store {
namespace {

constexpr std::string_view kUntilMended =
    "; the file is damaged: take the snapshot again, or copy it again from where it was written";

// Errors here are for whoever holds the file: `name`, at which byte, what.
template <class... Args>
std::unexpected<Error> damage(std::string_view name, std::uint64_t at, fmt::format_string<Args...> what, Args&&... args) {
  return failure("{}: at byte {}: {}{}", name, at, fmt::format(what, std::forward<Args>(args)...), kUntilMended);
}

Result<SnapshotHeader> read_header(std::span<const std::byte> bytes, std::string_view name) {
  SnapshotHeader h;
  if (bytes.size() < sizeof h) return damage(name, bytes.size(), "the file ends within the header of {} bytes", sizeof h);
  std::memcpy(&h, bytes.data(), sizeof h);
  if (std::string_view(h.magic, sizeof h.magic) != kSnapshotMagic) return damage(name, 0, "this is no snapshot");
  // Before the checksum: a later version may have another header.
  if (h.version != kSnapshotVersion)
    return failure(
        "{}: a snapshot of version {}, this tacho reads version {}: use the tacho that wrote it (or the file is damaged)", name,
        h.version, kSnapshotVersion);
  if (h.checksum != snapshot_checksum(bytes.first(kSnapshotHeaderChecked)))
    return damage(name, 0, "the header does not match its checksum");
  if (h.file_bytes != bytes.size())
    return damage(name, std::min<std::uint64_t>(h.file_bytes, bytes.size()), "the file has {} bytes instead of {}", bytes.size(),
                  h.file_bytes);
  if (h.reserved != 0 || h.directory_offset < sizeof h || h.directory_offset > bytes.size() ||
      h.directory_offset % kSnapshotAlign != 0)
    return damage(name, 0, "the header's numbers do not fit together");
  return h;
}

class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, std::string_view name, std::size_t samples_max)
      : bytes_(bytes), name_(name), samples_max_(samples_max) {}

  Result<Snapshot> decode() {
    const auto header = read_header(bytes_, name_);
    if (!header) return std::unexpected(header.error());
    directory_at_ = header->directory_offset;
    const auto stored = bytes_.subspan(directory_at_);
    if (snapshot_checksum(stored) != header->directory_checksum)
      return damage(name_, directory_at_, "the directory does not match its checksum");
    const auto directory = unpack_bytes(stored, "the directory");
    if (!directory) return damage(name_, directory_at_, "{}", directory.error());
    const auto* data = reinterpret_cast<const std::uint8_t*>(directory->data());
    flatbuffers::Verifier verifier(data, directory->size());
    if (!verifier.VerifyBuffer<fb::Snapshot>(nullptr)) return damage(name_, directory_at_, "the directory is none");
    if (auto ok = read(*flatbuffers::GetRoot<fb::Snapshot>(data)); !ok) return std::unexpected(ok.error());
    return std::move(out_);
  }

 private:
  Result<void> read(const fb::Snapshot& stored) {
    SnapshotOrigin& origin = out_.frame.origin;
    origin.tacho = stored.tacho()->str();
    origin.host = stored.host()->str();
    origin.range = {stored.min_ms(), stored.max_ms()};
    if (origin.range.empty() || origin.range.min < -kSnapshotTimeMax || origin.range.max > kSnapshotTimeMax)
      return damage(name_, directory_at_, "the range is from {} to {} ms", origin.range.min, origin.range.max);
    for (const fb::SnapshotText* l : *stored.external_labels()) origin.external_labels.set(l->name()->str(), l->value()->str());
    for (const fb::SnapshotMetric* m : *stored.metrics())
      out_.frame.metadata.push_back({m->name()->str(), static_cast<MetricType>(m->type()), m->help()->str(), m->unit()->str()});
    // A file is read in the time that its samples take: one that says more than a writer makes would only cost it.
    cells_left_ = 1;
    for (const fb::SnapshotPart* p : *stored.samples()) cells_left_ += kCellsPerSample * p->samples();
    for (const fb::SnapshotPart* p : *stored.groups()) {
      if (auto ok = read_part(*p, &Decoder::take_group); !ok) return ok;
    }
    for (const fb::SnapshotPart* p : *stored.samples()) {
      if (auto ok = read_part(*p, &Decoder::take_samples); !ok) return ok;
    }
    if (next_ != directory_at_) return damage(name_, next_, "{} bytes belong to no part", directory_at_ - next_);
    return {};
  }

  using Take = Result<void> (Decoder::*)(const StoredSchema& schema, const BlockView& block, std::size_t samples);

  Result<void> read_part(const fb::SnapshotPart& part, Take take) {
    // One behind the other, so that every byte is under a checksum.
    if (part.offset() != next_ || part.bytes() > directory_at_ - next_ || part.bytes() % kSnapshotAlign != 0 ||
        part.schema_bytes() > part.bytes())
      return damage(name_, next_, "a part says that it has {} bytes from {} on", part.bytes(), part.offset());
    const auto bytes = bytes_.subspan(next_, part.bytes());
    if (snapshot_checksum(bytes) != part.checksum())
      return damage(name_, next_, "a part of {} bytes does not match its checksum", bytes.size());
    if (part.samples() > samples_max_ - samples_)
      return failure("{}: there are more than {} samples in it, more than is read of one file", name_, samples_max_);
    samples_ += part.samples();
    const auto schema = unpack_schema(bytes.first(part.schema_bytes()));
    if (!schema) return damage(name_, next_, "{}", schema.error());
    const auto block = BlockView::open_whole(bytes.subspan(snapshot_aligned(part.schema_bytes())));
    if (!block) return damage(name_, next_, "{}", block.error());
    if (block->columns() != (*schema)->series.size() || block->rows() > kPartRowsMax || block->columns() > kPartColumnsMax)
      return damage(name_, next_, "a part has {} rows of {} columns and {} series", block->rows(), block->columns(),
                    (*schema)->series.size());
    if (!is_in_range(block->times())) return damage(name_, next_, "a part has rows outside the snapshot's range");
    if (auto ok = (this->*take)(**schema, *block, part.samples()); !ok) return damage(name_, next_, "{}", ok.error());
    next_ += part.bytes();
    return {};
  }

  bool is_in_range(std::span<const TimeMs> times) const {
    const TimeRange& range = out_.frame.origin.range;
    return times.front() >= range.min && times.back() <= range.max;
  }

  Result<void> take_group(const StoredSchema& schema, const BlockView& block, std::size_t samples) {
    std::vector<GroupTimes>& groups = out_.frame.groups;
    if (block.columns() != 0 || samples != block.rows() || schema.interval_ms <= 0)
      return failure("rows of the group {} at {} ms have {} columns", quoted(schema.group), schema.interval_ms, block.columns());
    const bool goes_on = !groups.empty() && groups.back().group == schema.group;
    if (!goes_on) {
      const auto is_it = [&](const GroupTimes& g) { return g.group == schema.group; };
      if (std::ranges::any_of(groups, is_it)) return failure("the group {} is there twice", quoted(schema.group));
      groups.push_back({schema.group, schema.interval_ms, {}});
    }
    std::vector<TimeMs>& times = groups.back().times;
    if (goes_on && times.back() >= block.times().front()) return failure("rows of {} are not in order", quoted(schema.group));
    times.insert(times.end(), block.times().begin(), block.times().end());
    return {};
  }

  Result<void> take_samples(const StoredSchema& schema, const BlockView& block, std::size_t samples) {
    cells_left_ -= std::min(cells_left_, block.rows() * block.columns());
    if (cells_left_ == 0) return failure("more of its cells are empty than any snapshot's");
    std::size_t found = 0;
    for (std::size_t c = 0; c < block.columns(); ++c) {
      cells_.resize(block.rows());
      if (auto ok = block.read_column(c, 0, cells_); !ok) return ok;
      const auto there = static_cast<std::size_t>(std::ranges::count_if(cells_, [](double v) { return !is_absent(v); }));
      if (there == 0 || (found += there) > samples) return failure("column {} has {} samples", c, there);
      if (auto ok = append(series_of(schema.series[c]), block.times(), there); !ok) return ok;
    }
    if (found != samples) return failure("there are {} samples instead of {}", found, samples);
    return {};
  }

  OwnedSeries& series_of(const SeriesInfo& info) {
    const auto [at, is_new] = places_.emplace(info.labels, out_.series.size());
    if (is_new) out_.series.push_back({info, {}, {}});
    return out_.series[at->second];
  }

  Result<void> append(OwnedSeries& series, std::span<const TimeMs> times, std::size_t there) {
    const std::size_t before = series.times.size();
    if (there == times.size()) {
      series.times.insert(series.times.end(), times.begin(), times.end());
      series.values.insert(series.values.end(), cells_.begin(), cells_.end());
    } else {
      for (std::size_t i = 0; i < times.size(); ++i) {
        if (is_absent(cells_[i])) continue;
        series.times.push_back(times[i]);
        series.values.push_back(cells_[i]);
      }
    }
    if (before > 0 && series.times[before - 1] >= series.times[before])
      return failure("samples of {} are not in order", series.info.labels.to_string());
    return {};
  }

  std::span<const std::byte> bytes_;
  std::string_view name_;
  std::size_t samples_max_;
  std::uint64_t directory_at_ = 0;
  std::uint64_t next_ = sizeof(SnapshotHeader);  // where the next part begins
  std::size_t samples_ = 0;                      // as the parts say, so far
  std::size_t cells_left_ = 0;
  std::unordered_map<Labels, std::size_t, LabelsHash> places_;
  std::vector<double> cells_;
  Snapshot out_;
};

}  // namespace

bool is_snapshot(std::string_view begin) { return begin.starts_with(kSnapshotMagic); }

Result<Snapshot> decode_snapshot(std::span<const std::byte> bytes, std::string_view name, std::size_t samples_max) {
  return Decoder(bytes, name, samples_max).decode();
}

}  // namespace tacho::store
