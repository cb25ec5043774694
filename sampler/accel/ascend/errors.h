// Faults of the NPU: each counted when it is raised, by its code as Huawei writes it ("0x81078603").
//
// Source   dcmi_get_device_errorcode_v2, the list of the faults that are raised now. A code that is in it more often than in the row
//          before has been raised that many times; one that goes away and comes back is raised anew. What comes and goes between two
//          rows is not seen: the library's fault events would tell, but its headers do not agree on how one subscribes to them, and
//          none of the forms could be tried on a card.
// Start    what is raised when the agent starts was not raised now: it is the last error, and counts 0.
// Lost     what is raised after a card was lost and not before counts; what still is does not.
// Zeros    the faults that tell of a lost card or link have a series from the start: of a counter that appears with 1, rate() and
//          increase() see nothing.
// Bounds   kCodesMax codes have a series of their own; what comes after is counted together as code="other".
#pragma once

#include <array>
#include <vector>

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendErrors final : public AscendReading {
 public:
  static constexpr std::size_t kCodesMax = 64;

  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  static constexpr std::size_t kListMax = 128;
  struct Fault {
    dcmi::U32 number;
    unsigned before = 0;  // how often it was in the last list
    unsigned now = 0;
    double count = 0;
    std::size_t column = kNoColumn;
  };

  void probe(AscendCard& card) override;
  dcmi::Code list(AscendCard& card);
  Fault& of(dcmi::U32 number);
  void count_raised(AscendCard& card, Fault& fault);

  bool there_ = false;
  bool begun_ = false;  // a list has been read
  std::array<dcmi::U32, kListMax> listed_{};
  std::size_t listed_count_ = 0;
  std::vector<Fault> faults_;
  Fault others_{0};
  dcmi::U32 last_ = 0;
  double last_seconds_ = 0;  // Unix time; 0: none yet
  std::size_t last_column_ = kNoColumn;
  std::size_t last_time_column_ = kNoColumn;
};

}  // namespace tacho::sampler
