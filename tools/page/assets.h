// The page's files as the program holds them: made by assets.cmake when it is built, each packed with gzip.
#pragma once

#include <span>
#include <string_view>

namespace tacho::tools {

struct PageAsset {
  std::string_view name;  // after /page/; "index.html" is what / shows
  std::string_view content_type;
  std::string_view etag;  // quoted, as the header has it; of the packed bytes
  std::string_view packed;
  std::size_t size;  // unpacked
};

std::span<const PageAsset> page_assets();  // sorted by name

}  // namespace tacho::tools
