#!/usr/bin/env python3
"""Makes tests/sampler/trees/amd: the sysfs of a node with cards of amdgpu and of Hygon, gpu_metrics included.

The tables of gpu_metrics are built here field by field, as the kernel's structs have them and by C's rules of alignment, and not by the
offsets that the sampler reads at: a wrong offset there does not find the same mistake here.

usage: make_amd_tree.py tests/sampler/trees/amd
"""
import os
import shutil
import struct
import sys

SIZES = {"H": 2, "I": 4, "Q": 8}


def table(revision, fields, groups=None):
    """fields: (name, type, count); values: by name, a number or a list; what has none is all ones."""

    def pack(fields, values, at):
        out = b""
        for name, kind, count in fields:
            if kind in values_of_groups:
                part_fields, parts = values_of_groups[kind]
                while (at + len(out)) % 8:
                    out += b"\xff"
                for i in range(count):
                    out += pack(part_fields, parts.get(i, {}), at + len(out))
                continue
            size = SIZES[kind]
            while (at + len(out)) % size:
                out += b"\xff"
            ones = (1 << 8 * size) - 1
            value = values.get(name, [])
            value = value if isinstance(value, list) else [value]
            value = value + [ones] * (count - len(value))
            out += struct.pack(f"<{count}{kind}", *value)
        return out

    def build(values, parts=None):
        nonlocal values_of_groups
        values_of_groups = {kind: (f, parts or {}) for kind, f in (groups or {}).items()}
        body = pack(fields, values, 4)
        while (4 + len(body)) % 8:
            body += b"\xff"
        return struct.pack("<HBB", 4 + len(body), *revision) + body

    values_of_groups = {}
    return build


V1_3 = table((1, 3), [
    ("temperature_edge", "H", 1), ("temperature_hotspot", "H", 1), ("temperature_mem", "H", 1), ("temperature_vrgfx", "H", 1),
    ("temperature_vrsoc", "H", 1), ("temperature_vrmem", "H", 1), ("gfx_activity", "H", 1), ("umc_activity", "H", 1),
    ("mm_activity", "H", 1), ("socket_power", "H", 1), ("energy", "Q", 1), ("system_clock", "Q", 1), ("average_clocks", "H", 7),
    ("gfxclk", "H", 1), ("socclk", "H", 1), ("uclk", "H", 1), ("vclk0", "H", 1), ("dclk0", "H", 1), ("vclk1", "H", 1), ("dclk1", "H", 1),
    ("throttle_status", "I", 1), ("fan", "H", 1), ("pcie_width", "H", 1), ("pcie_speed", "H", 1), ("padding", "H", 1),
    ("gfx_acc", "I", 1), ("mem_acc", "I", 1), ("hbm", "H", 4), ("firmware_timestamp", "Q", 1), ("voltages", "H", 3), ("padding1", "H", 1),
    ("indep_throttle_status", "Q", 1)])

HEAD = [("hotspot", "H", 1), ("mem", "H", 1), ("vrsoc", "H", 1), ("socket_power", "H", 1), ("gfx_activity", "H", 1), ("umc_activity", "H", 1)]
PCIE = [("pcie_width", "H", 1), ("pcie_speed", "H", 1), ("xgmi_width", "H", 1), ("xgmi_speed", "H", 1), ("gfx_acc", "I", 1),
        ("mem_acc", "I", 1), ("bandwidth_acc", "Q", 1), ("bandwidth_inst", "Q", 1), ("l0", "Q", 1), ("replay", "Q", 1), ("rover", "Q", 1)]
NAKS = [("nak_sent", "I", 1), ("nak_received", "I", 1)]
XGMI = [("xgmi_read", "Q", 8), ("xgmi_write", "Q", 8)]
CLOCKS = [("firmware_timestamp", "Q", 1), ("gfxclk", "H", 8), ("socclk", "H", 4), ("vclk0", "H", 4), ("dclk0", "H", 4), ("uclk", "H", 1)]
STATUS = [("throttle_status", "I", 1), ("lock", "I", 1)]
RESIDENCY = [("counter", "I", 1), ("prochot", "I", 1), ("ppt", "I", 1), ("socket_thm", "I", 1), ("vr_thm", "I", 1), ("hbm_thm", "I", 1),
             ("lock", "I", 1)]
PART_1_0 = [("busy", "I", 8), ("jpeg", "H", 32), ("vcn", "H", 4), ("acc", "Q", 8)]
PART_1_1 = PART_1_0 + [("below", "Q", 8)]
PART_1_2 = [("busy", "I", 8), ("jpeg", "H", 40), ("vcn", "H", 4), ("acc", "Q", 8), ("ppt", "Q", 8), ("thm", "Q", 8), ("low", "Q", 8),
            ("total", "Q", 8)]
END = [("partitions", "H", 1), ("parts", "P", 8), ("recovery", "I", 1)]

V1_4 = table((1, 4), HEAD + [("vcn", "H", 4), ("energy", "Q", 1), ("system_clock", "Q", 1)] + STATUS + PCIE + XGMI + CLOCKS)
V1_5 = table((1, 5), HEAD + [("vcn", "H", 4), ("jpeg", "H", 32), ("energy", "Q", 1), ("system_clock", "Q", 1)] + STATUS + PCIE + NAKS +
             XGMI + CLOCKS)
V1_6 = table((1, 6), HEAD + [("energy", "Q", 1), ("system_clock", "Q", 1)] + RESIDENCY + PCIE + NAKS + XGMI + CLOCKS + END,
             {"P": PART_1_0})
LATER = (HEAD + [("mem_max_bandwidth", "Q", 1), ("energy", "Q", 1), ("system_clock", "Q", 1)] + RESIDENCY + PCIE + NAKS + XGMI +
         [("xgmi_status", "H", 8), ("padding", "H", 1)] + CLOCKS + END)
V1_7 = table((1, 7), LATER, {"P": PART_1_1})
V1_8 = table((1, 8), LATER, {"P": PART_1_2})

JOULE = 65536
NODES = []  # of kfd: (gpu_id, location, domain)


class Card:
    def __init__(self, root, address, driver, pci_id, pci_class, numa):
        self.root, self.folder = root, os.path.join(root, "sys/bus/pci/devices", address)
        uevent = f"DRIVER={driver}\n" if driver else ""
        self.write("uevent", f"{uevent}PCI_CLASS={pci_class[2:].lstrip('0').upper()}\nPCI_ID={pci_id}\nPCI_SLOT_NAME={address}\n")
        self.write("vendor", f"0x{pci_id[:4].lower()}\n")
        self.write("device", f"0x{pci_id[5:].lower()}\n")
        self.write("class", pci_class + "\n")
        self.write("numa_node", f"{numa}\n")
        self.address = address

    def write(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def files(self, folder, **files):
        for name, value in files.items():
            self.write(os.path.join(folder, name), value if isinstance(value, bytes) else f"{value}\n")

    def is_kfd_node(self, gpu_id, partition=0):
        domain, bus, slot = self.address.split(":")
        device, function = slot.split(".")
        location = int(bus, 16) << 8 | int(device, 16) << 3 | int(function) | partition << 28
        NODES.append((gpu_id, location, int(domain, 16)))


def bmc(root):
    Card(root, "0000:07:00.0", "", "1002:515E", "0x030000", -1)


def mi300x(root):
    c = Card(root, "0000:0c:00.0", "amdgpu", "1002:74A1", "0x120000", 0)
    c.files("", gpu_busy_percent=97, mem_busy_percent=41, mem_info_vram_total=206141652992, mem_info_vram_used=171798691840,
            mem_info_vis_vram_total=206141652991, mem_info_vis_vram_used=1048576, mem_info_vram_vendor="hynix",
            pcie_replay_count=3, current_link_speed="32.0 GT/s PCIe", max_link_speed="32.0 GT/s PCIe", current_link_width=16,
            max_link_width=16, unique_id="d5c2f1a09b3e4771", serial_number="692231000123", product_name="AMD Instinct MI300X OAM",
            product_number="102-G30211-0C", vbios_version="113-M3000100-103", power_dpm_force_performance_level="auto",
            current_compute_partition="SPX", current_memory_partition="NPS1", xgmi_error=0,
            pp_dpm_sclk="0: 132Mhz\n1: 2089Mhz *\n2: 2100Mhz", pp_dpm_mclk="0: 900Mhz\n1: 1100Mhz\n2: 1200Mhz\n3: 1300Mhz *")
    c.files("power", runtime_status="active")
    c.files("drm/card1", dev="226:1")
    c.files("hwmon/hwmon5", name="amdgpu", temp2_label="junction", temp2_input=71000, temp2_crit=100000, temp2_emergency=105000,
            temp3_label="mem", temp3_input=62000, temp3_crit=105000, temp3_emergency=110000, power1_label="PPT",
            power1_input=741000000, power1_cap=750000000, power1_cap_max=750000001, power1_cap_min=0, power1_cap_default=750000002,
            freq1_label="sclk", freq1_input=2089000000, freq2_label="mclk", freq2_input=1300000000)
    c.files("ras", features="feature mask: 0x3ff", umc_err_count="ue: 1\nce: 20\nde: 3", gfx_err_count="ue: 0\nce: 4\nde: 0",
            sdma_err_count="ue: 0\nce: 0\nde: 0", mmhub_err_count="ue: 0\nce: 0\nde: 0", xgmi_wafl_err_count="ue: 2\nce: 0\nde: 0",
            gpu_vram_bad_pages="0x00012345 : 0x00001000 : R\n0x00012346 : 0x00001000 : P")
    c.write("gpu_metrics", V1_5({
        "hotspot": 70, "mem": 61, "vrsoc": 65, "socket_power": 740, "gfx_activity": 96, "umc_activity": 40, "vcn": [10, 30],
        "jpeg": [50, 25], "energy": 123456789 * JOULE + JOULE // 4, "system_clock": 5_000_000_000_000, "throttle_status": 0, "lock": 0,
        "pcie_width": 16, "pcie_speed": 320, "xgmi_width": 16, "xgmi_speed": 32, "gfx_acc": 7, "mem_acc": 8, "bandwidth_acc": 9,
        "bandwidth_inst": 10, "xgmi_read": [0, 1000, 1001, 1002, 1003, 1004, 1005, 1006],
        "xgmi_write": [0, 2000, 2001, 2002, 2003, 2004, 2005, 2006], "firmware_timestamp": 1, "gfxclk": [2089] * 8, "uclk": 1299}))
    c.is_kfd_node(1001)


def mi250(root):
    c = Card(root, "0000:22:00.0", "amdgpu", "1002:740C", "0x038000", 1)
    c.files("", gpu_busy_percent=12, mem_busy_percent=7, mem_info_vram_total=68702699520, mem_info_vram_used=11534336,
            mem_info_vis_vram_total=68702699520, mem_info_vis_vram_used=11534336, mem_info_vram_vendor="samsung", pcie_replay_count=0,
            current_link_speed="16.0 GT/s PCIe", max_link_speed="16.0 GT/s PCIe", current_link_width=8, max_link_width=16,
            unique_id="a1b2c3d4e5f60718", product_name="AMD INSTINCT MI250 (MCM) OAM AC MBA", vbios_version="113-D65209-073",
            power_dpm_force_performance_level="auto", xgmi_error=0, pp_dpm_sclk="0: 500Mhz *\n1: 1700Mhz",
            pp_dpm_mclk="0: 400Mhz\n1: 700Mhz\n2: 1200Mhz\n3: 1600Mhz *")
    c.files("power", runtime_status="active")
    c.files("drm/card2", dev="226:2")
    c.files("hwmon/hwmon6", name="amdgpu", temp1_label="edge", temp1_input=38000, temp1_crit=100000, temp1_emergency=105000,
            temp2_label="junction", temp2_input=40000, temp2_crit=110000, temp2_emergency=115000, temp3_label="mem", temp3_input=39000,
            temp3_crit=94000, temp3_emergency=99000, power1_label="PPT", power1_average=90000000, power1_cap=500000000,
            power1_cap_max=500000000, power1_cap_min=0, power1_cap_default=500000000, freq1_label="sclk", freq1_input=800000000,
            freq2_label="mclk", freq2_input=1600000000, in0_label="vddgfx", in0_input=737)
    c.files("ras", features="feature mask: 0x0", umc_err_count="ue: 0\nce: 0", gpu_vram_bad_pages="")
    c.write("ras/gpu_vram_bad_pages", "")
    c.write("gpu_metrics", V1_3({
        "temperature_edge": 37, "temperature_hotspot": 41, "temperature_mem": 38, "gfx_activity": 11, "umc_activity": 6,
        "socket_power": 89, "energy": 4_000_000 * JOULE, "system_clock": 6_000_000_000_000, "gfxclk": 799, "uclk": 1599,
        "throttle_status": 0, "pcie_width": 8, "pcie_speed": 160, "gfx_acc": 1, "mem_acc": 2, "hbm": [37, 38, 39, 38],
        "firmware_timestamp": 2, "indep_throttle_status": 1 << 36 | 1 << 2}))
    c.is_kfd_node(1002)


def mi325x_in_parts(root):
    c = Card(root, "0000:38:00.0", "amdgpu", "1002:74A5", "0x120000", 1)
    c.files("", gpu_busy_percent=50, mem_info_vram_total=274877906944, mem_info_vram_used=137438953472,
            current_link_speed="32.0 GT/s PCIe", max_link_speed="32.0 GT/s PCIe", current_link_width=16, max_link_width=16,
            unique_id="00ff00ff00ff00ff", product_name="AMD Instinct MI325X OAM", current_compute_partition="DPX",
            current_memory_partition="NPS2", power_dpm_force_performance_level="auto")
    c.files("power", runtime_status="active")
    c.files("hwmon/hwmon7", name="amdgpu", temp2_label="junction", temp2_input=55000, temp3_label="mem", temp3_input=50000,
            power1_label="PPT", power1_input=500000000)
    c.write("gpu_metrics", V1_7({
        "hotspot": 55, "mem": 50, "vrsoc": 51, "socket_power": 500, "gfx_activity": 50, "umc_activity": 25, "mem_max_bandwidth": 6000,
        "energy": 1_000_000 * JOULE, "system_clock": 7_000_000_000_000, "counter": 1000, "prochot": 0, "ppt": 100, "socket_thm": 50,
        "vr_thm": 0, "hbm_thm": 10, "lock": 0, "pcie_width": 16, "pcie_speed": 320, "xgmi_width": 16, "xgmi_speed": 32,
        "xgmi_read": [0, 5000], "xgmi_write": [0, 6000], "xgmi_status": [0, 1, 0], "uclk": 1290, "partitions": 2},
        {0: {"vcn": [20, 40], "jpeg": [8]}, 1: {"vcn": [0, 0], "jpeg": [0]}}))
    c.is_kfd_node(1003)
    c.is_kfd_node(1004, 1)


def radeon(root):
    c = Card(root, "0001:03:00.0", "amdgpu", "1002:744C", "0x030000", -1)
    c.files("", gpu_busy_percent=1, mem_info_vram_total=25753026560, mem_info_vram_used=900000000, current_link_speed="Unknown",
            current_link_width=0, power_dpm_force_performance_level="auto", vbios_version="113-D7020100-102")
    c.files("power", runtime_status="active")
    c.files("hwmon/hwmon8", name="amdgpu", temp1_label="edge", temp1_input=45000, temp2_label="junction", temp2_input=52000,
            power1_average=25000000, fan1_input=612, pwm1=51, freq1_label="sclk", freq1_input=97000000, in0_label="vddgfx", in0_input=706)
    c.write("gpu_metrics", struct.pack("<HBB", 264, 3, 0) + b"\x11" * 260)


def hygon(root):
    c = Card(root, "0002:05:00.0", "hycu", "1D94:54B7", "0x038000", 3)
    c.files("", gpu_busy_percent=66, mem_info_vram_total=17163091968, mem_info_vram_used=8589934592, unique_id="8f2c000000000001",
            product_name="Z100L", current_link_speed="16.0 GT/s PCIe", current_link_width=16)
    c.files("hwmon/hwmon9", name="hycu", temp1_input=48000, temp2_input=51000, temp3_input=47000, power1_average=180000000,
            power1_cap=350000000, freq1_input=1319000000, freq2_input=800000000)


def kfd(root):
    top = os.path.join(root, "sys/class/kfd/kfd")

    def write(path, text):
        path = os.path.join(top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    for number, (gpu_id, location, domain) in enumerate([(0, 0, 0)] + NODES):
        write(f"topology/nodes/{number}/gpu_id", f"{gpu_id}\n")
        write(f"topology/nodes/{number}/properties",
              f"cpu_cores_count {0 if gpu_id else 64}\nsimd_count 1216\nvendor_id 4098\nlocation_id {location}\ndomain {domain}\n"
              "drm_render_minor 128\n")
    memory = {4242: {1001: 171000000000}, 4243: {1001: 700000000, 1002: 10000000}, 4244: {1003: 60000000000, 1004: 70000000000}}
    for pid, cards in memory.items():
        for gpu_id, _, _ in NODES:
            write(f"proc/{pid}/vram_{gpu_id}", f"{cards.get(gpu_id, 0)}\n")
            write(f"proc/{pid}/sdma_{gpu_id}", "0\n")


def main():
    root = sys.argv[1]
    shutil.rmtree(root, ignore_errors=True)
    for card in (bmc, mi300x, mi250, mi325x_in_parts, radeon, hygon):
        card(root)
    kfd(root)
    module = os.path.join(root, "sys/module/amdgpu")
    os.makedirs(module)
    with open(os.path.join(module, "version"), "w") as f:
        f.write("6.10.5\n")
    # Tables of the revisions that no card here has.
    spare = os.path.join(root, "tables")
    os.makedirs(spare)
    common = {"hotspot": 70, "mem": 60, "vrsoc": 65, "socket_power": 700, "gfx_activity": 90, "umc_activity": 30, "energy": 1000 * JOULE,
              "system_clock": 8_000_000_000_000, "xgmi_width": 16, "xgmi_speed": 25, "xgmi_read": [1, 2], "xgmi_write": [3, 4],
              "uclk": 1300, "counter": 500, "prochot": 1, "ppt": 2, "socket_thm": 3, "vr_thm": 4, "hbm_thm": 5, "xgmi_status": [1]}
    for name, data in (("1.4", V1_4({**common, "vcn": [5, 15]})), ("1.6", V1_6(common, {0: {"vcn": [5, 15], "jpeg": [2]}})),
                       ("1.8", V1_8(common, {7: {"vcn": [5, 15], "jpeg": [2]}}))):
        with open(os.path.join(spare, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
