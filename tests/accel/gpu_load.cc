// Work for one NVIDIA card, in a rhythm: what there is to see for nvml_probe and for the source while nothing trains. For
// people, on machines with a card. It makes a context, through the driver's libcuda.so.1 alone; the agent never does.
//
//   gpu_load [SECONDS [ON_MS OFF_MS]]     10 s of 200 ms work, 800 ms rest, unless it is said otherwise
//   gpu_load fault                        one write to an address that is nobody's: the driver reports an XID, and only this
//                                         process is ended
//
// Work     a kernel of tensor multiplications and FP32 arithmetic on all processors until its time is over; beside it copies
//          within the card's memory. Then, once at the end, a second of copies to the card and back.
// Output   a line a burst: its beginning and end in Unix milliseconds, so that samples can be held against it.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <string>

namespace {

using u64 = unsigned long long;

double wall_ms() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

void* g_cuda = nullptr;
template <class F>
F need(const char* name) {
  void* p = dlsym(g_cuda, name);
  if (!p) fprintf(stderr, "gpu_load: libcuda has no %s\n", name), exit(1);
  return reinterpret_cast<F>(p);
}
void check(int rc, const char* what) {
  if (rc != 0) fprintf(stderr, "gpu_load: %s: CUDA error %d\n", what, rc), exit(1);
}

// Runs until %globaltimer has passed by `ns`.
std::string kernel(bool tensor) {
  std::string s =
      ".version 7.0\n.target sm_80\n.address_size 64\n"
      ".visible .entry work(.param .u64 p_ns, .param .u64 p_out)\n{\n"
      ".reg .u64 %rd<8>;\n.reg .pred %p<2>;\n.reg .f32 %f<24>;\n.reg .b32 %r<8>;\n"
      "ld.param.u64 %rd1, [p_ns];\nld.param.u64 %rd2, [p_out];\ncvta.to.global.u64 %rd3, %rd2;\n"
      "mov.u64 %rd4, %globaltimer;\nadd.u64 %rd5, %rd4, %rd1;\n";
  for (int i = 0; i < 24; ++i) s += "mov.f32 %f" + std::to_string(i) + ", 0f3F800000;\n";
  for (int i = 0; i < 8; ++i) s += "mov.b32 %r" + std::to_string(i) + ", 0;\n";
  s += "LOOP:\n";
  for (int i = 0; i < 8; ++i) {
    const auto f = [&](int n) { return "%f" + std::to_string((i % 4) * 4 + n); };
    const std::string acc = "{" + f(0) + ", " + f(1) + ", " + f(2) + ", " + f(3) + "}";
    if (tensor)
      s += "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " + acc + ", {%r0, %r1, %r2, %r3}, {%r4, %r5}, " + acc + ";\n";
    s += "fma.rn.f32 %f16, %f16, %f17, %f18;\nfma.rn.f32 %f19, %f19, %f20, %f21;\n";
  }
  s += "mov.u64 %rd6, %globaltimer;\nsetp.lt.u64 %p1, %rd6, %rd5;\n@%p1 bra LOOP;\n";
  for (int i = 1; i < 16; ++i) s += "add.f32 %f0, %f0, %f" + std::to_string(i) + ";\n";
  s += "add.f32 %f0, %f0, %f16;\nadd.f32 %f0, %f0, %f19;\nst.global.f32 [%rd3], %f0;\nret;\n}\n";
  return s;
}

constexpr const char* kFault =
    ".version 7.0\n.target sm_80\n.address_size 64\n"
    ".visible .entry fault()\n{\n.reg .u64 %rd<2>;\n.reg .b32 %r<2>;\n"
    "mov.u64 %rd1, 4096;\nmov.b32 %r1, 1;\nst.global.b32 [%rd1], %r1;\nret;\n}\n";

using Launch = int (*)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);

int fault() {
  void *module = nullptr, *function = nullptr;
  check(need<int (*)(void**, const void*)>("cuModuleLoadData")(&module, kFault), "cuModuleLoadData");
  check(need<int (*)(void**, void*, const char*)>("cuModuleGetFunction")(&function, module, "fault"), "cuModuleGetFunction");
  check(need<Launch>("cuLaunchKernel")(function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), "cuLaunchKernel");
  const int rc = need<int (*)()>("cuCtxSynchronize")();
  printf("the driver says %d\n", rc);
  return rc == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool faulty = argc > 1 && std::string(argv[1]) == "fault";
  const double seconds = argc > 1 ? atof(argv[1]) : 10;
  const double on_ms = argc > 3 ? atof(argv[2]) : 200, off_ms = argc > 3 ? atof(argv[3]) : 800;
  g_cuda = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!g_cuda) return fprintf(stderr, "gpu_load: %s\n", dlerror()), 1;
  check(need<int (*)(unsigned)>("cuInit")(0), "cuInit");
  int device = 0, processors = 0;
  check(need<int (*)(int*, int)>("cuDeviceGet")(&device, 0), "cuDeviceGet");
  check(need<int (*)(int*, int, int)>("cuDeviceGetAttribute")(&processors, 16, device), "cuDeviceGetAttribute");
  void* context = nullptr;
  check(need<int (*)(void**, int)>("cuDevicePrimaryCtxRetain")(&context, device), "cuDevicePrimaryCtxRetain");
  check(need<int (*)(void*)>("cuCtxSetCurrent")(context), "cuCtxSetCurrent");

  if (faulty) return fault();
  void *module = nullptr, *function = nullptr, *compute = nullptr, *copies = nullptr;
  const auto load = need<int (*)(void**, const void*)>("cuModuleLoadData");
  int rc = load(&module, kernel(true).c_str());
  if (rc != 0) {
    fprintf(stderr, "gpu_load: no tensor kernel (CUDA error %d), FP32 only\n", rc);
    check(load(&module, kernel(false).c_str()), "cuModuleLoadData");
  }
  check(need<int (*)(void**, void*, const char*)>("cuModuleGetFunction")(&function, module, "work"), "cuModuleGetFunction");
  const auto stream = need<int (*)(void**, unsigned)>("cuStreamCreate");
  check(stream(&compute, 1), "cuStreamCreate");
  check(stream(&copies, 1), "cuStreamCreate");
  const auto alloc = need<int (*)(u64*, size_t)>("cuMemAlloc_v2");
  constexpr size_t kBytes = size_t{1} << 30;
  u64 a = 0, b = 0;
  check(alloc(&a, kBytes), "cuMemAlloc");
  check(alloc(&b, kBytes), "cuMemAlloc");
  const auto launch = need<Launch>("cuLaunchKernel");
  const auto copy = need<int (*)(u64, u64, size_t, void*)>("cuMemcpyDtoDAsync_v2");
  const auto wait = need<int (*)()>("cuCtxSynchronize");

  const double end = wall_ms() + seconds * 1000;
  while (wall_ms() < end) {
    const double begun = wall_ms();
    u64 ns = static_cast<u64>(on_ms * 1e6), out = a;
    void* arguments[] = {&ns, &out};
    check(launch(function, static_cast<unsigned>(processors) * 2, 1, 1, 256, 1, 1, 0, compute, arguments, nullptr),
          "cuLaunchKernel");
    // A GiB takes a millisecond or less both ways.
    for (double n = 0; n < on_ms * 0.7; ++n) check(copy(b, a, kBytes, copies), "cuMemcpyDtoDAsync");
    check(wait(), "cuCtxSynchronize");
    printf("burst %.0f %.0f\n", begun, wall_ms());
    fflush(stdout);
    const timespec rest{static_cast<time_t>(off_ms / 1000), static_cast<long>(static_cast<long long>(off_ms * 1e6) % 1000000000)};
    nanosleep(&rest, nullptr);
  }

  void* host = nullptr;
  check(need<int (*)(void**, size_t, unsigned)>("cuMemHostAlloc")(&host, kBytes, 0), "cuMemHostAlloc");
  const auto up = need<int (*)(u64, const void*, size_t)>("cuMemcpyHtoD_v2");
  const auto down = need<int (*)(void*, u64, size_t)>("cuMemcpyDtoH_v2");
  const double begun = wall_ms();
  u64 copied = 0;
  while (wall_ms() < begun + 1000) {
    check(up(a, host, kBytes), "cuMemcpyHtoD");
    check(down(host, a, kBytes / 4), "cuMemcpyDtoH");
    copied += kBytes;
  }
  printf("copied %llu to the card, a quarter of it back, %.0f %.0f\n", copied, begun, wall_ms());
  return 0;
}
