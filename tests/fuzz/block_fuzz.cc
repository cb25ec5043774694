// Any bytes are a block, a schema or a head: refused, or read within their bounds. Checksums are put right first: what they would have
// refused is what is to be tried.
#include <algorithm>
#include <cstring>

#include "proto/schema/store_generated.h"
#include "store/block/block.h"
#include "store/block/block_format.h"
#include "store/block/schema_codec.h"

namespace {

using namespace tacho::store;

void put_checksums_right(std::span<std::byte> bytes) {
  const auto size = BlockView::head_size(bytes);
  if (!size || *size > bytes.size()) return;
  auto* table = reinterpret_cast<std::uint8_t*>(bytes.data() + kHeadChecksumBytes);
  flatbuffers::Verifier verifier(table, sizeof(flatbuffers::uoffset_t) + flatbuffers::GetPrefixedSize(table));
  if (verifier.VerifySizePrefixedBuffer<tacho::fb::Block>(nullptr)) {
    std::size_t at = *size;
    for (const tacho::fb::Piece* piece : *flatbuffers::GetSizePrefixedRoot<tacho::fb::Block>(table)->pieces()) {
      if (piece->bytes() > bytes.size() - at) break;
      const std::uint32_t checksum = piece_checksum(bytes.subspan(at, piece->bytes()));
      auto* place = reinterpret_cast<std::byte*>(const_cast<tacho::fb::Piece*>(piece)) + sizeof *piece - sizeof checksum;
      std::memcpy(place, &checksum, sizeof checksum);
      at += piece->bytes();
    }
  }
  const std::uint64_t checksum = head_checksum(bytes.first(*size));
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  std::vector<std::byte> bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
  (void)decode_schema(bytes);
  put_checksums_right(bytes);
  if (const auto block = BlockView::open_whole(bytes)) {
    std::vector<double> out(block->rows());
    for (std::size_t c = 0; c < block->columns(); ++c) (void)block->read_column(c, 0, out);
  }
  return 0;
}
