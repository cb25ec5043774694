// A part of what a card is asked for through its vendor's library: some series, and the calls that fill them.
//
// Card     the vendor's, after LibraryCard (library_card.h). is_unsupported(Code) is found beside its codes.
// Life     probe() finds out what the card supports and is called when the card was found, or its partitions changed; describe()
//          adds the series of what it does; sample() fills a row. What the card does not support has no series.
// Codes    "not supported" and its like mean no series. All other failures mean no value this time.
// Lost     a call that shows the card to be gone is the card's to remember; a reading just goes on.
// Threads  one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What has no series and why, for people who ask.
template <class Code>
struct UnsupportedBy {
  std::string what;
  Code code;
};

template <class Card>
class LibraryReading {
 public:
  using Code = typename Card::Code;

  virtual ~LibraryReading() = default;

  void find_out(Card& card) {
    unsupported_.clear();
    probe(card);
  }
  virtual void describe(const Card& card, SchemaBuilder& builder) = 0;
  // layout_changed: describe anew. Counts and sums that were drained from the driver until then are kept.
  virtual Sampled sample(Card& card, Row& row) = 0;

  const std::vector<UnsupportedBy<Code>>& unsupported() const { return unsupported_; }

 protected:
  virtual void probe(Card& card) = 0;

  // Whether there are series for a call that answered so. What can be had in several ways is unsupported if no way is there.
  bool supported(std::string_view what, Code code) {
    std::erase_if(unsupported_, [&](const UnsupportedBy<Code>& u) { return u.what == what; });
    if (!is_unsupported(code)) return true;
    unsupported_.push_back({std::string(what), code});
    return false;
  }

 private:
  std::vector<UnsupportedBy<Code>> unsupported_;
};

}  // namespace tacho::sampler
