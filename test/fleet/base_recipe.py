"""What every host is made of, as data: the base image is built anew when anything here changes."""

SUITE = "bookworm"
PACKAGES = ["acl", "attr", "dbus", "iproute2", "openssh-server", "sudo", "systemd", "systemd-sysv"]

# A password for tests of sudo on hosts that nobody else reaches: it is 'fleet'.
PASSWORD_HASH = "$6$sparekeepfleet$dUrLZukA16IvnK6VEZ.9RzYjDZ2dijNWKseQm.jtPn.PeSJ5LU7A/LpQepbnZwf9FqUw83Vy8nFdW9V76jNN1."
USERS = {
    "admin": "admin ALL=(ALL:ALL) NOPASSWD: ALL",       # sudo asks for nothing
    "clerk": "clerk ALL=(ALL:ALL) ALL",                 # sudo asks for the password
    "guest": "",                                        # no sudo
}

# Seen from outside when a host has booted to its end; see host.py.
READY = "run/fleet-ready"
READY_UNIT = """[Unit]
Description=Tells the fleet that this host has booted
DefaultDependencies=no
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/usr/bin/touch /run/fleet-ready

[Install]
WantedBy=multi-user.target
"""

FILES = {
    "etc/systemd/system/fleet-ready.service": READY_UNIT,
    "etc/resolv.conf": "",
    "etc/machine-id": "",
    "etc/sudoers.d/fleet": "".join(rule + "\n" for rule in USERS.values() if rule),
}

# Run in the image, each by its own shell.
COMMANDS = [
    *(f"useradd --create-home --shell /bin/bash --password '{PASSWORD_HASH}' {user}" for user in USERS),
    "chmod 440 /etc/sudoers.d/fleet && visudo -cq",
    "systemctl enable ssh.service fleet-ready.service",
    "systemctl disable apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer",
    "systemctl mask console-getty.service systemd-remount-fs.service dev-hugepages.mount sys-fs-fuse-connections.mount",
    "rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id",
    "apt-get clean && rm -rf /var/lib/apt/lists/*",
    "mkdir -p /srv/sparekeep",
]
