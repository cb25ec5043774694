// Compiled with -mavx2 -mlzcnt where the architecture is x86-64 (CMakeLists.txt).
#include <utility>

#include "store/codec/bitpack.h"

namespace tacho::store::codec {

#ifdef __AVX2__
namespace {

template <unsigned... W>
using Widths = std::integer_sequence<unsigned, W...>;
using AllWidths = std::make_integer_sequence<unsigned, 65>;

#include "store/codec/kernels.inc"

}  // namespace

const Kernels* wide_kernels() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("lzcnt") ? &kTable : nullptr; }
#else
const Kernels* wide_kernels() { return nullptr; }
#endif

}  // namespace tacho::store::codec
