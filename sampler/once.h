// One sample of every source, for `tacho sample --once`.
//
// Errors   a source that is not here or cannot be read is reported by name and leaves the others alone.
// Threads  the caller's; a source that may block does block here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/labels.h"
#include "proto/exposition.h"
#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

// The series of one metric, sorted by labels; of a histogram or summary all of its metrics.
struct Family {
  std::string name;
  MetricType type = MetricType::unknown;
  const MetricInfo* info = nullptr;  // in the catalogue; null for what the source only passes on
  std::vector<std::pair<Labels, double>> samples;
};

struct SourceFailure {
  std::string source;
  Error error;
};

struct Once {
  std::vector<Family> families;  // sorted by name; absent cells left out, no family is empty
  std::vector<SourceFailure> failures;
};

Once sample_once(std::span<const std::unique_ptr<Source>> sources);
// Families with HELP and TYPE, in the order given.
std::string render(std::span<const Family> families, TextFormat format);

}  // namespace tacho::sampler
