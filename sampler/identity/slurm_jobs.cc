#include "sampler/identity/slurm_jobs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "proto/base/file.h"
#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::size_t kFilesMax = 1024;

bool is_number(std::string_view s) {
  return !s.empty() && s.size() <= 4 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_card(std::string_view name) {
  const std::size_t dot = name.find('.');
  return is_number(name.substr(0, dot)) && (dot == std::string_view::npos || is_number(name.substr(dot + 1)));
}

std::string join_ids(std::string_view text) {
  std::vector<std::string_view> ids;
  while (!text.empty() && ids.size() < SlurmJobs::kIdsMax) {
    const std::string_view id = trimmed(take_until(text, '\n'));
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f && c != ','; });
    if (!id.empty() && id.size() <= SlurmJobs::kIdBytesMax && plain) ids.push_back(id);
  }
  // Numbers in the order of numbers.
  std::sort(ids.begin(), ids.end(), [](auto a, auto b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::string out;
  for (const std::string_view id : ids) out.append(out.empty() ? "" : ",").append(id);
  return out;
}

}  // namespace

std::map<std::string, SlurmJobs> read_slurm_jobs(const std::string& folder, const std::map<std::string, SlurmJobs>& before,
                                                 TimeMs now) {
  std::map<std::string, SlurmJobs> out;
  const auto names = list_folder(folder);
  if (!names) return ::access(folder.c_str(), F_OK) != 0 && errno == ENOENT ? out : before;
  for (const std::string& name : *names) {
    if (!is_card(name) || out.size() == kFilesMax) continue;
    const std::string path = folder + "/" + name;
    struct stat info{};
    // A pipe would make whoever opens it wait.
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > 65536) continue;
    const auto text = read_file(path);
    if (!text) continue;
    const TimeMs written = static_cast<TimeMs>(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / kNsPerMs;
    const auto known = before.find(name);
    if (std::string ids = join_ids(*text); !ids.empty()) {
      out[name] = {std::move(ids), written};
    } else if (known != before.end() && std::abs(now - written) < SlurmJobs::kEmptyMs) {
      out[name] = known->second;
    }
  }
  return out;
}

}  // namespace tacho::sampler
