// An Ascend NPU's sources over the fake library.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "card_rows.h"
#include "fake_dcmi.h"
#include "sampler/accel/ascend/source.h"

namespace tacho::sampler {

// A made-up 910B and its sources.
class FakeNpu {
 public:
  explicit FakeNpu(const std::string& library = FAKE_DCMI) : dcmi(library) { dcmi.play("made_up_ascend.txt"); }

  AscendSource& fast_source() { return get("fast").source; }
  AscendSource& slow_source() { return get("slow").source; }
  Watched& fast() { return get("fast").watched; }
  Watched& slow() { return get("slow").watched; }
  Watched& network() { return get("network").watched; }
  Watched& bandwidth() { return get("bandwidth").watched; }
  // A second passes, then a tick of the fast source.
  void tick(std::int64_t ms = 1000) {
    clock.advance_ms(ms);
    fast().tick();
  }

  FakeDcmi dcmi;
  FixedClock clock{1'790'000'000'000'000'000};
  Machine machine;
  CardSlot slot{.index = 0, .pci_bus_id = "0000:c1:00.0", .numa_node = "3"};
  std::shared_ptr<dcmi::Session> session = std::make_shared<dcmi::Session>(std::vector<std::string>{dcmi.path()});
  std::shared_ptr<AccelState> state = std::make_shared<AccelState>();

 private:
  struct Sourced {
    Sourced(AscendSource::Kind kind, AscendCard card, std::shared_ptr<AccelState> state)
        : source(std::move(kind), std::move(card), std::move(state)), watched(source) {}
    AscendSource source;
    Watched watched;
  };
  AscendSource::Kind kind(const std::string& which) {
    if (which == "fast") return ascend_fast();
    if (which == "slow") return ascend_slow(machine.roots().sysfs);
    return which == "network" ? ascend_network() : ascend_bandwidth();
  }
  Sourced& get(const std::string& which) {
    auto& source = sources_[which];
    if (!source) {
      source = std::make_unique<Sourced>(kind(which), AscendCard(session, slot, clock), which == "fast" ? state : nullptr);
    }
    return *source;
  }

  std::map<std::string, std::unique_ptr<Sourced>> sources_;
};

}  // namespace tacho::sampler
