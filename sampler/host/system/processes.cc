#include "sampler/host/system/processes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kStates = "RSDTtXZPI";

// More than the fields up to the number of threads take.
constexpr std::size_t kStatBytes = 1024;
// Of the numbers between the state and the number of threads.
constexpr int kBetween = 16;
// What has gone says one of these, whether it is opened or read.
bool is_gone(int error) { return error == ENOENT || error == ESRCH; }

// A path of a few bytes, on the stack. Requires: what is put together is shorter than its room.
class ShortPath {
 public:
  ShortPath& operator/(std::string_view part) {
    if (size_ > 0) text_[size_++] = '/';
    std::memcpy(text_.data() + size_, part.data(), part.size());
    size_ += part.size();
    text_[size_] = 0;
    return *this;
  }
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

// Numbers of 64 bits; other names in /proc are no processes.
bool is_number(std::string_view name) {
  return !name.empty() && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Stat {
  char state = 0;
  std::uint64_t threads = 0;
};

// 4711 (name (of) any kind) S 1 4711 4711 0 -1 4194560 ...: the 20th field is the number of threads.
std::optional<Stat> parse_stat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  const std::string_view state = take_word(text);
  if (state.size() != 1 || !std::isalpha(static_cast<unsigned char>(state[0]))) return std::nullopt;
  for (int i = 0; i < kBetween; ++i) take_word(text);
  const std::optional<std::uint64_t> threads = take_u64(text);
  // The number is whole only if something follows it.
  if (!threads || text.empty()) return std::nullopt;
  return Stat{.state = state[0], .threads = *threads};
}

// 0, or an errno; EBADMSG if the file says nothing of the kind.
int read_stat(const Fd& folder, const ShortPath& path, Stat& stat) {
  const Fd fd(::openat(folder.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno;
  std::array<char, kStatBytes> buffer;
  const ssize_t length = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
  if (length < 0) return errno;
  const std::optional<Stat> parsed = parse_stat({buffer.data(), static_cast<std::size_t>(length)});
  if (!parsed) return EBADMSG;
  stat = *parsed;
  return 0;
}

std::size_t index_of(char state) { return static_cast<unsigned char>(state); }

}  // namespace

Result<void> ProcessesSource::count_process(const Fd& folder, std::string_view pid) {
  ShortPath path;
  Stat stat;
  if (const int error = read_stat(folder, path / pid / "stat", stat)) {
    if (is_gone(error)) return {};
    if (error == EBADMSG) return failure("{}/{} has no state and number of threads", procfs_, path.c_str());
    return sys_failure(error, "cannot read {}/{}", procfs_, path.c_str());
  }
  ++counts_.processes;
  counts_.threads += stat.threads;
  ++counts_.process_states[index_of(stat.state)];
  ++counts_.thread_states[index_of(stat.state)];
  if (stat.threads <= 1) return {};
  const int error = count_other_threads(folder, pid);
  if (error == EBADMSG) return failure("a thread in {}/{}/task has no state", procfs_, pid);
  if (error && !is_gone(error)) return sys_failure(error, "cannot read the threads in {}/{}/task", procfs_, pid);
  return {};
}

// All but the one that has the process's own number, which is counted already. 0, or an errno.
int ProcessesSource::count_other_threads(const Fd& folder, std::string_view pid) {
  ShortPath path;
  const Fd tasks(::openat(folder.get(), (path / pid / "task").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!tasks) return errno;
  int failed = 0;
  const int error = for_each_name(tasks, [&](std::string_view tid, unsigned char) {
    if (!is_number(tid) || tid == pid) return;
    ShortPath stat_path;
    Stat stat;
    const int unread = read_stat(tasks, stat_path / tid / "stat", stat);
    if (unread == 0) ++counts_.thread_states[index_of(stat.state)];
    if (unread != 0 && !is_gone(unread)) failed = unread;
  });
  return error ? error : failed;
}

Result<void> ProcessesSource::count() {
  counts_ = {};
  const Result<Fd> folder = Fd::open(procfs_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!folder) return std::unexpected(folder.error());
  Result<void> done;
  const int error = for_each_name(*folder, [&](std::string_view name, unsigned char) {
    if (done && is_number(name)) done = count_process(*folder, name);
  });
  if (error) return sys_failure(error, "cannot list {}", procfs_);
  return done;
}

ProcessesSource::Columns ProcessesSource::describe_states(SchemaBuilder& builder, std::string_view metric, std::string_view label,
                                                          const States& seen) {
  Columns columns;
  columns.fill(kNoColumn);
  for (std::size_t letter = 0; letter < columns.size(); ++letter) {
    const char state = static_cast<char>(letter);
    if (seen[letter] == 0 && !kStates.contains(state)) continue;
    columns[letter] = builder.add(metric, {{std::string(label), std::string(1, state)}});
  }
  return columns;
}

Sampled ProcessesSource::put_states(Row& row, const Columns& columns, const States& states) {
  for (std::size_t letter = 0; letter < states.size(); ++letter) {
    if (columns[letter] == kNoColumn && states[letter] > 0) return Sampled::layout_changed;
    put(row, columns[letter], static_cast<double>(states[letter]));
  }
  return Sampled::ok;
}

Result<void> ProcessesSource::describe(store::Schema& schema) {
  if (Result<void> counted = count(); !counted) return counted;
  if (counts_.processes == 0) return failure("{} has no process", procfs_);
  SchemaBuilder builder(schema);
  processes_column_ = builder.add("node_processes_pids");
  threads_column_ = builder.add("node_processes_threads");
  process_columns_ = describe_states(builder, "node_processes_state", "state", counts_.process_states);
  thread_columns_ = describe_states(builder, "node_processes_threads_state", "thread_state", counts_.thread_states);
  limits_.start();
  limits_.add(builder, procfs_ + "/sys/kernel/pid_max", "node_processes_max_processes", {});
  limits_.add(builder, procfs_ + "/sys/kernel/threads-max", "node_processes_max_threads", {});
  return {};
}

Result<Sampled> ProcessesSource::sample(Row& row) {
  if (Result<void> counted = count(); !counted) return std::unexpected(counted.error());
  put(row, processes_column_, static_cast<double>(counts_.processes));
  put(row, threads_column_, static_cast<double>(counts_.threads));
  if (put_states(row, process_columns_, counts_.process_states) == Sampled::layout_changed) return Sampled::layout_changed;
  if (put_states(row, thread_columns_, counts_.thread_states) == Sampled::layout_changed) return Sampled::layout_changed;
  return limits_.sample(row);
}

}  // namespace tacho::sampler
