// Labels of alias series: made from those of a kept series, and matchers on them turned round.
//
// Threads  pure functions.   Cost  tens of short comparisons a series.
#pragma once

#include <span>
#include <vector>

#include "store/aliases/rules.h"

namespace tacho::store {

// Requires: the series is one of the rule's.
Labels alias_labels(const AliasRule& rule, const Labels& series);

// Matchers on kept series that follow from matchers on alias series: what they leave out could not have matched. What cannot be
// turned round is left to the caller, who looks at the finished labels anyway.
std::vector<Matcher> matchers_behind(const AliasLabels& labels, std::span<const Matcher> matchers);

// Whether a series that is kept under the alias's own name says the same thing of the same card as an alias series does.
bool says_the_same(const AliasRule& rule, const Labels& kept, const Labels& alias);

}  // namespace tacho::store
