#include "sampler/host/system/uname.h"

#include <cerrno>
#include <cstring>

#include "sampler/cells.h"

namespace tacho::sampler {

Result<void> UnameSource::describe(store::Schema& schema) {
  described_ = {};
  if (::uname(&described_) != 0) return sys_failure(errno, "cannot ask uname");
  SchemaBuilder(schema).add("node_uname_info", {{"sysname", described_.sysname},
                                                {"release", described_.release},
                                                {"version", described_.version},
                                                {"machine", described_.machine},
                                                {"nodename", described_.nodename},
                                                {"domainname", described_.domainname}});
  return {};
}

Result<Sampled> UnameSource::sample(Row& row) {
  utsname now{};
  if (::uname(&now) != 0) return sys_failure(errno, "cannot ask uname");
  if (std::strcmp(now.nodename, described_.nodename) != 0 || std::strcmp(now.domainname, described_.domainname) != 0) {
    return Sampled::layout_changed;
  }
  row.set(0, 1.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
