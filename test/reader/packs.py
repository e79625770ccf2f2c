"""Packs from shards, and chunks from packs: docs/format.md, "Packs"."""
from collections import OrderedDict

import zstandard

import parity
from primitives import check_signed, hkdf, mac, open_sealed, sha256
from wire import PACK_HEADER, SHARD, Reader, Refused, u32, u64

BLOCK = 64 * 1024
PACKS_KEPT = 4


class PackHeader:
    def __init__(self, data, signer):
        check_signed(data, signer, b"sparekeep pack header v1", "pack header")
        reader = Reader(data[:-64], PACK_HEADER)
        self.vault, self.epoch, self.pack, self.kind = reader.raw(16), reader.u32(), reader.raw(32), reader.u8()
        self.layout = (reader.u8(), reader.u8())
        self.pack_length, self.shard_length, self.salt, self.content = reader.u64(), reader.u64(), reader.raw(32), reader.raw(32)
        reader.raw(8 + 4)
        self.digests = [reader.raw(32) for _ in range(sum(self.layout))]
        reader.finish()


def block_digests(data):
    return [sha256(b"\0sparekeep block v1", data[at:at + BLOCK]) for at in range(0, len(data), BLOCK)]


def read_shard(data, index, entry, vault, signer):
    """(header, the shard's bytes), all of it verified."""
    reader = Reader(data, SHARD)
    head_length, found, header_length = reader.u32(), reader.u8(), reader.u32()
    header = PackHeader(reader.raw(header_length), signer)
    blocks = [reader.raw(32) for _ in range(reader.u32())]
    if reader.at != head_length or found != index:
        raise Refused("shard: its head is another one")
    if (header.vault, header.pack, header.kind, header.layout) != (vault, entry.pack, entry.kind, entry.layout):
        raise Refused("shard: of another pack")
    payload = reader.rest()
    if len(payload) != header.shard_length or block_digests(payload) != blocks:
        raise Refused("shard: a block is not what its digest says")
    if sha256(b"\x01sparekeep shard v1", u64(header.shard_length), *blocks) != header.digests[index]:
        raise Refused("shard: not what the header says")
    return header, payload


def check_pack(header, data):
    size, count = header.shard_length, header.layout[0]
    digests = [digest for i in range(count) for digest in block_digests(data[i * size:(i + 1) * size])]
    if sha256(b"\x02sparekeep pack v1", u64(header.pack_length), *digests) != header.pack:
        raise Refused("pack: not what its id says")


class Packs:
    """The packs of a vault, among the daemons that are there. Where shards were first written is not asked: every daemon is."""

    def __init__(self, daemons, vault, signer, keys):
        self.daemons, self.vault, self.signer, self.keys = daemons, vault, signer, keys
        self.kept = OrderedDict()
        self.bad_shards, self.rebuilt = [], 0

    def good_shard(self, entry, index):
        for daemon in self.daemons:
            data = daemon.shard(self.vault, entry.pack, entry.layout, index)
            if data is None:
                continue
            try:
                return read_shard(data, index, entry, self.vault, self.signer)
            except Refused as refused:
                self.bad_shards.append(f"{entry.pack.hex()}.{index} in {daemon.storage}: {refused}")
        return None

    def fetch(self, entry):
        k, header, shards = entry.layout[0], None, {}
        for index in range(sum(entry.layout)):
            if len(shards) == k:
                break
            found = self.good_shard(entry, index)
            if found:
                header, shards[index] = found
        if len(shards) < k:
            raise Refused(f"pack {entry.pack.hex()}: {len(shards)} of {k} shards that it takes are left")
        self.rebuilt += k > 1 and max(shards) >= k
        data = next(iter(shards.values())) if k == 1 else b"".join(parity.data_shards(k, shards))
        check_pack(header, data)
        return header, data

    def pack(self, entry):
        if entry.pack not in self.kept:
            self.kept[entry.pack] = self.fetch(entry)
        self.kept.move_to_end(entry.pack)
        if len(self.kept) > PACKS_KEPT:
            self.kept.popitem(last=False)
        return self.kept[entry.pack]

    def chunk(self, entry, ref):
        header, data = self.pack(entry)
        key = hkdf(self.keys.pack[entry.kind], header.salt, b"sparekeep pack content v1\0" + header.content)
        associated = b"".join((b"sparekeep chunk v1\0", self.vault, u32(header.epoch), bytes([entry.kind]), u32(ref.index), ref.id,
                               bytes([ref.codec]), u32(ref.plain_length)))
        sealed = data[ref.offset:ref.offset + ref.sealed_length]
        plain = open_sealed(key, ref.index, associated, sealed, f"chunk {ref.id.hex()}")
        if ref.codec == 1:
            plain = zstandard.ZstdDecompressor().decompress(plain, max_output_size=ref.plain_length)
        if len(plain) != ref.plain_length or mac(self.keys.chunk_id[entry.kind], plain) != ref.id:
            raise Refused(f"chunk {ref.id.hex()}: not what its id says")
        return plain
