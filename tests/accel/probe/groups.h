// Groups of calls: everything that is known of a device's library, a line a call.
#pragma once

#include "tests/accel/probe/call.h"

namespace nvml_probe {

void probe_identity(const std::string& who, Dev d);
void probe_load(const std::string& who, Dev d);
void probe_links(const std::string& who, Dev d);
void probe_errors(const std::string& who, Dev d);
void probe_processes(const std::string& who, Dev d);
void probe_fields(const std::string& who, Dev d);
void probe_samples(const std::string& who, Dev d);
void probe_gpm(const std::string& who, Dev d);
void probe_events(const std::string& who, Dev d);
// How often values change: polled as fast as the calls allow.
void watch(const std::string& who, Dev d);
// Does a costly call of one thread hold up a cheap one of another?
void probe_contention(const std::string& who, Dev d);

// What the process has around it and holds: files, memory, threads.
void list_folder(const char* path, const char* with);
void show_file(const char* path);
void show_own(const char* when);

}  // namespace nvml_probe
