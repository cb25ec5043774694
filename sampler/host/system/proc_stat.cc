#include "sampler/host/system/proc_stat.h"

#include <limits>

namespace tacho::sampler {

Result<std::string_view> ProcStat::text(std::uint64_t& seen) {
  if (seen < reads_ && clock_.mono() - read_at_ < kShareNs) {
    seen = reads_;
    return text_;
  }
  Result<std::string_view> text = file_.read();
  if (!text) {
    // The file has reused or lost its buffer: nobody may be handed the old text.
    seen = ++reads_;
    text_ = {};
    read_at_ = MonoNs{std::numeric_limits<std::int64_t>::min() / 2};
    return text;
  }
  text_ = *text;
  read_at_ = clock_.mono();
  seen = ++reads_;
  return text_;
}

}  // namespace tacho::sampler
