"""A host that was broken into puts pack list blocks that no snapshot names, as many as it may. The central stops it (507) long before its disk, here a small
one, is full; the other host backs up meanwhile, and reports go on.

central_room_test.py PROGRAMS (as root, for a file system in memory; else it is left out)"""
import glob
import hashlib
import http.client
import os
import ssl
import struct
import subprocess
import sys
import time

from fleet import LocalFleet

SKIPPED = 77
DISK_MIB = 128
NO_SPACE, CREATED = 507, 201
ENTRIES = 512
PLAYBOOK = """name = "{name}"
[[backup]]
name = "{name}"
hosts = ["{host}"]
paths = ["{source}"]
redundancy = {{ copies = 2 }}
{more}
"""


def block_of(vault):
    """A pack list block (docs/format.md) of packs that are nowhere."""
    rows = b"".join(os.urandom(32) + bytes([1, 32, 32]) + struct.pack("<Q", 32 * 65536) + os.urandom(64 * 16) for _ in range(ENTRIES))
    return b"SPKP" + struct.pack("<HHII", 5, 1, 0, 0) + bytes.fromhex(vault) + struct.pack("<II", 0, ENTRIES) + rows


class Room:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        with open(os.path.join(self.source, "file"), "w", encoding="utf-8") as file:
            file.write("content")

    def playbook(self, name, host, more=""):
        return self.fleet.write(name + ".toml", PLAYBOOK.format(name=name, host=host, source=self.source, more=more))

    def fill(self):
        """With the agent's certificate, while some command is the central."""
        state = self.fleet.path("web1/var/lib/sparekeep/agent")
        [vault] = [os.path.basename(path) for path in glob.glob(state + "/vaults/*") if "making" not in path]
        with open(os.path.join(self.fleet.environment["SPAREKEEP_STATE"], "address"), encoding="ascii") as file:
            port = int(file.read().strip().rsplit(":", 1)[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(state + "/tls.crt", state + "/tls.key")
        central = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        for count in range(DISK_MIB * 4):
            block = block_of(vault)
            central.request("PUT", f"/v1/vaults/{vault}/blocks/{hashlib.sha256(b'sparekeep pack list v1' + bytes(1) + block).hexdigest()}", body=block)
            answer = central.getresponse()
            text = answer.read()
            if answer.status != CREATED:
                return count, answer.status, text
        return DISK_MIB * 4, CREATED, ""

    def check(self):
        self.fleet.set_up("")
        self.fleet.run("apply", self.playbook("first", "web1"))
        waiting = self.fleet.begin("apply", self.playbook("second", "web2", 'before = ["sleep 10"]'))
        time.sleep(3)
        count, status, text = self.fill()
        assert status == NO_SPACE and b"is the most" in text and 0 < count < DISK_MIB, f"{count} blocks, then {status} {text!r}"
        self.fleet.end(waiting, (0,))
        assert [snapshot["host"] for snapshot in self.fleet.snapshots()] == ["web1", "web2"]
        free = os.statvfs(self.fleet.environment["SPAREKEEP_STATE"])
        assert free.f_bavail * free.f_frsize > DISK_MIB << 19, "over half of the disk is gone"
        print(f"{count} blocks of one host were taken, then it was refused; the other one backed up meanwhile", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        disk = fleet.path("disk")
        os.makedirs(disk)
        fleet.environment["SPAREKEEP_STATE"] = os.path.join(disk, "central")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", disk], check=False).returncode != 0:
            sys.exit(SKIPPED)
        try:
            Room(fleet).check()
        finally:
            subprocess.run(["umount", "-l", disk], check=False)


main()
