#include "store/shipping/ship_verdict.h"

#include "proto/remote_write_v2.h"

namespace tacho::store {

Verdict judge(const Result<HttpResponse>& answer, bool is_v2, bool retry_on_429) {
  if (!answer) return Verdict::retry;
  const int status = answer->status;
  if (status >= 200 && status < 300) return is_v2 && !samples_written(*answer) ? Verdict::other_version : Verdict::taken;
  if (status >= 500 || (status == 429 && retry_on_429)) return Verdict::retry;
  // One that counts what it wrote of a request knows this version, and refuses the rest.
  if (is_v2 && (status == 415 || (status == 400 && !samples_written(*answer)))) return Verdict::other_version;
  return Verdict::refused;
}

}  // namespace tacho::store
