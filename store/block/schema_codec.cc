#include "store/block/schema_codec.h"

#include <xxhash.h>

#include <unordered_map>

#include "proto/schema/store_generated.h"
#include "store/block/packed.h"

namespace tacho::store {
namespace {

class Symbols {
 public:
  std::uint32_t index_of(const std::string& s) {
    const auto [at, added] = index_.emplace(s, static_cast<std::uint32_t>(all_.size()));
    if (added) all_.push_back(s);
    return at->second;
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_map<std::string, std::uint32_t> index_;
  std::vector<std::string> all_;
};

Result<Labels> labels_of(const fb::Series& series, const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>& symbols) {
  std::vector<Label> pairs;
  if (const auto* refs = series.labels()) {
    if (refs->size() % 2 != 0) return failure("a series has {} label references, an odd number", refs->size());
    for (std::uint32_t i = 0; i < refs->size(); i += 2) {
      const std::uint32_t name = refs->Get(i), value = refs->Get(i + 1);
      if (name >= symbols.size() || value >= symbols.size())
        return failure("a label reference points past the {} symbols", symbols.size());
      pairs.push_back({symbols.Get(name)->str(), symbols.Get(value)->str()});
    }
  }
  return Labels(std::move(pairs));
}

}  // namespace

std::shared_ptr<const StoredSchema> encode_schema(std::string group, std::int64_t interval_ms, Schema series) {
  flatbuffers::FlatBufferBuilder builder(4096);
  Symbols symbols;
  std::vector<flatbuffers::Offset<fb::Series>> rows;
  for (const SeriesInfo& info : series) {
    std::vector<std::uint32_t> refs;
    for (const Label& l : info.labels) {
      refs.push_back(symbols.index_of(l.name));
      refs.push_back(symbols.index_of(l.value));
    }
    rows.push_back(
        fb::CreateSeriesDirect(builder, &refs, static_cast<std::uint8_t>(info.type), static_cast<std::uint8_t>(info.rollup)));
  }
  const auto group_offset = builder.CreateString(group);
  const auto symbols_offset = builder.CreateVectorOfStrings(symbols.all());
  const auto rows_offset = builder.CreateVector(rows);
  builder.Finish(fb::CreateGroupSchema(builder, group_offset, interval_ms, symbols_offset, rows_offset));

  auto out = std::make_shared<StoredSchema>();
  const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  out->bytes.assign(bytes.begin(), bytes.end());
  out->id = XXH3_64bits(bytes.data(), bytes.size());
  out->group = std::move(group);
  out->interval_ms = interval_ms;
  out->series = std::move(series);
  out->name_places = name_places(out->series);
  return out;
}

Result<std::shared_ptr<const StoredSchema>> decode_schema(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (bytes.size() < 8 || !verifier.VerifyBuffer<fb::GroupSchema>(nullptr))
    return failure("{} bytes are not a group schema", bytes.size());
  const auto* stored = flatbuffers::GetRoot<fb::GroupSchema>(data);
  auto out = std::make_shared<StoredSchema>();
  out->group = stored->group()->str();
  out->interval_ms = stored->interval_ms();
  out->series.reserve(stored->series()->size());
  for (const fb::Series* series : *stored->series()) {
    auto labels = labels_of(*series, *stored->symbols());
    if (!labels) return failure("schema of group {}: {}", out->group, labels.error());
    out->series.push_back({std::move(*labels), static_cast<MetricType>(series->type()), static_cast<Rollup>(series->rollup())});
  }
  out->name_places = name_places(out->series);
  out->bytes.assign(bytes.begin(), bytes.end());
  out->id = XXH3_64bits(bytes.data(), bytes.size());
  return std::shared_ptr<const StoredSchema>(std::move(out));
}

std::vector<std::byte> pack_schema(const StoredSchema& schema) { return pack_bytes(schema.bytes); }

Result<std::shared_ptr<const StoredSchema>> unpack_schema(std::span<const std::byte> packed) {
  const auto bytes = unpack_bytes(packed, "a group schema");
  if (!bytes) return std::unexpected(bytes.error());
  return decode_schema(*bytes);
}

}  // namespace tacho::store
