// A rule's sentence about one event (rules.h, "Sentences").
#pragma once

#include <string>
#include <string_view>

#include "query/events/event.h"

namespace tacho::query {

std::string event_sentence(std::string_view text, const Event& event);

}  // namespace tacho::query
