#include "store/window/window_parts.h"

#include <algorithm>
#include <map>
#include <optional>

namespace tacho::store {
namespace {

// What is newest of a group and may lie in two places: heads, stages, and the blocks of the ring that reach into them.
struct Recent {
  std::vector<std::shared_ptr<Head>> heads;
  std::vector<Part> parts;
  std::shared_ptr<const GroupRecords> records;  // all of the ring's; null: it has none
};

using Wanted = std::function<bool(const KnownSchema&)>;

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
// overwritten before it is copied (tests/store/head/handover_model_test.cc). Requires: `sealed` as remove_overlap() leaves it.
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

class PartsOfWindow {
 public:
  PartsOfWindow(const WindowSnapshot& window, TimeRange range, const Wanted& wanted)
      : window_(window), range_(range), wanted_(wanted) {}

  std::vector<GroupParts> run() {
    for (const auto& head : window_.heads) {
      if (head->published() > 0) recent_[head->schema()->group].heads.push_back(head);
    }
    add_stages();
    for (const auto& records : window_.records->groups()) recent_[records->name()].records = records;
    std::vector<GroupParts> out;
    for (auto& [name, recent] : recent_) {
      if (GroupParts group = parts_of_group(name, recent); !group.parts.empty()) out.push_back(std::move(group));
    }
    return out;
  }

 private:
  using StagesOfGeneration = std::vector<std::shared_ptr<const Stage>>;

  void add_stages() {
    std::map<std::uint64_t, StagesOfGeneration> generations;
    for (const auto& stage : window_.stages) generations[stage->header().generation].push_back(stage);
    for (auto& [generation, stages] : generations) {
      std::ranges::sort(stages, {}, [](const auto& stage) { return stage->first_row(); });
      const auto stored = schema_of(stages);
      if (!stored) continue;
      const auto schema = known(stored);
      for (const auto& stage : stages) {
        if (stage->columns() <= schema->columns()) recent_[schema->group()].parts.push_back(part_of(stage, schema));
      }
    }
  }

  // A stage's columns are the first ones of its head, which is removed after it; where a crash took the head, the stages of the
  // generation say what they are.
  std::shared_ptr<const StoredSchema> schema_of(const StagesOfGeneration& stages) const {
    const RecordHeader& h = stages.front()->header();
    const auto head = std::ranges::find_if(window_.heads, [&](const auto& candidate) {
      return candidate->generation() == h.generation && candidate->first_schema_id() == h.schema_id;
    });
    return head != window_.heads.end() ? (*head)->schema() : schema_of_stages(stages);
  }

  // One object a schema, for those whose labels lie unpacked.
  std::shared_ptr<const KnownSchema> known(const std::shared_ptr<const StoredSchema>& stored) {
    auto& at = unpacked_[stored->id];
    if (!at) at = std::make_shared<const KnownSchema>(stored);
    return at;
  }

  // Of a record of the ring.
  std::shared_ptr<const KnownSchema> find(std::uint64_t schema_id) const {
    if (const auto at = unpacked_.find(schema_id); at != unpacked_.end()) return at->second;
    const auto at = window_.records->schemas()->find(schema_id);
    return at == window_.records->schemas()->end() ? nullptr : at->second;
  }

  bool wants(const std::shared_ptr<const KnownSchema>& schema) {
    if (!wanted_) return true;
    if (!schema) return false;
    const auto [at, added] = wants_.try_emplace(schema->id(), false);
    if (added) at->second = wanted_(*schema);
    return at->second;
  }

  GroupParts parts_of_group(const std::string& name, Recent& recent) {
    GroupParts group{name, 0, {}};
    // From the first row on that lies outside the ring, blocks may hold the same rows; where blocks overlap, any may.
    GroupRecords::Position from;
    if (recent.records) {
      from = recent.records->end();
      if (recent.records->overlaps()) {
        from = recent.records->begin();
      } else if (const auto first = first_outside(recent)) {
        from = recent.records->from_row(first->first, first->second);
      }
      recent.records->visit_from(from, [&](const RecordRef& r) { recent.parts.push_back(part_of(r, find(r.header.schema_id))); });
    }
    std::vector<Part> in_heads;
    for (const auto& head : recent.heads) {
      // The rows first: the schema then has all their columns, see "Protocol" in head.h.
      const std::vector<HeadRun> runs = head->runs(0);
      const auto schema = known(head->schema());
      for (const HeadRun& run : runs)
        in_heads.push_back({schema, schema->columns(), head->generation(), run.first_row, run.end_row, run.t_min, run.t_max, head,
                            nullptr, nullptr});
    }
    recent.parts = merge(std::move(in_heads), std::move(recent.parts));
    group.interval_ms = interval_of(recent);

    // Newest first, so that each part knows the earliest time written after it; then turned around.
    TimeMs hidden_from = kAllTime.max;
    for (auto part = recent.parts.rbegin(); part != recent.parts.rend(); ++part) {
      const TimeMs t_min = part->t_min;
      part->hidden_from = hidden_from;
      hidden_from = std::min(hidden_from, t_min);
      if (part->t_max >= range_.min && t_min <= range_.max && wants(part->schema)) group.parts.push_back(std::move(*part));
    }
    if (recent.records) {
      recent.records->visit_before(
          from, range_.min, range_.max, hidden_from, [&](std::uint64_t schema_id) { return wants(find(schema_id)); },
          [&](const RecordRef& r, TimeMs cutoff) {
            group.parts.push_back(part_of(r, find(r.header.schema_id)));
            group.parts.back().hidden_from = cutoff;
          });
    }
    std::reverse(group.parts.begin(), group.parts.end());
    return group;
  }

  // The first (generation, row) that a head or a stage may have.
  static std::optional<std::pair<std::uint64_t, std::uint64_t>> first_outside(const Recent& recent) {
    std::optional<std::pair<std::uint64_t, std::uint64_t>> out;
    const auto add = [&](std::pair<std::uint64_t, std::uint64_t> at) { out = out ? std::min(*out, at) : at; };
    for (const auto& head : recent.heads) add({head->generation(), head->oldest()});
    for (const Part& p : recent.parts) add({p.generation, p.first_row});
    return out;
  }

  // Requires: the parts are merged.
  std::int64_t interval_of(const Recent& recent) const {
    if (!recent.parts.empty()) return recent.parts.back().schema->interval_ms();
    return recent.records ? find(recent.records->back().header.schema_id)->interval_ms() : 0;
  }

  const WindowSnapshot& window_;
  TimeRange range_;
  const Wanted& wanted_;
  std::map<std::string, Recent> recent_;
  std::map<std::uint64_t, std::shared_ptr<const KnownSchema>> unpacked_;  // by id, of heads and stages
  std::map<std::uint64_t, bool> wants_;
};

}  // namespace

std::vector<GroupParts> group_parts(const WindowSnapshot& window, TimeRange range, const Wanted& wanted) {
  return PartsOfWindow(window, range, wanted).run();
}

}  // namespace tacho::store
