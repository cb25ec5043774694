// A machine of files and a source that is watched over several ticks.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "proto/base/clock.h"
#include "proto/base/labels.h"
#include "sampler/row_buffer.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline std::string trees() { return TACHO_SOURCE_DIR "/tests/sampler/trees"; }

// A folder of its own with proc, sys and root in it; empty, or a copy of a recorded tree. Removed at the end.
class Machine {
 public:
  Machine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tacho-machine-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  explicit Machine(const std::string& tree) : Machine() { lay_over(trees() + "/" + tree); }
  ~Machine() { std::filesystem::remove_all(root_); }
  Machine(const Machine&) = delete;

  void lay_over(const std::string& tree) {
    std::filesystem::copy(tree, root_,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing |
                              std::filesystem::copy_options::copy_symlinks);
  }
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void remove(const std::string& path) { std::filesystem::remove_all(root_ / path); }
  std::string path(const std::string& inside) const { return (root_ / inside).string(); }
  Roots roots() const { return {.procfs = path("proc"), .sysfs = path("sys"), .rootfs = path("root")}; }

 private:
  std::filesystem::path root_;
};

class FixedClock : public Clock {
 public:
  explicit FixedClock(std::int64_t wall_ns) : FixedClock(wall_ns, wall_ns) {}
  FixedClock(std::int64_t wall_ns, std::int64_t mono_ns) : wall_ns_(wall_ns), mono_ns_(mono_ns) {}
  std::int64_t wall_ns() const override { return wall_ns_; }
  MonoNs mono() const override { return MonoNs{mono_ns_}; }
  void sleep_until(MonoNs) const override {}
  void advance_ms(std::int64_t ms) {
    wall_ns_ += ms * kNsPerMs;
    mono_ns_ += ms * kNsPerMs;
  }

 private:
  std::int64_t wall_ns_;
  std::int64_t mono_ns_;
};

// One source, described and sampled as the scheduler does it.
class Watched {
 public:
  explicit Watched(Source& source) : source_(source) {}

  Result<void> describe() {
    schema_.clear();
    Result<void> done = source_.describe(schema_);
    cells_ = RowBuffer(schema_.size());
    return done;
  }
  Result<Sampled> sample() {
    cells_.clear();
    Row row = cells_.row();
    return source_.sample(row);
  }
  // A tick: sample, and describe anew where that is needed. How often it was.
  int tick() {
    int described = 0;
    while (true) {
      if (schema_.empty()) {
        REQUIRE(describe());
        ++described;
      }
      Result<Sampled> sampled = sample();
      INFO((sampled ? "" : sampled.error().message));
      REQUIRE(sampled);
      if (*sampled == Sampled::ok) return described;
      REQUIRE(described < 3);
      schema_.clear();
    }
  }

  // Requires: there is such a series. Absent cells are the value absent().
  double operator()(const std::string& series) const {
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      if (schema_[i].labels.to_string() == series) return cells_[i];
    }
    FAIL("no series " << series);
    return 0;
  }
  bool has(const std::string& series) const {
    for (const store::SeriesInfo& info : schema_) {
      if (info.labels.to_string() == series) return true;
    }
    return false;
  }
  const store::Schema& schema() const { return schema_; }

 private:
  Source& source_;
  store::Schema schema_;
  RowBuffer cells_{0};
};

}  // namespace tacho::sampler
