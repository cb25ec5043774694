// The accelerators of this node as the store's newest rows show them, with what identifies them and who computes on them.
//
// Shape    read from the series that the accelerators' sources wrote (accel_up, accel_info, accel_partition_info,
//          accel_process_memory_used_bytes), so that every vendor, and every way its library is isolated, looks the same here.
// Old rows a card counts for kCardMs after its last row, a process for kProcessMs; a series with a staleness marker has ended.
// Cost     one selection: a pass over the labels of all series, and a few columns decoded.
// Errors   the store's.   Threads  any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "sampler/identity/device_ids.h"
#include "store/queryable.h"

namespace tacho::sampler {

struct CardPart {
  std::string partition;  // the label
  std::string uuid;       // "MIG-..."; "": it has none

  auto operator<=>(const CardPart&) const = default;
};

struct Card {
  std::string vendor, accel, uuid, pci_bus_id;
  std::string minor;                // of the driver's device node; "": not told
  std::string physical;             // Huawei's physical id, or where there is none the logical one
  std::vector<CardPart> parts;      // of a partitioned card; compute instances of one partition stand there by their uuids
  std::vector<std::uint32_t> pids;  // who computes on it; sorted

  // Who it is, whatever the processes.
  bool same_as(const Card& other) const;
};

inline constexpr std::int64_t kCardMs = 300'000;
inline constexpr std::int64_t kProcessMs = 30'000;

// By vendor and number.
Result<std::vector<Card>> read_cards(const store::Queryable& store, TimeMs now);

// What a name means among these: a card, or of one a part. nullptr: none of them.
struct CardAt {
  const Card* card = nullptr;
  const CardPart* part = nullptr;
};
CardAt find_card(const std::vector<Card>& cards, const DeviceName& name);

}  // namespace tacho::sampler
