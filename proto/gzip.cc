#include "proto/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "proto/base/check.h"

namespace tacho {
namespace {

// zlib's windowBits: 15 is the largest window, 16 asks for the gzip frame.
constexpr int kGzipWindow = 15 + 16;

Bytef* bytes(std::string_view s) { return reinterpret_cast<Bytef*>(const_cast<char*>(s.data())); }

}  // namespace

std::string gzip(std::string_view body) {
  z_stream z{};
  TACHO_CHECK(deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, body.size()), '\0');
  z.next_in = bytes(body);
  z.next_out = bytes(out);
  std::size_t in_left = body.size(), out_left = out.size();
  int status = Z_OK;
  // avail_in and avail_out are 32 bits wide.
  while (status == Z_OK) {
    const uInt in = static_cast<uInt>(std::min<std::size_t>(in_left, 1u << 30));
    const uInt room = static_cast<uInt>(std::min<std::size_t>(out_left, 1u << 30));
    z.avail_in = in;
    z.avail_out = room;
    status = deflate(&z, in == in_left ? Z_FINISH : Z_NO_FLUSH);
    in_left -= in - z.avail_in;
    out_left -= room - z.avail_out;
  }
  deflateEnd(&z);
  TACHO_CHECK(status == Z_STREAM_END);
  out.resize(out.size() - out_left);
  return out;
}

Result<void> gunzip(std::string_view packed, std::size_t size_max, std::string& out) {
  if (packed.size() > (1u << 30)) return failure("a gzip body of {} bytes is too large", packed.size());
  z_stream z{};
  TACHO_CHECK(inflateInit2(&z, kGzipWindow) == Z_OK);
  out.clear();
  z.next_in = bytes(packed);
  z.avail_in = static_cast<uInt>(packed.size());
  int status = Z_OK;
  constexpr std::size_t kStep = 64 << 10;
  while (status == Z_OK && out.size() <= size_max) {
    const std::size_t used = out.size();
    out.resize(used + kStep);
    z.next_out = bytes(out) + used;
    z.avail_out = kStep;
    status = inflate(&z, Z_NO_FLUSH);
    out.resize(used + kStep - z.avail_out);
  }
  const bool whole = status == Z_STREAM_END && z.avail_in == 0;
  inflateEnd(&z);
  if (out.size() > size_max) return failure("a gzip body unpacks to more than {} bytes", size_max);
  if (!whole) return failure("a gzip body is broken or cut short");
  return {};
}

Result<std::string> gunzip(std::string_view packed, std::size_t size_max) {
  std::string out;
  if (auto ok = gunzip(packed, size_max, out); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace tacho
