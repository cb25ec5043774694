#include "store/ring/ring_index.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

// Written order. The last two tell apart what only damage can make alike.
auto key(const RecordRef& r) { return std::tuple(r.header.generation, r.header.first_row, r.header.sequence, r.offset); }

bool shares_row(const RecordRef& a, const RecordRef& b) {
  return a.header.generation == b.header.generation && a.end_row() > b.header.first_row;
}

// From the newest back, offsets go down, once up to where the lap before ended, and down again to the newest. Returns how many are of
// that line. Where the wrap is gone that ended the lap before, what lies behind the newest may be of an earlier lap still: then numbers
// tell, of which a wrap has one.
std::size_t of_one_history(const std::vector<RecordRef>& sorted, bool lap_ends) {
  if (sorted.empty()) return 0;
  const RecordRef& newest = sorted.back();
  bool wrapped = false;
  std::size_t n = 1;
  for (; n < sorted.size(); ++n) {
    const RecordRef &r = sorted[sorted.size() - 1 - n], &next = sorted[sorted.size() - n];
    if (r.header.sequence >= next.header.sequence) break;
    if (r.offset > next.offset) {
      if (wrapped || (!lap_ends && next.header.sequence - r.header.sequence > 2)) break;
      wrapped = true;
    }
    if (wrapped && r.offset < newest.end()) break;
  }
  return n;
}

// Up to kLeaf records from the i-th on.
std::vector<RecordRef> run_of(const std::vector<RecordRef>& records, std::size_t i) {
  const auto begin = records.begin() + static_cast<std::ptrdiff_t>(i);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(GroupRecords::kLeaf, records.size() - i))};
}

}  // namespace

std::shared_ptr<const GroupRecords> GroupRecords::make(std::string name, std::vector<RecordRef> records) {
  std::ranges::sort(records, {}, key);
  auto group = std::make_shared<GroupRecords>(std::move(name));
  for (std::size_t i = 0; i < records.size(); i += kLeaf) group->leaves_.push_back(make_leaf(run_of(records, i)));
  group->summarise();
  return group;
}

GroupRecords::Position GroupRecords::from_row(std::uint64_t generation, std::uint64_t row) const {
  const auto before = [&](const RecordRef& r) {
    return r.header.generation != generation ? r.header.generation < generation : r.end_row() <= row;
  };
  const auto leaf =
      std::partition_point(leaves_.begin(), leaves_.end(), [&](const Leaf& l) { return before(l.records->back()); });
  if (leaf == leaves_.end()) return end();
  const auto at = std::partition_point(leaf->records->begin(), leaf->records->end(), before);
  return {static_cast<std::size_t>(leaf - leaves_.begin()), static_cast<std::size_t>(at - leaf->records->begin())};
}

// All before the first end too early, all from the second on begin too late.
std::pair<std::size_t, std::size_t> GroupRecords::leaves_between(TimeMs min, TimeMs max) const {
  const auto first = std::partition_point(leaves_.begin(), leaves_.end(), [&](const Leaf& l) { return l.latest_until < min; });
  const auto last = std::partition_point(first, leaves_.end(), [&](const Leaf& l) { return l.earliest_from <= max; });
  return {first - leaves_.begin(), last - leaves_.begin()};
}

// Where a record is, or would have its place: the last leaf that does not begin after it.
std::size_t GroupRecords::leaf_of(const RecordRef& r) const {
  const auto after =
      std::partition_point(leaves_.begin(), leaves_.end(), [&](const Leaf& l) { return key(l.records->front()) <= key(r); });
  return after == leaves_.begin() ? 0 : static_cast<std::size_t>(after - leaves_.begin()) - 1;
}

GroupRecords::Leaf GroupRecords::make_leaf(std::vector<RecordRef> records) {
  const RecordHeader& first = records.front().header;
  Leaf leaf{nullptr, first.t_min, first.t_max, 0, 0, first.schema_id, false};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RecordHeader& h = records[i].header;
    leaf.t_min = std::min(leaf.t_min, h.t_min);
    leaf.t_max = std::max(leaf.t_max, h.t_max);
    if (h.schema_id != leaf.schema_id) leaf.schema_id = 0;
    if (i > 0 && shares_row(records[i - 1], records[i])) leaf.overlaps = true;
  }
  leaf.records = std::make_shared<const std::vector<RecordRef>>(std::move(records));
  return leaf;
}

void GroupRecords::summarise() {
  overlaps_ = false;
  TimeMs earliest = std::numeric_limits<TimeMs>::max(), latest = std::numeric_limits<TimeMs>::min();
  for (std::size_t l = leaves_.size(); l-- > 0;) {
    earliest = leaves_[l].earliest_from = std::min(earliest, leaves_[l].t_min);
    overlaps_ = overlaps_ || leaves_[l].overlaps;
  }
  for (std::size_t l = 0; l < leaves_.size(); ++l) {
    latest = leaves_[l].latest_until = std::max(latest, leaves_[l].t_max);
    if (l > 0 && shares_row(leaves_[l - 1].records->back(), leaves_[l].records->front())) overlaps_ = true;
  }
}

void GroupRecords::insert(const RecordRef& r) {
  if (leaves_.empty()) {
    leaves_.push_back(make_leaf({r}));
    return summarise();
  }
  const std::size_t l = leaf_of(r);
  const std::vector<RecordRef>& old = *leaves_[l].records;
  if (old.size() >= kLeaf && l + 1 == leaves_.size() && key(old.back()) < key(r)) {  // as nearly always: leaves stay full
    leaves_.push_back(make_leaf({r}));
    return summarise();
  }
  std::vector<RecordRef> records;
  records.reserve(old.size() + 1);
  const auto at = std::partition_point(old.begin(), old.end(), [&](const RecordRef& o) { return key(o) < key(r); });
  records.insert(records.end(), old.begin(), at);
  records.push_back(r);
  records.insert(records.end(), at, old.end());
  if (records.size() > kLeaf) {
    const auto half = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(l) + 1, make_leaf({half, records.end()}));
    records.erase(half, records.end());
  }
  leaves_[l] = make_leaf(std::move(records));
  summarise();
}

bool GroupRecords::erase(const RecordRef& r) {
  if (leaves_.empty()) return false;
  const std::size_t l = leaf_of(r);
  const std::vector<RecordRef>& old = *leaves_[l].records;
  const auto at = std::partition_point(old.begin(), old.end(), [&](const RecordRef& o) { return key(o) < key(r); });
  if (at == old.end() || key(*at) != key(r)) return false;
  std::vector<RecordRef> records(old.begin(), at);
  records.insert(records.end(), at + 1, old.end());
  if (records.empty()) {
    leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(l));
  } else {
    leaves_[l] = make_leaf(std::move(records));
  }
  summarise();
  return true;
}

void RingIndexer::push_back(RingIndex& index, const RecordRef& r) {
  auto chunk = std::make_shared<RingIndex::Chunk>();
  chunk->reserve(GroupRecords::kLeaf);
  if (!index.chunks_.empty() && index.chunks_.back()->size() < GroupRecords::kLeaf) {
    *chunk = *index.chunks_.back();
    index.chunks_.pop_back();
  }
  chunk->push_back(r);
  index.chunks_.push_back(std::move(chunk));
  ++index.size_;
}

void RingIndexer::pop_front(RingIndex& index) {
  --index.size_;
  if (++index.skipped_ < index.chunks_.front()->size()) return;
  index.chunks_.erase(index.chunks_.begin());
  index.skipped_ = 0;
}

const std::string* RingIndexer::group_of(const RingIndex& index, const RecordRef& r) {
  if (!r.is_block()) return nullptr;
  const auto schema = index.schemas_->find(r.header.schema_id);
  return schema == index.schemas_->end() ? nullptr : &schema->second->group();
}

std::size_t RingIndexer::group_at(const RingIndex& index, const std::string& name) {
  const auto at =
      std::partition_point(index.groups_.begin(), index.groups_.end(), [&](const auto& g) { return g->name() < name; });
  return static_cast<std::size_t>(at - index.groups_.begin());
}

// A record more, or less: `sign` is 1 or -1 modulo 2^64.
void RingIndexer::count(RingIndex& index, const RecordRef& r, std::uint64_t sign) {
  const std::uint64_t bytes = record_bytes(r.header.payload_bytes) * sign;
  (r.is_block() ? index.block_bytes_ : index.schema_bytes_) += bytes;
  if (r.is_block()) index.block_samples_ += samples_of(r.header) * sign;
  const auto of_schema = records_of_schema_.try_emplace(r.header.schema_id).first;
  if ((of_schema->second += sign) == 0) records_of_schema_.erase(of_schema);
}

// Everything but the order of appending.
void RingIndexer::enter(RingIndex& index, const RecordRef& r) {
  count(index, r);
  const std::string* name = group_of(index, r);
  if (name == nullptr) return;
  const std::size_t g = group_at(index, *name);
  const bool known = g < index.groups_.size() && index.groups_[g]->name() == *name;
  auto group = known ? std::make_shared<GroupRecords>(*index.groups_[g]) : std::make_shared<GroupRecords>(*name);
  group->insert(r);
  if (known) {
    index.groups_[g] = std::move(group);
  } else {
    index.groups_.insert(index.groups_.begin() + static_cast<std::ptrdiff_t>(g), std::move(group));
  }
}

void RingIndexer::leave(RingIndex& index, const RecordRef& r) {
  const std::string* name = group_of(index, r);
  count(index, r, ~std::uint64_t{0});
  if (name == nullptr) return;
  const std::size_t g = group_at(index, *name);
  auto group = std::make_shared<GroupRecords>(*index.groups_[g]);
  TACHO_CHECK(group->erase(r), *name);
  if (group->empty()) {
    index.groups_.erase(index.groups_.begin() + static_cast<std::ptrdiff_t>(g));
  } else {
    index.groups_[g] = std::move(group);
  }
}

// A new schema is known; those that no record names any more are forgotten.
void RingIndexer::learn(RingIndex& index, std::shared_ptr<const KnownSchema> schema) {
  const std::uint64_t id = schema->id();
  auto schemas = std::make_shared<SchemaMap>(*index.schemas_);
  std::erase_if(*schemas, [&](const auto& known) { return !records_of_schema_.contains(known.first); });
  (*schemas)[id] = std::move(schema);
  index.schemas_ = std::move(schemas);
}

void RingIndexer::append(const RecordRef& r, std::shared_ptr<const KnownSchema> schema) {
  auto next = std::make_shared<RingIndex>(*current_);
  push_back(*next, r);
  if (schema && schema->id() == r.header.schema_id && !next->schemas_->contains(r.header.schema_id))
    enter_blocks_of(*next, std::move(schema));
  enter(*next, r);
  current_ = std::move(next);
}

bool RingIndexer::know(const std::shared_ptr<const StoredSchema>& schema) {
  if (!records_of_schema_.contains(schema->id) || current_->schemas_->contains(schema->id)) return false;
  auto next = std::make_shared<RingIndex>(*current_);
  enter_blocks_of(*next, KnownSchema::pack(*schema));
  current_ = std::move(next);
  return true;
}

// Blocks whose schema nobody knew are in no group yet: each is taken out and entered again. Requires: it is not known.
void RingIndexer::enter_blocks_of(RingIndex& index, std::shared_ptr<const KnownSchema> schema) {
  std::vector<const RecordRef*> unknown;
  if (records_of_schema_.contains(schema->id())) {
    for (const RecordRef& o : *current_) {
      if (o.is_block() && o.header.schema_id == schema->id()) unknown.push_back(&o);
    }
  }
  for (const RecordRef* o : unknown) leave(index, *o);
  learn(index, std::move(schema));
  for (const RecordRef* o : unknown) enter(index, *o);
}

void RingIndexer::drop(std::uint64_t begin, std::uint64_t end) {
  const auto overwritten = [&](const RecordRef& r) { return r.offset < end && r.end() > begin; };
  if (current_->empty() || !overwritten(current_->front())) return;
  auto next = std::make_shared<RingIndex>(*current_);
  while (!next->empty() && overwritten(next->front())) {
    const RecordRef gone = next->front();
    pop_front(*next);
    leave(*next, gone);
  }
#ifdef TACHO_DCHECK_ON
  for (const RecordRef& r : *next) TACHO_CHECK(!overwritten(r));
#endif
  current_ = std::move(next);
}

void RingIndexer::assign(std::vector<RecordRef> found, bool lap_ends, const ReadSchema& read_schema) {
  std::ranges::sort(found, [](const RecordRef& a, const RecordRef& b) {
    return std::pair(a.header.sequence, a.offset) < std::pair(b.header.sequence, b.offset);
  });
  found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(of_one_history(found, lap_ends)));
  auto next = std::make_shared<RingIndex>();
  auto schemas = std::make_shared<SchemaMap>();
  for (const RecordRef& r : found) {
    if (r.header.type != static_cast<std::uint16_t>(RecordType::schema) || schemas->contains(r.header.schema_id)) continue;
    const auto known = current_->schemas_->find(r.header.schema_id);
    auto schema = known != current_->schemas_->end() ? known->second : read_schema(r);
    if (schema && schema->id() == r.header.schema_id) schemas->emplace(r.header.schema_id, std::move(schema));
  }
  // A block's schema may have left the ring before it, and be known all the same.
  for (const RecordRef& r : found) {
    const auto known = current_->schemas_->find(r.header.schema_id);
    if (known != current_->schemas_->end()) schemas->insert(*known);
  }
  next->schemas_ = std::move(schemas);
  records_of_schema_.clear();
  std::map<std::string_view, std::vector<RecordRef>> groups;
  for (const RecordRef& r : found) {
    count(*next, r);
    if (const std::string* name = group_of(*next, r)) groups[*name].push_back(r);
  }
  for (auto& [name, records] : groups) next->groups_.push_back(GroupRecords::make(std::string(name), std::move(records)));
  for (std::size_t i = 0; i < found.size(); i += GroupRecords::kLeaf)
    next->chunks_.push_back(std::make_shared<const RingIndex::Chunk>(run_of(found, i)));
  next->size_ = found.size();
  current_ = std::move(next);
}

}  // namespace tacho::store
