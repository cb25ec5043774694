"""A node of made NVIDIA cards: a /sys that shows them, and the lines that the fake library (tests/accel/fake_nvml.cc) answers from.

All cards answer as the recorded H200 does, live: readings of utilisation and power go on with the wall clock.
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(HERE, "..", "accel", "recordings", "h200_580.txt")
# Readings 20 ms apart, as the driver's of power are. In percent, in milliwatts.
ON, OFF, ON_MW, OFF_MW = 100, 0, 640_000, 80_000


def address(n):
    return f"0000:{0x10 + n:02x}:00.0"


def link_all(source, target, but):
    os.makedirs(target)
    for name in os.listdir(source):
        if name != but:
            os.symlink(os.path.join(source, name), os.path.join(target, name))


def sysfs(folder, cards):
    """/sys as it is, but for the PCI bus, on which are so many cards and nothing else."""
    link_all("/sys", folder, "bus")
    link_all("/sys/bus", os.path.join(folder, "bus"), "pci")
    for n in range(cards):
        device = os.path.join(folder, "bus", "pci", "devices", address(n))
        os.makedirs(device)
        for name, text in ("vendor", "0x10de"), ("class", "0x030200"), ("numa_node", "0"):
            with open(os.path.join(device, name), "w") as f:
                f.write(text + "\n")
    return folder


def wave(card, on_ms, off_ms):
    """Work for on_ms, rest for off_ms, again and again, in the driver's rings."""
    on, off = on_ms // 20, off_ms // 20
    values = lambda high, low: ",".join([str(high)] * on + [str(low)] * off)
    return (f"LIVE {card} type=1 every_us=20000 values={values(ON, OFF)}\n"
            f"LIVE {card} type=0 every_us=20000 values={values(ON_MW, OFF_MW)}\n")


class Script:
    """The file that the library reads again whenever it changes."""

    def __init__(self, path, cards):
        with open(RECORDING) as f:
            # What is said of card 0 goes for all.
            self.base = f.read() + "CALL 0 nvmlGpmQueryDeviceSupport(version 1) rc=3\n"
        for n in range(cards):
            self.base += f"DEVICE {n} {'' if n == 0 else 'like=0 '}uuid=GPU-{n} bus=0000{address(n).upper()}\n"
        self.base += wave(0, 200, 200)
        self.path = path
        self.tell()

    def tell(self, lines=""):
        """From now on `lines` go for the cards, and none of those before."""
        with open(self.path + ".new", "w") as f:
            f.write(self.base + lines + "\n")
        os.rename(self.path + ".new", self.path)
