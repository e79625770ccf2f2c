"""The programs of the release before: of the commit in test/fleet/previous_release, built aside and kept for the next time."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ("sparekeep", "sparekeepd", "sparekeep-agent", "libisal.so.2")
BUILD_PATIENCE = 1800       # seconds; a quiet machine of two cores and an empty compiler cache need about 420
FETCH_PATIENCE = 120


class NoPrevious(Exception):
    """Why these programs are not to be had."""


def commit():
    with open(os.path.join(HERE, "previous_release"), encoding="ascii") as file:
        return file.read().strip()


def programs(folder):
    """The folder with the programs, below `folder`."""
    place = os.path.join(folder, commit()[:12])
    ready = os.path.join(place, "bin")
    if not os.path.isdir(ready):
        shutil.rmtree(place, ignore_errors=True)
        tree = os.path.join(place, "tree")
        take_out(tree)
        build(tree)
        os.makedirs(ready + ".new")
        for name in PROGRAMS:
            shutil.copy2(os.path.join(tree, "build/release/bin", name), ready + ".new")
        shutil.rmtree(tree)
        os.rename(ready + ".new", ready)
    return ready


def git(*words, **options):
    # The clone may be another user's; it is only read.
    return subprocess.run(["git", "-c", f"safe.directory={ROOT}", "-C", ROOT, *words], capture_output=True, check=False, stdin=subprocess.DEVNULL, **options)


def is_here():
    return git("cat-file", "-e", commit() + "^{commit}").returncode == 0


def take_out(tree):
    """A clone without history is asked for this one commit."""
    if shutil.which("git") is None:
        raise NoPrevious("git is not installed: apt-get install git")
    if not is_here():
        fetch_it()
    os.makedirs(tree)
    archive = git("archive", commit())
    subprocess.run(["tar", "-x", "-C", tree], input=archive.stdout, check=True)


def fetch_it():
    try:
        git("fetch", "--quiet", "--depth=1", "origin", commit(), timeout=FETCH_PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    if not is_here():
        raise NoPrevious(f"commit {commit()} of test/fleet/previous_release is not in this clone and cannot be fetched: git fetch --unshallow")


def build(tree):
    """Only what hosts and a central run. Where ccache is installed, little is compiled twice."""
    environment = dict(os.environ, CCACHE_BASEDIR=tree, CCACHE_NOHASHDIR="1", CCACHE_SLOPPINESS="pch_defines,time_macros")
    log = os.path.join(os.path.dirname(tree), "build.log")
    with open(log, "wb") as file:
        for words in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release", "--target", "programs", "-j", str(os.cpu_count())]):
            try:
                done = subprocess.run(words, cwd=tree, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL, timeout=BUILD_PATIENCE, check=False)
            except subprocess.TimeoutExpired:
                raise NoPrevious(f"the programs of {commit()} were not built within {BUILD_PATIENCE} s; see {log}") from None
            if done.returncode != 0:
                raise NoPrevious(f"the programs of {commit()} cannot be built; see {log}")
