// The processes that compute on a card, as series: how many, and the memory of each.
//
// Life     clear(), add() and merge() the list, then changed(): whether it is another set of processes than described; put_into() fills
//          the row.
// Twice    a process that is listed several times (for each instance of a partitioned card) is one, with the sum.
// Threads  one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/cells.h"

namespace tacho::sampler {

struct CardProcess {
  static constexpr std::uint64_t kUntold = ~std::uint64_t{0};

  std::uint32_t pid;
  std::uint64_t memory_bytes;  // kUntold: the driver does not tell

  bool operator==(const CardProcess&) const = default;
};

class CardProcesses {
 public:
  void clear() { processes_.clear(); }
  void add(CardProcess process) { processes_.push_back(process); }
  // After the last add().
  void merge();
  // By pid, after merge().
  std::span<const CardProcess> list() const { return processes_; }
  // A process came or went since describe(): describe anew.
  bool changed() const;

  template <class Card>
  void describe(const Card& card, SchemaBuilder& builder) {
    shown_.clear();
    count_column_ = builder.add("accel_processes", card.labels());
    for (const CardProcess& p : processes_)
      shown_.push_back(
          {p.pid, builder.add("accel_process_memory_used_bytes", card.labels_and({{"pid", fmt::format("{}", p.pid)}}))});
  }
  // Requires: not changed().
  void put_into(Row& row) const;

 private:
  struct Shown {
    std::uint32_t pid;
    std::size_t column = kNoColumn;
  };

  std::vector<CardProcess> processes_;  // by pid after merge()
  std::vector<Shown> shown_;            // by pid
  std::size_t count_column_ = kNoColumn;
};

}  // namespace tacho::sampler
