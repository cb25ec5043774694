// Errors that the card found in itself (RAS): of memory and of its other parts, bad pages, the links between cards.
//
// Source   ras/BLOCK_err_count: "ue: N", "ce: N" and, in newer kernels, "de: N" since the driver was loaded; ras/features: bit 0 is
//          the memory's; ras/gpu_vram_bad_pages: a line a page, over the card's life; xgmi_error.
// xgmi_error is forgotten by the card when it is read: 0, 1 error, 2 more. So the errors are summed here, as 1 and as 2, at least as
//          many as there were; who else reads it takes them away from us.
// Total    over all blocks, in rows in which all of them could be read.
#pragma once

#include <array>
#include <optional>

#include "sampler/accel/amd/reading.h"

namespace tacho::sampler {

class AmdRas final : public AmdReading {
 public:
  static constexpr std::size_t kSeverities = 3;
  using Counts = std::array<std::optional<std::uint64_t>, kSeverities>;

  void describe(const AmdCard& card, SchemaBuilder& builder) override;
  Sampled sample(Row& row) override;

 private:
  struct Block {
    KernelFile file;
    std::array<std::size_t, kSeverities> columns{};
  };
  // A file that gives one value.
  struct One {
    std::optional<KernelFile> file;
    std::size_t column = kNoColumn;
  };
  void describe_blocks(const AmdCard& card, SchemaBuilder& builder);
  void sample_blocks(Row& row);

  std::vector<Block> blocks_;
  std::array<std::size_t, kSeverities> total_{};
  One features_, bad_pages_, link_;
  double link_errors_ = 0;
};

// Uncorrected, corrected, deferred.
AmdRas::Counts ras_counts(std::string_view text);

}  // namespace tacho::sampler
