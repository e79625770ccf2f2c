"""What lies on daemons, and the keys: docs/format.md, "On a daemon", "Keys", "Recovery file"."""
import os
import re
from collections import Counter

from primitives import check_signed, hkdf, open_box, public_of, sha256
from wire import DESCRIPTOR, KEY_RECORD, Reader, Refused


def read_recovery_file(path):
    """The recovery key, an X25519 scalar."""
    fields = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = re.fullmatch(r'\s*(\w+)\s*=\s*"([^"]*)"\s*(?:#.*)?', line.rstrip("\n"))
            if match:
                fields[match[1]] = match[2]
    if fields.get("format") != "sparekeep recovery 1" or "recovery" not in fields:
        raise Refused(f"'{path}' is no recovery file")
    return bytes.fromhex(fields["recovery"])


class Daemon:
    def __init__(self, storage, state):
        self.storage, self.state = storage, state

    def vaults(self):
        folder = os.path.join(self.state, "vaults")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def names(self, vault, folder):
        path = os.path.join(self.state, "vaults", vault.hex(), folder)
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def read(self, vault, name):
        with open(os.path.join(self.state, "vaults", vault.hex(), name), "rb") as file:
            return file.read()

    def shard(self, vault, pack, layout, index):
        name = f"{pack.hex()}.{layout[0]}.{layout[1]}.{index}"
        try:
            with open(os.path.join(self.storage, vault.hex(), pack.hex()[:2], name), "rb") as file:
                return file.read()
        except OSError:
            return None


def every_good(daemons, vault, folder, accept):
    """accept(name, bytes) of every object in a folder of any daemon; one that is refused is passed by."""
    for daemon in daemons:
        for name in daemon.names(vault, folder):
            try:
                yield accept(name, daemon.read(vault, os.path.join(folder, name)))
            except (Refused, OSError):
                continue


class Keys:
    def __init__(self, vault, key):
        derived = lambda root, use: hkdf(root, vault, b"sparekeep " + use + b" v1")
        metadata = derived(key, b"metadata key")
        self.metadata_key = metadata
        self.check = derived(key, b"key check")
        self.record = derived(metadata, b"record")
        self.chunk_id = {1: derived(key, b"chunk id"), 2: derived(metadata, b"metadata chunk id")}   # by pack kind
        self.pack = {1: derived(key, b"data pack"), 2: derived(metadata, b"metadata pack")}


class Descriptor:
    def __init__(self, name, data):
        reader, self.digest = Reader(data, DESCRIPTOR), sha256(data)
        self.vault, self.epoch, self.owner = reader.raw(16), reader.u32(), reader.raw(16)
        reader.raw(8 + 12)
        if (reader.u8(), reader.u8(), reader.u8()) != (1, 1, 1):
            raise Refused("vault descriptor: splitter, hash or AEAD that is not known")
        self.signer = reader.raw(32)
        check_signed(data, self.signer, b"sparekeep vault descriptor v1", "vault descriptor")
        if self.vault != sha256(b"sparekeep vault id v1\0", self.owner, self.signer)[:16]:
            raise Refused("vault descriptor: its vault is not that of its owner and signer")
        if name != str(self.epoch):
            raise Refused("vault descriptor: of another epoch")


def find_descriptor(daemons, vault):
    def accept(name, data):
        descriptor = Descriptor(name, data)
        if descriptor.vault != vault:
            raise Refused("vault descriptor: of another vault")
        return descriptor
    found = list(every_good(daemons, vault, "descriptors", accept))
    if not found:
        raise Refused(f"no daemon holds a descriptor of vault {vault.hex()}")
    held = Counter(descriptor.digest for descriptor in found)
    return min(found, key=lambda one: (-one.epoch, -held[one.digest], one.digest))


def open_key_record(name, data, descriptor, scalar):
    if sha256(data).hex() != name:
        raise Refused("key record: not what its name says")
    check_signed(data, descriptor.signer, b"sparekeep key record v1", "key record")
    reader = Reader(data[:-64], KEY_RECORD)
    if (reader.raw(16), reader.u32()) != (descriptor.vault, descriptor.epoch):
        raise Refused("key record: of another vault or epoch")
    created, check = reader.i64(), reader.raw(32)
    recipients = [(reader.u8(), reader.raw(32))[1] for _ in range(reader.varint())]
    before = reader.data[:reader.at]
    boxes = [(reader.raw(112), reader.raw(112)) for _ in recipients]
    reader.finish()
    if public_of(scalar) not in recipients:
        raise Refused("key record: it has no box for this key")
    vault_box, metadata_box = boxes[recipients.index(public_of(scalar))]
    keys = Keys(descriptor.vault, open_box(scalar, b"sparekeep vault key v1\0" + before, vault_box, "vault key"))
    metadata_key = open_box(scalar, b"sparekeep metadata key v1\0" + before, metadata_box, "metadata key")
    if keys.check != check or keys.metadata_key != metadata_key:
        raise Refused("key record: another key than the others'")
    return created, keys


def find_keys(daemons, descriptor, scalar):
    found = list(every_good(daemons, descriptor.vault, "keys", lambda name, data: open_key_record(name, data, descriptor, scalar)))
    if not found:
        raise Refused(f"no daemon holds a key record of vault {descriptor.vault.hex()} that this recovery file opens")
    return max(found, key=lambda item: item[0])[1]
