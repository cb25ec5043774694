// What a number of a card is called: its metric, and the label that tells it from its sisters.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "sampler/catalogue.h"

namespace tacho::sampler {

struct ValueName {
  std::string_view metric;
  std::string_view label = {};  // "" for none
  std::string_view value = {};

  // `more`: labels besides those of the card.
  template <class Card>
  std::size_t add(const Card& card, SchemaBuilder& builder, std::vector<Label> more = {}) const {
    if (!label.empty()) more.push_back({std::string(label), std::string(value)});
    return builder.add(metric, card.labels_and(std::move(more)));
  }
  // For people.
  std::string text() const { return label.empty() ? std::string(metric) : fmt::format("{}{{{}=\"{}\"}}", metric, label, value); }
  bool operator==(const ValueName&) const = default;
};

}  // namespace tacho::sampler
