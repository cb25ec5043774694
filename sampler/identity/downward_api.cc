#include "sampler/identity/downward_api.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "proto/base/file.h"

namespace tacho::sampler {
namespace {

constexpr std::size_t kProblemsMax = 8;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes `digits` hexadecimal digits off the front.
std::optional<std::uint32_t> take_hex(std::string_view& s, std::size_t digits) {
  if (s.size() < digits) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int d = hex_digit(s[i]);
    if (d < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(d);
  }
  s.remove_prefix(digits);
  return value;
}

bool append_rune(std::string& out, std::uint32_t rune) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (rune >> shift & 0x3f)); };
  if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return false;
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xc0 | rune >> 6);
    tail(0);
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xe0 | rune >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | rune >> 18);
    tail(12), tail(6), tail(0);
  }
  return true;
}

// What follows a backslash, taken off the front of `s`.
bool take_escape(std::string_view& s, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\\"";
  if (s.empty()) return false;
  const char c = s.front();
  s.remove_prefix(1);
  if (const auto at = kLetters.find(c); at != std::string_view::npos) {
    out += kMeant[at];
    return true;
  }
  if (c != 'x' && c != 'u' && c != 'U') return false;
  const auto value = take_hex(s, c == 'x' ? 2 : c == 'u' ? 4 : 8);
  if (!value) return false;
  if (c != 'x') return append_rune(out, *value);
  out += static_cast<char>(*value);
  return true;
}

std::int64_t ns_of(const timespec& t) { return t.tv_sec * 1'000'000'000 + t.tv_nsec; }

// nullopt: there is no such file.
Result<std::optional<std::string>> read_at_most(const std::string& path) {
  auto fd = Fd::open_file(path, O_RDONLY);
  if (!fd && fd.error().sys_errno == ENOENT) return std::nullopt;
  if (!fd) return std::unexpected(fd.error());
  std::string out(kDownwardBytesMax + 1, '\0');
  const auto got = read_at(*fd, std::as_writable_bytes(std::span(out.data(), out.size())), 0, path);
  if (!got) return std::unexpected(got.error());
  if (*got > kDownwardBytesMax) return failure("{} is larger than {} bytes; it is not read", path, kDownwardBytesMax);
  out.resize(*got);
  return out;
}

}  // namespace

std::optional<std::string> go_unquoted(std::string_view quoted) {
  if (quoted.size() < 2 || !quoted.starts_with('"') || !quoted.ends_with('"')) return std::nullopt;
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"' || c == '\n') return std::nullopt;
    if (c != '\\') {
      out += c;
    } else if (!take_escape(rest, out)) {
      return std::nullopt;
    }
  }
  return out;
}

DownwardText parse_downward(std::string_view text) {
  DownwardText out;
  const auto problem = [&](int line, std::string_view what) {
    if (out.problems.size() < kProblemsMax) out.problems.push_back(fmt::format("line {}: {}", line, what));
  };
  for (int line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (one.empty()) continue;
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      problem(line, "no KEY=\"VALUE\"");
      continue;
    }
    auto value = go_unquoted(one.substr(equals + 1));
    if (!value) {
      problem(line, fmt::format("the value of {} is not quoted as Kubernetes does it", quoted(one.substr(0, equals))));
      continue;
    }
    if (!out.pairs.try_emplace(std::string(one.substr(0, equals)), std::move(*value)).second)
      problem(line, fmt::format("{} is there twice; the first counts", quoted(one.substr(0, equals))));
  }
  return out;
}

DownwardApi::Stamp DownwardApi::stamp() const {
  struct ::stat st{};
  if (::lstat((folder_ + "/..data").c_str(), &st) == 0) return {st.st_ino, ns_of(st.st_mtim)};
  Stamp out;
  for (const char* name : {"/labels", "/annotations"}) {
    if (::stat((folder_ + name).c_str(), &st) == 0) out = {out.inode ^ st.st_ino, std::max(out.ns, ns_of(st.st_mtim))};
  }
  return out;
}

bool DownwardApi::changed() const { return stamp() != seen_; }

Result<DownwardPod> DownwardApi::read() {
  // The folder behind ..data, opened once: both files are of one moment, also while the link is renamed.
  const Stamp before = stamp();
  auto folder = Fd::open(folder_ + "/..data", O_RDONLY | O_DIRECTORY);
  if (!folder) folder = Fd::open(folder_, O_RDONLY | O_DIRECTORY);
  if (!folder) return std::unexpected(folder.error());
  DownwardPod out;
  int found = 0;
  for (const auto& [name, pairs] : {std::pair{"labels", &out.labels}, std::pair{"annotations", &out.annotations}}) {
    const auto text = read_at_most(fmt::format("/proc/self/fd/{}/{}", folder->get(), name));
    if (!text) return failure("cannot read the pod's {} in {}: {}", name, folder_, text.error());
    if (!*text) continue;
    ++found;
    DownwardText parsed = parse_downward(**text);
    *pairs = std::move(parsed.pairs);
    for (const std::string& p : parsed.problems) out.problems.push_back(fmt::format("{}/{}: {}", folder_, name, p));
  }
  if (found == 0)
    return failure("{} has neither labels nor annotations; mount a downwardAPI volume with metadata.labels there", folder_);
  seen_ = before;  // if it has changed meanwhile, it is read again
  out.written = before.ns / 1'000'000;
  return out;
}

}  // namespace tacho::sampler
