// A downward API volume as the kubelet keeps it, and Go's strconv.Quote as far as a test needs it.
#pragma once

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "proto/base/clock.h"
#include "proto/base/utf8.h"
#include "sampler/identity/label_map.h"

namespace tacho::test {

// What is no printable ASCII and no UTF-8 of two bytes and more is escaped, in each of the ways there are.
inline std::string go_quoted(std::string_view text) {
  constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_bytes(text);
    const char c = text.front();
    if (const auto at = kMeant.find(c); at != std::string_view::npos) {
      out += std::string("\\") + kLetters[at];
      text.remove_prefix(1);
    } else if (size == 0 || (size == 1 && (c < 32 || c == 127))) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      text.remove_prefix(1);
    } else if (text.starts_with("\u0085")) {  // a control character, which Go does not print
      out += "\\u0085";
      text.remove_prefix(size);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out + "\"";
}

// What the file system gives a file that is made now: its clock ticks more coarsely than the wall's, and stands still with the processor
// that moves it, if that is held up.
inline TimeMs file_clock_ms(const std::string& folder) {
  const std::string path = folder + "/file-clock";
  std::ofstream(path) << "x";
  struct ::stat info{};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  ::unlink(path.c_str());
  return info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

class DownwardVolume {
 public:
  explicit DownwardVolume(std::string folder) : folder_(std::move(folder)) { std::filesystem::create_directories(folder_); }

  // A new folder behind ..data, renamed into its place.
  void write(const sampler::KeyValues& labels, const sampler::KeyValues& annotations) {
    namespace fs = std::filesystem;
    const std::string fresh = fmt::format("..2026_11_26_{}", ++writes_);
    fs::create_directory(folder_ + "/" + fresh);
    std::ofstream(folder_ + "/" + fresh + "/labels") << text(labels);
    std::ofstream(folder_ + "/" + fresh + "/annotations") << text(annotations);
    fs::create_symlink(fresh, folder_ + "/..data_tmp");
    fs::rename(folder_ + "/..data_tmp", folder_ + "/..data");
    if (writes_ > 1) {
      fs::remove_all(fmt::format("{}/..2026_11_26_{}", folder_, writes_ - 1));
    } else {
      for (const char* name : {"labels", "annotations"}) fs::create_symlink(std::string("..data/") + name, folder_ + "/" + name);
    }
  }
  const std::string& folder() const { return folder_; }

 private:
  static std::string text(const sampler::KeyValues& pairs) {
    std::string out;
    for (const auto& [key, value] : pairs) out += (out.empty() ? "" : "\n") + key + "=" + go_quoted(value);
    return out;
  }
  std::string folder_;
  int writes_ = 0;
};

}  // namespace tacho::test
