// What the kernel schedules and what system this is: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
    // cpu
    {"node_cpu_seconds_total", MetricType::counter, "seconds", "Time this CPU has spent in each mode; user and nice contain guest time.", "/proc/stat", "cpu"},
    {"node_cpu_guest_seconds_total", MetricType::counter, "seconds", "Time this CPU has run guests; already counted in user and nice.", "/proc/stat", "cpu"},
    {"node_cpu_online", MetricType::gauge, "", "1 if the kernel runs tasks on this CPU.", "/sys/devices/system/cpu/online", "cpu", 10000},
    {"node_cpu_isolated", MetricType::gauge, "", "That the scheduler leaves this CPU to those who ask for it; always 1.", "/sys/devices/system/cpu/isolated", "cpu", 10000},
    {"node_cpu_core_throttles_total", MetricType::counter, "", "Times heat has slowed this core down.", "/sys/devices/system/cpu/cpuN/thermal_throttle/core_throttle_count", "cpu", 10000},
    {"node_cpu_package_throttles_total", MetricType::counter, "", "Times heat has slowed this package of CPUs down.", "/sys/devices/system/cpu/cpuN/thermal_throttle/package_throttle_count", "cpu", 10000},
    // stat
    {"node_intr_total", MetricType::counter, "", "Interrupts the machine has serviced.", "/proc/stat", "stat"},
    {"node_context_switches_total", MetricType::counter, "", "Switches from one task to another.", "/proc/stat", "stat"},
    {"node_forks_total", MetricType::counter, "", "Processes and threads created.", "/proc/stat", "stat"},
    {"node_boot_time_seconds", MetricType::gauge, "seconds", "When the machine booted, in Unix time.", "/proc/stat", "stat"},
    {"node_procs_running", MetricType::gauge, "", "Tasks that run or wait for a CPU right now.", "/proc/stat", "stat", 0, Rollup::max, "a burst of runnable tasks shorter than a minute starves a training step, and its average hides it"},
    {"node_procs_blocked", MetricType::gauge, "", "Tasks that wait for storage right now.", "/proc/stat", "stat", 0, Rollup::max, "data loaders blocked for a few seconds are a stalled step, and vanish in the average"},
    // kernel_hung
    {"node_kernel_hung_tasks_total", MetricType::counter, "", "Tasks that waited so long without a break that the kernel calls them hung.", "/proc/sys/kernel/hung_task_detect_count", "kernel_hung", 10000},
    // softirqs
    {"node_softirqs_functions_total", MetricType::counter, "", "Times this CPU has done deferred work of this kind; NET_RX is packets taken in.", "/proc/softirqs", "softirqs"},
    {"node_softirqs_total", MetricType::counter, "", "Times the machine has done deferred work of this kind.", "/proc/stat", "softirqs"},
    // interrupts
    {"node_interrupts_total", MetricType::counter, "", "Interrupts this CPU has serviced, by number or name and by device.", "/proc/interrupts", "interrupts"},
    // processes
    {"node_processes_pids", MetricType::gauge, "", "Processes there are.", "/proc/PID/stat", "processes", 10000},
    {"node_processes_threads", MetricType::gauge, "", "Threads there are, each process's first included.", "/proc/PID/stat", "processes", 10000},
    {"node_processes_state", MetricType::gauge, "", "Processes in this state; D waits and cannot be killed, Z is a zombie.", "/proc/PID/stat", "processes", 10000},
    {"node_processes_threads_state", MetricType::gauge, "", "Threads in this state; D waits and cannot be killed.", "/proc/PID/task/TID/stat", "processes", 10000},
    {"node_processes_max_processes", MetricType::gauge, "", "The highest number a process or thread may get.", "/proc/sys/kernel/pid_max", "processes", 10000},
    {"node_processes_max_threads", MetricType::gauge, "", "How many threads there may be.", "/proc/sys/kernel/threads-max", "processes", 10000},
    // cgroups
    {"node_cgroups_cgroups", MetricType::gauge, "", "Cgroups of this controller; those that are removed but still in use count too.", "/proc/cgroups", "cgroups", 10000},
    {"node_cgroups_enabled", MetricType::gauge, "", "1 if the controller is enabled.", "/proc/cgroups", "cgroups", 10000},
    // loadavg
    {"node_load1", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over one minute.", "/proc/loadavg", "loadavg", 0, Rollup::max, "the peak load of the minute, for nodes whose average looks calm"},
    {"node_load5", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over five minutes.", "/proc/loadavg", "loadavg"},
    {"node_load15", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over fifteen minutes.", "/proc/loadavg", "loadavg"},
    // pressure
    {"node_pressure_cpu_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for a CPU.", "/proc/pressure/cpu", "pressure"},
    {"node_pressure_io_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for storage.", "/proc/pressure/io", "pressure"},
    {"node_pressure_io_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks that could run waited for storage.", "/proc/pressure/io", "pressure"},
    {"node_pressure_memory_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for memory.", "/proc/pressure/memory", "pressure"},
    {"node_pressure_memory_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks that could run waited for memory.", "/proc/pressure/memory", "pressure"},
    {"node_pressure_irq_stalled_seconds_total", MetricType::counter, "seconds", "Time in which interrupts kept every task from running.", "/proc/pressure/irq", "pressure"},
    // schedstat
    {"node_schedstat_running_seconds_total", MetricType::counter, "seconds", "Time this CPU has run tasks, to the nanosecond.", "/proc/schedstat", "schedstat"},
    {"node_schedstat_waiting_seconds_total", MetricType::counter, "seconds", "Time tasks have waited for this CPU though they could run, summed over all that waited.", "/proc/schedstat", "schedstat"},
    {"node_schedstat_timeslices_total", MetricType::counter, "", "Times this CPU has been given to a task.", "/proc/schedstat", "schedstat"},
    // cpufreq: without rollups, which would be samples for every CPU of hundreds
    {"node_cpu_frequency_hertz", MetricType::gauge, "hertz", "The rate the hardware says this CPU runs at; readable for root alone.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_cur_freq", "cpufreq", 10000},
    {"node_cpu_frequency_avg_hertz", MetricType::gauge, "hertz", "The mean rate this CPU ran at lately, as the hardware has counted it.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_avg_freq", "cpufreq", 10000},
    {"node_cpu_frequency_min_hertz", MetricType::gauge, "hertz", "The lowest rate this CPU can run at.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_min_freq", "cpufreq", 10000},
    {"node_cpu_frequency_max_hertz", MetricType::gauge, "hertz", "The highest rate this CPU can run at.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_max_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_hertz", MetricType::gauge, "hertz", "The rate the kernel runs this CPU at, as far as it knows.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_cur_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_min_hertz", MetricType::gauge, "hertz", "The lowest rate the kernel may choose for this CPU.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_min_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_max_hertz", MetricType::gauge, "hertz", "The highest rate the kernel may choose for this CPU; lower than the CPU's own where power or heat is capped.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_max_freq", "cpufreq", 10000},
    {"node_cpu_scaling_governor", MetricType::gauge, "", "1 for the governor that chooses this CPU's rate, 0 for the others it could have.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_governor", "cpufreq", 10000},
    // time
    {"node_time_seconds", MetricType::gauge, "seconds", "The wall clock, in Unix time.", "clock_gettime", "time"},
    {"node_time_zone_offset_seconds", MetricType::gauge, "seconds", "The machine's time zone, as seconds east of UTC.", "localtime", "time"},
    {"node_time_clocksource_available_info", MetricType::gauge, "", "Clock sources the kernel could use; always 1.", "/sys/devices/system/clocksource", "time"},
    {"node_time_clocksource_current_info", MetricType::gauge, "", "The clock source the kernel uses; always 1.", "/sys/devices/system/clocksource", "time"},
    // timex
    {"node_timex_sync_status", MetricType::gauge, "", "1 if something keeps the kernel's clock in step with a reference, 0 if it runs free.", "adjtimex", "timex"},
    {"node_timex_offset_seconds", MetricType::gauge, "seconds", "How far the clock was from its reference when that was last measured.", "adjtimex", "timex"},
    {"node_timex_frequency_adjustment_ratio", MetricType::gauge, "", "How much faster than by itself the clock is made to run; 1 is no adjustment.", "adjtimex", "timex"},
    {"node_timex_maxerror_seconds", MetricType::gauge, "seconds", "The clock's greatest possible error; it grows until the clock is set right again.", "adjtimex", "timex"},
    {"node_timex_estimated_error_seconds", MetricType::gauge, "seconds", "The clock's error as whoever disciplines it estimates it.", "adjtimex", "timex"},
    {"node_timex_status", MetricType::gauge, "", "The kernel's status bits of the clock (STA_PLL, STA_UNSYNC, STA_NANO, ...), as one number.", "adjtimex", "timex"},
    {"node_timex_loop_time_constant", MetricType::gauge, "", "How slowly the kernel's phase-locked loop follows its reference; higher is slower.", "adjtimex", "timex"},
    {"node_timex_tick_seconds", MetricType::gauge, "seconds", "What the kernel adds to the clock at each of its ticks.", "adjtimex", "timex"},
    {"node_timex_pps_frequency_hertz", MetricType::gauge, "hertz", "Frequency offset measured by the pulse-per-second signal.", "adjtimex", "timex"},
    {"node_timex_pps_jitter_seconds", MetricType::gauge, "seconds", "Jitter of the pulse-per-second signal.", "adjtimex", "timex"},
    {"node_timex_pps_shift_seconds", MetricType::gauge, "seconds", "Length of the pulse-per-second calibration, as a power of two of seconds.", "adjtimex", "timex"},
    {"node_timex_pps_stability_hertz", MetricType::gauge, "hertz", "How much the pulse-per-second frequency wanders, smoothed.", "adjtimex", "timex"},
    {"node_timex_pps_jitter_total", MetricType::counter, "", "Pulses refused because they jittered too much.", "adjtimex", "timex"},
    {"node_timex_pps_calibration_total", MetricType::counter, "", "Pulse-per-second calibrations finished.", "adjtimex", "timex"},
    {"node_timex_pps_error_total", MetricType::counter, "", "Pulse-per-second calibrations that failed.", "adjtimex", "timex"},
    {"node_timex_pps_stability_exceeded_total", MetricType::counter, "", "Times the pulse-per-second frequency wandered too much.", "adjtimex", "timex"},
    {"node_timex_tai_offset_seconds", MetricType::gauge, "seconds", "What atomic time (TAI) is ahead of UTC; 0 where nobody has told the kernel.", "adjtimex", "timex"},
    // uname, filefd, entropy
    {"node_uname_info", MetricType::gauge, "", "The kernel's name, release and host name; always 1.", "uname", "uname", 60000},
    {"node_filefd_allocated", MetricType::gauge, "", "Files open in the whole machine.", "/proc/sys/fs/file-nr", "filefd"},
    {"node_filefd_maximum", MetricType::gauge, "", "How many files may be open in the whole machine.", "/proc/sys/fs/file-nr", "filefd"},
    {"node_entropy_available_bits", MetricType::gauge, "", "Bits of entropy in the kernel's pool.", "/proc/sys/kernel/random/entropy_avail", "entropy", 10000},
    {"node_entropy_pool_size_bits", MetricType::gauge, "", "Size of the kernel's pool of entropy.", "/proc/sys/kernel/random/poolsize", "entropy", 10000},
    // os
    {"node_os_info", MetricType::gauge, "", "The operating system's names and versions; always 1.", "/etc/os-release", "os", 60000},
    {"node_os_version", MetricType::gauge, "", "The number that the operating system's version begins with.", "/etc/os-release", "os", 60000},
    {"node_os_support_end_timestamp_seconds", MetricType::gauge, "seconds", "When the operating system's support ends, in Unix time.", "/etc/os-release", "os", 60000},
    // selinux
    {"node_selinux_enabled", MetricType::gauge, "", "1 if SELinux is on.", "/sys/fs/selinux", "selinux", 10000},
    {"node_selinux_config_mode", MetricType::gauge, "", "The mode after the next boot: 1 enforcing, 0 permissive, -1 off.", "/etc/selinux/config", "selinux", 10000},
    {"node_selinux_current_mode", MetricType::gauge, "", "The mode now: 1 enforcing, 0 permissive.", "/sys/fs/selinux/enforce", "selinux", 10000},
    {"node_selinux_avc_lookups_total", MetricType::counter, "", "Decisions looked up in the cache.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_hits_total", MetricType::counter, "", "Decisions found in the cache.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_misses_total", MetricType::counter, "", "Decisions that had to be worked out.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_allocations_total", MetricType::counter, "", "Entries made in the cache.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_reclaims_total", MetricType::counter, "", "Entries thrown out to make room.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_frees_total", MetricType::counter, "", "Entries freed.", "/sys/fs/selinux/avc/cache_stats", "selinux", 10000},
    {"node_selinux_avc_hash_entries", MetricType::gauge, "", "Entries the cache has.", "/sys/fs/selinux/avc/hash_stats", "selinux", 10000},
    {"node_selinux_avc_hash_buckets_used", MetricType::gauge, "", "Buckets of the cache's table in use.", "/sys/fs/selinux/avc/hash_stats", "selinux", 10000},
    {"node_selinux_avc_hash_buckets_available", MetricType::gauge, "", "Buckets the cache's table has.", "/sys/fs/selinux/avc/hash_stats", "selinux", 10000},
    {"node_selinux_avc_hash_longest_chain", MetricType::gauge, "", "Entries in its fullest bucket.", "/sys/fs/selinux/avc/hash_stats", "selinux", 10000},
    {"node_selinux_avc_threshold", MetricType::gauge, "", "Entries the cache may have before it throws out.", "/sys/fs/selinux/avc/cache_threshold", "selinux", 10000},
    // textfile: beside these whatever is in the files
    {"node_textfile_scrape_error", MetricType::gauge, "", "1 if a file *.prom is not shown, or a folder of them cannot be listed; the log says why.", "*.prom", "textfile", 10000},
    {"node_textfile_mtime_seconds", MetricType::gauge, "seconds", "When the file was written, in Unix time.", "*.prom", "textfile", 10000},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> system_metrics() { return kRows; }

}  // namespace tacho::sampler
