// What a file of the instance says of itself: the region in cloud-init's instance-data.json, the node's name in a file a platform wrote.
//
// Shape    PATH: the file's first line, without blanks at its ends. PATH#a.b.c: the file is JSON, and that member of it, a text, number or
//          truth value.
// Errors   no such file or member, no JSON, something else there; a file of more than kInstanceFileMax bytes.
// Threads  any.
#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace tacho::tools {

inline constexpr std::size_t kInstanceFileMax = 4u << 20;

Result<std::string> read_instance_value(std::string_view where);

}  // namespace tacho::tools
