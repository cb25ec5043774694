// What an agent that died has left in heads, stages and the ring, found again (store.h, "Crash").
#include <algorithm>
#include <filesystem>
#include <map>

#include "proto/base/log.h"
#include "store/store.h"

namespace tacho::store {

void Store::recover() {
  std::unordered_map<std::uint64_t, std::uint64_t> in_ring, last_schema;  // by generation
  for (const auto index = ring_->snapshot(); const RecordRef& r : *index) {
    next_generation_ = std::max(next_generation_, r.header.generation + 1);
    if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
    std::uint64_t& end = in_ring[r.header.generation];
    end = std::max(end, r.header.first_row + r.header.rows);
    last_schema[r.header.generation] = r.header.schema_id;
  }
  for (const std::string& path : list_heads(options_.dirs)) {
    auto head = Head::open(path, true);
    if (!head) {
      log_warn("a head left by an earlier run cannot be used and is set aside: {}", head.error());
      std::error_code ec;
      std::filesystem::rename(path, path + ".damaged", ec);
      ++counters_.damaged_blocks;
      continue;
    }
    next_generation_ = std::max(next_generation_, (*head)->generation() + 1);
    heads_.push_back(std::make_shared<LiveHead>(LiveHead{std::move(*head), true}));
    LiveHead& live = *heads_.back();
    live.in_ring = std::min(in_ring[live.head->generation()], live.head->published());
    ring_->know(live.head->schema());
    const auto schemas = ring_->snapshot()->schemas();
    if (const auto known = schemas->find(last_schema[live.head->generation()]); known != schemas->end())
      live.schema = known->second;
  }
  recover_stages(in_ring);
  for (const auto& live : heads_) counters_.recovered_rows += find_sealed(*live);
  counters_.damaged_blocks += ring_->recovery().damaged;
  if (auto ok = maintain(); !ok) log_warn("what an earlier run left cannot be sealed yet: {}", ok.error());
  if (counters_.recovered_rows > 0 || ring_->recovery().records > 0 || counters_.damaged_blocks > 0) {
    log_info("the window was found: {} records in the ring, {} rows in heads and stages, {} damaged and skipped",
             ring_->recovery().records, counters_.recovered_rows, counters_.damaged_blocks);
  }
}

// How far rows have left the head is what ring and stages have, whatever the head says: the last agent may have died before it
// said so, and rows whose stage is damaged may still be in the head. Returns how many rows the ring does not have.
std::uint64_t Store::find_sealed(LiveHead& live) {
  Head& head = *live.head;
  const std::uint64_t oldest = head.oldest(), published = head.published();
  std::uint64_t rows = 0, next = live.in_ring, sealed = live.in_ring;
  const auto in_head = [&](std::uint64_t to) {
    const std::uint64_t from = std::max(next, oldest);
    rows += to - std::min(to, from);
  };
  for (const auto& stage : live.stages) {
    if (stage->end_row() <= next) continue;
    in_head(stage->first_row());
    if (stage->first_row() <= sealed) sealed = stage->end_row();
    rows += stage->end_row() - std::max(stage->first_row(), next);
    next = stage->end_row();
  }
  in_head(published);
  // What is older than the head's oldest row and nowhere else was counted as lost when it was, or the ring has dropped it.
  head.mark_sealed(std::max(sealed, std::min(head.sealed(), oldest)));
  return rows;
}

// Each stage goes to its head again, with which it is sealed; one whose rows the ring has was left by a crash in between.
void Store::recover_stages(const std::unordered_map<std::uint64_t, std::uint64_t>& in_ring) {
  remove_unfinished_stages(options_.dirs);
  std::vector<std::shared_ptr<const Stage>> found;
  for (const std::string& path : list_stages(options_.dirs)) {
    if (auto stage = Stage::open(path)) {
      next_generation_ = std::max(next_generation_, (*stage)->header().generation + 1);
      found.push_back(std::move(*stage));
    } else {
      log_warn("rows staged by an earlier run cannot be used and are set aside: {}", stage.error());
      Stage::set_aside(path);
      ++counters_.damaged_blocks;
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a->header().generation, a->first_row()) < std::pair(b->header().generation, b->first_row());
  });
  std::map<std::uint64_t, std::vector<std::shared_ptr<const Stage>>> without_head;  // by generation
  for (const auto& stage : found) {
    const RecordHeader& h = stage->header();
    const auto appended = in_ring.find(h.generation);
    if (appended != in_ring.end() && stage->end_row() <= appended->second) {
      stage->remove();
      continue;
    }
    const auto live = std::find_if(heads_.begin(), heads_.end(), [&](const auto& l) {
      return l->head->generation() == h.generation && l->head->first_schema_id() == h.schema_id &&
             l->head->columns() >= h.columns && stage->end_row() <= l->head->published();
    });
    if (live != heads_.end()) {
      (*live)->stages.push_back(stage);
    } else {
      without_head[h.generation].push_back(stage);
    }
  }
  for (const auto& [generation, stages] : without_head) {
    const auto appended = in_ring.find(generation);
    recover_without_head(stages, appended == in_ring.end() ? 0 : appended->second);
  }
}

// Their head is damaged or gone: they say themselves what they are.
void Store::recover_without_head(std::span<const std::shared_ptr<const Stage>> stages, std::uint64_t in_ring) {
  const auto schema = schema_of_stages(stages);
  SealRows rows(schema ? schema->series.size() : 0);
  for (const auto& stage : stages) {
    auto ok = stage->columns() <= (schema ? schema->series.size() : 0)
                  ? rows.add(*stage, in_ring)
                  : failure("nothing says what the rows in {} are", stage->path());
    if (!ok) {
      log_warn("rows staged by an earlier run are set aside: {}", ok.error());
      Stage::set_aside(stage->path());
      ++counters_.damaged_blocks;
      continue;
    }
    in_ring = std::max(in_ring, stage->end_row());
  }
  if (rows.size() == 0) return;
  auto kept = write_schema(KnownSchema::pack(*schema));
  if (kept) kept = append_blocks(rows, *schema, stages.front()->header().generation, [](std::uint64_t) {});
  if (kept) kept = sync();
  if (!kept) {
    log_warn("rows staged by an earlier run cannot be sealed and wait for the next start: {}", kept.error());
    return;
  }
  counters_.recovered_rows += rows.size();
  for (const auto& stage : stages) stage->remove();
}

}  // namespace tacho::store
