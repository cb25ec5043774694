// Numbers as the kernel writes them for people: "1.5k", "20.4G", "-427.5k"; the units are powers of 1024.
//
// bcache   cuts what is behind the point to a digit and divides it by 100 where 102.4 would be right; it is taken as
//          node_exporter takes it: "1.5k" is 1024 * (1 + 5 / 10.24), in whole bytes.
// bcachefs writes decimals: "1.5k" is 1536.
// Threads  any.
#pragma once

#include <optional>
#include <string_view>

namespace tacho::sampler {

// nullopt for all that is no such number. Blanks and newlines around it are passed over.
std::optional<double> parse_bcache_number(std::string_view text);
std::optional<double> parse_bcachefs_number(std::string_view text);

}  // namespace tacho::sampler
