// The table of tracked connections: node_nf_conntrack_*.
//
// Source   PROCFS/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max; PROCFS/net/stat/nf_conntrack, a line of names over a
//          line of hexadecimal values for each CPU, which are summed. All are gauges, as node_exporter has them, though those of
//          the last file count up. Without the module there are no such files: not here.
// Space    the last file's is the namespace that net_file.h says; the first two are always of this process's.
// Odd text the sum of a file that was cut, or of a column with a value that cannot be read, would be too small: absent.
#pragma once

#include <array>
#include <string>

#include "sampler/cells.h"
#include "sampler/host/network/net_file.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ConntrackSource : public Source {
 public:
  explicit ConntrackSource(const Roots& roots)
      : count_(roots.procfs + "/sys/net/netfilter/nf_conntrack_count"),
        limit_(roots.procfs + "/sys/net/netfilter/nf_conntrack_max"),
        stat_(roots, "stat/nf_conntrack") {}

  std::string_view name() const override { return "conntrack"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kShownCount = 8;

  void learn_stat(std::string_view text, SchemaBuilder& builder);
  Sampled read_stat(std::string_view text, Row& row) const;

  KernelFile count_;
  KernelFile limit_;
  std::size_t count_column_ = kNoColumn;
  std::size_t limit_column_ = kNoColumn;
  NetFile stat_;
  bool stat_there_ = false;
  std::string names_;                               // the file's first line
  std::array<std::size_t, kShownCount> columns_{};  // in the order of kShown
  std::vector<std::size_t> shown_at_;               // which of kShown a position in the line is; kNoColumn for none
};

}  // namespace tacho::sampler
