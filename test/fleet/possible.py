"""Whether this machine can have a fleet, and if not, why: for a skip that says its reason."""
import os
import shutil
import tempfile

from commands import FleetError, succeeds
from control_groups import hierarchies

PROGRAMS = {
    "debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2", "ssh": "openssh-client", "ssh-keygen": "openssh-client",
    "mkfs.ext4": "e2fsprogs", "losetup": "mount", "nsenter": "util-linux", "unshare": "util-linux", "setpriv": "util-linux", "setsid": "util-linux",
    "wget": "wget",
}


def why_not():
    """One reason, or None."""
    if os.geteuid() != 0:
        return "a fleet needs root: namespaces, mounts and control groups of its own"
    missing = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if missing:
        return f"packages are missing: {' '.join(missing)}"
    return next((reason for check in (no_namespaces, no_overlay, no_loop, no_groups) if (reason := check())), None)


def no_namespaces():
    if not succeeds("unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "true"):
        return "this machine lets nobody make namespaces"
    return None


def knows_file_system(name):
    with open("/proc/filesystems", encoding="ascii") as file:
        return name in file.read().split()


def no_overlay():
    if knows_file_system("overlay") or (succeeds("modprobe", "overlay") and knows_file_system("overlay")):
        return None
    return "this kernel has no overlayfs"


def no_loop():
    return None if os.path.exists("/dev/loop-control") else "there is no /dev/loop-control: disk images cannot be mounted"


def no_groups():
    try:
        mounts, _, _ = hierarchies()
        for mount in mounts:
            os.rmdir(tempfile.mkdtemp(prefix="sk-try-", dir=mount))
    except (FleetError, OSError) as fault:
        return f"control groups cannot be made: {fault}"
    return None
