// Any text is a query: an error with its place, or a tree that prints to text which reads as the same tree; and evaluating it over
// an empty store ends.
#include <algorithm>
#include <cstdlib>

#include "query/engine/engine.h"
#include "store/memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  using namespace tacho;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = query::parse(text);
  if (!tree) return 0;
  const std::string printed = query::format(**tree);
  const auto again = query::parse(printed);
  if (!again || query::format(**again) != printed) std::abort();
  static const auto store = store::MemoryStore::parse("a{b=\"c\"} 1 1\na{b=\"c\"} 2 2\na{b=\"d\"} 3 2\n# EOF\n", "fuzz").value();
  static const query::Engine engine({.samples_max = 100'000, .steps_max = 20, .timeout_ms = 1000});
  (void)engine.range(store, text, 0, 3000, 1000);
  return 0;
}
