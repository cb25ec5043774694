// CLI11's description of a command line as data. The value names there (type_name) say what is wanted: see completion_of().
#pragma once

#include "tools/command/command.h"

namespace CLI {
class App;
}

namespace tacho::tools {

Command describe_command(const CLI::App& app);

}  // namespace tacho::tools
