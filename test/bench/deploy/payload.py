"""What peers install: a daemon as large as ours and as hard to compress, a certificate and a key for each host, and for the runner of one script the scripts."""
import gzip
import hashlib
import os

from commands import run

FOLDER = os.path.dirname(os.path.abspath(__file__))
PLAYBOOKS = os.path.join(FOLDER, "ansible")
PROGRAM = "storaged"
OURS = ("sparekeepd", "libisal.so.2")       # what a storage system gets of ours
PLACES = {PROGRAM: "/usr/lib/storaged/storaged", "configuration": "/etc/storaged/storaged.toml", "certificate": "/var/lib/storaged/tls.crt",
          "key": "/var/lib/storaged/tls.key", "unit": "/etc/systemd/system/storaged.service"}


def read(name):
    with open(name, "rb") as file:
        return file.read()


class Payload:
    def __init__(self, folder, programs, hosts):
        self.folder, self.hosts = folder, hosts
        os.makedirs(folder)
        self.make_program(programs)
        self.packed = gzip.compress(read(self.path(PROGRAM)), 6)
        for host in hosts:
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={host}",
                "-keyout", self.path(f"{host}.key"), "-out", self.path(f"{host}.crt"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_program(self, programs):
        """Behind the small program lie ours, up to the size of both together: nothing reads that."""
        run("cc", "-std=c17", "-O2", "-static", "-s", "-o", self.path(PROGRAM), os.path.join(FOLDER, "storaged.c"))
        ours = b"".join(read(os.path.join(programs, name)) for name in OURS)
        with open(self.path(PROGRAM), "ab") as file:
            file.write(ours[:len(ours) - file.tell()])

    def text(self, template, **values):
        """A template of the playbook, as Ansible fills it."""
        text = read(os.path.join(PLAYBOOKS, "templates", template)).decode()
        for name, value in values.items():
            text = text.replace("{{ " + name + " }}", value)
        return text

    def write_scripts(self, keep_free):
        for host in self.hosts:
            self.write_script(host, keep_free)

    def write_script(self, host, keep_free):
        parts = {"configuration": self.text("storaged.toml.j2", inventory_hostname=host, keep_free=keep_free), "unit": self.text("storaged.service.j2"),
                 "certificate": read(self.path(f"{host}.crt")).decode(), "key": read(self.path(f"{host}.key")).decode()}
        digests = {PROGRAM: hashlib.sha256(read(self.path(PROGRAM))).hexdigest(), **{name: hashlib.sha256(text.encode()).hexdigest() for name, text in parts.items()}}
        script = read(os.path.join(PLAYBOOKS, "apply.sh.in")).decode()
        script = script.replace("@DIGESTS@", "\n".join(f"{digest}  {PLACES[name]}" for name, digest in digests.items()))
        for name, text in parts.items():
            script = script.replace(f"@{name.upper()}@", text.rstrip("\n"))
        script = script.replace("@PACKED_BYTES@", str(len(self.packed)))
        for name, bundled, more in (("apply", "no", b""), ("bundle", "yes", self.packed)):
            with open(self.path(f"{host}.{name}"), "wb") as file:
                file.write(script.replace("@BUNDLED@", bundled).encode() + more)
