// Short texts as sysfs has them: a number, or words fit to be a label's value.
//
// Cost     parse_short_number() allocates nothing; the others are for describe().
// Threads  any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tacho::sampler {

// "-12", "0.5", "7\n"; nullopt for all else ("N/A (no PMA)", "enabled", "0x1f").
std::optional<double> parse_short_number(std::string_view text, bool words_may_follow = false);

// A file of one line without the blanks around it, fit to be a label's value (no UTF-8: bytes replaced); "" when it cannot be read.
std::string label_text(const std::string& path);
// The same of a text that is already there.
std::string label_value(std::string_view raw);

}  // namespace tacho::sampler
