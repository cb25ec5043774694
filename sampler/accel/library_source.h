// A card as a source, through its vendor's library: some readings, asked one after the other. What sources a vendor's cards have,
// and why, is said where they are listed (nvidia_source.h, ascend_source.h).
//
// Threads  one, its own: it may hang with its card.
// Lost     a card that answers "lost" or takes seconds for a call gives no rows and is asked again after 30 s (library_card.h).
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "sampler/accel/accel_state.h"
#include "sampler/accel/library_reading.h"
#include "sampler/source.h"

namespace tacho::sampler {

template <class Card>
class LibrarySource final : public Source {
 public:
  using Code = typename Card::Code;

  struct Kind {
    std::string_view family;  // the name is family, number of the card, suffix
    std::string_view suffix;
    std::string_view configured_as;
    std::int64_t interval_ms;
    std::int64_t settling_ms;
    std::vector<std::unique_ptr<LibraryReading<Card>>> readings;
    bool on_by_default = true;
  };

  // `state`: where accel_up is made of; null for the sources that are not asked every tick.
  LibrarySource(Kind kind, Card card, std::shared_ptr<AccelState> state)
      : name_(fmt::format("{}{}{}", kind.family, card.slot().index, kind.suffix)),
        card_(std::move(card)),
        kind_(std::move(kind)),
        state_(std::move(state)) {}

  std::string_view name() const override { return name_; }
  std::string_view configured_as() const override { return kind_.configured_as; }
  std::int64_t default_interval_ms() const override { return kind_.interval_ms; }
  std::int64_t settling_ms() const override { return kind_.settling_ms; }
  bool on_by_default() const override { return kind_.on_by_default; }
  bool may_block() const override { return true; }

  Result<void> describe(store::Schema& schema) override {
    if (!card_.bound()) {
      probed_ = false;
      if (auto bound = card_.bind(); !bound) return bound;
    }
    card_.begin_row();
    if (!probed_) {
      for (const auto& reading : kind_.readings) reading->find_out(card_);
    }
    if (card_.lost() != Code::success) {
      card_.forget();
      return std::unexpected(card_.trouble());
    }
    probed_ = true;
    SchemaBuilder builder(schema);
    const std::size_t before = schema.size();
    for (const auto& reading : kind_.readings) reading->describe(card_, builder);
    if (schema.size() == before) return failure("{} supports nothing of what is asked for", card_.name());
    if (state_) state_->described(card_.labels());
    return {};
  }

  Result<Sampled> sample(Row& row) override {
    auto sampled = read(row);
    if (state_ && (!sampled || *sampled == Sampled::ok)) state_->ended(card_.clock().mono(), sampled.has_value());
    return sampled;
  }

  // For people who ask what there is. Requires: described.
  const Card& card() const { return card_; }
  std::vector<UnsupportedBy<Code>> unsupported() const {
    std::vector<UnsupportedBy<Code>> all;
    for (const auto& reading : kind_.readings)
      all.insert(all.end(), reading->unsupported().begin(), reading->unsupported().end());
    return all;
  }

 private:
  Result<Sampled> read(Row& row) {
    // Put away: describe() says why, and finds it again when it is time.
    if (!card_.bound()) return Sampled::layout_changed;
    card_.begin_row();
    for (const auto& reading : kind_.readings) {
      if (reading->sample(card_, row) != Sampled::layout_changed) continue;
      if (card_.take_changed()) probed_ = false;
      return Sampled::layout_changed;
    }
    if (card_.lost() != Code::success) {
      card_.forget();
      return std::unexpected(card_.trouble());
    }
    if (!card_.take_changed()) return Sampled::ok;
    probed_ = false;
    return Sampled::layout_changed;
  }

  const std::string name_;
  Card card_;  // outlives the readings, which free what they got from its library
  Kind kind_;
  std::shared_ptr<AccelState> state_;
  bool probed_ = false;
};

}  // namespace tacho::sampler
