// Test scripts in the language of Prometheus's own: load, clear, eval instant, eval range, expect.
//
//   load 1s
//     disk_bytes_total{dev="a"}  0+512x4 _ 4096 stale
//   eval instant at 4s rate(disk_bytes_total[4s])
//     expect no_warn
//     {dev="a"} 512
//
// An instant eval is checked three ways more: as a step of a range query, with @ on every selector at other times
// (where nothing in the query asks for the time), and printed and parsed again.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query/engine/engine.h"
#include "test_store.h"

namespace tacho::query {

struct ScriptRow {
  Labels labels;
  std::vector<Sample> points;
};

struct Eval {
  int line = 0;
  bool instant = true;
  TimeMs start = 0, end = 0, step = 1;
  std::string query;
  std::vector<ScriptRow> rows;
  bool ordered = false;
  bool fails = false;
  std::string fail_message;
  std::vector<std::string> warnings, infos;  // what each must contain
  bool no_warnings = false, no_infos = false;
  bool is_scalar = false;
};

// Problems found, each with its line; empty when all is well.
std::vector<std::string> run_script(const std::string& text);

}  // namespace tacho::query
