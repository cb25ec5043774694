#include "sampler/kernel_file.h"

#include <filesystem>

#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

TEST_CASE("a kernel file is read anew each time, whatever its length") {
  Machine machine;
  machine.write("proc/x", "short\n");
  KernelFile file(machine.path("proc/x"));
  CHECK(file.read().value() == "short\n");
  const std::string longer(300'000, 'z');
  machine.write("proc/x", longer);
  CHECK(file.read().value() == longer);
  machine.write("proc/x", "");
  CHECK(file.read().value().empty());
}

TEST_CASE("a file that was replaced is read in its new version") {
  Machine machine;
  machine.write("proc/x", "old\n");
  KernelFile file(machine.path("proc/x"));
  REQUIRE(file.read());
  machine.write("proc/y", "new\n");
  std::filesystem::rename(machine.path("proc/y"), machine.path("proc/x"));
  CHECK(file.read().value() == "new\n");
}

TEST_CASE("a file that is gone is an error with its path, and is read again when it comes back") {
  Machine machine;
  KernelFile file(machine.path("proc/x"));
  Result<std::string_view> text = file.read();
  REQUIRE_FALSE(text);
  CHECK(text.error().message.find(machine.path("proc/x")) != std::string::npos);
  CHECK(text.error().sys_errno == ENOENT);
  machine.write("proc/x", "here\n");
  CHECK(file.read().value() == "here\n");
  machine.remove("proc/x");
  CHECK_FALSE(file.read());
  machine.write("proc/x", "again\n");
  CHECK(file.read().value() == "again\n");
}

TEST_CASE("a folder is an error, not an endless read") {
  Machine machine;
  machine.write("proc/folder/x", "");
  KernelFile file(machine.path("proc/folder"));
  CHECK_FALSE(file.read());
}

TEST_CASE("a short read gives the file's beginning or errno, and says when another file was opened") {
  Machine machine;
  machine.write("sys/number", "1234567\n");
  KernelFile file(machine.path("sys/number"));
  std::array<char, 4> buffer;
  std::string_view text;
  REQUIRE(file.read_short(buffer, text) == 0);
  CHECK(text == "1234");
  machine.write("sys/number", "9\n");
  REQUIRE(file.read_short(buffer, text) == 0);
  CHECK(text == "9\n");
  CHECK(file.opened() == 1);
  machine.remove("sys/number");
  CHECK(file.read_short(buffer, text) == ENOENT);
  machine.write("sys/number", "7\n");
  REQUIRE(file.read_short(buffer, text) == 0);
  CHECK(text == "7\n");
  CHECK(file.opened() == 2);
  KernelFile folder(machine.path("sys"));
  CHECK(folder.read_short(buffer, text) == EISDIR);
}

TEST_CASE("the kernel's own files are read to their end") {
  KernelFile file("/proc/self/mountinfo");
  Result<std::string_view> text = file.read();
  REQUIRE(text);
  CHECK(text->ends_with('\n'));
  CHECK(*text == read_file("/proc/self/mountinfo").value());
}

}  // namespace
}  // namespace tacho::sampler
