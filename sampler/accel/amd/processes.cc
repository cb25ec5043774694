#include "sampler/accel/amd/processes.h"

#include <array>
#include <charconv>

#include "sampler/accel/amd/kfd.h"
#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {

void AmdProcesses::describe(const AmdCard& card, SchemaBuilder& builder) {
  missing_.clear();
  files_.clear();
  folder_ = card.sysfs() + "/class/kfd/kfd/proc";
  // Before the list: who comes after this is found at the next tick.
  print_ = folder_print(folder_);
  const std::vector<KfdNode> nodes = kfd_nodes(card);
  known_ = print_ != 0 && !nodes.empty();
  if (!known_) {
    missing_.push_back({{"accel_processes"}, folder_ + " is not there, or the card is not among kfd's"});
    return;
  }
  for (const std::string& name : list_numbered(folder_, "").value_or(std::vector<std::string>())) {
    std::uint32_t pid = 0;
    std::from_chars(name.data(), name.data() + name.size(), pid);
    for (const KfdNode& node : nodes) {
      if (pid != 0 && files_.size() < kFilesMax)
        files_.push_back({pid, KernelFile(fmt::format("{}/{}/vram_{}", folder_, name, node.gpu_id))});
    }
  }
  read_all();
  processes_.describe(card, builder);
}

void AmdProcesses::read_all() {
  processes_.clear();
  std::array<char, 64> buffer;
  for (File& f : files_) {
    std::string_view text;
    const auto bytes = f.file.read_short(buffer, text) == 0 ? parse_short_number(text) : std::nullopt;
    if (bytes && *bytes > 0) processes_.add({f.pid, static_cast<std::uint64_t>(*bytes)});
  }
  processes_.merge();
}

Sampled AmdProcesses::sample(Row& row) {
  if (!known_) return Sampled::ok;
  if (folder_print(folder_) != print_) return Sampled::layout_changed;
  read_all();
  if (processes_.changed()) return Sampled::layout_changed;
  processes_.put_into(row);
  return Sampled::ok;
}

}  // namespace tacho::sampler
