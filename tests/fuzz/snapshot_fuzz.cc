// Any bytes are a snapshot or none: refused, or read within their bounds, and what was read is written and read again as the same.
// Checksums are put right first: what they would have refused is what is to be tried.
#include <algorithm>
#include <cstring>

#include "proto/base/check.h"
#include "proto/schema/snapshot_generated.h"
#include "store/block/packed.h"
#include "store/memory_store.h"
#include "store/snapshot/format.h"

namespace {

using namespace tacho;
using namespace tacho::store;

constexpr std::size_t kSamplesMax = 200'000;

// Of the parts that lie within the file; the directory is packed anew behind them.
void put_checksums_right(std::vector<std::byte>& bytes) {
  SnapshotHeader header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.directory_offset > bytes.size()) return;
  auto directory = unpack_bytes(std::span(bytes).subspan(header.directory_offset), "directory");
  if (directory) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(directory->data()), directory->size());
    if (verifier.VerifyBuffer<fb::Snapshot>(nullptr)) {
      const auto* stored = flatbuffers::GetRoot<fb::Snapshot>(directory->data());
      for (const auto* parts : {stored->groups(), stored->samples()}) {
        for (const fb::SnapshotPart* part : *parts) {
          if (part->offset() > bytes.size() || part->bytes() > bytes.size() - part->offset()) continue;
          const std::uint64_t checksum = snapshot_checksum(std::span(bytes).subspan(part->offset(), part->bytes()));
          std::memcpy(reinterpret_cast<std::byte*>(const_cast<fb::SnapshotPart*>(part)) + 16, &checksum, sizeof checksum);
        }
      }
      const auto packed = pack_bytes(*directory);
      bytes.resize(header.directory_offset);
      bytes.insert(bytes.end(), packed.begin(), packed.end());
    }
  }
  header.file_bytes = bytes.size();
  header.directory_checksum = snapshot_checksum(std::span(bytes).subspan(header.directory_offset));
  header.checksum = snapshot_checksum(std::as_bytes(std::span(&header, 1)).first(kSnapshotHeaderChecked));
  std::memcpy(bytes.data(), &header, sizeof header);
}

std::string written(const MemoryStore& store) {
  const SnapshotOrigin& origin = store.origin();
  const auto all = store.select({}, origin.range, {});
  TACHO_CHECK(all && all->samples == store.sample_count());
  return encode_snapshot(*all, {origin, store.metadata(), store.group_times(origin.range)}).value();
}

MemoryStore read_back(const std::string& bytes) {
  auto read = decode_snapshot(std::as_bytes(std::span(bytes)), "again", kSamplesMax);
  TACHO_CHECK(read.has_value());
  return MemoryStore::of(std::move(*read));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  std::vector<std::byte> bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
  (void)decode_snapshot(bytes, "as it is", kSamplesMax);
  put_checksums_right(bytes);
  auto read = decode_snapshot(bytes, "input", kSamplesMax);
  if (!read) return 0;
  const std::string first = written(MemoryStore::of(std::move(*read)));
  TACHO_CHECK(written(read_back(first)) == first);
  return 0;
}
