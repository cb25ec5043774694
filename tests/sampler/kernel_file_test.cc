#include "sampler/kernel_file.h"

#include <filesystem>

#include "source_fixture.h"

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

TEST_CASE("the kernel's own files are read to their end") {
  KernelFile file("/proc/self/mountinfo");
  Result<std::string_view> text = file.read();
  REQUIRE(text);
  CHECK(text->ends_with('\n'));
  CHECK(*text == read_file("/proc/self/mountinfo").value());
}

}  // namespace
}  // namespace tacho::sampler
