#!/usr/bin/python3
"""The Debian package of the central on real hosts: it installs, works from where it lies (init, install and apply over SSH, of another host and of the
one that it is on), and goes again without a trace; the central's state stays. package_test.py FOLDER: the build folder. Skips (77) with its reason
where a fleet is impossible; under CI=true that is a failure."""
import glob
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import possible
from commands import run
from fleets import Fleet

SKIPPED = 77
NAME = f"p{os.getpid()}"
HOSTS = ["h1", "h2", "h3"]
CENTRAL = "h1"
INVENTORY = """[defaults]
storage = { keep_free = "1 MiB" }
[groups.fleet]
hosts = ["h[1:3]"]
roles = ["storage", "backup"]
"""
PLAYBOOK = """name = "nightly"
[[backup]]
name = "data"
hosts = ["h2"]
paths = ["/etc/ssh"]
redundancy = { copies = 2 }
"""
STATE = "/var/lib/sparekeep/central"
LIST = ("find / -xdev ( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg "
        "-o -path /var/lib/systemd -o -path /root -o -path /srv/sparekeep ) -prune -o -print").replace("(", "\\(").replace(")", "\\)")
EXPECTED = {
    "/usr/bin/sparekeep", "/usr/libexec/sparekeep/sparekeep", "/usr/libexec/sparekeep/sparekeepd", "/usr/libexec/sparekeep/sparekeep-agent",
    "/usr/libexec/sparekeep/libisal.so.2", "/usr/libexec/sparekeep/sparekeepd.gz", "/usr/libexec/sparekeep/sparekeep-agent.gz",
    "/usr/libexec/sparekeep/libisal.so.2.gz", "/usr/share/man/man1/sparekeep.1.gz", "/usr/share/man/man1/sparekeep-install.1.gz",
    "/usr/share/man/man8/sparekeepd.8.gz", "/usr/share/man/man8/sparekeep-agent.8.gz", "/usr/share/bash-completion/completions/sparekeep",
    "/usr/share/zsh/vendor-completions/_sparekeep", "/usr/share/fish/vendor_completions.d/sparekeep.fish", "/usr/share/doc/sparekeep/copyright",
    "/usr/share/doc/sparekeep/changelog.gz", "/usr/share/doc/sparekeep/changelog.Debian.gz", "/usr/share/doc/sparekeep/manual.md",
    "/usr/share/doc/sparekeep/examples/inventory/minimal.toml",
}
PLACES = ("/usr/bin/", "/usr/libexec/sparekeep/", "/usr/share/man/man", "/usr/share/bash-completion/", "/usr/share/zsh/", "/usr/share/fish/",
          "/usr/share/doc/sparekeep/")


class Package(unittest.TestCase):
    build = "build/release"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sparekeep-package-")
        run("cpack", "--config", os.path.abspath(os.path.join(cls.build, "CPackConfig.cmake")), "-B", cls.folder)
        cls.package = glob.glob(os.path.join(cls.folder, "*.deb"))[0]
        cls.fleet = Fleet(NAME)
        cls.fleet.up(HOSTS, disk_mib=64)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.down()
        shutil.rmtree(cls.folder)

    def on(self, command, check=True):
        return self.fleet.ssh(CENTRAL, command, check=check).stdout

    def place(self, host, name, content, mode=0o644):
        path = self.fleet.host(host).path("root", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)

    def put(self, path, *place):
        with open(path, "rb") as file:
            self.place(CENTRAL, os.path.join(*place), file.read(), 0o600)

    def sparekeep(self, *words, code=0):
        done = self.fleet.ssh(CENTRAL, "sparekeep", "-i", "/root/inventory.toml", "--json", *words, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_1_what_is_in_it(self):
        fields = dict(line.split(": ", 1) for line in run("dpkg-deb", "--field", self.package).splitlines() if re.match(r"\w[\w-]*: ", line))
        self.assertEqual(fields["Package"], "sparekeep")
        self.assertEqual(fields["Architecture"], run("dpkg", "--print-architecture").strip())
        needed = {word.split()[0] for word in fields["Depends"].split(", ")}
        self.assertTrue({"libc6"} <= needed, needed)
        self.assertEqual(needed & {"libisal2", "libssh-4"}, set())
        self.assertIn("Description", fields)
        entries = [line.split(None, 5) for line in run("dpkg-deb", "--contents", self.package).splitlines()]
        files = {entry[5].split(" -> ")[0][1:]: entry[0] for entry in entries if not entry[0].startswith("d")}
        self.assertEqual(EXPECTED - set(files), set())
        self.assertEqual([name for name in files if not name.startswith(PLACES)], [])
        self.assertEqual({entry[1] for entry in entries}, {"root/root"})
        programs = {"/usr/libexec/sparekeep/" + name for name in ("sparekeep", "sparekeepd", "sparekeep-agent")}
        self.assertEqual({name for name, mode in files.items() if mode == "-rwxr-xr-x"}, programs)
        self.assertEqual({mode for name, mode in files.items() if name not in programs}, {"-rw-r--r--", "lrwxrwxrwx"})
        self.assertEqual({entry[0] for entry in entries if entry[0].startswith("d")}, {"drwxr-xr-x"})
        self.same_bytes_packed()

    def same_bytes_packed(self):                                 # a host gets what the package has
        tree = os.path.join(self.folder, "unpacked")
        run("dpkg-deb", "--extract", self.package, tree)
        packed = glob.glob(os.path.join(tree, "usr/libexec/sparekeep/*.gz"))
        self.assertEqual(len(packed), 3)
        for path in packed:
            with gzip.open(path) as unpacked, open(path.removesuffix(".gz"), "rb") as program:
                self.assertEqual(hashlib.sha256(unpacked.read()).digest(), hashlib.sha256(program.read()).digest(), path)

    @unittest.skipUnless(shutil.which("man"), "man-db is not installed")
    def test_2_man_pages_are_clean(self):
        run("dpkg-deb", "--extract", self.package, os.path.join(self.folder, "tree"))
        pages = glob.glob(os.path.join(self.folder, "tree/usr/share/man/*/*.gz"))
        self.assertGreater(len(pages), 15)
        for page in pages:
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, check=True,
                                  env=dict(os.environ, MANWIDTH="80", MANROFFSEQ="", LC_ALL="C.UTF-8"))
            self.assertEqual(done.stderr, "", page)
            self.assertIn("NAME", done.stdout)

    def test_3_installed(self):
        archives = os.path.join(self.folder, "archives", "partial")
        os.makedirs(archives)
        status = self.fleet.host(CENTRAL).path("root", "var/lib/dpkg/status")
        run("apt-get", "install", "-y", "-q", "--no-install-recommends", "--download-only", "-o", f"Dir::State::status={status}", "-o",
            f"Dir::Cache::archives={os.path.dirname(archives)}", "-o", "APT::Sandbox::User=root", self.package)
        needed = glob.glob(os.path.join(self.folder, "archives", "*.deb"))
        for path in needed:
            self.put(path, "root/needed", os.path.basename(path))
        self.put(self.package, "root/sparekeep.deb")
        if needed:
            self.on("dpkg -i /root/needed/*.deb")
        type(self).before = set(self.on(LIST).splitlines())
        self.on("dpkg -i /root/sparekeep.deb")
        version = run("dpkg-deb", "--field", self.package, "Version").strip()
        self.assertEqual(self.on("sparekeep --version"), f"sparekeep {version.rpartition('-')[0]}\n")
        self.assertEqual(self.on("dpkg --verify sparekeep; dpkg --audit"), "")
        words = self.on("bash -c '. /usr/share/bash-completion/completions/sparekeep; COMP_LINE=\"sparekeep ins\"; COMP_WORDS=(sparekeep ins); COMP_CWORD=1; "
                        "_sparekeep; echo ${COMPREPLY[@]}'")
        self.assertEqual(words, "install\n")

    def test_4_works(self):
        with open(self.fleet.controller.known_hosts, "rb") as file:
            self.place(CENTRAL, "root/.ssh/known_hosts", file.read())
        self.put(self.fleet.controller.identity, "root/.ssh/id_ed25519")
        self.place(CENTRAL, "root/inventory.toml", INVENTORY.encode())
        self.place(CENTRAL, "root/playbook.toml", PLAYBOOK.encode())
        self.sparekeep("init", "--recovery-key", "/root/recovery")
        self.assertEqual({host["changed"] > 0 for host in self.sparekeep("install")[-1]["hosts"]}, {True})
        self.assertEqual([host["changed"] for host in self.sparekeep("install")[-1]["hosts"]], [0, 0, 0])
        self.assertEqual(self.sparekeep("apply", "/root/playbook.toml")[-1]["jobs"][0]["state"], "complete")

    def test_5_gone(self):
        self.sparekeep("uninstall", "--purge", "--yes")
        self.assertEqual(self.on("dpkg --verify sparekeep; sparekeep jobs | tail -n +2 | wc -l"), "1\n")   # it was a host, too: the package is whole
        self.on("dpkg --purge sparekeep")
        left = set(self.on(LIST).splitlines())
        self.assertEqual(self.before - left, set())
        self.assertEqual({path for path in left - self.before if path != STATE and not path.startswith(STATE + "/")}, {os.path.dirname(STATE)})
        self.assertIn(STATE + "/catalogue.db", left)
        self.assertEqual(self.on("dpkg -l sparekeep 2>/dev/null | grep sparekeep; getent passwd sparekeepd sparekeep-agent; pgrep sparekeep", check=False), "")


def main():
    reason = possible.why_not() or next((f"'{program}' is not installed" for program in ("cpack", "dpkg-shlibdeps", "file") if not shutil.which(program)), None)
    if reason:
        print(f"no package here: {reason}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    if len(sys.argv) > 1:
        Package.build = sys.argv.pop(1)
    return 0 if unittest.main(exit=False, verbosity=2, failfast=True).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
