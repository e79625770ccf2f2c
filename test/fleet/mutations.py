"""Mutations of an installed host, as data: what is done to it by hand, and the tasks that have to mend it."""
import dataclasses

DAEMON, AGENT, FOLDERS = "sparekeepd", "sparekeep-agent", "users and folders"
# The program that a unit runs, wherever it lies.
PROGRAM = "program=$(readlink -f $(systemctl show -p ExecStart {unit} | sed 's/.*path=\\([^ ;]*\\).*/\\1/')); "
DAEMON_PROGRAM, AGENT_PROGRAM = PROGRAM.replace("{unit}", "sparekeepd"), PROGRAM.replace("{unit}", "sparekeep-agent")
UNITS = "/etc/systemd/system/"
STOP = "systemctl stop sparekeepd sparekeep-agent; "


@dataclasses.dataclass(frozen=True)
class Mutation:
    name: str
    command: str                    # as root, under set -e
    tasks: tuple = ()               # that have to say `changed`, and no other may
    stays: str = ""                 # lines of the host's portrait that rightly differ afterwards: a pattern


@dataclasses.dataclass(frozen=True)
class Refused:
    name: str
    command: str                    # as root, under set -e
    text: str                       # of the one failed task: a pattern
    undo: str                       # what the message says to do
    task: str = "plan"


FILES = [
    Mutation("settings edited", "echo '# by hand' >> /etc/sparekeep/daemon.toml", ("configuration", DAEMON)),
    Mutation("settings of another mode", "chmod 600 /etc/sparekeep/agent.toml", ("configuration", AGENT)),
    Mutation("settings of another owner", "chown nobody /etc/sparekeep/delegation.bin", ("configuration", DAEMON, AGENT)),
    Mutation("settings of another group", "chgrp nogroup /etc/sparekeep/daemon.toml", ("configuration", DAEMON)),
    Mutation("settings deleted", "rm /etc/sparekeep/agent.toml", ("configuration", AGENT)),
    Mutation("settings made a symlink", "mv /etc/sparekeep/agent.toml /root; ln -s /root/agent.toml /etc/sparekeep/agent.toml", ("configuration", AGENT)),
    Mutation("settings made a folder", "rm /etc/sparekeep/agent.toml; mkdir -p /etc/sparekeep/agent.toml/more", ("configuration", AGENT)),
    Mutation("settings emptied", ": > /etc/sparekeep/delegation.bin", ("configuration", DAEMON, AGENT)),
]
UNIT_FILES = [
    Mutation("unit edited", f"sed -i s/ProtectSystem=strict/ProtectSystem=no/ {UNITS}sparekeepd.service; systemctl daemon-reload", ("units", DAEMON)),
    Mutation("unit masked", f"ln -sf /dev/null {UNITS}sparekeepd.service; systemctl daemon-reload", ("units", DAEMON)),
    Mutation("unit disabled", "systemctl -q disable sparekeep-agent", ("units",)),
    Mutation("unit stopped", "systemctl stop sparekeepd", (DAEMON,)),
    Mutation("socket stopped", "systemctl stop sparekeep-restore.socket", ("units",)),
    Mutation("socket masked and disabled", f"systemctl -q disable --now sparekeep-hook.socket; ln -sf /dev/null {UNITS}sparekeep-hook.socket", ("units",)),
    Mutation("template of a unit deleted", f"rm {UNITS}sparekeep-restore@.service; systemctl daemon-reload", ("units",)),
    Mutation("unit of another mode, all stopped", f"chmod 777 {UNITS}sparekeep-agent.service; systemctl stop 'sparekeep*'", ("units", DAEMON, AGENT)),
]
UNITS_AND_USERS = [
    Mutation("drop-in added, not yet read", f"mkdir {UNITS}sparekeepd.service.d; printf '[Service]\\nNice=1\\n' > {UNITS}sparekeepd.service.d/own.conf"),
    Mutation("drop-in added and read", f"mkdir {UNITS}sparekeep-agent.service.d; printf '[Service]\\nNice=1\\n' > {UNITS}sparekeep-agent.service.d/own.conf; "
             "systemctl daemon-reload"),
    Mutation("link of a unit led astray", f"ln -sfn /lib/systemd/system/ssh.service {UNITS}multi-user.target.wants/sparekeepd.service", ("units",)),
    Mutation("user deleted", "systemctl stop sparekeep-agent; userdel sparekeep-agent", (FOLDERS, AGENT)),
    Mutation("user deleted, its number taken",
             "systemctl stop sparekeepd; number=$(id -u sparekeepd); userdel sparekeepd; usermod -u $number other", (FOLDERS, DAEMON)),
    Mutation("group of a user changed", "usermod -g nogroup sparekeepd; groupdel sparekeepd", (FOLDERS,)),
    Mutation("daemon run by hand", "systemctl stop sparekeepd; mkdir -p /run/sparekeepd; chown sparekeepd: /run/sparekeepd; " + DAEMON_PROGRAM +
             "RUNTIME_DIRECTORY=/run/sparekeepd setsid setpriv --reuid=sparekeepd --regid=sparekeepd --init-groups $program serve "
             "> /dev/null 2>&1 < /dev/null & sleep 1", (DAEMON,)),
    Mutation("process killed, unit failed",
             "mkdir -p /run/systemd/system/sparekeepd.service.d; printf '[Service]\\nRestart=no\\n' > /run/systemd/system/sparekeepd.service.d/x.conf; "
             "systemctl daemon-reload; systemctl kill -s KILL sparekeepd; sleep 1; rm -r /run/systemd/system/sparekeepd.service.d; systemctl daemon-reload", (DAEMON,)),
]
CERTIFICATES = [
    Mutation("certificate expired", "echo '{expired}' > /var/lib/sparekeep/daemon/tls.crt", ("certificates", DAEMON)),
    Mutation("certificate truncated", "truncate -s 200 /var/lib/sparekeep/agent/tls.crt", ("certificates", AGENT)),
    Mutation("certificate of another host", "echo '{foreign}' > /var/lib/sparekeep/daemon/tls.crt", ("certificates", DAEMON)),
    Mutation("certificate deleted", "rm /var/lib/sparekeep/agent/tls.crt", ("certificates", AGENT)),
    Mutation("private key readable", "chmod 644 /var/lib/sparekeep/agent/tls.key", (FOLDERS,)),
    Mutation("private key deleted", "rm /var/lib/sparekeep/agent/tls.key", ("certificates", AGENT), r"\S+  var/lib/sparekeep/agent/tls\.key"),
    Mutation("private key emptied", STOP + ": > /var/lib/sparekeep/daemon/tls.key", ("certificates", DAEMON, AGENT), r"\S+  var/lib/sparekeep/daemon/tls\.key"),
    Mutation("private key of another", STOP + "chown nobody /var/lib/sparekeep/daemon/tls.key", (FOLDERS, DAEMON, AGENT)),
]
PROGRAMS = [
    Mutation("program replaced", DAEMON_PROGRAM + "cp /bin/true $program.x; mv $program.x $program", ("programs", DAEMON)),
    Mutation("program truncated", STOP + AGENT_PROGRAM + "truncate -s 1000 $program", ("programs", DAEMON, AGENT)),
    Mutation("program of another mode", DAEMON_PROGRAM + "chmod 644 $program", ("programs", DAEMON)),
    Mutation("programs deleted", "rm -r /usr/lib/sparekeep", (FOLDERS, "programs", DAEMON, AGENT)),
    Mutation("library damaged",
             STOP + "printf x | dd of=$(find /usr/lib/sparekeep/ -name libisal.so.2) bs=1 seek=5000 conv=notrunc status=none", ("programs", DAEMON, AGENT)),
    Mutation("key for restores lost",
             "rm /var/lib/sparekeep/agent/recipient.key", ("certificates", "registration", AGENT), r"\S+  var/lib/sparekeep/agent/recipient\.key"),
    Mutation("program renewed with the same bytes", DAEMON_PROGRAM + "cp -p $program $program.x; mv $program.x $program", (DAEMON,)),
    Mutation("settings folder deleted but for the id",
             "cd /etc/sparekeep; rm agent.toml daemon.toml delegation.bin; chmod 700 .", (FOLDERS, "configuration", DAEMON, AGENT)),
]
PLACES = [
    Mutation("data folder of another owner", "chown nobody /srv/sparekeep", (FOLDERS,)),
    Mutation("data folder open to all", "chmod 777 /srv/sparekeep", (FOLDERS,)),
    Mutation("state folder of another group", "chgrp nogroup /var/lib/sparekeep/daemon", (FOLDERS,)),
    Mutation("state folder made a symlink", "systemctl stop sparekeep-agent; mv /var/lib/sparekeep/agent /root/agent; chmod 711 /root; "
             "ln -s /root/agent /var/lib/sparekeep/agent", (AGENT,), ".*var/lib/sparekeep/agent.*"),
    Mutation("settings folder made a symlink", "mv /etc/sparekeep /opt/; ln -s /opt/sparekeep /etc/sparekeep"),
    Mutation("settings touched", "touch /etc/sparekeep/daemon.toml", (DAEMON,)),
    Mutation("id of the host deleted", "rm /etc/sparekeep/host-id", ("configuration",)),
    Mutation("id of the host garbled, a certificate lost",
             "echo none > /etc/sparekeep/host-id; rm /var/lib/sparekeep/agent/tls.crt", ("configuration", "certificates", AGENT)),
]
# The first host has a drop-in of an earlier round that systemd has not read: a restart of a socket would make it notice that.
IN_THE_WAY = [
    Mutation("certificate made a FIFO", "rm /var/lib/sparekeep/daemon/tls.crt; mkfifo /var/lib/sparekeep/daemon/tls.crt", ("certificates", DAEMON)),
    Mutation("settings made a FIFO", "rm /etc/sparekeep/agent.toml; mkfifo /etc/sparekeep/agent.toml", ("configuration", AGENT)),
    Mutation("file of a socket removed", "rm /run/sparekeep/restore.sock", ("units",)),
    Mutation("id of the host made a symlink", "mv /etc/sparekeep/host-id /root/; ln -s /root/host-id /etc/sparekeep/host-id", ("configuration",)),
    Mutation("link to the release made a folder", "rm /usr/lib/sparekeep/current; mkdir /usr/lib/sparekeep/current", ("programs", DAEMON, AGENT)),
    Mutation("user made anew, its files given to root before",
             STOP + "userdel sparekeepd; chown -hR root: /var/lib/sparekeep/daemon; useradd --system -U -c sparekeep -d /nonexistent -s /usr/sbin/nologin sparekeepd",
             (FOLDERS, DAEMON, AGENT)),
    Mutation("program replaced by one that tells less, password given to a user", DAEMON_PROGRAM + "cp $(dirname $program)/* /opt/; "
             "printf '#!/bin/sh\\n[ \"$3\" = facts ] || exec /opt/sparekeepd \"$@\"\\n/opt/sparekeepd \"$@\" | grep -v ^password\\n' > $program.x; "
             "chmod 755 $program.x; mv $program.x $program; echo sparekeepd:none | chpasswd", (FOLDERS, "programs", DAEMON)),
]
USERS = [
    Mutation("shell given to a user", "usermod -s /bin/bash sparekeepd", (FOLDERS,)),
    Mutation("home given to a user", "systemctl stop sparekeep-agent; usermod -d /home/other sparekeep-agent; systemctl start sparekeep-agent", (FOLDERS, AGENT)),
    Mutation("user in one more group", "usermod -aG sudo sparekeepd", (FOLDERS, DAEMON)),
    Mutation("password given to a user", "echo sparekeep-agent:none | chpasswd", (FOLDERS,)),
    Mutation("other primary group", "usermod -g nogroup sparekeep-agent", (FOLDERS,)),
    Mutation("another number of a group", "groupmod -g 4321 sparekeepd", (FOLDERS,)),
    Mutation("user removed beneath its daemon", "userdel -f sparekeepd", (FOLDERS, DAEMON)),
    Mutation("all of a user changed", "systemctl stop sparekeepd; usermod -d / -s /bin/sh -g nogroup -G sudo,adm sparekeepd; echo sparekeepd:none | chpasswd; "
             "systemctl start sparekeepd", (FOLDERS, DAEMON)),
]
# What systemd goes on with has no file any more, or is not as its file says.
UNREAD = [
    Mutation("unit of a socket deleted, and systemd told", f"rm {UNITS}sparekeep-restore.socket; systemctl daemon-reload", ("units",)),
    Mutation("unit deleted beneath its daemon", f"rm {UNITS}sparekeepd.service; systemctl daemon-reload", ("units", DAEMON)),
    Mutation("socket that systemd could not read", f"cp -p {UNITS}sparekeep-restore.socket /root/; rm {UNITS}sparekeep-restore.socket; systemctl daemon-reload; "
             f"cp -p /root/sparekeep-restore.socket {UNITS}; ! systemctl restart sparekeep-restore.socket", ("units",)),
]
ROUNDS = [FILES, UNIT_FILES, UNITS_AND_USERS, CERTIFICATES, PROGRAMS, PLACES, IN_THE_WAY, USERS, UNREAD]

NUMBER = "systemctl stop {0}; id -u {0} > /root/number; usermod {1} {0}"
NUMBER_BACK = "sed -i \"s/^{0}:x:[0-9]*:/{0}:x:$(cat /root/number):/\" /etc/passwd"
REFUSED = [
    Refused("user made root", NUMBER.format(DAEMON, "-o -u 0"), r"the user 'sparekeepd' has the uid 0, .* in /etc/passwd by vipw .*", NUMBER_BACK.format(DAEMON)),
    Refused("another number of a user", NUMBER.format(DAEMON, "-u 4321"),
            r"the user 'sparekeepd' has the uid 4321 and its files belong to the uid \d+; give it back its number by usermod -u \d+ sparekeepd, .*",
            NUMBER_BACK.format(DAEMON)),
    Refused("number of a user shared", "systemctl stop sparekeep-agent; usermod -u $(id -u sparekeep-agent) -o other",
            r"the users 'sparekeep-agent' and 'other' share the uid \d+; .*", "sed -i s/^other:x:[0-9]*:/other:x:4444:/ /etc/passwd"),
    Refused("unit made to run something else", "cp $(readlink -f /usr/lib/sparekeep/current)/* /opt/; mkdir {0}.d; "
            "printf '[Service]\\nExecStart=\\nExecStart=/opt/sparekeepd serve\\n' "
            "> {0}.d/own.conf; systemctl daemon-reload; systemctl restart sparekeepd".format(UNITS + "sparekeepd.service"),
            r"sparekeepd\.service runs another program than .*: '/etc/systemd/system/sparekeepd\.service\.d/own\.conf' sets ExecStart; take that out, .*",
            f"rm -r {UNITS}sparekeepd.service.d; systemctl daemon-reload"),
    Refused("settings edited and immutable", "echo '# by hand' >> /etc/sparekeep/agent.toml; chattr +i /etc/sparekeep/agent.toml",
            r"'/etc/sparekeep/agent\.toml' has to change and cannot: it is immutable or append-only \(take that away by chattr -i -a\), .*",
            "chattr -i /etc/sparekeep/agent.toml"),
    Refused("port of the daemon taken", "systemctl stop sparekeepd; setsid systemd-socket-activate -a -l 7421 /bin/true > /dev/null 2>&1 < /dev/null & sleep 0.5",
            r"its daemon is to listen at port 7421, which 'systemd-socket-' \(pid \d+\) has taken; end that, or set storage\.port", "pkill -f socket-activat[e]"),
    Refused("no inode left", "cp -a /etc/sparekeep /root/spare; mount -t tmpfs -o nr_inodes=20,mode=755 none /etc/sparekeep; cp -a /root/spare/. /etc/sparekeep; "
            "for n in $(seq 30); do touch /etc/sparekeep/$n 2> /dev/null || true; done; echo '# by hand' >> /etc/sparekeep/agent.toml",
            r"'/etc/sparekeep' needs 64 inodes and 0 are free \(df -i\); remove small files from its file system", "umount /etc/sparekeep"),
    Refused("settings folder immutable", "rm /etc/sparekeep/delegation.bin; chattr +i /etc/sparekeep",
            r"'/etc/sparekeep' cannot be written to: .*it is immutable \(chattr -i\).*", "chattr -i /etc/sparekeep"),
]
