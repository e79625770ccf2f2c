"""Ending processes, and being sure of it. A process is held by a pidfd and looked at again before it is signalled, so that a
number that was given to another process meanwhile harms nobody."""
import os
import select
import signal

from commands import wait_until

END_PATIENCE = 20           # seconds until a killed process is gone


def kill(pid, still_meant):
    """Sends SIGKILL if still_meant(pid) once the process is held; returns its pidfd, or None when there is nothing to end."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    try:
        if still_meant(pid):
            signal.pidfd_send_signal(held, signal.SIGKILL)
            return held
    except ProcessLookupError:
        pass
    os.close(held)
    return None


def kill_all(list_pids, still_meant, thaw=lambda: None):
    """Kills what list_pids() names until it names nothing. `thaw` runs after each round: a frozen process dies only then."""
    def none_left():
        meant = list_pids()
        held = [pidfd for pidfd in (kill(pid, still_meant) for pid in sorted(meant)) if pidfd is not None]
        thaw()
        for pidfd in held:
            select.select([pidfd], [], [], 0.2)
            os.close(pidfd)
        return not meant
    wait_until(none_left, END_PATIENCE, "not all processes died")


def pid_inside(pid):
    """The number that a process has in its innermost pid namespace, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            return next((int(line.split()[-1]) for line in status if line.startswith("NSpid:")), None)
    except OSError:
        return None
