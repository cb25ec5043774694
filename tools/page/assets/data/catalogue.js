// What there is to show: each quantity with its expression, which is also the one that is asked of the API.
//
// {F} is the device filter, {J} the jobs' among cgroups, each a list of matchers with a comma before or nothing. [G] is a stretch with
// one sample in it, [R] one with two: what has no sample in a second has no value in that second.

const K = 'vendor,accel,partition';
const PORTS = 'device!~"lo|veth.*|cali.*|lxc.*|docker.*|br-.*"';
const DISKS = 'device!~"loop.*|ram.*|dm-.*|md.*"';
const MOUNTS = 'fstype!~"tmpfs|ramfs|squashfs|iso9660|erofs",mountpoint!~"/etc/.+|/run/.+|/usr/lib/.+"';

export const deviceName = (labels) => (labels.partition ? `${labels.accel}/${labels.partition}` : labels.accel ?? '');
export const deviceKey = (labels) => `${labels.vendor ?? ''}/${deviceName(labels)}`;

// needs: a metric without which there is nothing to ask. full: the highest value there can be. peak: what counts of a step that is
// longer than a second, in the heat map.
export const QUANTITIES = {
  utilisation: { title: 'Utilisation', short: 'util', unit: 'ratio', full: 1, needs: 'accel_utilization_ratio',
    expr: `max by (${K}) (last_over_time(accel_utilization_ratio{accel!=""{F}}[G]))` },
  tensor: { title: 'Tensor activity', short: 'tensor', unit: 'ratio', full: 1, needs: 'accel_pipe_active_ratio',
    expr: `max by (${K}) (last_over_time(accel_pipe_active_ratio{pipe="tensor"{F}}[G]))` },
  memory: { title: 'Memory used', short: 'memory', unit: 'bytes', needs: 'accel_memory_used_bytes',
    expr: `max by (${K}) (last_over_time(accel_memory_used_bytes{accel!=""{F}}[G]))` },
  power: { title: 'Power', short: 'power', unit: 'watts', needs: 'accel_power_watts', peak: true, several: true,
    expr: `max by (${K}) (last_over_time(accel_power_watts{accel!=""{F}}[G]))` },
  temperature: { title: 'Temperature', short: 'temp', unit: 'celsius', needs: 'accel_temperature_celsius', base: 'lowest', least: 16, peak: true,
    expr: `max by (${K}) (last_over_time(accel_temperature_celsius{sensor=~"core|"{F}}[G]))` },
  throttled: { title: 'Throttled', short: 'throttled', unit: 'ratio', full: 1, needs: 'accel_throttle_seconds_total', peak: true, alert: 0.001,
    expr: `clamp_max(sum by (${K}) (irate(accel_throttle_seconds_total{reason!="low_utilization"{F}}[R])), 1)` },
  link: { title: 'Link traffic, both ways', short: 'link', unit: 'rate', needs: 'accel_link_transmit_bytes_total',
    expr: `sum by (${K}) (irate(accel_link_transmit_bytes_total{accel!=""{F}}[R])) + sum by (${K}) (irate(accel_link_receive_bytes_total{accel!=""{F}}[R]))` },
  pcie: { title: 'PCIe traffic, both ways', short: 'PCIe', unit: 'rate', needs: 'accel_pcie_throughput_bytes_per_second', slow: true,
    expr: `sum by (${K}) (last_over_time(accel_pcie_throughput_bytes_per_second{accel!=""{F}}[G]))` },
  clock: { title: 'Core clock', short: 'clock', unit: 'hertz', needs: 'accel_clock_hertz',
    expr: `max by (${K}) (last_over_time(accel_clock_hertz{domain="core"{F}}[G]))` },
  up: { title: 'Answers', unit: 'count', needs: 'accel_up', expr: `min by (${K}) (last_over_time(accel_up{accel!=""{F}}[G]))` },

  cpus: { title: 'CPUs, busy', unit: 'ratio', full: 1, needs: 'node_cpu_seconds_total',
    expr: 'clamp_max(sum by (cpu) (irate(node_cpu_seconds_total{mode!~"idle|iowait"}[R])), 1)' },
};

// The accelerators' columns in the overview.
export const COLUMNS = ['utilisation', 'tensor', 'memory', 'power', 'temperature', 'throttled', 'link', 'pcie'];

// The host's cells. `each`: a row a device by this label, those that do nothing left out.
export const HOST = [
  { title: 'CPU', rows: [
    { name: 'busy', unit: 'ratio', full: 1, expr: 'sum(irate(node_cpu_seconds_total{mode!~"idle|iowait"}[R])) / sum(irate(node_cpu_seconds_total[R]))', needs: 'node_cpu_seconds_total' },
    { name: 'system', unit: 'ratio', full: 1, expr: 'avg(irate(node_cpu_seconds_total{mode="system"}[R]))', needs: 'node_cpu_seconds_total' },
    { name: 'iowait', unit: 'ratio', full: 1, expr: 'avg(irate(node_cpu_seconds_total{mode="iowait"}[R]))', needs: 'node_cpu_seconds_total' },
    { name: 'runnable', unit: 'count', expr: 'max(last_over_time(node_procs_running[G]))', needs: 'node_procs_running' },
  ] },
  { title: 'Memory', rows: [
    { name: 'used', unit: 'ratio', full: 1, alert: 0.95, needs: 'node_memory_MemAvailable_bytes',
      expr: 'max(1 - last_over_time(node_memory_MemAvailable_bytes[G]) / last_over_time(node_memory_MemTotal_bytes[G]))' },
    { name: 'available', unit: 'bytes', expr: 'max(last_over_time(node_memory_MemAvailable_bytes[G]))', needs: 'node_memory_MemAvailable_bytes', base: 'lowest' },
    { name: 'cached', unit: 'bytes', expr: 'max(last_over_time(node_memory_Cached_bytes[G]))', needs: 'node_memory_Cached_bytes', base: 'lowest' },
    { name: 'dirty', unit: 'bytes', expr: 'max(last_over_time(node_memory_Dirty_bytes[G]))', needs: 'node_memory_Dirty_bytes' },
  ] },
  { title: 'Pressure', hint: 'share of each second in which some task waited', rows: [
    { name: 'for CPU', unit: 'ratio', full: 1, expr: 'max(irate(node_pressure_cpu_waiting_seconds_total[R]))', needs: 'node_pressure_cpu_waiting_seconds_total' },
    { name: 'for memory', unit: 'ratio', full: 1, alert: 0.1, expr: 'max(irate(node_pressure_memory_waiting_seconds_total[R]))', needs: 'node_pressure_memory_waiting_seconds_total' },
    { name: 'for storage', unit: 'ratio', full: 1, expr: 'max(irate(node_pressure_io_waiting_seconds_total[R]))', needs: 'node_pressure_io_waiting_seconds_total' },
  ] },
  { title: 'Disks', each: 'device', rows: [
    { name: 'read', unit: 'rate', expr: `max by (device) (irate(node_disk_read_bytes_total{${DISKS}}[R]))`, needs: 'node_disk_read_bytes_total' },
    { name: 'written', unit: 'rate', expr: `max by (device) (irate(node_disk_written_bytes_total{${DISKS}}[R]))`, needs: 'node_disk_written_bytes_total' },
    { name: 'busy', unit: 'ratio', full: 1, expr: `max by (device) (irate(node_disk_io_time_seconds_total{${DISKS}}[R]))`, needs: 'node_disk_io_time_seconds_total' },
  ] },
  { title: 'Networks', each: 'device', rows: [
    { name: 'in', unit: 'rate', expr: `max by (device) (irate(node_network_receive_bytes_total{${PORTS}}[R]))`, needs: 'node_network_receive_bytes_total' },
    { name: 'out', unit: 'rate', expr: `max by (device) (irate(node_network_transmit_bytes_total{${PORTS}}[R]))`, needs: 'node_network_transmit_bytes_total' },
  ] },
  { title: 'RDMA ports', each: 'device', rows: [
    { name: 'in', unit: 'rate', expr: 'sum by (device) (irate(node_infiniband_port_data_received_bytes_total[R]))', needs: 'node_infiniband_port_data_received_bytes_total' },
    { name: 'out', unit: 'rate', expr: 'sum by (device) (irate(node_infiniband_port_data_transmitted_bytes_total[R]))', needs: 'node_infiniband_port_data_transmitted_bytes_total' },
  ] },
  { title: 'Containers', each: 'container', top: 'sum by (id) (rate(container_cpu_usage_seconds_total{id!=""{J}}[30s]))', rows: [
    { name: 'CPU', unit: 'cores', expr: 'sum by (id, namespace, pod, container) (irate(container_cpu_usage_seconds_total{id=~"{TOP}"}[R]))', needs: 'container_cpu_usage_seconds_total' },
    { name: 'memory', unit: 'bytes', expr: 'sum by (id, namespace, pod, container) (last_over_time(container_memory_working_set_bytes{id=~"{TOP}"}[G]))', needs: 'container_memory_working_set_bytes' },
  ] },
];

const device = (id, extra = {}) => ({ id, ...QUANTITIES[id], legend: deviceName, coloured: 'device', ...extra });

export const CHARTS = [
  { title: 'Accelerators', charts: [
    device('utilisation'), device('tensor'), device('memory'), device('power'), device('temperature'), device('clock'),
    device('throttled'), device('link'), device('pcie'),
    { id: 'reasons', title: 'Throttled, by reason', unit: 'ratio', needs: 'accel_throttle_seconds_total', hideZero: true, legend: (l) => l.reason,
      expr: 'max by (reason) (irate(accel_throttle_seconds_total{reason!="low_utilization"{F}}[R]))' },
  ] },
  { title: 'Host', charts: [
    { id: 'cpu', title: 'CPU time, by mode', unit: 'ratio', full: 1, needs: 'node_cpu_seconds_total', hideZero: true, legend: (l) => l.mode,
      expr: 'avg by (mode) (irate(node_cpu_seconds_total{mode!="idle"}[R]))' },
    { id: 'run', title: 'Tasks that run or wait', unit: 'count', needs: 'node_procs_running', legend: (l) => (l.__name__ || '').replace('node_procs_', ''),
      expr: 'max by (__name__) (last_over_time({__name__=~"node_procs_running|node_procs_blocked"}[G]))' },
    { id: 'mem', title: 'Memory', unit: 'bytes', needs: 'node_memory_MemAvailable_bytes', legend: (l) => l.part,
      expr: 'max by (part) (label_replace(last_over_time(node_memory_MemTotal_bytes[G]) - last_over_time(node_memory_MemAvailable_bytes[G]), "part", "used", "", "") or label_replace(last_over_time(node_memory_Cached_bytes[G]), "part", "cached", "", "") or label_replace(last_over_time(node_memory_Dirty_bytes[G]), "part", "dirty", "", ""))' },
    { id: 'pressure', title: 'Pressure: some task waits', unit: 'ratio', needs: 'node_pressure_cpu_waiting_seconds_total', legend: (l) => l.for,
      expr: `max by (for) (${['cpu', 'memory', 'io'].map((r) => `label_replace(irate(node_pressure_${r}_waiting_seconds_total[R]), "for", "${r}", "", "")`).join(' or ')})` },
    { id: 'disk', title: 'Disks', unit: 'rate', needs: 'node_disk_read_bytes_total', hideZero: true, legend: (l) => `${l.device} ${l.way}`,
      expr: `max by (device, way) (label_replace(irate(node_disk_read_bytes_total{${DISKS}}[R]), "way", "read", "", "") or label_replace(irate(node_disk_written_bytes_total{${DISKS}}[R]), "way", "written", "", ""))` },
    { id: 'diskbusy', title: 'Disks, busy', unit: 'ratio', needs: 'node_disk_io_time_seconds_total', hideZero: true, legend: (l) => l.device,
      expr: `max by (device) (irate(node_disk_io_time_seconds_total{${DISKS}}[R]))` },
    { id: 'net', title: 'Networks', unit: 'rate', needs: 'node_network_receive_bytes_total', hideZero: true, legend: (l) => `${l.device} ${l.way}`,
      expr: `max by (device, way) (label_replace(irate(node_network_receive_bytes_total{${PORTS}}[R]), "way", "in", "", "") or label_replace(irate(node_network_transmit_bytes_total{${PORTS}}[R]), "way", "out", "", ""))` },
    { id: 'rdma', title: 'RDMA ports', unit: 'rate', needs: 'node_infiniband_port_data_received_bytes_total', hideZero: true, legend: (l) => `${l.device} ${l.way}`,
      expr: 'label_replace(sum by (device) (irate(node_infiniband_port_data_received_bytes_total[R])), "way", "in", "", "") or label_replace(sum by (device) (irate(node_infiniband_port_data_transmitted_bytes_total[R])), "way", "out", "", "")' },
    { id: 'fs', title: 'File systems, used', unit: 'ratio', full: 1, needs: 'node_filesystem_size_bytes', slow: true, legend: (l) => l.mountpoint,
      expr: `max by (mountpoint) (1 - last_over_time(node_filesystem_avail_bytes{${MOUNTS}}[S]) / last_over_time(node_filesystem_size_bytes{${MOUNTS}}[S]))` },
    { id: 'containers', title: 'Containers, CPU', unit: 'cores', needs: 'container_cpu_usage_seconds_total', legend: (l) => l.pod || l.container || l.id,
      expr: 'topk(8, sum by (id, pod, container) (irate(container_cpu_usage_seconds_total{id!=""{J}}[R])))' },
    { id: 'late', title: 'The agent: lateness of its rows', unit: 'seconds', needs: 'tacho_source_lateness_seconds', legend: () => 'latest source',
      expr: 'max(last_over_time(tacho_source_lateness_seconds[G]))' },
  ] },
];

// The metrics of the heat map, the first of which there is anything is shown first.
export const HEATS = ['utilisation', 'power', 'temperature', 'memory', 'throttled', 'tensor', 'cpus'];

const seconds = (s) => (Number.isInteger(s) ? `${s}s` : `${Math.round(s * 1000)}ms`);

const fill = (expr, filters, gauge, rate, slow) => expr.replaceAll('{F}', filters.device).replaceAll('{J}', filters.job).replaceAll('{TOP}', filters.top ?? '')
  .replaceAll('[G]', `[${gauge}]`).replaceAll('[R]', `[${rate}]`).replaceAll('[S]', `[${slow}]`);

// As forms(), of what somebody typed: as the stream asks for it, a value counts for as long as samples are apart.
export function typed(q, interval) {
  return { second: q, typed: true, lookback: seconds(interval), over: (f, span) => `${f}_over_time((${q}\n)[${seconds(span)}:${seconds(interval)}])` };
}

// The ways to ask for an expression: `second`, as it is each second; over(f, span) with f min, avg or max of all seconds of a span;
// coarse(span), the means alone, for spans of which all seconds are too much to ask. `simple`: of a gauge that each
// device has one of, whose extremes need no evaluation each second (of several series the highest of the lowest is not the lowest of the highest).
export function forms({ expr, several }, filters, interval) {
  const gauge = Math.max(1, interval), every = seconds(gauge);
  const second = fill(expr, filters, every, seconds(gauge + interval), seconds(Math.max(12, interval)));
  const simple = !several && /^(max|min) by \([^)]*\) \(last_over_time\([^()]*\[G\]\)\)$/.test(expr);
  const spread = (f, span) => fill(expr.replaceAll('irate(', 'rate(').replaceAll('last_over_time(', `${f}_over_time(`), filters, span, span, span);
  return {
    second, simple,
    over: (f, span) => (simple ? spread(f, seconds(span)) : `${f}_over_time((${second})[${seconds(span)}:${seconds(interval)}])`),
    coarse: (span) => spread('avg', seconds(Math.max(span, gauge + interval))),
  };
}
