"""Where this machine's apt gets Debian from: the mirror, and how it is reached. Nothing of it is written in our code."""
import shlex
import subprocess

from commands import FleetError, run

FIELDS = "$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)"
CERTIFICATES = {"CaInfo": "ca_certificate", "SslCert": "certificate", "SslKey": "private_key"}


def mirror(suite):
    """The address of the first source of apt that has the suite's component main."""
    for line in run("apt-get", "indextargets", "--format", FIELDS, "Created-By: Packages").splitlines():
        address, release, codename, component = line.split("|")
        if suite in (release, codename) and component == "main" and address.startswith(("http:", "https:", "file:")):
            return address.rstrip("/")
    raise FleetError(f"no source of apt here has '{suite}'; /etc/apt/sources.list.d must name a mirror of Debian's suite '{suite}'")


def setting(name):
    """A value of apt's configuration, or nothing."""
    words = shlex.split(run("apt-config", "shell", "value", name))
    return words[0].partition("=")[2] if words else ""


def proxy(scheme, address):
    """The proxy for this address: one for its host, one for all, or what apt's detector says; empty for none."""
    host = address.split("/")[2].partition(":")[0]
    found = setting(f"Acquire::{scheme}::Proxy::{host}") or setting(f"Acquire::{scheme}::Proxy")
    detector = setting(f"Acquire::{scheme}::Proxy-Auto-Detect") or setting(f"Acquire::{scheme}::ProxyAutoDetect")
    if not found and detector:
        found = subprocess.run([detector, address], capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    return "" if found.upper() == "DIRECT" else found


def wget_settings(address):
    """The same for wget, with which debootstrap fetches: the text of a wgetrc. Proxies of the environment hold where apt has none."""
    scheme = address.partition(":")[0]
    lines = []
    if scheme in ("http", "https"):
        found = proxy(scheme, address)
        lines += [f"use_proxy = on\n{scheme}_proxy = {found}"] if found else []
    lines += [f"{ours} = {value}" for theirs, ours in CERTIFICATES.items() if (value := setting(f"Acquire::https::{theirs}"))]
    if setting("Acquire::https::Verify-Peer").lower() in ("false", "no", "0", "off"):
        lines.append("check_certificate = off")
    return "".join(line + "\n" for line in lines)
