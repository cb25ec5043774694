// A set of small sysfs files kept open, each one number: what the sources of hardware are made of.
//
// Shape    describe(): start(), then add() for every file and constant() for every info metric. sample() fills the row.
//          A file that holds no number now (a sensor that is asleep, a counter this port does not have) gets no column; it is
//          tried again at every tenth tick (a check), and its first number changes the layout.
// Devices  a folder that is watched is listed at every check, and at once when a file can no longer be read: other names
//          in it are another layout. So is a file that had to be opened anew: the device may be another one by the same name.
// Wraps    a counter of few bits goes on counting over its wrap. What it has reached outlives the layout, not the device.
// Cost     one pread a file and tick, into the stack; no allocation, failures included.
// Errors   none: a cell that could not be read stays absent.
// Threads  one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/kernel_file.h"
#include "sampler/short_text.h"
#include "sampler/source.h"

namespace tacho::sampler {

// How a file's text becomes the metric's value: number * factor / divisor. See put() in cells.h for why it is a division.
struct NumberForm {
  double factor = 1.0;
  double divisor = 1.0;
  std::uint64_t wrap = 0;         // the file's number begins again at 0 when it reaches this; 0: never
  bool words_may_follow = false;  // "4: ACTIVE", "400 Gb/sec (4X NDR)"
  // For text that is no decimal number ("0x1f", "1.5M"); nullopt: no number. nullptr: parse_short_number().
  std::optional<double> (*parse)(std::string_view text) = nullptr;
};

class NumberFiles {
 public:
  static constexpr unsigned kTicksPerCheck = 10;

  // Slow sources check at every tick: 1.
  explicit NumberFiles(unsigned ticks_per_check = kTicksPerCheck) : ticks_per_check_(ticks_per_check) {}

  // A new layout: all files and folders are forgotten, what wrapping counters have reached is not.
  void start();
  void watch(std::string folder);
  // True if the file holds a number now, which sample() will put into the new column.
  bool add(SchemaBuilder& schema, std::string path, std::string_view metric, std::vector<Label> labels, NumberForm form = {});
  // The same value until the layout changes; 1 for info metrics.
  void constant(SchemaBuilder& schema, std::string_view metric, std::vector<Label> labels, double value = 1.0);
  // A text whose change is a new layout, as a label holds it. Looked at every tick.
  void watch_text(std::string path);

  // No series yet; files that hold no number now are none.
  bool empty() const;
  Sampled sample(Row& row);

 private:
  struct Wrapping {
    std::uint64_t last = 0;
    std::uint64_t base = 0;
  };
  struct File {
    KernelFile file;
    std::size_t column;
    NumberForm form;
    Wrapping* wrapping = nullptr;  // into wrappings_
    std::size_t opened = 0;
    bool readable = false;
  };
  struct Folder {
    std::string path;
    std::uint64_t print;
  };
  struct Text {
    KernelFile file;
    std::string text;  // "" when it could not be read
  };

  struct Constant {
    std::size_t column;
    double value;
  };

  bool folders_changed() const;
  static double unwrapped(const File& file, double number);

  std::vector<File> files_;
  std::vector<Folder> folders_;
  std::vector<Text> texts_;
  std::vector<Constant> constants_;
  std::unordered_map<std::string, Wrapping> wrappings_;      // by path
  std::unordered_map<std::string, Wrapping> old_wrappings_;  // those of the layout before
  unsigned ticks_per_check_;
  unsigned ticks_ = 0;
};

}  // namespace tacho::sampler
