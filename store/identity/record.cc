#include "store/identity/record.h"

#include <algorithm>

#include "store/block/byte_reader.h"
#include "store/log_records.h"

namespace tacho::store {
namespace {

void pack_text(std::vector<std::byte>& out, std::string_view text) {
  append_bytes(out, static_cast<std::uint32_t>(text.size()));
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void pack_labels(std::vector<std::byte>& out, const Labels& labels) {
  append_bytes(out, static_cast<std::uint32_t>(labels.size()));
  for (const Label& l : labels) {
    pack_text(out, l.name);
    pack_text(out, l.value);
  }
}

std::string take_text(ByteReader& in) {
  const auto bytes = in.take_bytes(in.take<std::uint32_t>());
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// What claims more than there are bytes ends at the first that is not there.
Labels take_labels(ByteReader& in) {
  std::vector<Label> out;
  const auto count = in.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    std::string name = take_text(in);
    out.push_back({std::move(name), take_text(in)});
  }
  return Labels(std::move(out));
}

}  // namespace

std::vector<std::byte> pack_identity(const Identity& identity) {
  std::vector<std::byte> out;
  pack_text(out, identity.scope);
  append_bytes(out, static_cast<std::uint32_t>(identity.targets.size()));
  for (const Labels& target : identity.targets) pack_labels(out, target);
  pack_labels(out, identity.labels);
  return out;
}

Result<Identity> unpack_identity(std::span<const std::byte> payload, TimeMs from) {
  ByteReader in(payload);
  Identity out;
  out.from = from;
  out.scope = take_text(in);
  const auto targets = in.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < targets && in.ok(); ++i) out.targets.push_back(take_labels(in));
  out.labels = take_labels(in);
  if (!in.done()) return failure("an identity of {} targets has not the length of its {} bytes", targets, payload.size());
  return out;
}

std::string identity_log_header() {
  IdentityLogHeader h{.magic = kIdentityMagic, .version = kIdentityVersion, .reserved = 0, .checksum = 0};
  h.checksum = checksum_of(h);
  return std::string(reinterpret_cast<const char*>(&h), sizeof h);
}

Result<void> check_identity_log(std::span<const std::byte> file, const std::string& path) {
  IdentityLogHeader h{};
  if (file.size() < sizeof h) return failure("{} is too short for a log of identities", path);
  std::memcpy(&h, file.data(), sizeof h);
  if (h.magic != kIdentityMagic || h.checksum != checksum_of(h))
    return failure("{} is no log of identities, or its header is damaged", path);
  if (h.version != kIdentityVersion)
    return failure("{} is a log of identities of version {}; this tacho reads version {}", path, h.version, kIdentityVersion);
  return {};
}

IdentitiesRead read_identities(std::span<const std::byte> file) {
  IdentitiesRead out;
  const auto take = [&](std::size_t, const IdentityRecordHeader& h, std::span<const std::byte> payload) {
    if (auto identity = unpack_identity(payload, h.from)) {
      out.identities.push_back(std::move(*identity));
    } else {
      ++out.damaged;
    }
  };
  out.damaged += walk_log<IdentityRecordHeader>(file, sizeof(IdentityLogHeader), kIdentityRecordMagic, take);
  return out;
}

}  // namespace tacho::store
