// Compiled with AVX-512 (F, BW, DQ, VL) where the architecture is x86-64 (CMakeLists.txt).
#include <utility>

#include "store/codec/bitpack.h"

namespace tacho::store::codec {

#ifdef __AVX512VL__
namespace {

template <unsigned... W>
using Widths = std::integer_sequence<unsigned, W...>;
using AllWidths = std::make_integer_sequence<unsigned, 65>;

#include "store/codec/kernels.inc"

}  // namespace

// Only from the processors on that have VBMI2 (Ice Lake, Zen 4): those before run slower for a while after vectors so wide, and
// whoever shares the core with this program would pay for it.
const Kernels* widest_kernels() {
  const bool there = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("lzcnt");
  return there ? &kTable : nullptr;
}
#else
const Kernels* widest_kernels() { return nullptr; }
#endif

}  // namespace tacho::store::codec
