#include "tools/answers/nodes.h"

#include <fmt/format.h>
#include <netdb.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>

#include "proto/base/file.h"
#include "proto/base/host_port.h"
#include "proto/http_client.h"

namespace tacho::tools {
namespace {

constexpr const char* kPort = "9980";

// Of version 4 where there are any: localhost is one node.
std::vector<std::string> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::set<std::string> v4, v6;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST] = {};
    if (::getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    (a->ai_family == AF_INET ? v4 : v6).insert(text);
  }
  const auto& found = v4.empty() ? v6 : v4;
  return {found.begin(), found.end()};
}

Result<void> add_node(const std::string& entry, const Labels& labels, std::vector<NodeAddress>& out) {
  if (entry.find("://") != std::string::npos) {
    const auto url = parse_url(entry);
    if (!url) return failure("--nodes: {}", url.error());
    // Behind one gateway nodes are told apart by their paths.
    out.push_back({format_host_port(url->host, url->port) + (url->target == "/" ? "" : url->target), entry, labels});
    return {};
  }
  // HOST, HOST:PORT, ::1, [::1], [::1]:PORT
  const auto colons = std::count(entry.begin(), entry.end(), ':');
  const bool bare = colons == 0 || (colons > 1 && !entry.starts_with('['));
  const auto address =
      bare ? Result<HostPort>(HostPort{entry, kPort}) : parse_host_port(entry.ends_with(']') ? entry + ":" + kPort : entry);
  if (!address)
    return failure("--nodes: '{}' is no node ({}); write HOST, HOST:PORT, a URL, or the path of a file_sd file", entry,
                   address.error());
  if (address->host.empty()) return failure("--nodes: '{}' has no host", entry);
  const std::vector<std::string> all = addresses_of(address->host);
  const auto add = [&](const std::string& host) {
    const std::string name = format_host_port(host, address->port);
    out.push_back({name, "http://" + name, labels});
  };
  if (all.size() < 2) {
    add(address->host);  // a name that is not known says so when it is asked
  } else {
    for (const std::string& host : all) add(host);
  }
  return {};
}

Result<void> add_file(const std::string& path, std::vector<NodeAddress>& out) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  try {
    const YAML::Node root = YAML::Load(*text);
    const auto wrong = [&](const YAML::Node& at, const char* what) {
      return failure("{}:{}: {}", path, at.Mark().line + 1, what);
    };
    if (!root.IsSequence()) return wrong(root, "a file_sd file is a list of {targets: [...], labels: {...}}");
    for (const YAML::Node& group : root) {
      if (!group.IsMap() || !group["targets"] || !group["targets"].IsSequence())
        return wrong(group, "targets is missing, or no list");
      Labels labels;
      if (group["labels"]) {
        if (!group["labels"].IsMap()) return wrong(group["labels"], "labels is no map");
        for (const auto& pair : group["labels"]) {
          const auto name = pair.first.as<std::string>();
          if (!name.starts_with("__")) labels.set(name, pair.second.as<std::string>());
        }
      }
      for (const YAML::Node& target : group["targets"]) {
        if (auto ok = add_node(target.as<std::string>(), labels, out); !ok) return wrong(target, ok.error().message.c_str());
      }
    }
  } catch (const YAML::Exception& e) {
    return failure("{}:{}: {}", path, e.mark.line + 1, e.msg);
  }
  return {};
}

bool is_file(const std::string& entry) {
  return entry.find("://") == std::string::npos && (entry.find('/') != std::string::npos || entry.ends_with(".json") ||
                                                    entry.ends_with(".yml") || entry.ends_with(".yaml"));
}

Labels labels_at(const Labels& own, const NodeAddress& node) {
  Labels out = own;
  if (own.has("node") && own.get("node") != node.name) out.set("exported_node", own.get("node"));
  out.set("node", node.name);
  for (const Label& l : node.labels) {
    if (!out.has(l.name)) out.set(l.name, l.value);
  }
  return out;
}

}  // namespace

Result<std::vector<NodeAddress>> parse_nodes(const std::string& list) {
  std::vector<NodeAddress> out;
  if (std::ranges::count(list, ',') >= static_cast<std::ptrdiff_t>(kNodesMax))
    return failure("--nodes: the list has more than {} entries", kNodesMax);
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    const std::string entry = list.substr(begin, comma - begin);
    begin = comma + 1;
    if (entry.empty()) return failure("--nodes: there is an empty entry in '{}'", list);
    if (auto ok = is_file(entry) ? add_file(entry, out) : add_node(entry, {}, out); !ok) return std::unexpected(ok.error());
  }
  std::set<std::string> seen;
  std::erase_if(out, [&](const NodeAddress& n) { return !seen.insert(n.url).second; });
  if (out.empty()) return failure("--nodes: '{}' has no node", list);
  if (out.size() > kNodesMax) return failure("--nodes: {} nodes are more than {}", out.size(), kNodesMax);
  return out;
}

std::vector<Result<std::string>> ask_each(const std::vector<NodeAddress>& nodes, const std::string& path, const Params& params,
                                          std::int64_t timeout_ms) {
  std::vector<Result<std::string>> answers(nodes.size(), failure("it was not asked"));
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(nodes.size(), kNodesAtOnce); ++i) {
      threads.emplace_back([&] {
        for (std::size_t n; (n = next.fetch_add(1, std::memory_order_relaxed)) < nodes.size();) {
          answers[n] = ask(nodes[n].url, path, params, timeout_ms);
        }
      });
    }
  }  // joined: what they wrote is seen
  return answers;
}

NodesAnswer ask_nodes(const std::vector<NodeAddress>& nodes, const std::string& path, const Params& params,
                      std::int64_t timeout_ms) {
  const std::vector<Result<std::string>> answers = ask_each(nodes, path, params, timeout_ms);
  NodesAnswer out;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    auto answer = answers[n] ? parse_answer(*answers[n]) : std::unexpected(answers[n].error());
    if (!answer) {
      out.silent.push_back(fmt::format("{}: {}", nodes[n].name, answer.error()));
      continue;
    }
    query::QueryResult& one = *answer;
    ++out.answered;
    out.result.type = one.type == query::ValueType::scalar ? query::ValueType::vector : one.type;
    out.result.text = one.text;  // a string, which is the same for all
    for (query::ResultSeries& s : one.series) out.result.series.push_back({labels_at(s.labels, nodes[n]), std::move(s.points)});
    for (const std::string& w : one.warnings) out.result.warnings.push_back(fmt::format("{}: {}", nodes[n].name, w));
    for (const std::string& i : one.infos) {
      if (std::ranges::find(out.result.infos, i) == out.result.infos.end()) out.result.infos.push_back(i);
    }
  }
  if (out.result.type == query::ValueType::matrix) {
    std::stable_sort(out.result.series.begin(), out.result.series.end(),
                     [](const query::ResultSeries& a, const query::ResultSeries& b) { return a.labels < b.labels; });
  }
  return out;
}

}  // namespace tacho::tools
