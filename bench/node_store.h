// The composite node of bench/traces.py in a store, repeated to so many series in its proportions.
//
// Shape    a group a part and copy; each copy begins elsewhere in the trace, so that no two are equal, and has the label `copy`.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "bench/replay.h"
#include "store/store.h"

namespace tacho::bench {

struct NodeSource {
  std::unique_ptr<store::Group> group;
  Replay replay;
};

// Copies of the node's parts until there are `series`; the last copy has of each part its share.
inline Result<std::vector<NodeSource>> make_node_sources(store::Store& store, const std::vector<NodePart>& node,
                                                         std::size_t series) {
  std::size_t all = 0;
  for (const NodePart& part : node) all += part.trace.columns.size();
  const std::size_t copies = (series + all - 1) / all;
  std::vector<NodeSource> out;
  std::size_t left = series;
  for (std::size_t copy = 0; copy < copies; ++copy) {
    std::size_t of_copy = std::min(left, all), parts_left = all;
    left -= of_copy;
    for (const NodePart& part : node) {
      const std::size_t columns = part.trace.columns.size();
      const std::size_t n = of_copy * columns / parts_left;
      of_copy -= n;
      parts_left -= columns;
      if (n == 0) continue;
      Replay replay(part.trace, spread(n, columns), copy * part.trace.rows() / copies);
      auto schema = replay.schema(part.trace, std::to_string(copy));
      if (!schema) return std::unexpected(schema.error());
      auto group = store.group(fmt::format("{}_{}", part.name, copy), 1000);
      if (auto ok = group->describe(std::move(*schema)); !ok) return std::unexpected(ok.error());
      out.push_back({std::move(group), std::move(replay)});
    }
  }
  return out;
}

// Rows of all sources at `t`.
inline void next_rows(std::vector<NodeSource>& sources, TimeMs t) {
  for (NodeSource& s : sources) {
    s.replay.next_row(s.group->begin_row());
    s.group->publish(t);
  }
}

}  // namespace tacho::bench
