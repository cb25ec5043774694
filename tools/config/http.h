// What the parts of the configuration that speak HTTP have in common, in Prometheus's spelling.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/http_auth.h"
#include "proto/tls.h"
#include "store/shipping/relabel.h"
#include "tools/config/section.h"

namespace tacho::tools {

// basic_auth, authorization, bearer_token and bearer_token_file: at most one of them.
void read_auth(Section& s, HttpAuth& auth);
// tls_config.
void read_tls(Section& s, TlsOptions& tls);
// A list of relabel_configs, whatever its key is called.
void read_relabel_rules(Section& s, std::string_view key, std::vector<store::RelabelRule>& rules);

}  // namespace tacho::tools
