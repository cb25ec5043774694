// One mapping of the YAML file while it is read: typed keys, each asked for by name; what nobody asked for is an
// unknown key.
//
//   Section s(problems, node, "remote_write[0].tls_config");
//   s.text("ca_file", tls.ca_file);
//   s.boolean("insecure_skip_verify", tls.insecure_skip_verify);
//   s.finish();
//
// Shape    a key that is absent (or null) leaves its variable as it is; a wrong value is reported and leaves it too.
// Errors   gathered in Problems, with the line of the key; yaml-cpp's exceptions end in here and in config.cc.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "tools/config/config.h"

namespace tacho::tools {

class Problems {
 public:
  explicit Problems(std::vector<ConfigProblem>& out) : out_(out) {}
  void error(const YAML::Node& at, std::string text) { add(ConfigProblem::Severity::error, at, std::move(text)); }
  void warning(const YAML::Node& at, std::string text) { add(ConfigProblem::Severity::warning, at, std::move(text)); }

 private:
  void add(ConfigProblem::Severity severity, const YAML::Node& at, std::string text);
  std::vector<ConfigProblem>& out_;
};

class Section {
 public:
  // `path` is how messages name it, "" for the whole file. A node that is no mapping is reported and read as an empty
  // one.
  Section(Problems& problems, const YAML::Node& node, std::string path);

  // Whether a value was read.
  bool text(std::string_view key, std::string& out);
  bool boolean(std::string_view key, bool& out);
  bool integer(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max);
  bool duration(std::string_view key, std::int64_t& out_ms, std::int64_t min_ms, std::int64_t max_ms);
  bool bytes(std::string_view key, std::uint64_t& out, std::uint64_t min);
  bool texts(std::string_view key, std::vector<std::string>& out);
  // The value of a key that is present, for what is read elsewhere.
  std::optional<YAML::Node> node(std::string_view key);
  // The items of a list; reported when it is none.
  std::vector<YAML::Node> list(std::string_view key);
  // The pairs of a mapping of texts, in order.
  std::vector<std::pair<std::string, YAML::Node>> pairs(std::string_view key);

  // Known in Prometheus and without a meaning here: taken silently.
  void harmless(std::initializer_list<std::string_view> keys);
  // Known in Prometheus, but what it asks for would not happen: an error when it is used (not when false, null or
  // empty).
  void unsupported(std::initializer_list<std::string_view> keys);

  // Reports the keys that were never asked for.
  void finish();

  bool has(std::string_view key) const;
  // The key's own node, for the line of a message; the section's when the key is absent.
  YAML::Node where(std::string_view key) const;
  std::string name_of(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + "." + std::string(key); }
  Problems& problems() { return problems_; }

 private:
  struct Pair {
    std::string key;
    YAML::Node key_node;
    YAML::Node value;
  };
  const Pair* find(std::string_view key) const;
  // Marks the key as known; null where it is absent or has no value.
  const Pair* ask(std::string_view key);
  const Pair* ask_scalar(std::string_view key, std::string_view wanted);
  void wrong(const Pair& pair, std::string_view wanted);

  Problems& problems_;
  YAML::Node node_;
  std::string path_;
  std::vector<Pair> pairs_;
  std::vector<std::string> known_;
};

}  // namespace tacho::tools
