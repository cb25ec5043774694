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
  const auto schema = std::make_shared<const KnownSchema>(head->schema());
  const HeadRows rows = head->read({}, 0, head->published(), kEarliest, kLatest);
  for (std::size_t begin = 0; begin < rows.times.size();) {
    std::size_t end = begin + 1;
    while (end < rows.times.size() && rows.times[end] > rows.times[end - 1]) ++end;
    out.push_back({schema, head->generation(), rows.first_row + begin, rows.first_row + end, rows.times[begin],
                   rows.times[end - 1], head, nullptr, nullptr});
    begin = end;
  }
}

Part part_of(const RecordRef& record, std::shared_ptr<const KnownSchema> schema) {
  const RecordHeader& h = record.header;
  return {std::move(schema), h.generation, h.first_row, h.first_row + h.rows, h.t_min, h.t_max, nullptr, nullptr, &record};
}

Part part_of(const std::shared_ptr<const Stage>& stage, std::shared_ptr<const KnownSchema> schema) {
  const RecordHeader& h = stage->header();
  return {std::move(schema), h.generation, h.first_row, h.first_row + h.rows, h.t_min, h.t_max, nullptr, stage, nullptr};
}

// A schema is in the ring, and that of a group's newest rows in its head: one of the two may be damaged, or gone after a crash.
std::shared_ptr<const KnownSchema> schema_of(const WindowSnapshot& window, std::uint64_t id) {
  if (const auto known = window.schemas->find(id); known != window.schemas->end()) return known->second;
  for (const auto& head : window.heads) {
    if (head->schema()->id == id) return std::make_shared<const KnownSchema>(head->schema());
  }
  return nullptr;
}

bool written_before(const Part& a, const Part& b) {
  if (a.generation != b.generation) return a.generation < b.generation;
  if (a.first_row != b.first_row) return a.first_row < b.first_row;
  return a.end_row > b.end_row;
}

// Of parts in stages and in the ring: drops rows that an earlier one already has (staged rows just appended, a block sealed twice
// around a crash).
void remove_overlap(std::vector<Part>& sealed) {
  std::sort(sealed.begin(), sealed.end(), written_before);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    for (std::size_t j = i + 1; j < sealed.size() && sealed[j].generation == sealed[i].generation; ++j) {
      if (sealed[j].first_row >= sealed[i].end_row) break;
      // What is left of the later one is later than all of the other, which t_min must say: it bounds what readers see of the
      // parts before.
      sealed[j].first_row = std::min(sealed[j].end_row, sealed[i].end_row);
      sealed[j].t_min = std::max(sealed[j].t_min, sealed[i].t_max + 1);
    }
  }
  std::erase_if(sealed, [](const Part& p) { return p.first_row >= p.end_row; });
}

// The pieces of a head's part whose rows are nowhere else. A row that is elsewhere too is not taken from the head, where it may be
// overwritten before it is copied (tests/store/handover_model_test.cc). Requires: `sealed` as remove_overlap() leaves it.
void add_pieces(Part part, const std::vector<Part>& sealed, std::vector<Part>& out) {
  for (const Part& s : sealed) {
    if (s.generation != part.generation || s.end_row <= part.first_row) continue;
    if (s.first_row >= part.end_row) break;
    if (s.first_row > part.first_row) {
      out.push_back(part);
      out.back().end_row = s.first_row;
      out.back().t_max = std::min(part.t_max, s.t_min - 1);
    }
    part.first_row = std::min(part.end_row, s.end_row);
    part.t_min = std::max(part.t_min, s.t_max + 1);
  }
  if (part.first_row < part.end_row) out.push_back(std::move(part));
}

// Every row once, in the order they were written.
std::vector<Part> merge(std::vector<Part> in_heads, std::vector<Part> sealed) {
  remove_overlap(sealed);
  std::vector<Part> out;
  for (Part& part : in_heads) add_pieces(std::move(part), sealed, out);
  out.insert(out.end(), std::make_move_iterator(sealed.begin()), std::make_move_iterator(sealed.end()));
  std::sort(out.begin(), out.end(), written_before);
  return out;
}

}  // namespace

std::vector<GroupParts> group_parts(const WindowSnapshot& window) {
  struct Found {
    std::vector<Part> in_heads, sealed;
  };
  std::map<std::string, Found> groups;
  for (const auto& head : window.heads) parts_of(head, groups[head->schema()->group].in_heads);
  for (const auto& stage : window.stages) {
    auto schema = schema_of(window, stage->header().schema_id);
    if (!schema || schema->columns() != stage->header().columns) continue;
    groups[schema->group()].sealed.push_back(part_of(stage, std::move(schema)));
  }
  for (const RecordRef& r : *window.records) {
    if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
    auto schema = schema_of(window, r.header.schema_id);
    if (!schema) continue;  // its schema left the ring before it: as good as overwritten
    groups[schema->group()].sealed.push_back(part_of(r, std::move(schema)));
  }
  std::vector<GroupParts> out;
  for (auto& [name, found] : groups) {
    std::vector<Part> parts = merge(std::move(found.in_heads), std::move(found.sealed));
    if (parts.empty()) continue;
    const std::int64_t interval_ms = parts.back().schema->interval_ms();
    out.push_back({name, interval_ms, std::move(parts)});
  }
  return out;
}

}  // namespace tacho::store
