// Append-only files of records that stand for themselves: each is a header with checksums and a payload, at a multiple of 8. What does not
// match is passed over, and the next record is looked for behind it.
//
// Shape    a Header is a struct as it lies in the file with the members magic, payload_bytes, payload_checksum and, last, checksum (xxh3 of
//          all bytes before it).
// Threads  pure functions.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace tacho::store {

inline constexpr std::size_t kLogAlign = 8;

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

template <class Header>
std::uint64_t checksum_of(const Header& h) {
  return XXH3_64bits(&h, offsetof(Header, checksum));
}

template <class Header>
constexpr std::size_t log_record_bytes(std::size_t payload_bytes) {
  return (sizeof(Header) + payload_bytes + kLogAlign - 1) / kLogAlign * kLogAlign;
}

// Fills in what the payload and the checksums are.
template <class Header>
void append_log_record(std::string& out, Header header, std::span<const std::byte> payload) {
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = XXH3_64bits(payload.data(), payload.size());
  header.checksum = checksum_of(header);
  const std::size_t end = out.size() + log_record_bytes<Header>(payload.size());
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(reinterpret_cast<const char*>(payload.data()), payload.size());
  out.resize(end);
}

// Calls take(offset, header, payload) for every whole record from `at` on; tells how many stretches in between are damaged.
template <class Header, class Take>
std::uint64_t walk_log(std::span<const std::byte> file, std::size_t at, decltype(Header::magic) magic, const Take& take) {
  std::uint64_t damaged = 0;
  bool in_damage = false;
  while (at < file.size()) {
    Header h{};
    const bool has_header = file.size() - at >= sizeof h;
    if (has_header) std::memcpy(&h, file.data() + at, sizeof h);
    if (has_header && h.magic == magic && h.checksum == checksum_of(h) && h.payload_bytes <= file.size() - at - sizeof h) {
      const auto payload = file.subspan(at + sizeof h, h.payload_bytes);
      if (XXH3_64bits(payload.data(), payload.size()) == h.payload_checksum) {
        in_damage = false;
        take(at, h, payload);
        at += log_record_bytes<Header>(h.payload_bytes);
        continue;
      }
    }
    damaged += in_damage ? 0 : 1;
    in_damage = true;
    at += kLogAlign;
  }
  return damaged;
}

}  // namespace tacho::store
