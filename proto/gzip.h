// gzip (RFC 1952) of a whole body, for HTTP's Content-Encoding.
#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace tacho {

// Cost: some 100 MB/s; level 1 of 9, which takes JSON to about a tenth.
std::string gzip(std::string_view body);
// Errors: broken or cut short; more than size_max bytes. Trailing bytes after the member are an error.
Result<std::string> gunzip(std::string_view packed, std::size_t size_max);
// The same into memory that is there already; after an error `out` has some of it.
Result<void> gunzip(std::string_view packed, std::size_t size_max, std::string& out);

}  // namespace tacho
