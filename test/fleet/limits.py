"""Limits of the kernel that many systemds on one kernel meet long before they need much: raised, never lowered, and left so."""
NEEDED_PER_HOST = {
    "/proc/sys/fs/inotify/max_user_instances": 64,      # 64 hosts hang for ever at Debian's 128
    "/proc/sys/fs/inotify/max_user_watches": 1024,
    "/proc/sys/kernel/keys/maxkeys": 64,
    "/proc/sys/kernel/keys/maxbytes": 4096,
}
OWN_NEED = 8        # hosts' worth for the machine itself


def raise_for(hosts):
    for path, each in NEEDED_PER_HOST.items():
        with open(path, "r+", encoding="ascii") as file:
            needed = each * (hosts + OWN_NEED)
            if int(file.read()) < needed:
                file.seek(0)
                file.write(str(needed))
