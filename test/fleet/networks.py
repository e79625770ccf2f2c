"""The networks of one fleet, all in namespaces of its own, so that two fleets may have the same addresses.

    sk-FLEET.bridge       the wire: a bridge, one port a host and one for the controller
    sk-FLEET.controller   where the central and the tests run
    sk-FLEET-HOST         one a host, made when it is switched on and gone when it is off: nothing then answers for it
"""
import ctypes
import ipaddress
import os
import socket
import threading

from commands import FleetError, run, succeeds, wait_until

FOLDER = "/run/netns"
BRIDGE, CONTROLLER_PORT, HOST_LINK = "wire", "controller", "eth0"
CLONE_NEWNET = 0x40000000
GONE_PATIENCE = 10


def path(namespace):
    return os.path.join(FOLDER, namespace)


def ip(namespace, *lines):
    """Lines of `ip -batch` inside a namespace; the first that fails ends it."""
    run("ip", "-n", namespace, "-batch", "-", text="\n".join(lines) + "\n")


def hardware_address(address):
    """The same as long as the host has its address, so that neighbours need not learn anything after a restart."""
    return "02:53:" + ":".join(f"{byte:02x}" for byte in ipaddress.ip_address(address).packed)


class Networks:
    def __init__(self, fleet):
        self.fleet = fleet
        self.bridge, self.controller = f"sk-{fleet}.bridge", f"sk-{fleet}.controller"

    def of_host(self, host):
        return f"sk-{self.fleet}-{host}"

    def all(self):
        """The namespaces that are there."""
        names = os.listdir(FOLDER) if os.path.isdir(FOLDER) else []
        return sorted(name for name in names if name in (self.bridge, self.controller) or name.startswith(f"sk-{self.fleet}-"))

    def make(self, address, prefix):
        for namespace in (self.bridge, self.controller):
            run("ip", "netns", "add", namespace)
            ip(namespace, "link set lo up")
        ip(self.bridge, f"link add {BRIDGE} type bridge forward_delay 0", f"link set {BRIDGE} up")
        self.plug_controller(address, prefix)

    def plug_controller(self, address, prefix):
        """The controller's link without delay."""
        ip(self.bridge, f"link add {CONTROLLER_PORT} type veth peer name {HOST_LINK} netns {self.controller}")
        self.address_controller(address, prefix)

    def address_controller(self, address, prefix):
        """Its two ends are there: address, and up."""
        ip(self.controller, f"link set {HOST_LINK} address {hardware_address(address)}", f"addr add {address}/{prefix} dev {HOST_LINK}",
           f"link set {HOST_LINK} up")
        ip(self.bridge, f"link set {CONTROLLER_PORT} master {BRIDGE} up")

    def plug(self, host, port, address, prefix):
        """A namespace for a host that is switched on, and its port on the wire, which is still down."""
        self.unplug(host, port)
        namespace = self.of_host(host)
        run("ip", "netns", "add", namespace)
        ip(self.bridge, f"link add {port} type veth peer name {HOST_LINK} netns {namespace}", f"link set {port} master {BRIDGE}")
        ip(namespace, "link set lo up", f"link set {HOST_LINK} address {hardware_address(address)}", f"addr add {address}/{prefix} dev {HOST_LINK}",
           f"link set {HOST_LINK} up")

    def set_port(self, port, up):
        ip(self.bridge, f"link set {port} {'up' if up else 'down'}")

    def has_port(self, port):
        return succeeds("ip", "-n", self.bridge, "link", "show", "dev", port)

    def unplug(self, host, port):
        if self.has_port(port):
            run("ip", "-n", self.bridge, "link", "del", "dev", port)
        self.remove(self.of_host(host))

    def remove(self, namespace):
        def gone():
            return not os.path.exists(path(namespace)) or (succeeds("ip", "netns", "del", namespace) and not os.path.exists(path(namespace)))
        wait_until(gone, GONE_PATIENCE, f"the network namespace '{namespace}' could not be removed")


def socket_in(namespace):
    """A TCP socket of another network namespace. A thread goes there, since a thread's namespace is its own, and ends."""
    made = []

    def enter():
        with open(path(namespace), encoding="ascii") as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) == 0:
                made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))

    visitor = threading.Thread(target=enter)
    visitor.start()
    visitor.join()
    if not made:
        raise FleetError(f"the network namespace '{namespace}' cannot be entered")
    return made[0]


def banner(namespace, address, port, seconds):
    """What a server says first; empty when it says nothing, None when nobody answers."""
    with socket_in(namespace) as channel:
        channel.settimeout(seconds)
        try:
            channel.connect((address, port))
        except OSError:
            return None
        try:
            return channel.recv(256)
        except OSError:
            return b""
