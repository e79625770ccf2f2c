"""What is said of ends that are easily not told: a restore job that failed before its host had an order of it, and an uninstall that was interrupted.

ends_test.py PROGRAMS"""
import os
import shutil
import signal
import subprocess
import sys
import time

from fleet import LocalFleet

PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = ["{source}"]
redundancy = {{ copies = 2 }}
[[restore]]
name = "drill"
hosts = ["spare"]
from = {{ job = "web", host = "web1" }}
target = "{target}"
"""
# Takes the daemon's place, and notes the first SIGTERM that it gets.
STUBBORN = "trap 'touch {noted}' TERM; while :; do sleep 0.05; done"


def last_of(fleet, job):
    found = next(each for each in fleet.run("jobs", "--json").documents() if each["name"] == job)
    return found["last_state"], found["last_error"] or ""


def a_restore_that_reached_no_host(fleet):
    source = fleet.path("files")
    os.makedirs(source)
    playbook = fleet.set_up(PLAYBOOK.format(source=source, target=fleet.path("drilled")))
    fleet.run("apply", playbook, "--check")
    assert not any(job["name"] == "drill" and job["last_run"] for job in fleet.run("jobs", "--json").documents()), "a prediction is no run"
    fleet.run("apply", playbook, "--job", "drill", codes=(4,))
    state, error = last_of(fleet, "drill")
    assert state == "failed" and error.startswith("there is no snapshot of job 'web' on host 'web1'"), (state, error)
    told = fleet.run("jobs").out
    assert "job 'drill': there is no snapshot of job 'web' on host 'web1'; run that backup first" in told, told
    with open(os.path.join(source, "a"), "w", encoding="ascii") as file:
        file.write("a")
    fleet.run("apply", playbook)
    assert last_of(fleet, "drill") == ("complete", ""), last_of(fleet, "drill")
    print("a restore that failed before its host was reached is told of", flush=True)


def an_interrupted_uninstall(fleet):
    """What it began goes on, which is said, and the same command again does the rest."""
    fleet.signal("store1", signal.SIGKILL)
    program, pid_file, noted = fleet.path("store1/usr/lib/sparekeep/sparekeepd"), fleet.path("store1/run/sparekeepd.pid"), fleet.path("noted")
    shutil.copy("/bin/sh", program)
    stubborn = subprocess.Popen([program, "-c", STUBBORN.format(noted=noted)])
    try:
        with open(pid_file, "w", encoding="ascii") as file:
            file.write(str(stubborn.pid))
        process = fleet.begin("uninstall", "--limit", "store1", "--abandon", "--json")
        deadline = time.monotonic() + 60
        while not os.path.exists(noted) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        run = fleet.end(process, (130,))
    finally:
        stubborn.kill()
        stubborn.wait()
    assert "error: interrupted; what runs on hosts goes on there, and the same command again goes on from here" in run.err, str(run)
    assert run.documents()[-1]["type"] == "summary" and run.documents()[-1]["interrupted"], str(run)
    with open(fleet.path("central/not-done"), encoding="utf-8") as file:
        assert file.read() == "store1\n"
    deadline = time.monotonic() + 60
    while os.path.exists(fleet.path("store1/etc/sparekeep/daemon.toml")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not os.path.exists(fleet.path("store1/etc/sparekeep/daemon.toml")), "what it began has not ended"
    fleet.run("uninstall", "--limit", "@" + fleet.path("central/not-done"), "--abandon")
    assert "store1" not in [system["name"] for system in fleet.run("systems", "--json").documents()]
    print("an interrupted uninstall says what goes on, and goes on", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        a_restore_that_reached_no_host(fleet)
        an_interrupted_uninstall(fleet)


main()
