// One accelerator behind a vendor's library, as one source sees it: found, named; lost and found again. What is the same for every
// vendor; how a card is found and called is the vendor's (nvidia_card.h, ascend_card.h).
//
// Codes    Code is the library's enum of return codes, with `success` and `timeout`; is_lost(Code) is found beside it.
// Row      the first code that means the card is gone ends the row: further calls of the tick are not made. So does a call after
//          which the row has taken longer than its patience: of a card whose firmware has stopped every call takes its time, and
//          there are dozens in a row.
// Lost     forget() puts the card away for kRetryAfter; bind() then finds it anew. Between, bind() fails without a call.
// Names    labels() go on every series: vendor, accel (the card's number on this node, in the order of PCI addresses), uuid,
//          pci_bus_id, model.
// Threads  one. Each source of a card has a card object of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "sampler/accel/card_slot.h"

namespace tacho::sampler {

// What a label can hold of a library's text: printable ASCII, without the blanks around it. Reads no further than the view.
std::string clean_text(std::string_view text);

template <class CodeOf>
class LibraryCard {
 public:
  using Code = CodeOf;
  static constexpr std::int64_t kPatience = 5 * kNsPerSecond;

  LibraryCard(CardSlot slot, const Clock& clock, std::int64_t patience_ns = kPatience)
      : slot_(std::move(slot)), clock_(clock), patience_ns_(patience_ns) {}
  LibraryCard(LibraryCard&&) noexcept = default;
  virtual ~LibraryCard() = default;

  // Finds the card and reads who it is. Does nothing while it is bound.
  Result<void> bind() {
    if (bound_) return {};
    if (clock_.mono() < retry_at_) return std::unexpected(why_);
    auto found = find();
    if (!found) {
      // The scheduler asks rarely enough for what has never been there, but every second for what was.
      retry_at_ = clock_.mono() + kRetryAfter;
      why_ = found.error();
      return found;
    }
    bound_ = true;
    ++binding_;
    return {};
  }
  bool bound() const { return bound_; }
  // Requires: bound.
  const std::vector<Label>& labels() const { return labels_; }
  std::vector<Label> labels_and(std::vector<Label> more) const {
    more.insert(more.end(), labels_.begin(), labels_.end());
    return more;
  }
  // For messages.
  virtual std::string name() const = 0;
  const CardSlot& slot() const { return slot_; }
  // How often it was found: what was made for a card that was lost since belongs to an older binding.
  unsigned binding() const { return binding_; }
  const Clock& clock() const { return clock_; }

  // A new row: nothing has gone wrong yet.
  void begin_row() {
    lost_ = Code::success;
    slow_ = false;
    begun_ = clock_.mono();
  }
  // A code that came with a value of its own, or from a call that was not made for a card: it may say that the card is gone.
  void heed(Code code) {
    if (is_lost(code)) lost_ = code;
    if (clock_.mono() - begun_ > patience_ns_ && lost_ == Code::success) {
      slow_ = true;
      lost_ = Code::timeout;
    }
  }
  // The card was partitioned otherwise: what it supports is to be found out anew.
  void mark_changed() { changed_ = true; }
  bool take_changed() { return std::exchange(changed_, false); }
  // success, or the code that ended the row.
  Code lost() const { return lost_; }
  // The card is put away; why bind() fails until it is time.
  void forget() {
    why_ = trouble();
    bound_ = false;
    retry_at_ = clock_.mono() + kRetryAfter;
  }
  // What to say of it.
  Error trouble() const {
    constexpr std::int64_t kSeconds = kRetryAfter / kNsPerSecond;
    if (slow_) return {fmt::format("{} answers no call in time; it is asked again in {} s", name(), kSeconds)};
    return {fmt::format("{} gives nothing: {}; it is asked again in {} s", name(), lost_, kSeconds)};
  }

 protected:
  // Asks the library for the card, and sets labels_.
  virtual Result<void> find() = 0;

  std::vector<Label> labels_;

 private:
  static constexpr std::int64_t kRetryAfter = 30 * kNsPerSecond;

  CardSlot slot_;
  const Clock& clock_;
  std::int64_t patience_ns_;
  bool bound_ = false;
  unsigned binding_ = 0;
  bool changed_ = false;
  Code lost_ = Code::success;
  bool slow_ = false;  // lost_ is ours: it took too long
  MonoNs begun_{0};
  MonoNs retry_at_{0};
  Error why_;  // why it was put away
};

}  // namespace tacho::sampler
