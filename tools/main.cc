// The door: what went wrong becomes one line and an exit code.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tools/command/command_line.h"

int main(int argc, char** argv) {
  try {
    // Shells set HOSTNAME and do not export it; ${HOSTNAME} in external_labels is to work under any starter.
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0) ::setenv("HOSTNAME", host, 0);
    return tacho::tools::run_command_line(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tacho: %s\n", e.what());
    return 1;
  }
}
