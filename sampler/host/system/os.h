// Which operating system this is: node_os_info, node_os_version, node_os_support_end_timestamp_seconds.
//
// Source   ROOTFS/etc/os-release, or ROOTFS/usr/lib/os-release where that is not there; os-release(5). An absolute symbolic link
//          leads out of ROOTFS, as for node_exporter.
// Labels   those of the twelve that the file has and that are not empty; info is always 1.
// Version  the number that VERSION_ID begins with, "22.04" of "22.04.3"; not there without one, as on rolling releases.
// Odd      a line that cannot be read (a quote that does not end, text that is not UTF-8) is passed over; node_exporter then
//          says nothing at all. A last line without a newline is whole: this is a plain file, not the kernel's.
// Cost     one read a minute, compared with the text before; parsed only when it differs (an upgrade in place).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class OsSource : public Source {
 public:
  explicit OsSource(const Roots& roots);

  std::string_view name() const override { return "os"; }
  std::int64_t default_interval_ms() const override { return 60'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  std::array<std::string, 2> candidates_;
  std::optional<KernelFile> file_;
  std::string text_;  // as last parsed
  std::optional<double> version_;
  std::optional<double> support_end_;
};

}  // namespace tacho::sampler
