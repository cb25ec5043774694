// Any file is a ring: refused with a reason, or opened; then every record that is found is read, and the next one appended is found too.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <filesystem>

#include "proto/base/log.h"
#include "store/ring/ring.h"

namespace {

using namespace tacho;
using namespace tacho::store;

// A good superblock of a megabyte before the input, or the input from byte 0 on.
void try_ring(const std::string& path, std::span<const std::byte> bytes, bool with_superblock) {
  std::filesystem::remove(path);
  if (with_superblock && !Ring::open(path, true, 1 << 20)) std::abort();
  {
    auto fd = Fd::open(path, 0102 /* O_RDWR | O_CREAT */);
    if (!fd || !write_at(*fd, bytes, with_superblock ? 64 : 0, path)) std::abort();
  }
  const auto read_only = Ring::open(path, false);
  if (read_only) {
    for (const auto index = (*read_only)->snapshot(); const RecordRef& r : *index) (void)(*read_only)->read(r);
  }
  const auto ring = Ring::open(path, true);
  if (!ring) return;
  if (!read_only) std::abort();
  for (const auto index = (*ring)->snapshot(); const RecordRef& r : *index) {
    if (!(*ring)->read(r)) std::abort();  // opening to write has verified it
  }
  RecordHeader h{};
  h.type = static_cast<std::uint16_t>(RecordType::block);
  h.generation = 77;
  const std::byte payload[3] = {};
  if (!(*ring)->append(h, payload)) return;
  // A reader goes on from what it knew, whatever that was.
  if (!(*read_only)->refresh()) std::abort();
  for (const auto index = (*read_only)->snapshot(); const RecordRef& r : *index) (void)(*read_only)->read(r);
  const auto again = Ring::open(path, true);
  if (!again || (*again)->snapshot()->empty() || (*again)->snapshot()->back().header.generation != 77) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  static const std::string path = [] {
    set_log_level(LogLevel::error);
    std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    return folder + "/tacho_ring_fuzz." + std::to_string(getpid());
  }();
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try_ring(path, bytes, true);
  try_ring(path, bytes, false);
  std::filesystem::remove(path);
  return 0;
}
