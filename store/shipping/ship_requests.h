// A window's samples as remote write requests of either version.
//
// Shape    cut_window() says which samples go into which request; encode_samples() makes one. So nothing but the request that is being sent is
//          held as bytes, and a window can go on in the other version where it stopped in the first.
// Threads  pure functions.
// Errors   none.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "store/queryable.h"
#include "store/shipping/shipped_window.h"

namespace tacho::store {

enum class WriteVersion : std::uint8_t { v1, v2 };

// What the store tells of its metrics, by name. `X:1m_max` is told of as X.
class MetricBook {
 public:
  explicit MetricBook(std::vector<MetricMetadata> all);
  MetricBook(const MetricBook&) = delete;
  const MetricMetadata* find(std::string_view metric) const;
  const std::vector<MetricMetadata>& all() const { return all_; }

 private:
  std::vector<MetricMetadata> all_;
  std::unordered_map<std::string_view, std::size_t> by_name_;  // into all_
};

struct RequestCut {
  std::size_t begin = 0;  // into the window's samples
  std::size_t end = 0;
  std::size_t samples() const { return end - begin; }
};
// At most samples_max each.
std::vector<RequestCut> cut_window(const ShippedWindow& window, std::size_t samples_max);

// The compressed body. `book` tells help and unit in version 2; null: without.
std::string encode_samples(const ShippedWindow& window, RequestCut cut, WriteVersion version, const MetricBook* book);

// Version 1's own requests for type, help and unit of every metric, at most `per_send_max` in each.
std::vector<std::string> encode_metadata(const std::vector<MetricMetadata>& all, std::size_t per_send_max = 500);

std::vector<std::pair<std::string, std::string>> write_headers(WriteVersion version);

}  // namespace tacho::store
