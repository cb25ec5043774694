// Two vectors matched by labels: one to one, many to one, one to many, with fill values for what has no partner.
//
// Shape    the side that may have many series drives; groups of equal matching labels are found once, then whole rows
//          are computed where a group has one series on the one side, and step by step where it has several.
// Errors   execution: several series on the one side at a step; several on both without group_left/group_right;
// results
//          with equal labels.
#pragma once

#include "query/engine/env.h"

namespace tacho::query {

Values match_vectors(Env& env, const Binary& binary, const Matrix& lhs, const Matrix& rhs);

}  // namespace tacho::query
