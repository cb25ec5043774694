// A machine of many CPUs, made: two threads a core, half the CPUs a package. Every number says which CPU it is of.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {

// At `tick` every counter is that much further. CPU `offline` is not there; -1: all are.
inline void lay_many_cpus(Machine& machine, int cpus, int tick = 0, int offline = -1) {
  std::string stat = "cpu  1 2 3 4 5 6 7 8 9 10\n";
  std::string softnet;
  std::string schedstat = "version 17\ntimestamp 4300000000\n";
  std::string softirqs = fmt::format("{:>20}", "");
  std::string net_rx = fmt::format("{:>12}:", "NET_RX");
  std::string timer = fmt::format("{:>12}:", "TIMER");
  std::string interrupts = fmt::format("{:>5}", "");
  std::string queue = " 120:";
  std::string local = " LOC:";
  for (int cpu = 0; cpu < cpus; ++cpu) {
    if (cpu == offline) continue;
    stat += fmt::format("cpu{} {} 0 {} {} {} 0 {} 0 0 0\n", cpu, 1'000'000 + cpu + tick, 2000 + cpu + tick,
                        3'000'000 + cpu + tick, cpu, 40 + cpu);
    softnet += fmt::format(
        "{:08x} 00000000 {:08x} 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 {:08x}\n",
        5000 + cpu + tick, cpu, cpu);
    schedstat += fmt::format("cpu{} 0 0 0 0 0 0 {} {} {}\ndomain0 ffff 0 0 0 0 0\n", cpu, 6'000'000'000LL + cpu + tick,
                             7'000'000LL + cpu, 800 + cpu + tick);
    softirqs += fmt::format("{:<11}", fmt::format("CPU{}", cpu));
    net_rx += fmt::format(" {:>10}", 100 + cpu + tick);
    timer += fmt::format(" {:>10}", 200 + cpu + tick);
    interrupts += fmt::format("{:<11}", fmt::format("CPU{}", cpu));
    queue += fmt::format(" {:>10}", 300 + cpu + tick);
    local += fmt::format(" {:>10}", 400 + cpu + tick);
    const std::string folder = fmt::format("sys/devices/system/cpu/cpu{}/", cpu);
    if (tick == 0) {
      machine.write(folder + "topology/physical_package_id", fmt::format("{}\n", cpu < cpus / 2 ? 0 : 1));
      machine.write(folder + "topology/core_id", fmt::format("{}\n", cpu / 2));
      machine.write(folder + "cpufreq/scaling_cur_freq", fmt::format("{}\n", 2'000'000 + cpu));
    }
  }
  stat += "intr 12345678901";
  for (int irq = 0; irq < 20 * cpus; ++irq) stat += fmt::format(" {}", irq % 7 ? 0 : irq);
  stat += "\nctxt 1\nbtime 2\nprocesses 3\nprocs_running 4\nprocs_blocked 5\nsoftirq 9 0 1 2 3 4 5 6 7 8 9\n";
  machine.write("proc/stat", stat);
  machine.write("proc/net/softnet_stat", softnet);
  machine.write("proc/schedstat", schedstat);
  machine.write("proc/softirqs", softirqs + "\n" + timer + "\n" + net_rx + "\n");
  machine.write("proc/interrupts", interrupts + "\n" + queue +
                                       "  IR-PCI-MSIX-0000:3b:00.0    0-edge      mlx5_comp0@pci:0000:3b:00.0\n" + local +
                                       "   Local timer interrupts\n");
}

}  // namespace tacho::sampler
