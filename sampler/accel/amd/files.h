// The numbers of a card that are a file of sysfs each: its own files and those of its sensors (hwmon).
//
// Sensors  are known by their labels (edge, junction, mem; sclk, mclk; vddgfx), which say what is behind temp1, freq2, in0.
// Units    hwmon's: thousandths of degrees and volts, millionths of watts, hertz; fans in turns a minute, their drive of 255.
// Not read pcie_bw: the driver counts packets for a second in it and sleeps meanwhile.
// Rest     as number_files.h: files stay open, one pread a file, a file that holds no number now is tried again.
#pragma once

#include "sampler/accel/amd/reading.h"
#include "sampler/host/number_files.h"

namespace tacho::sampler {

class AmdFiles final : public AmdReading {
 public:
  enum class Which { fast, slow };
  explicit AmdFiles(Which which) : which_(which), files_(which == Which::fast ? NumberFiles::kTicksPerCheck : 1) {}

  void describe(const AmdCard& card, SchemaBuilder& builder) override;
  Sampled sample(Row& row) override { return files_.sample(row); }

 private:
  void add(const AmdCard& card, SchemaBuilder& builder, const std::string& path, ValueName name, NumberForm form,
           std::vector<Label> more = {});
  void add_sensors(const AmdCard& card, SchemaBuilder& builder);

  const Which which_;
  NumberFiles files_;
};

}  // namespace tacho::sampler
