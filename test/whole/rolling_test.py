#!/usr/bin/python3
"""Rolling changes and reports for machines, with the installed programs: batches one after the other, an end where too many hosts have failed, what
then stands in STATE/not-done, and JUnit files that an XML parser reads whatever happened. rolling_test.py FOLDER: where the programs are."""
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

from fleet import LocalFleet

STORES = ["store1", "store2", "store3", "store4"]
PLAYBOOK = """name = "nightly"
[[backup]]
name = "data"
hosts = ["web1", "web2", "spare"]
paths = ["{data}"]
redundancy = {{ copies = 2 }}
"""
HOOK = """[[backup]]
name = "slow"
hosts = ["web1"]
paths = ["{data}"]
before = ["sleep {seconds}"]
"""
HOOK_SECONDS = 7200 + os.getpid()       # its own number: this test's hook is found by it


class Rolling(unittest.TestCase):
    programs = "build/release/bin"

    def setUp(self):
        self.fleet = LocalFleet(self.programs, STORES)
        self.addCleanup(self.fleet.__exit__)
        self.data = self.fleet.path("data")
        os.mkdir(self.data)
        self.fleet.write("data/file", "content\n")
        self.report = self.fleet.path("report.xml")
        self.fleet.run("init", "--recovery-key", self.fleet.path("recovery.key"))

    def break_host(self, host):
        """A file where its folder should be: every task on it fails."""
        shutil.rmtree(self.fleet.path(host), ignore_errors=True)
        self.fleet.write(host, "in the way\n")

    def mend_host(self, host):
        os.unlink(self.fleet.path(host))

    def said(self, *arguments, codes=(0,)):
        """(tasks in their order, hosts of the summary by name)"""
        documents = self.fleet.run("--json", *arguments, "--junit", self.report, codes=codes).documents()
        tasks = [(one["host"], one["task"], one["state"]) for one in documents if one["type"] == "task"]
        return tasks, {host["name"]: host for host in documents[-1]["hosts"]}

    def cases(self):
        """Of the report: (host, task) -> the element inside, by its name; with the counts of the suite held against them."""
        suites = xml.etree.ElementTree.parse(self.report).getroot()
        suite = suites.find("testsuite")
        cases = suite.findall("testcase")
        self.assertEqual(int(suite.get("tests")), len(cases))
        for element, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            self.assertEqual(int(suite.get(count)), sum(case.find(element) is not None for case in cases))
        self.assertTrue(all(float(case.get("time")) >= 0 for case in cases))
        return {(case.get("classname"), case.get("name")): case[0] for case in cases}

    def not_done(self):
        try:
            with open(self.fleet.path("central", "not-done"), encoding="utf-8") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    @staticmethod
    def hook_runs():
        return subprocess.run(["pgrep", "-fx", f"sleep {HOOK_SECONDS}"], capture_output=True, check=False).returncode == 0

    def test_1_batches_end_where_too_many_failed(self):
        self.break_host("store2")
        tasks, hosts = self.said("install", "--serial", "1", "--max-fail", "0", codes=(4,))
        self.assertEqual([task for task in tasks if task[0] == "store1"][-1][1:], ("health", "ok"))
        last_of_first = max(at for at, task in enumerate(tasks) if task[0] == "store1")
        self.assertLess(last_of_first, min(at for at, task in enumerate(tasks) if task[0] == "store2"))
        left = ["store3", "store4", "web1", "web2", "spare"]
        self.assertEqual([task for task in tasks if task[0] in left], [(host, "rollout", "skipped") for host in left])
        self.assertEqual([hosts[host]["skipped"] for host in left], [1] * len(left))
        self.assertEqual(self.not_done(), ["store2", *left])
        self.assertFalse(os.path.exists(self.fleet.path("store3")))
        cases = self.cases()
        self.assertEqual(cases["store1", "programs"].text.split(":")[0], "changed")
        self.assertEqual([case.tag for (host, _), case in cases.items() if host == "store2"], ["failure"])
        self.assertEqual(cases["web1", "rollout"].get("message"), "not begun: 1 host failed (store2), and --max-fail is 0")

        self.mend_host("store2")
        tasks, hosts = self.said("install", "--limit", "@" + self.fleet.path("central", "not-done"), "--serial", "50%")
        self.assertEqual(sorted(hosts), sorted(["store2", *left]))
        self.assertEqual(self.not_done(), [])
        tasks, hosts = self.said("install", "--serial", "1", "--serial", "100%")
        self.assertEqual({task[2] for task in tasks}, {"ok"})
        self.assertEqual([host for host, task, _ in tasks if task == "reach"].count("web1"), 1)

    def test_2_every_agent_reaches_the_daemons_of_later_batches(self):
        with open(self.fleet.inventory, encoding="utf-8") as file:
            text = file.read()
        agents = text[text.index("[groups.sources]"):text.index("\n[hosts.")]
        storage = text[text.index("[groups.storage]"):text.index("[groups.sources]")]
        self.fleet.write("inventory.toml", text.replace(storage, "").replace(agents, agents + "\n" + storage))
        tasks, _ = self.said("install", "--serial", "3")
        self.assertEqual(tasks[0][0] in ("web1", "web2", "spare"), True)
        reaches = [host for host, task, state in tasks if (task, state) == ("reach", "ok")]
        self.assertEqual(sorted(reaches), ["spare", "web1", "web2"])
        self.assertTrue(all(at > max(i for i, one in enumerate(tasks) if one[0] == "store4") for at, one in enumerate(tasks) if one[1] == "reach"))

    def test_3_apply(self):
        self.fleet.run("install")
        playbook = self.fleet.write("playbook.toml", PLAYBOOK.format(data=self.data))
        self.said("apply", playbook, "--serial", "1")
        self.assertEqual({host for host, task in self.cases() if task == "backup data"}, {"web1", "web2", "spare"})
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        self.break_host("web1")
        tasks, _ = self.said("apply", playbook, "--serial", "1", "--max-fail", "0", codes=(4,))
        self.assertEqual([task for task in tasks if task[0] in ("web2", "spare")],
                         [("web2", "rollout", "skipped"), ("spare", "rollout", "skipped"), ("web2", "backup data", "skipped"), ("spare", "backup data", "skipped")])
        self.assertEqual(self.not_done(), ["web1", "web2", "spare"])
        cases = self.cases()
        self.assertEqual([cases[host, "backup data"].tag for host in ("web1", "web2")], ["failure", "skipped"])

    def test_4_a_report_however_the_command_ends(self):
        self.fleet.run("apply", self.fleet.path("nothing.toml"), "--junit", self.report, codes=(2,))
        self.assertIn("nothing.toml", self.cases()["sparekeep", "sparekeep apply"].get("message"))
        hostile = os.fsdecode(b"\x01\x1b\xff<&\"']]>\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80\n.toml")      # what XML forbids, or takes for its own
        self.fleet.run("apply", self.fleet.path(hostile), "--junit", self.report, codes=(2,))
        self.assertIn("\\x01\\x1b\\xff<&\"']]>\ufffd\ufffd\\xed\\xa0\\x80\\x0a.toml", self.cases()["sparekeep", "sparekeep apply"].get("message"))
        self.fleet.run("install")
        playbook = self.fleet.write("playbook.toml", PLAYBOOK.format(data=self.data) + HOOK.format(data=self.data, seconds=HOOK_SECONDS))
        process = self.fleet.begin("apply", playbook, "--junit", self.report)
        deadline = time.monotonic() + 60
        while not self.hook_runs() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        self.fleet.end(process, (130,))
        self.assertEqual(self.cases()["sparekeep", "sparekeep apply"].get("message"), "interrupted")

    def test_5_where_a_report_can_go(self):
        for wrong in (self.fleet.path("no", "such"), self.fleet.folder):
            run = self.fleet.run("install", "--junit", wrong, codes=(2,))
            self.assertIn("--junit is ", run.err)
        piped = subprocess.run([os.path.join(self.fleet.programs, "sparekeep"), "install", "--check", "-q", "--junit", "/dev/stdout"], capture_output=True,
                               env=self.fleet.environment, check=True)
        self.assertIn(b"<testsuites ", piped.stdout)
        self.assertTrue(os.path.exists("/dev/stdout"))
        os.symlink(self.fleet.write("kept.xml", "old"), self.fleet.path("link.xml"))
        self.fleet.run("install", "--check", "--junit", self.fleet.path("link.xml"))
        self.assertTrue(os.path.islink(self.fleet.path("link.xml")))
        self.assertEqual(xml.etree.ElementTree.parse(self.fleet.path("kept.xml")).getroot().tag, "testsuites")

    def test_6_shares(self):
        for option, wrong in (("--serial", "0"), ("--serial", "some"), ("--max-fail", "101%")):
            self.assertIn(f"{option} is '{wrong}'; a number of hosts from ", self.fleet.run("install", option, wrong, codes=(2,)).err)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Rolling.programs = sys.argv.pop(1)
    unittest.main(verbosity=2)
