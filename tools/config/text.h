// The small texts of a configuration: sizes, variables, and the guess at what a misspelt key was meant to be.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tacho::tools {

// "256MiB", "1GiB", "64KiB" (powers of 1024), "500MB", "2GB" (powers of 1000), "1048576"; nullopt for anything else.
std::optional<std::uint64_t> parse_bytes(std::string_view s);

// $NAME and ${NAME} become the environment variable's value, ${file:PATH} and ${file:PATH#member} what a file says (instance_file.h), $$ a
// dollar. What there is not becomes nothing, as in Prometheus; `missing` gets a phrase that says what and why.
std::string expand_variables(std::string_view s, std::vector<std::string>& missing);

// The known word that is nearest to `word`, when it is near enough to be meant (one slip in three characters, at most
// two); else "".
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace tacho::tools
