#!/usr/bin/python3
"""Hosts with supervise = "process": what somebody has done to the files of running programs is mended by the next install, and one of each program
runs. process_test.py [PROGRAMS]: see install_case.py."""
import sys

import install_case

PROGRAMS = ["sparekeep-agent", "sparekeepd"]
ONE_EACH = "for name in sparekeepd sparekeep-agent; do pgrep -c -x $name; done"


class Process(install_case.InstallCase):
    mark, hosts = "q", ["h1", "h2"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inventory += 'supervise = "process"\n'
        cls.write("inventory.toml", cls.inventory)
        cls.say("install")

    def assert_one_each(self):
        self.assertEqual({said.split() == ["1", "1"] for said in self.on_all(ONE_EACH).values()}, {True})

    def test_logs_that_are_roots_hold_no_start_up(self):
        self.on_all("for name in daemon agent; do log=/var/lib/sparekeep/$name/$name.log; echo before > $log; chown root: $log; chmod 600 $log; done\n"
                    "echo '#' >> /etc/sparekeep/daemon.toml; echo '#' >> /etc/sparekeep/agent.toml")
        self.assertEqual(self.changed("install", "--check"), {host: ["configuration", *PROGRAMS] for host in self.hosts})
        self.assertEqual(self.changed("install"), {host: ["configuration", *PROGRAMS] for host in self.hosts})
        self.assert_all_ok()
        self.assert_one_each()
        for said in self.on_all("cd /var/lib/sparekeep; stat -c %U */*.log; head -qn 1 */*.log.old").values():
            self.assertEqual(sorted(said.split()), ["before", "before", "sparekeep-agent", "sparekeepd"])

    def test_a_program_without_its_pid_file_makes_way(self):
        first = self.on_all("pgrep -x sparekeepd; pgrep -x sparekeep-agent")
        self.on_each({"h1": "rm -rf /run/sparekeepd /run/sparekeep-agent",
                      "h2": "echo 1 > /run/sparekeepd/sparekeepd.pid; echo 1 > /run/sparekeep-agent/sparekeep-agent.pid"})
        foretold = self.changed("install", "--check")
        self.assertEqual({host: [task for task in tasks if task in PROGRAMS] for host, tasks in foretold.items()}, {host: PROGRAMS for host in self.hosts})
        self.assertEqual(self.changed("install"), foretold)
        self.assert_one_each()
        for host, pids in self.on_all("pgrep -x sparekeepd; pgrep -x sparekeep-agent").items():
            self.assertFalse(set(pids.split()) & set(first[host].split()))
        self.assert_all_ok()

    def test_files_in_the_folder_of_shards_stay_whose_they_are(self):
        self.on_all("cd /srv/sparekeep && vault=$(printf 'a%.0s' $(seq 32)); mkdir photos $vault; touch photos/1 $vault/1; chmod 755 .")
        self.assertEqual(self.changed("install"), {host: ["users and folders"] for host in self.hosts})
        for said in self.on_all("cd /srv/sparekeep && stat -c %U . aaa* aaa*/1 photos photos/1").values():
            self.assertEqual(said.split(), ["sparekeepd"] * 3 + ["root"] * 2)

    def test_a_folder_that_is_somebodys_is_not_prepared(self):
        said = self.fleet.ssh("h1", "mkdir -p /srv/own/files; /usr/lib/sparekeep/current/sparekeepd identity --prepare-storage /srv/own; ls -A /srv/own", check=False)
        self.assertEqual(said.stdout, "files\n")
        self.assertIn("'/srv/own' is to store shards and holds 'files', which is none of ours", said.stderr)
    def test_a_read_only_data_disk_is_no_healthy_host(self):
        self.fleet.ssh("h1", "mount -o remount,ro /srv/sparekeep")
        told = self.told("install", code=4)
        self.assertRegex(told["h1"]["health"].detail, "its daemon reports no capacity: '/srv/sparekeep' cannot be written to")
        self.assertEqual(told["h2"]["health"].state, "ok")
        self.fleet.ssh("h1", "mount -o remount,rw /srv/sparekeep")
        self.assert_all_ok()


if __name__ == "__main__":
    sys.exit(install_case.main(Process))
