#include "sampler/host/system/cpu_list.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "sampler/text_scan.h"

namespace tacho::sampler {

bool lists_cpu(std::string_view ranges, std::uint64_t number) {
  while (!ranges.empty()) {
    std::string_view range = take_until(ranges, ',');
    std::string_view first_word = take_until(range, '-');
    const bool single = range.empty();
    const std::optional<std::uint64_t> first = take_u64(first_word);
    const std::optional<std::uint64_t> last = single ? first : take_u64(range);
    if (first && last && *first <= number && number <= *last) return true;
  }
  return false;
}

Result<std::vector<std::uint64_t>> list_cpus(const std::string& folder) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with("cpu")) continue;
    std::string_view digits = std::string_view(name).substr(3);
    if (std::optional<std::uint64_t> number = take_u64(digits)) numbers.push_back(*number);
  }
  if (error) return sys_failure(error.value(), "cannot list {}", folder);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace tacho::sampler
