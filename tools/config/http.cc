#include "tools/config/http.h"

#include <unistd.h>

#include <limits>

namespace tacho::tools {
namespace {

// A file that is missing here may be there on the node: promtool's habit is to fail, ours to warn.
void warn_if_unreadable(Section& s, std::string_view key, const std::string& path) {
  if (!path.empty() && ::access(path.c_str(), R_OK) != 0)
    s.problems().warning(s.where(key), fmt::format("{}: {} cannot be read here: {}", s.name_of(key), path, ::strerror(errno)));
}

void read_file_name(Section& s, std::string_view key, std::string& out) {
  if (s.text(key, out)) warn_if_unreadable(s, key, out);
}

void read_basic_auth(Section& outer, HttpAuth& auth) {
  const auto node = outer.node("basic_auth");
  if (!node) return;
  Section s(outer.problems(), *node, outer.name_of("basic_auth"));
  s.text("username", auth.username);
  s.text("password", auth.password);
  read_file_name(s, "password_file", auth.password_file);
  s.unsupported({"username_file", "username_ref", "password_ref"});
  s.finish();
  if (!s.has("username") && !s.has("username_file")) s.problems().error(*node, s.name_of("username") + " is missing");
  if (s.has("password") && s.has("password_file"))
    s.problems().error(*node, fmt::format("{} has both password and password_file; keep one", outer.name_of("basic_auth")));
}

void read_authorization(Section& outer, HttpAuth& auth) {
  const auto node = outer.node("authorization");
  if (!node) return;
  Section s(outer.problems(), *node, outer.name_of("authorization"));
  s.text("type", auth.type);
  s.text("credentials", auth.credentials);
  read_file_name(s, "credentials_file", auth.credentials_file);
  s.unsupported({"credentials_ref"});
  s.finish();
  if (s.has("credentials") == s.has("credentials_file"))
    s.problems().error(*node, s.name_of("credentials") + " or credentials_file must be given, one of the two");
  if (auth.type == "Basic" || auth.type == "basic")
    s.problems().error(s.where("type"), s.name_of("type") + " cannot be Basic; use basic_auth");
}

void read_relabel_rule(Problems& problems, const YAML::Node& node, const std::string& path,
                       std::vector<store::RelabelRule>& rules) {
  Section s(problems, node, path);
  store::RelabelSpec spec;
  s.texts("source_labels", spec.source_labels);
  s.text("separator", spec.separator);
  s.text("target_label", spec.target_label);
  s.text("regex", spec.regex);
  s.text("replacement", spec.replacement);
  std::int64_t modulus = 0;
  if (s.integer("modulus", modulus, 1, std::numeric_limits<std::int64_t>::max()))
    spec.modulus = static_cast<std::uint64_t>(modulus);
  std::string action;
  if (s.text("action", action)) {
    const auto known = store::parse_relabel_action(action);
    if (!known) return problems.error(s.where("action"), fmt::format("{}: {}", path, known.error()));
    spec.action = *known;
  }
  s.finish();
  auto rule = store::RelabelRule::create(std::move(spec));
  if (!rule) return problems.error(node, fmt::format("{}: {}", path, rule.error()));
  rules.push_back(std::move(*rule));
}

}  // namespace

void read_auth(Section& outer, HttpAuth& auth) {
  read_basic_auth(outer, auth);
  read_authorization(outer, auth);
  // The older spelling of authorization.
  outer.text("bearer_token", auth.credentials);
  read_file_name(outer, "bearer_token_file", auth.credentials_file);
  const int ways =
      outer.has("basic_auth") + outer.has("authorization") + outer.has("bearer_token") + outer.has("bearer_token_file");
  if (ways > 1)
    outer.problems().error(outer.where("basic_auth"),
                           "at most one of basic_auth, authorization, bearer_token and bearer_token_file can be given");
}

void read_tls(Section& outer, TlsOptions& tls) {
  const auto node = outer.node("tls_config");
  if (!node) return;
  Section s(outer.problems(), *node, outer.name_of("tls_config"));
  read_file_name(s, "ca_file", tls.ca_file);
  read_file_name(s, "cert_file", tls.cert_file);
  read_file_name(s, "key_file", tls.key_file);
  s.text("server_name", tls.server_name);
  s.boolean("insecure_skip_verify", tls.insecure_skip_verify);
  s.unsupported({"ca", "cert", "key", "ca_ref", "cert_ref", "key_ref", "min_version", "max_version"});
  s.finish();
  if (tls.cert_file.empty() != tls.key_file.empty())
    s.problems().error(*node, s.name_of("cert_file") + " and key_file go together");
}

void read_relabel_rules(Section& s, std::string_view key, std::vector<store::RelabelRule>& rules) {
  const auto items = s.list(key);
  for (std::size_t i = 0; i < items.size(); ++i)
    read_relabel_rule(s.problems(), items[i], fmt::format("{}[{}]", s.name_of(key), i), rules);
}

}  // namespace tacho::tools
