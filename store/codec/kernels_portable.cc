#include <utility>

#include "store/codec/bitpack.h"

namespace tacho::store::codec {
namespace {

template <unsigned... W>
using Widths = std::integer_sequence<unsigned, W...>;
using AllWidths = std::make_integer_sequence<unsigned, 65>;

#include "store/codec/kernels.inc"

}  // namespace

const Kernels& portable_kernels() { return kTable; }

}  // namespace tacho::store::codec
