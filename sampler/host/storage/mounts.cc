#include "sampler/host/storage/mounts.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// Blanks, tabs, newlines and backslashes in mount points are written as \040, \011, \012, \134.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) && is_octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    if (take_until(options, ',') == wanted) return true;
  }
  return false;
}

}  // namespace

MountsFile::MountsFile(const Roots& roots)
    : candidates_{roots.procfs + "/1/mountinfo", roots.procfs + "/self/mountinfo"},
      rootfs_(roots.rootfs == "/" ? "" : roots.rootfs) {}

Result<std::string_view> MountsFile::read() {
  if (file_) {
    if (Result<std::string_view> text = file_->read()) return text;
  }
  Result<std::string_view> text;
  for (const std::string& path : candidates_) {
    file_.emplace(path);
    text = file_->read();
    if (text) break;
  }
  if (!text) file_.reset();
  return text;
}

// 36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue
// id parent major:minor root mountpoint options [tags...] - fstype source super-options
std::vector<Mount> MountsFile::parse(std::string_view text) const {
  std::vector<Mount> mounts;
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view rest = lines.line();
    take_word(rest);
    take_word(rest);
    std::string_view device_number = take_word(rest);
    take_word(rest);
    std::string_view mountpoint = take_word(rest);
    std::string_view options = take_word(rest);
    std::string_view word = take_word(rest);
    while (!word.empty() && word != "-") word = take_word(rest);
    if (word.empty()) continue;
    // One blank apart, and the source may be empty: no skipping of blanks from here on.
    if (!rest.empty()) rest.remove_prefix(1);
    Mount mount;
    mount.fstype = take_until(rest, ' ');
    mount.device = take_until(rest, ' ');
    mount.major = take_until(device_number, ':');
    mount.minor = device_number;
    mount.mountpoint = unescape(mountpoint);
    if (!rootfs_.empty() && (mount.mountpoint + "/").starts_with(rootfs_ + "/")) {
      mount.mountpoint.erase(0, rootfs_.size());
      if (mount.mountpoint.empty()) mount.mountpoint = "/";
    }
    mount.readonly = has_option(options, "ro") || has_option(rest, "ro") || has_option(rest, "emergency_ro");
    mount.path = rootfs_ + mount.mountpoint;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace tacho::sampler
