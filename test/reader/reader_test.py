#!/usr/bin/python3
"""The Python reader against vaults that the C++ writers wrote: reader_test.py WRITE_VAULT."""
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_vault.py")
WRITE_VAULT = None
MTIME = 1_600_000_000_123_456_789


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def contents(folder, names):
    found = {}
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


class Vault:
    """A vault of SYSTEMS systems at data + parity, in a folder of its own."""

    def __init__(self, data, parity, systems):
        self.folder = tempfile.mkdtemp(prefix="sparekeep-reader-")
        subprocess.run([WRITE_VAULT, self.folder, str(data), str(parity), str(systems)], check=True)
        self.systems = [os.path.join(self.folder, f"system{i + 1}") for i in range(systems)]
        self.expected = contents(self.path("expected"), files_below(self.path("expected")))

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, systems, *options):
        daemons = [part for system in systems for part in ("--daemon", f"{system}/storage:{system}/state")]
        command = ["/usr/bin/python3", "-B", READER, "--recovery", self.path("recovery"), *daemons, *options]
        return subprocess.run(command, capture_output=True, text=True)

    def restore(self, systems):
        shutil.rmtree(self.path("restored"), ignore_errors=True)
        return self.read(systems, "--target", self.path("restored"))

    def shards(self, system):
        return [os.path.join(at, name) for at, _, names in os.walk(f"{system}/storage") for name in names if name.count(".") == 3]


class ReaderTest(unittest.TestCase):
    def vault(self, data, parity, systems):
        vault = Vault(data, parity, systems)
        self.addCleanup(shutil.rmtree, vault.folder)
        return vault

    def check_restored(self, vault, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        restored = vault.path("restored")
        self.assertEqual(contents(restored, vault.expected), vault.expected)
        self.assertEqual(set(files_below(restored)) - set(vault.expected), {"data/hard", "data/to"})

    def test_copies_from_each_single_system(self):
        vault = self.vault(1, 1, 2)
        for system in vault.systems:
            self.check_restored(vault, vault.restore([system]))

    def test_data_and_parity_with_any_two_of_five_systems_gone(self):
        vault = self.vault(2, 2, 5)
        for left in itertools.combinations(vault.systems, 3):
            self.check_restored(vault, vault.restore(left))

    def test_all_systems_there_need_no_decoding(self):
        vault = self.vault(3, 2, 6)
        result = vault.restore(vault.systems)
        self.check_restored(vault, result)
        self.assertIn(" 0 packs rebuilt, 0 failed", result.stdout)

    def test_metadata_of_files(self):
        vault = self.vault(1, 1, 2)
        self.check_restored(vault, vault.restore(vault.systems))
        data = os.path.join(vault.path("restored"), "data")
        for name in ("f1002", "sparse", "hard"):
            status = os.lstat(os.path.join(data, name))
            self.assertEqual((status.st_mode & 0o7777, status.st_mtime_ns), (0o640, MTIME))
        self.assertEqual(os.stat(data).st_mtime_ns, MTIME)
        self.assertEqual(os.readlink(os.path.join(data, "to")), "f1000")
        self.assertTrue(os.path.samefile(os.path.join(data, "hard"), os.path.join(data, "f1001")))
        self.assertLess(os.stat(os.path.join(data, "sparse")).st_blocks * 512, 1 << 20)

    def test_damaged_shards_are_named_and_do_not_matter(self):
        vault = self.vault(2, 2, 4)
        for shard in vault.shards(vault.systems[0]) + vault.shards(vault.systems[2]):
            with open(shard, "r+b") as file:
                file.seek(-100, os.SEEK_END)
                byte = file.read(1)[0]
                file.seek(-100, os.SEEK_END)
                file.write(bytes([byte ^ 1]))
        result = vault.restore(vault.systems)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(contents(vault.path("restored"), vault.expected), vault.expected)
        self.assertIn("shard: a block is not what its digest says", result.stderr)

    def test_too_few_systems_name_the_files(self):
        vault = self.vault(2, 2, 4)
        result = vault.restore(vault.systems[:1])
        self.assertEqual(result.returncode, 14, result.stderr)
        self.assertIn("1 of 2 shards that it takes are left", result.stderr)
        for name, content in contents(vault.path("restored"), set(files_below(vault.path("restored"))) & set(vault.expected)).items():
            self.assertEqual(content, vault.expected[name])

    def test_snapshots_are_listed_and_chosen(self):
        vault = self.vault(1, 1, 2)
        lines = vault.read(vault.systems).stdout.splitlines()
        self.assertEqual([line.split(" job ")[1] for line in lines], ["'test'"] * 2)
        result = vault.read(vault.systems, "--snapshot", lines[0].split()[3], "--target", vault.path("first"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(files_below(vault.path("first"))), 3 + 3)

    def test_another_key_is_refused(self):
        vault = self.vault(1, 1, 2)
        with open(vault.path("recovery"), "w", encoding="utf-8") as file:
            file.write('format = "sparekeep recovery 1"\nrecovery = "' + "42" * 32 + '"\n')
        result = vault.restore(vault.systems)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^no daemon holds a key record of vault [0-9a-f]{32} that this recovery file opens\n$")


if __name__ == "__main__":
    WRITE_VAULT = sys.argv.pop()
    unittest.main()
