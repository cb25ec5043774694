// A folder of a test's own, removed with everything in it when the test ends.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace tacho::test {

class TempDir {
 public:
  TempDir() : TempDir(std::filesystem::temp_directory_path().string()) {}
  // In shared memory, for tests that sync very often and are not about the disk.
  static TempDir in_memory() { return ::access("/dev/shm", W_OK) == 0 ? TempDir("/dev/shm") : TempDir(); }
  ~TempDir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  TempDir(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TempDir(const std::string& parent) {
    std::string pattern = parent + "/tacho-test-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }

  std::string path_;
};

}  // namespace tacho::test
