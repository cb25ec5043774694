// What configuration can say of a host source beyond on, off and how often: node_exporter's filters, under its names.
//
// Shape    a table of options, and the values that were set; what was not set has its default. node_exporter's flag
//          --collector.diskstats.device-exclude is the option device_exclude of the source diskstats.
// Errors   set(): an unknown option (with those that the source has), a value that is no regular expression.
// Threads  values.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/error.h"
#include "sampler/host/filter.h"

namespace tacho::sampler {

struct HostOption {
  enum class Kind : unsigned char { pattern, flag, texts, number };
  std::string_view source;
  std::string_view key;
  Kind kind = Kind::pattern;
  std::string_view fallback;  // a flag's is "true" or "false"
  std::string_view help;
};

// By source.
std::span<const HostOption> host_options();

class HostOptions {
 public:
  // A flag's value is "true" or "false".
  Result<void> set(std::string_view source, std::string_view key, std::string value);

  // Requires: the option is in the table (checked).
  std::string get(std::string_view source, std::string_view key) const;
  bool flag(std::string_view source, std::string_view key) const { return get(source, key) == "true"; }
  std::size_t number(std::string_view source, std::string_view key) const;
  // What commas separate.
  std::vector<std::string> texts(std::string_view source, std::string_view key) const;
  // What WHAT_exclude and WHAT_include say together.
  Exclude filter(std::string_view source, std::string_view what) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> values_;
};

}  // namespace tacho::sampler
