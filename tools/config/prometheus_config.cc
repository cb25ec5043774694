#include "tools/config/prometheus_config.h"

#include <yaml-cpp/yaml.h>

#include "proto/base/duration.h"

namespace tacho::tools {

std::string prometheus_config(const Config& config, std::int64_t interval_ms) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "global" << YAML::Value << YAML::BeginMap;
  out << YAML::Key << "scrape_interval" << YAML::Value << format_duration(interval_ms);
  if (!config.external_labels.empty()) {
    out << YAML::Key << "external_labels" << YAML::Value << YAML::BeginMap;
    // Quoted: a label's value is a text also where it looks like a number.
    for (const Label& l : config.external_labels) out << YAML::Key << l.name << YAML::Value << YAML::DoubleQuoted << l.value;
    out << YAML::EndMap;
  }
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Result<Labels> prometheus_external_labels(const std::string& yaml) try {
  std::vector<Label> labels;
  const YAML::Node told = YAML::Load(yaml)["global"]["external_labels"];
  if (told && told.IsMap()) {
    for (const auto& l : told) labels.push_back({l.first.as<std::string>(), l.second.as<std::string>()});
  }
  return Labels(std::move(labels));
} catch (const YAML::Exception& e) {
  return failure("the external labels of the configuration cannot be read: {}", e.what());
}

}  // namespace tacho::tools
