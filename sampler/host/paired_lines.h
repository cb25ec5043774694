// The layout of a file in which a line of names is followed by a line of values (net/netstat, net/snmp), learned once and then
// compared in place.
//
// Shape    "Tcp: RtoAlgorithm RtoMin ..." above "Tcp: 1 200 ...": both begin with the same key; the first value belongs to the
//          first name. A pair of which nothing is kept is known by its key alone, so that what the kernel adds to it (IcmpMsg
//          grows by a column with every new type of message) changes no layout.
// Cost     read(): one memcmp for the names of a pair; the values are read up to the last that is kept; no allocation.
// Odd text a value that is no number, was cut, or has no name, leaves its cell absent; so does a line of values under another
//          key than its names'. Names whose line was cut are not learned.
// Threads  one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/cells.h"
#include "sampler/source.h"

namespace tacho::sampler {

class PairedLines {
 public:
  // Asks `column_of` for each name, in the text's order; kNoColumn for what is not kept. The key comes without its colon.
  void learn(std::string_view text, const std::function<std::size_t(std::string_view key, std::string_view name)>& column_of);
  Sampled read(std::string_view text, Row& row) const;

 private:
  struct Pair {
    std::string names;                 // the whole line, its key included; of a pair that is not kept the key alone
    std::vector<std::size_t> columns;  // up to the last that is kept; empty for a pair that is not
  };
  std::vector<Pair> pairs_;
};

}  // namespace tacho::sampler
