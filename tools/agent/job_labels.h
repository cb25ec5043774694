// Tells the labels of identities from a series' own, for job reports.
#pragma once

#include <functional>
#include <string_view>

#include "sampler/identity/identity_names.h"
#include "store/identity/view.h"

namespace tacho::tools {

// Usual names, and those that any identity of the timeline gives. The source may be null: a file.
inline std::function<bool(std::string_view)> identity_labels_of(store::TimelineSource source) {
  return [source = std::move(source)](std::string_view name) {
    if (sampler::is_usual_identity_label(name)) return true;
    const auto timeline = source ? source() : nullptr;
    return timeline != nullptr && timeline->gives(name);
  };
}

}  // namespace tacho::tools
