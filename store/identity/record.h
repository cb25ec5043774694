// The log of identities, byte by byte (see store/FORMAT.md, "identities"): a header, then a record for each identity, in the order in
// which they were told. Every number is little-endian.
//
// Threads  pure functions.
// Errors   check_identity_log(): no such log, or one of a newer version. unpack_identity(): bytes that are none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "store/identity/identity.h"

namespace tacho::store {

inline constexpr std::uint64_t kIdentityMagic = 0x3144'4955'4843'4154;  // "TACHUID1"
inline constexpr std::uint32_t kIdentityVersion = 1;
inline constexpr std::uint32_t kIdentityRecordMagic = 0x5244'4954;  // "TIDR"
// A payload's; a pod of a hundred containers fits in.
inline constexpr std::size_t kIdentityBytesMax = 64u << 10;

struct IdentityLogHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t checksum;  // xxh3 of all bytes before it
};
static_assert(sizeof(IdentityLogHeader) == 24);

// A record: this header, payload_bytes of payload, then zeros up to a multiple of 8.
struct IdentityRecordHeader {
  std::uint32_t magic;
  std::uint32_t payload_bytes;
  std::int64_t from;               // Unix ms
  std::uint64_t payload_checksum;  // xxh3 of the payload
  std::uint64_t checksum;          // xxh3 of all bytes before it
};
static_assert(sizeof(IdentityRecordHeader) == 32);

// The payload: all but `from`.
std::vector<std::byte> pack_identity(const Identity& identity);
Result<Identity> unpack_identity(std::span<const std::byte> payload, TimeMs from);

// What a log begins with.
std::string identity_log_header();
Result<void> check_identity_log(std::span<const std::byte> file, const std::string& path);

struct IdentitiesRead {
  std::vector<Identity> identities;  // in the order in which they were told
  std::uint64_t damaged = 0;         // places that were passed over
};
// Requires: check_identity_log() is content.
IdentitiesRead read_identities(std::span<const std::byte> file);

}  // namespace tacho::store
