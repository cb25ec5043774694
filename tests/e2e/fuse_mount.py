"""A file system of ours, over /dev/fuse and without a library: a folder of small files, which can be made to answer no more.

While it is dead, statfs and read are not answered; what only looks at names and sizes is, so that a program gets as far as the
call that hangs. The structures are those of the kernel's include/uapi/linux/fuse.h, protocol 7.31.
Needs the right to mount. Whoever started it must not touch the mount itself: it would wait for itself.
"""
import ctypes
import errno
import os
import stat
import struct
import threading

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH = 1, 2, 3, 14, 15, 17, 18, 25
INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = 26, 27, 28, 29, 34, 36, 42
HEADER = struct.Struct("<IIQQIIII")
DIRECT_IO = 1
MNT_FORCE, MNT_DETACH = 1, 2

libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(Exception):
    """This place does not let us mount; the text says why."""


class FuseMount:
    """files: {name: bytes}, all in the top folder."""

    def __init__(self, folder, files):
        self.folder, self.files, self.names = folder, files, sorted(files)
        self.alive = True
        self.held = []  # requests that were not answered, oldest first
        self.lock = threading.Lock()
        try:
            self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        except OSError as e:
            raise NotPermitted(f"/dev/fuse: {e.strerror}") from None
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other"
        if libc.mount(b"tacho-test", folder.encode(), b"fuse", 0, options.encode()) != 0:
            reason = os.strerror(ctypes.get_errno())
            os.close(self.fd)
            raise NotPermitted(f"mount: {reason}")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def die(self):
        with self.lock:
            self.alive = False

    def come_back(self):
        with self.lock:
            self.alive = True
            held, self.held = self.held, []
        for request in held:
            self.answer(*request)

    def unmount(self):
        # By force: whoever waits for an answer gets an error.
        libc.umount2(self.folder.encode(), MNT_FORCE)
        libc.umount2(self.folder.encode(), MNT_DETACH)
        self.thread.join(10)
        os.close(self.fd)

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 17)
            except OSError:
                return  # unmounted
            _, opcode, unique, node, *_ = HEADER.unpack_from(request)
            body = request[HEADER.size:]
            with self.lock:
                if not self.alive and opcode in (STATFS, READ):
                    self.held.append((opcode, unique, node, body))
                    continue
            self.answer(opcode, unique, node, body)

    def attributes(self, node):
        mode, size = (stat.S_IFDIR | 0o755, 0) if node == 1 else (stat.S_IFREG | 0o444, len(self.files[self.names[node - 2]]))
        return struct.pack("<6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, opcode, unique, node, body):
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        error, data = 0, b""
        if opcode == INIT:
            data = struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, 0, *[0] * 7)
        elif opcode == LOOKUP:
            name = body.rstrip(b"\0").decode()
            if name in self.files:
                found = self.names.index(name) + 2
                data = struct.pack("<4Q2I", found, 0, 1, 1, 0, 0) + self.attributes(found)
            else:
                error = errno.ENOENT
        elif opcode == GETATTR:
            data = struct.pack("<QII", 1, 0, 0) + self.attributes(node)
        elif opcode in (OPEN, OPENDIR):
            data = struct.pack("<QII", 0, DIRECT_IO if opcode == OPEN else 0, 0)
        elif opcode == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            data = self.files[self.names[node - 2]][offset:offset + size]
        elif opcode == READDIR:
            _, offset, _ = struct.unpack_from("<QQI", body)
            for i, name in list(enumerate(self.names))[offset:]:
                entry = struct.pack("<QQII", i + 2, i + 1, len(name), stat.S_IFREG >> 12) + name.encode()
                data += entry + b"\0" * (-len(entry) % 8)
        elif opcode == STATFS:
            data = struct.pack("<5Q4I6I", 1000, 500, 400, 30, 20, 4096, 255, 4096, 0, *[0] * 6)
        elif opcode not in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
            error = errno.ENOSYS
        try:
            os.write(self.fd, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)
        except OSError:
            pass  # nobody waits for it any more
