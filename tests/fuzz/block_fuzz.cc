// Any bytes are a block, a schema or a head: refused, or read within their bounds.
#include <algorithm>
#include "store/block.h"
#include "store/schema_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  using namespace tacho::store;
  std::vector<std::byte> bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
  if (const auto block = BlockView::open_whole(bytes)) {
    std::vector<double> out(block->rows());
    for (std::size_t c = 0; c < block->columns(); ++c) (void)block->read_column(c, 0, out);
  }
  (void)decode_schema(bytes);
  return 0;
}
