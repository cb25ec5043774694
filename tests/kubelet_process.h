// tests/e2e/fake_kubelet.py as a process of the test's own: real gRPC on a unix socket, told what to say by a file.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "proto/base/file.h"
#include "tests/temp_dir.h"

extern char** environ;

namespace tacho::test {

class KubeletProcess {
 public:
  KubeletProcess() { start(); }
  ~KubeletProcess() { end(); }

  std::string socket() const { return dir_ / "kubelet.sock"; }
  // From the next call on. JSON: {"list": [...], "trouble": "..."}.
  void say(const std::string& json) {
    const std::string path = socket() + ".say";
    std::ofstream(path + ".new") << json;
    REQUIRE(::rename((path + ".new").c_str(), path.c_str()) == 0);
  }
  void start() {
    int to[2];
    int from[2];
    REQUIRE(::pipe2(to, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(from, O_CLOEXEC) == 0);
    in_ = Fd(to[1]);
    const Fd child_in(to[0]);
    const Fd child_out(from[1]);
    const Fd out(from[0]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, child_in.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, child_out.get(), 1);
    std::string script = TACHO_SOURCE_DIR "/tests/e2e/fake_kubelet.py";
    std::string path = socket();
    // Debian's own python: it is the one that has Debian's grpc.
    std::string python = "/usr/bin/python3";
    char* arguments[] = {python.data(), script.data(), path.data(), nullptr};
    REQUIRE(::posix_spawn(&pid_, python.c_str(), &actions, nullptr, arguments, environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    // The whole line, however many writes it took.
    for (char ready = 0; ready != '\n';) {
      pollfd p{out.get(), POLLIN, 0};
      REQUIRE(::poll(&p, 1, 30'000) == 1);
      REQUIRE(::read(out.get(), &ready, 1) == 1);
    }
  }
  // As a kubelet that ends: its socket stays where it is, and nobody listens.
  void end() {
    in_ = Fd();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  TempDir dir_;
  Fd in_;
  pid_t pid_ = 0;
};

}  // namespace tacho::test
