// What does a tick of eight accelerators cost, with the library in this process and in a process a device, beside bare loops? The library is the
// fake one (tests/accel/fake_nvml.cc), which answers as a recorded H200 did, at once; a driver's own time comes on top of all alike.
//
// bare/calls     the library's function for a card's power, eight times: the least that a call costs here (a lock, a look into tables)
// bare/rows      eight sources that fill as many cells and ask nobody: what the frame around a source costs
// bare/messages  a message of a row's size asked of another process and had from it, eight times
// tick/thread    a row of each of eight cards, one after the other
// tick/process   the same in eight processes
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "proto/base/check.h"
#include "proto/base/file.h"
#include "sampler/accel_sources.h"
#include "sampler/isolation/message.h"
#include "sampler/isolation/starter.h"
#include "sampler/row_buffer.h"

namespace tacho::sampler {
namespace {

constexpr int kCards = 8;

// A node below /tmp with eight cards, and the library told what they answer; the next run writes it anew.
Roots made_node() {
  void* library = ::dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
  TACHO_CHECK(library != nullptr);
  std::string lines = "CLEAR\n" + read_file(TACHO_SOURCE_DIR "/tests/accel/recordings/h200_580.txt").value();
  const std::string root = "/tmp/tacho-bench-accel";
  for (int n = 0; n < kCards; ++n) {
    lines += fmt::format("DEVICE {} {}uuid=GPU-{} bus=00000000:{:02X}:00.0\n", n, n == 0 ? "" : "like=0 ", n, 0x10 + n);
    const std::string device = fmt::format("{}/sys/bus/pci/devices/0000:{:02x}:00.0", root, 0x10 + n);
    std::filesystem::create_directories(device);
    std::ofstream(device + "/vendor") << "0x10de\n";
    std::ofstream(device + "/class") << "0x030200\n";
  }
  reinterpret_cast<void (*)(const char*)>(::dlsym(library, "fake_nvml_do"))(lines.c_str());
  return {.procfs = root + "/proc", .sysfs = root + "/sys", .rootfs = root};
}

struct Ticked {
  std::unique_ptr<Source> source;
  RowBuffer cells{0};
};

// The cards' fast sources, described.
std::vector<Ticked> described(std::vector<std::unique_ptr<Source>> sources) {
  std::vector<Ticked> out;
  for (auto& source : sources) {
    if (source->configured_as() != "nvidia") continue;
    store::Schema schema;
    source->set_interval(1000);
    TACHO_CHECK(source->describe(schema));
    out.push_back({std::move(source), RowBuffer(schema.size())});
  }
  TACHO_CHECK(out.size() == kCards);
  return out;
}

std::vector<Ticked> cards(bool apart) {
  const Roots roots = made_node();
  const AccelOptions options{.nvml_library = FAKE_NVML};
  return described(apart ? std::move(*make_isolated_accel_sources(roots, options)) : make_accel_sources(roots, options));
}

std::size_t cells_of_a_card() { return cards(false).front().cells.size(); }

void tick(benchmark::State& state, std::vector<Ticked>& sources) {
  for (auto _ : state) {
    for (Ticked& t : sources) {
      t.cells.clear();
      Row row = t.cells.row();
      const Result<Sampled> sampled = t.source->sample(row);
      if (!sampled || *sampled != Sampled::ok) return state.SkipWithError("there is no row");
    }
  }
  state.counters["series"] = static_cast<double>(kCards * sources.front().cells.size());
}

void cards_here(benchmark::State& state) {
  auto sources = cards(false);
  tick(state, sources);
}

void cards_apart(benchmark::State& state) {
  auto sources = cards(true);
  tick(state, sources);
}

class NobodySource final : public Source {
 public:
  std::string_view name() const override { return "nobody"; }
  Result<void> describe(store::Schema&) override { return {}; }
  Result<Sampled> sample(Row& row) override {
    for (std::size_t c = 0; c < row.size(); ++c) row.set(c, static_cast<double>(c));
    return Sampled::ok;
  }
};

void bare_rows(benchmark::State& state) {
  const std::size_t cells = cells_of_a_card();
  std::vector<Ticked> sources;
  for (int n = 0; n < kCards; ++n) sources.push_back({std::make_unique<NobodySource>(), RowBuffer(cells)});
  tick(state, sources);
}

void bare_calls(benchmark::State& state) {
  const auto sources = cards(false);  // they have initialised the library
  void* library = ::dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
  const auto handle = reinterpret_cast<int (*)(unsigned, void**)>(::dlsym(library, "nvmlDeviceGetHandleByIndex_v2"));
  const auto power = reinterpret_cast<int (*)(void*, unsigned*)>(::dlsym(library, "nvmlDeviceGetPowerUsage"));
  std::array<void*, kCards> devices{};
  for (unsigned n = 0; n < kCards; ++n) TACHO_CHECK(handle(n, &devices[n]) == 0);
  for (auto _ : state) {
    for (void* device : devices) {
      unsigned milliwatts = 0;
      if (power(device, &milliwatts) != 0) return state.SkipWithError("no power");
      benchmark::DoNotOptimize(milliwatts);
    }
  }
}

void bare_messages(benchmark::State& state) {
  const std::size_t bytes = sizeof(AnswerHead) + 8 * cells_of_a_card();
  const auto starter = *ChildStarter::create(1, [bytes](std::size_t, std::vector<Socket> sockets) {
    std::array<std::byte, sizeof(Question)> question;
    const std::vector<std::byte> answer(bytes);
    while (sockets[0].receive(question) != 0) sockets[0].send(answer);
  });
  const auto made = Socket::pair();
  TACHO_CHECK(made.has_value());
  const auto& [ours, theirs] = *made;
  TACHO_CHECK(starter->start(0, std::span(&theirs, 1)));
  std::vector<std::byte> answer(bytes);
  for (auto _ : state) {
    for (int n = 0; n < kCards; ++n) {
      if (!ours.send(bytes_of(Question{})) || ours.receive(answer) != bytes) return state.SkipWithError("no answer");
    }
  }
}

BENCHMARK(bare_calls)->Name("bare/calls");
BENCHMARK(bare_rows)->Name("bare/rows");
BENCHMARK(bare_messages)->Name("bare/messages")->UseRealTime();
BENCHMARK(cards_here)->Name("tick/thread");
BENCHMARK(cards_apart)->Name("tick/process")->UseRealTime();

}  // namespace
}  // namespace tacho::sampler

BENCHMARK_MAIN();
