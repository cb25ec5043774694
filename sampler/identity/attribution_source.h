// Whose each accelerator is, and why not, as series: tacho_device_attribution_info, and how many there are of each reason.
//
// Source   the board that the attribution leaves its findings on (attribution_board.h).
// Layout   a device with another reason is another series.
// Threads  the tick thread.
#pragma once

#include <array>
#include <memory>

#include "sampler/identity/attribution_board.h"
#include "sampler/source.h"

namespace tacho::sampler {

class AttributionSource final : public Source {
 public:
  explicit AttributionSource(std::shared_ptr<const AttributionBoard> board) : board_(std::move(board)) {}

  std::string_view name() const override { return "attribution"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  const std::shared_ptr<const AttributionBoard> board_;
  std::uint64_t described_ = 0;
  std::vector<std::size_t> devices_;
  struct Count {
    std::size_t column;
    double devices;
  };
  std::vector<Count> counts_;
};

}  // namespace tacho::sampler
