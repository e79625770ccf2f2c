"""Reading foreign bytes: docs/format.md, "Conventions"."""

KINDS = {1: "vault descriptor", 2: "key record", 3: "shard", 4: "pack header", 5: "pack list block", 6: "snapshot record",
         20: "manifest chunk", 21: "table chunk", 23: "vault part"}
DESCRIPTOR, KEY_RECORD, SHARD, PACK_HEADER, PACK_LIST_BLOCK, RECORD, MANIFEST, TABLE, VAULT_PART = KINDS


class Refused(Exception):
    """Bytes that do not parse or do not verify, or something that is not there."""


class Reader:
    def __init__(self, data, kind=None):
        self.data, self.at, self.what = bytes(data), 0, KINDS.get(kind, "object")
        if kind is not None:
            self.prelude(kind)

    def prelude(self, kind):
        if self.raw(4) != b"SPKP":
            raise Refused(f"{self.what}: no object of sparekeep")
        found, version, required, _ = self.number(2), self.number(2), self.number(4), self.number(4)
        if (found, version, required) != (kind, 1, 0):
            raise Refused(f"{self.what}: it is kind {found}, format {version}, and requires features {required:#x}")

    def raw(self, length):
        if length > len(self.data) - self.at:
            raise Refused(f"{self.what}: truncated")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length, signed=False):
        return int.from_bytes(self.raw(length), "little", signed=signed)

    def u8(self):
        return self.number(1)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def i64(self):
        return self.number(8, signed=True)

    def varint(self):
        value = 0
        for shift in range(0, 64, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte & 0x80:
                continue
            if (byte == 0 and shift) or value >= 1 << 64:
                break
            return value
        raise Refused(f"{self.what}: no varint")

    def text(self):
        return self.raw(self.varint())

    def rest(self):
        return self.raw(len(self.data) - self.at)

    def finish(self):
        if self.at != len(self.data):
            raise Refused(f"{self.what}: {len(self.data) - self.at} bytes too many")


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")
