#include "store/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "proto/base/log.h"

namespace tacho::store {
namespace fs = std::filesystem;
namespace {

std::string env_or(const char* name, std::string otherwise) {
  const char* v = std::getenv(name);
  return v != nullptr && *v != 0 ? std::string(v) : std::move(otherwise);
}

std::string default_state() {
  if (::geteuid() == 0) return "/var/lib/tacho";
  return env_or("XDG_STATE_HOME", env_or("HOME", "/tmp") + "/.local/state") + "/tacho";
}

std::string default_runtime() {
  if (::geteuid() == 0) return "/run/tacho";
  return env_or("XDG_RUNTIME_DIR", fmt::format("/tmp/tacho-{}", ::geteuid())) + "/tacho";
}

std::string absolute(const std::string& path) {
  std::error_code ec;
  const fs::path p = fs::weakly_canonical(path, ec);
  return ec ? path : p.string();
}

std::string runtime_for(const std::string& state) {
  return fmt::format("{}/{:016x}", default_runtime(), XXH3_64bits(state.data(), state.size()));
}

Result<Fd> lock(const std::string& dir) {
  const std::string path = dir + "/lock";
  auto fd = Fd::open(path, O_RDWR | O_CREAT);
  if (!fd) return failure("{}; the agent writes there: give it another folder with --state or --runtime", fd.error());
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return failure("{} is in use by another tacho; stop it, or give this one its own --state and --runtime", dir);
    return sys_failure(errno, "cannot lock {}", path);
  }
  return fd;
}

// The file `runtime` of a state folder; empty where there is none.
std::string noted_runtime(const std::string& path) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec)) return "";
  return read_file(path).value_or("");
}

std::vector<std::string> list(const std::string& dir, std::string_view ending) {
  std::vector<std::string> out;
  std::error_code ec;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec)) {
    if (std::string path = it->path().string(); path.ends_with(ending)) out.push_back(std::move(path));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

StoreDirs agent_dirs(const std::optional<std::string>& state, const std::optional<std::string>& runtime) {
  StoreDirs dirs;
  dirs.state = absolute(state.value_or(default_state()));
  dirs.runtime = runtime ? absolute(*runtime) : state ? runtime_for(dirs.state) : default_runtime();
  return dirs;
}

StoreDirs reader_dirs(const std::optional<std::string>& state, const std::optional<std::string>& runtime) {
  StoreDirs dirs = agent_dirs(state, runtime);
  if (runtime) return dirs;
  std::string noted = noted_runtime(dirs.state + "/runtime");
  noted.resize(std::min(noted.find('\n'), noted.size()));
  if (!noted.empty()) dirs.runtime = std::move(noted);
  return dirs;
}

Result<std::vector<Fd>> claim(const StoreDirs& dirs) {
  std::vector<Fd> locks;
  for (const std::string& dir : {dirs.state, dirs.runtime}) {
    std::error_code ec;
    fs::create_directories(dir, ec);
    if (ec) return failure("cannot make the folder {}: {}; give another with --state or --runtime", dir, ec.message());
    auto fd = lock(dir);
    if (!fd) return std::unexpected(fd.error());
    locks.push_back(std::move(*fd));
    if (dirs.state == dirs.runtime) break;
  }
  // Not written where it says so already: an agent starts again on a full disk.
  const std::string note = dirs.state + "/runtime", line = dirs.runtime + "\n";
  if (noted_runtime(note) != line) {
    if (auto ok = replace_file(note, line); !ok)
      log_warn("readers find the newest minutes only with --runtime {}, for {}", dirs.runtime, ok.error());
  }
  return locks;
}

std::vector<std::string> list_heads(const StoreDirs& dirs) { return list(dirs.runtime, ".head"); }

std::vector<std::string> list_stages(const StoreDirs& dirs) { return list(dirs.state, ".stage"); }

void remove_unfinished_stages(const StoreDirs& dirs) {
  for (const std::string& path : list(dirs.state, ".stage.new")) ::unlink(path.c_str());
}

}  // namespace tacho::store
