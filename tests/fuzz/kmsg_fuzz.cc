// Any bytes are a kernel log's record or none, and any text an event or none; what is taken out of it lies in it, and is fit for a label.
#include <cstdlib>

#include "proto/base/check.h"
#include "sampler/host/kernel_log/kmsg_events.h"
#include "sampler/host/kernel_log/kmsg_record.h"
#include "sampler/host/workload/cgroup_path.h"

namespace {

using namespace tacho;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_text(std::string_view text) {
  if (const auto kind = sampler::kmsg_kind(text)) TACHO_CHECK(!sampler::kmsg_kind_name(*kind).empty());
  const std::string_view cgroup = sampler::oom_cgroup(text);
  TACHO_CHECK(lies_in(cgroup, text) && (cgroup.empty() || cgroup[0] == '/'));
  const sampler::CgroupIdentity identity = sampler::cgroup_identity(cgroup);
  TACHO_CHECK(identity.kind == sampler::cgroup_kind(cgroup));
  TACHO_CHECK(identity.container_id.empty() || identity.container_id.size() == 64);
  if (const auto xid = sampler::xid_report(text)) {
    TACHO_CHECK(xid->device().size() <= xid->text.size());
    for (const char c : xid->device())
      TACHO_CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.', std::string(xid->device()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto record = sampler::parse_kmsg_record(bytes)) {
    TACHO_CHECK(record->level < 8 && record->time_us >= 0 && lies_in(record->text, bytes));
    check_text(record->text);
  }
  check_text(bytes);
  (void)sampler::cgroup_identity(bytes);
  return 0;
}
