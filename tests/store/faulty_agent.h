// An agent whose folders are made to fail: it writes rows that tell which they are, and says what did not go as it should.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/store/copied_dirs.h"
#include "tests/store/telling_rows.h"

namespace tacho::test {

namespace fs = std::filesystem;
using namespace tacho::store;

inline const TellingRows kRows;

inline StoreOptions options_for(const StoreDirs& dirs, std::uint64_t budget = 1 << 20) {
  StoreOptions options;
  options.dirs = dirs;
  options.budget_bytes = budget;
  options.block_rows_most = kBlockRows;
  return options;
}

// What did not go as it should, in the order it was seen.
struct Wrong {
  std::string text;
  void unless(bool ok, const std::string& what) {
    if (!ok) text += what + "\n";
  }
  // An error that names all of these.
  template <class T>
  void unless_error(const Result<T>& r, std::initializer_list<std::string_view> parts) {
    unless(!r, "no error");
    for (const std::string_view part : parts) {
      if (!r) unless(r.error().message.find(part) != std::string::npos, fmt::format("no '{}' in: {}", part, r.error().message));
    }
  }
};

// An agent with one group of telling rows.
struct Agent {
  Wrong& wrong;
  StoreDirs dirs;
  std::unique_ptr<Store> store;
  std::unique_ptr<Group> group;
  std::uint64_t next = 0;

  Agent(Wrong& w, const StoreDirs& d, std::uint64_t next_row = 0) : wrong(w), dirs(d), next(next_row) {
    auto opened = Store::open(options_for(dirs));
    wrong.unless(opened.has_value(), opened ? "" : opened.error().message);
    if (!opened) return;
    store = std::move(*opened);
    group = store->group(kRows.group, kRows.interval_ms);
    if (auto ok = group->describe(kRows.schema(next - (next > 0))); !ok) wrong.unless(false, ok.error().message);
  }
  void write(std::uint64_t until) {
    for (; store && next < until; ++next) {
      auto ok = kRows.write(*group, next);
      if (ok) ok = store->maintain();
      if (!ok) return wrong.unless(false, fmt::format("row {}: {}", next, ok.error().message));
    }
  }
  void has(std::uint64_t rows) {
    if (!store) return;
    const auto found = kRows.check(*store, {.published = rows});
    wrong.unless(found.wrong.empty() && found.oldest == 0, "in the agent: " + found.wrong);
    const auto files = DirStore::open(dirs);
    wrong.unless(files.has_value(), "the files cannot be read");
    if (!files) return;
    const auto read = kRows.check(**files, {.published = rows});
    wrong.unless(read.wrong.empty() && read.oldest == 0, "in the files: " + read.wrong);
  }
};

inline void make_rows(const StoreDirs& dirs, std::uint64_t rows) {
  Wrong wrong;
  Agent agent(wrong, dirs);
  agent.write(rows);
  CHECK(wrong.text == "");
}

inline std::uint64_t rounds(std::uint64_t in_release) {
  return std::getenv("TACHO_ROUNDS") != nullptr ? in_release / 10 : in_release;
}

}  // namespace tacho::test
