// Which Slurm jobs have which cards, as a prolog writes it for dcgm-exporter: a folder with a file a card, named by its number ("0") or by
// that and its instance's ("0.1"), in it a job's id a line.
//
// Several  ids in one file are one label, "41,42": a series for each of them, as dcgm-exporter makes them, would count the card twice in
//          every sum.
// Moments  a file that is being written is empty for a moment: it keeps what it had for kEmptyMs from its writing on; a folder that is
//          there and cannot be listed keeps all.
// Bounds   kIdsMax ids of kIdBytesMax bytes a file; what else is in it is left out. A folder that is not there has no jobs.
// Threads  any.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/base/clock.h"

namespace tacho::sampler {

struct SlurmJobs {
  static constexpr std::size_t kIdsMax = 16;
  static constexpr std::size_t kIdBytesMax = 64;
  static constexpr std::int64_t kEmptyMs = 5000;

  std::string ids;   // sorted, each once: "41,42"
  TimeMs since = 0;  // when the file was written
};

// By the file's name. `before`: of the last call.
std::map<std::string, SlurmJobs> read_slurm_jobs(const std::string& folder, const std::map<std::string, SlurmJobs>& before,
                                                 TimeMs now);

}  // namespace tacho::sampler
