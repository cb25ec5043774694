// Colours only where a terminal can show them and nobody refuses.
#include "tools/terminal/colour.h"

#include <pty.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "proto/base/file.h"
#include "tools/terminal/terminal.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

struct Terminal {
  Fd outer, inner;
  Terminal() {
    int a = -1, b = -1;
    const winsize size{.ws_row = 30, .ws_col = 70};
    REQUIRE(::openpty(&a, &b, nullptr, nullptr, &size) == 0);
    outer = Fd(a), inner = Fd(b);
  }
};

}  // namespace

TEST_CASE("a terminal has colours, unless NO_COLOR says something or TERM that it is dumb") {
  const Terminal terminal;
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  CHECK(colours_on(terminal.inner.get()));
  ::setenv("NO_COLOR", "", 1);
  CHECK(colours_on(terminal.inner.get()));
  ::setenv("NO_COLOR", "0", 1);
  CHECK(!colours_on(terminal.inner.get()));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK(!colours_on(terminal.inner.get()));
  ::setenv("TERM", "xterm", 1);
  refuse_colours();
  CHECK(colours_refused());
  CHECK(!colours_on(terminal.inner.get()));
  ::unsetenv("NO_COLOR");
}

TEST_CASE("a pipe has no colours and no size; a terminal has its own") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd in(ends[0]), out(ends[1]);
  ::unsetenv("NO_COLOR");
  CHECK(!colours_on(out.get()));
  CHECK(!terminal_size(out.get()));
  const Terminal terminal;
  const auto size = terminal_size(terminal.inner.get());
  REQUIRE(size);
  CHECK(size->width == 70);
  CHECK(size->height == 30);
}
