// What lies in the ring at one moment: its records in the order they were appended, and the blocks of each group by time.
//
// Shape    immutable and shared. The next index shares with this one all but the chunks and leaves (up to kLeaf records) that an
//          append has changed, and the lists of them.
// Threads  RingIndex: any. RingIndexer: one, which appends or follows.
// Cost     an append copies two runs of up to kLeaf records and a pointer for every kLeaf others. Finding a group's blocks of a
//          time range: two binary searches, then a look at the leaves between.
// Lifetime references to records hold as long as the index that they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/base/sample.h"
#include "store/block/known_schema.h"
#include "store/ring/ring_format.h"

namespace tacho::store {

struct RecordRef {
  std::uint64_t offset = 0;
  RecordHeader header{};

  std::uint64_t end() const { return offset + record_bytes(header.payload_bytes); }
  std::uint64_t end_row() const { return header.first_row + header.rows; }
  bool is_block() const { return header.type == static_cast<std::uint16_t>(RecordType::block); }
};

// A group's blocks by (generation, first row): the order in which their rows were written.
class GroupRecords {
 public:
  static constexpr std::size_t kLeaf = 64;
  // Between two records.
  struct Position {
    std::size_t leaf = 0, record = 0;
  };

  explicit GroupRecords(std::string name) : name_(std::move(name)) {}
  static std::shared_ptr<const GroupRecords> make(std::string name, std::vector<RecordRef> records);

  const std::string& name() const { return name_; }
  bool empty() const { return leaves_.empty(); }
  // Requires: not empty.
  TimeMs t_min() const { return leaves_.front().earliest_from; }
  TimeMs t_max() const { return leaves_.back().latest_until; }
  const RecordRef& back() const { return leaves_.back().records->back(); }
  // True where two of the records have the same row: a block that was sealed twice around a crash.
  bool overlaps() const { return overlaps_; }

  // Before the first record that has a row of (generation, row) or later. Requires: !overlaps().
  Position from_row(std::uint64_t generation, std::uint64_t row) const;
  Position begin() const { return {}; }
  Position end() const { return {leaves_.size(), 0}; }

  // Records from a position on, oldest first: visit(record).
  template <class Visit>
  void visit_from(Position at, Visit visit) const {
    for (; at.leaf < leaves_.size(); at = {at.leaf + 1, 0}) {
      const auto& records = *leaves_[at.leaf].records;
      for (std::size_t i = at.record; i < records.size(); ++i) visit(records[i]);
    }
  }
  // Records before a position that have a time in [min, max], newest first: visit(record, cutoff). A row of the record is hidden
  // where it is not earlier than `cutoff`: the earliest time of all records after it, and the one given. `wanted`: of a schema id;
  // records of others may be left out.
  template <class Wanted, class Visit>
  void visit_before(Position to, TimeMs min, TimeMs max, TimeMs cutoff, Wanted wanted, Visit visit) const {
    const auto [first, last] = leaves_between(min, max);
    for (std::size_t l = std::min(last, to.record > 0 ? to.leaf + 1 : to.leaf); l-- > first;) {
      const Leaf& leaf = leaves_[l];
      if (leaf.t_max < min || leaf.t_min > max) continue;
      TimeMs hidden_from = l + 1 < leaves_.size() ? std::min(cutoff, leaves_[l + 1].earliest_from) : cutoff;
      for (std::size_t i = leaf.records->size(); i-- > 0;) {
        const RecordRef& r = (*leaf.records)[i];
        const bool before = l < to.leaf || i < to.record;
        if (before && r.header.t_max >= min && r.header.t_min <= max) {
          if (wanted(r.header.schema_id)) {
            visit(r, hidden_from);
          } else if (leaf.schema_id != 0) {
            break;  // as all others of the leaf
          }
        }
        hidden_from = std::min(hidden_from, r.header.t_min);
      }
    }
  }

 private:
  friend class RingIndexer;
  // A run of records, and what lets a question pass it by. Both bounds grow from leaf to leaf whatever the clock did, so that the
  // leaves of a time range lie between two binary searches.
  struct Leaf {
    std::shared_ptr<const std::vector<RecordRef>> records;
    TimeMs t_min = 0, t_max = 0;
    TimeMs earliest_from = 0;     // of this leaf and all after it
    TimeMs latest_until = 0;      // of this leaf and all before it
    std::uint64_t schema_id = 0;  // of all its records; 0: they differ
    bool overlaps = false;        // within
  };

  void insert(const RecordRef& r);
  // False where it is not there.
  bool erase(const RecordRef& r);
  std::size_t leaf_of(const RecordRef& r) const;
  static Leaf make_leaf(std::vector<RecordRef> records);
  void summarise();
  std::pair<std::size_t, std::size_t> leaves_between(TimeMs min, TimeMs max) const;

  std::string name_;
  std::vector<Leaf> leaves_;  // none is empty
  bool overlaps_ = false;
};

class RingIndex {
 public:
  class Iterator;

  // Records, oldest first.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const RecordRef& operator[](std::size_t i) const {
    return (*chunks_[(skipped_ + i) / GroupRecords::kLeaf])[(skipped_ + i) % GroupRecords::kLeaf];
  }
  const RecordRef& front() const { return (*this)[0]; }
  const RecordRef& back() const { return (*this)[size_ - 1]; }
  Iterator begin() const;
  Iterator end() const;

  // By name. Blocks whose schema is not known are in none: a schema that left the ring before them makes them as good as overwritten.
  const std::vector<std::shared_ptr<const GroupRecords>>& groups() const { return groups_; }
  // By id: of all schemas and blocks there are, as far as they were known; a few more may be kept for a while.
  const std::shared_ptr<const SchemaMap>& schemas() const { return schemas_; }

  // Sums over the records.
  std::uint64_t block_bytes() const { return block_bytes_; }
  std::uint64_t block_samples() const { return block_samples_; }
  std::uint64_t schema_bytes() const { return schema_bytes_; }

 private:
  friend class RingIndexer;
  using Chunk = std::vector<RecordRef>;

  std::vector<std::shared_ptr<const Chunk>> chunks_;  // all but the last are full
  std::size_t skipped_ = 0;                           // records of the first chunk that are gone
  std::size_t size_ = 0;
  std::vector<std::shared_ptr<const GroupRecords>> groups_;
  std::shared_ptr<const SchemaMap> schemas_ = std::make_shared<const SchemaMap>();
  std::uint64_t block_bytes_ = 0, block_samples_ = 0, schema_bytes_ = 0;
};

class RingIndex::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = RecordRef;
  using difference_type = std::ptrdiff_t;
  using pointer = const RecordRef*;
  using reference = const RecordRef&;

  Iterator() = default;
  Iterator(const RingIndex* index, std::size_t at) : index_(index), at_(at) {}
  reference operator*() const { return (*index_)[at_]; }
  pointer operator->() const { return &(*index_)[at_]; }
  Iterator& operator++() { return ++at_, *this; }
  Iterator operator++(int) { return {index_, at_++}; }
  bool operator==(const Iterator&) const = default;

 private:
  const RingIndex* index_ = nullptr;
  std::size_t at_ = 0;
};

inline RingIndex::Iterator RingIndex::begin() const { return {this, 0}; }
inline RingIndex::Iterator RingIndex::end() const { return {this, size_}; }

// Makes each index out of the one before it.
class RingIndexer {
 public:
  // What a schema's record holds; null where it cannot be read.
  using ReadSchema = std::function<std::shared_ptr<const KnownSchema>(const RecordRef&)>;

  const std::shared_ptr<const RingIndex>& current() const { return current_; }

  // The newest record. `schema`: what it holds, where it is a schema's that the index does not know; may be null.
  void append(const RecordRef& r, std::shared_ptr<const KnownSchema> schema);
  // A schema whose record is damaged or gone, known from elsewhere. False where nothing needs it.
  bool know(const std::shared_ptr<const StoredSchema>& schema);
  // Records that lie in [begin, end) of the file, whose bytes are about to be overwritten: the oldest ones.
  void drop(std::uint64_t begin, std::uint64_t end);
  // What a search of the whole file has found, in any order; schemas that are known already are not read again. Records of laps
  // before the last two are left out: drop() would not meet them at the front. `lap_ends`: the search ended where the
  // last but one did.
  void assign(std::vector<RecordRef> found, bool lap_ends, const ReadSchema& read_schema);

 private:
  static void push_back(RingIndex& index, const RecordRef& r);
  static void pop_front(RingIndex& index);
  void count(RingIndex& index, const RecordRef& r, std::uint64_t sign = 1);
  void enter(RingIndex& index, const RecordRef& r);
  void leave(RingIndex& index, const RecordRef& r);
  void enter_blocks_of(RingIndex& index, std::shared_ptr<const KnownSchema> schema);
  void learn(RingIndex& index, std::shared_ptr<const KnownSchema> schema);
  static const std::string* group_of(const RingIndex& index, const RecordRef& r);
  static std::size_t group_at(const RingIndex& index, const std::string& name);

  std::shared_ptr<const RingIndex> current_ = std::make_shared<const RingIndex>();
  std::unordered_map<std::uint64_t, std::uint64_t>
      records_of_schema_;  // how many of current_ name it: when 0, it may be forgotten
};

}  // namespace tacho::store
