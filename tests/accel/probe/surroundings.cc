#include "tests/accel/probe/groups.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

namespace nvml_probe {

void list_folder(const char* path, const char* with) {
  DIR* dir = opendir(path);
  if (!dir) return;
  while (const dirent* e = readdir(dir)) {
    if (strstr(e->d_name, with) != nullptr) printf("CONTEXT file %s/%s\n", path, e->d_name);
  }
  closedir(dir);
}
void show_file(const char* path) {
  FILE* f = fopen(path, "r");
  if (!f) return printf("CONTEXT %s: not there\n", path), void();
  char line[512];
  while (fgets(line, sizeof line, f)) printf("CONTEXT %s: %s", path, line);
  fclose(f);
}
void show_own(const char* when) {
  long resident_kib = 0, threads = 0;
  FILE* f = fopen("/proc/self/status", "r");
  char line[256];
  while (f && fgets(line, sizeof line, f)) {
    sscanf(line, "VmRSS: %ld", &resident_kib);
    sscanf(line, "Threads: %ld", &threads);
  }
  if (f) fclose(f);
  printf("OWN %s resident_kib=%ld threads=%ld files=", when, resident_kib, threads);
  DIR* dir = opendir("/proc/self/fd");
  while (const dirent* e = dir ? readdir(dir) : nullptr) {
    char path[300], target[300];
    snprintf(path, sizeof path, "/proc/self/fd/%.20s", e->d_name);
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n > 0) target[n] = 0, printf("%s ", target);
  }
  if (dir) closedir(dir);
  printf("\n");
}

}  // namespace nvml_probe
