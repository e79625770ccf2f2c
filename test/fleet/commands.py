"""How the fleet speaks to this machine: commands whose failure is an error with its words, and waits that end."""
import contextlib
import fcntl
import os
import shlex
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

COMMAND_PATIENCE = 120      # seconds for one command of the fleet's own
PAUSE = 0.02
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class FleetError(Exception):
    """What went wrong, for people: lower case, no full stop."""


def run(*command, text=None, seconds=COMMAND_PATIENCE):
    """Runs a command to its good end and returns what it printed. It dies with us, so that nothing is made behind the back of a `down`."""
    spoken = shlex.join(command)
    try:
        done = subprocess.run([*DIES_WITH_US, *command], input=text, stdin=subprocess.DEVNULL if text is None else None, capture_output=True, text=True,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise FleetError(f"'{spoken}' did not end within {seconds} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or "it says nothing"
        raise FleetError(f"'{spoken}' ended with {done.returncode}: {said}")
    return done.stdout


def succeeds(*command, text=None):
    """Did a command that may fail end well?"""
    try:
        run(*command, text=text)
    except FleetError:
        return False
    return True


def wait_until(done, seconds, complaint, pause=PAUSE):
    """Asks again and again; what is asked may raise to give up sooner. `complaint` is the error after so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise FleetError(f"{complaint} within {seconds:g} s")
        time.sleep(pause)


class Workers:
    """Work on many hosts at once. Once `stop` is set, waits of theirs that ask `keep_on` end soon."""
    AT_ONCE_MAX = 64

    def __init__(self):
        self.stopped = threading.Event()

    def keep_on(self):
        if self.stopped.is_set():
            raise FleetError("given up, since the rest of the fleet is")

    def each(self, work, items):
        """Calls work(item) for all; a failure is raised when every one has ended, and the others then wait no longer."""
        items = list(items)
        with ThreadPoolExecutor(max(1, min(len(items), self.AT_ONCE_MAX))) as pool:
            try:
                for one in as_completed([pool.submit(work, item) for item in items]):
                    one.result()
            except BaseException:
                self.stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


@contextlib.contextmanager
def locked(path, how=fcntl.LOCK_EX):
    """Holds a lock file. One that its holder removed meanwhile is no lock: the new one counts."""
    while True:
        with open(path, "a", encoding="ascii") as file:
            fcntl.flock(file, how)
            if os.path.exists(path) and os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                yield
                return
