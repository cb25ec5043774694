#include "store/window_parts.h"

#include <algorithm>
#include <limits>
#include <map>

namespace tacho::store {
namespace {

constexpr TimeMs kEarliest = std::numeric_limits<TimeMs>::min();
constexpr TimeMs kLatest = std::numeric_limits<TimeMs>::max();

// A head's rows, cut where the clock stepped back, so that the times of every part increase.
void parts_of(const std::shared_ptr<Head>& head, std::vector<Part>& out) {
  // The rows first: the schema then has all their columns, see "Protocol" in head.h.
  const HeadRows rows = head->read({}, 0, head->published(), kEarliest, kLatest);
  const auto schema = std::make_shared<const KnownSchema>(head->schema());
  for (std::size_t begin = 0; begin < rows.times.size();) {
    std::size_t end = begin + 1;
    while (end < rows.times.size() && rows.times[end] > rows.times[end - 1]) ++end;
    out.push_back({schema, schema->columns(), head->generation(), rows.first_row + begin, rows.first_row + end, rows.times[begin],
                   rows.times[end - 1], head, nullptr, nullptr});
    begin = end;
  }
}

Part part_of(const RecordRef& record, std::shared_ptr<const KnownSchema> schema) {
  const RecordHeader& h = record.header;
  return {std::move(schema), h.columns, h.generation, h.first_row, h.first_row + h.rows,
          h.t_min,           h.t_max,   nullptr,      nullptr,     &record};
}

Part part_of(const std::shared_ptr<const Stage>& stage, std::shared_ptr<const KnownSchema> schema) {
  const RecordHeader& h = stage->header();
  return {std::move(schema), h.columns, h.generation, h.first_row, h.first_row + h.rows,
          h.t_min,           h.t_max,   nullptr,      stage,       nullptr};
}

using StagesOfGeneration = std::vector<std::shared_ptr<const Stage>>;

// A stage's columns are the first ones of its head, which is removed after it; where a crash took the head, the stages of the
// generation say what they are.
void parts_of(const WindowSnapshot& window, const StagesOfGeneration& stages, std::vector<Part>& out) {
  const RecordHeader& h = stages.front()->header();
  const auto head = std::find_if(window.heads.begin(), window.heads.end(), [&](const auto& candidate) {
    return candidate->generation() == h.generation && candidate->first_schema_id() == h.schema_id;
  });
  const auto stored = head != window.heads.end() ? (*head)->schema() : schema_of_stages(stages);
  if (!stored) return;
  const auto schema = std::make_shared<const KnownSchema>(stored);
  for (const auto& stage : stages) {
    if (stage->columns() <= schema->columns()) out.push_back(part_of(stage, schema));
  }
}

// Drops rows that an earlier part already has (staged rows just appended, a block sealed twice around a crash) and rows that the
// head has too.
void remove_overlap(std::vector<Part>& parts) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    if (a.generation != b.generation) return a.generation < b.generation;
    if (a.first_row != b.first_row) return a.first_row < b.first_row;
    return a.end_row > b.end_row;
  });
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = i + 1; j < parts.size() && parts[j].generation == parts[i].generation; ++j) {
      if (parts[j].first_row >= parts[i].end_row) break;
      // The head's copy stays: it is what needs no decoding. Of two blocks the earlier one stays; what is left of the other
      // is later than all of it, which t_min must say: it bounds what readers see of the parts before.
      if (parts[j].head) {
        parts[i].end_row = parts[j].first_row;
      } else {
        parts[j].first_row = std::min(parts[j].end_row, parts[i].end_row);
        parts[j].t_min = std::max(parts[j].t_min, parts[i].t_max + 1);
      }
    }
  }
  std::erase_if(parts, [](const Part& p) { return p.first_row >= p.end_row; });
}

}  // namespace

std::vector<GroupParts> group_parts(const WindowSnapshot& window) {
  std::map<std::string, GroupParts> groups;
  const auto add = [&](Part part) {
    GroupParts& g = groups[part.schema->group()];
    g.group = part.schema->group();
    g.parts.push_back(std::move(part));
  };
  std::vector<Part> parts;
  for (const auto& head : window.heads) parts_of(head, parts);
  std::map<std::uint64_t, StagesOfGeneration> staged;
  for (const auto& stage : window.stages) staged[stage->header().generation].push_back(stage);
  for (auto& [generation, stages] : staged) {
    std::sort(stages.begin(), stages.end(), [](const auto& a, const auto& b) { return a->first_row() < b->first_row(); });
    parts_of(window, stages, parts);
  }
  for (Part& p : parts) add(std::move(p));
  for (const RecordRef& r : *window.records) {
    if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
    const auto schema = window.schemas->find(r.header.schema_id);
    if (schema == window.schemas->end()) continue;  // its schema left the ring before it: as good as overwritten
    add(part_of(r, schema->second));
  }
  std::vector<GroupParts> out;
  for (auto& [name, g] : groups) {
    remove_overlap(g.parts);
    if (g.parts.empty()) continue;
    g.interval_ms = g.parts.back().schema->interval_ms();
    out.push_back(std::move(g));
  }
  return out;
}

}  // namespace tacho::store
