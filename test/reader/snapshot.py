"""A snapshot's record, manifest, chunk table and pack lists: docs/format.md, "Manifest", "Snapshot record"."""
import json
import os
from collections import namedtuple

from primitives import check_signed, hkdf, mac, open_box, open_sealed, public_of, sha256
from vault import every_good
from wire import MANIFEST, PACK_LIST_BLOCK, RECORD, TABLE, VAULT_PART, Reader, Refused

UNUSED = 2 ** 32 - 1
ChunkRef = namedtuple("ChunkRef", "id pack index offset sealed_length plain_length codec")
PackEntry = namedtuple("PackEntry", "pack kind layout length places")


class Record:
    def __init__(self, name, data, descriptor):
        check_signed(data, descriptor.signer, b"sparekeep snapshot record v1", "snapshot record")
        reader = Reader(data[:-64], RECORD)
        lengths = [reader.u32() for _ in range(3)]
        self.public, self.second_section, self.vault_section = (reader.raw(length) for length in lengths)
        reader.finish()
        reader = Reader(self.public)
        self.vault, self.epoch, self.snapshot = reader.raw(16), reader.u32(), reader.raw(16)
        self.revision, self.sequence = reader.u32(), reader.u64()
        reader.raw(32 + 3 * 16)
        self.began, self.ended, _ = reader.i64(), reader.i64(), reader.i64()
        self.checkpoint = bool(reader.u8() & 4)
        self.lists = {kind: self.read_root(reader) for kind in (1, 2)}
        reader.finish()
        if self.vault != descriptor.vault or name != f"{self.snapshot.hex()}.{self.revision}":
            raise Refused("snapshot record: not what its name says")

    @staticmethod
    def read_root(reader):
        packs = reader.u32()
        return [reader.raw(32) for _ in range((packs + 511) // 512)]

    def second(self, scalar):
        """The second metadata, which is sealed to the recovery key."""
        reader = Reader(self.second_section)
        boxes = {reader.raw(32): reader.raw(112) for _ in range(reader.varint())}
        check, sealed = reader.raw(32), reader.rest()
        if public_of(scalar) not in boxes:
            raise Refused("second metadata: sealed to others")
        key = open_box(scalar, b"sparekeep second metadata key v1\0" + self.public, boxes[public_of(scalar)], "second metadata")
        domain = b"sparekeep second metadata v1\0"
        plain = open_sealed(hkdf(key, check, domain), 0, domain + self.public, sealed, "second metadata")
        if mac(key, plain) != check:
            raise Refused("second metadata: not what its check says")
        return json.loads(plain)

    def vault_part(self, keys):
        reader = Reader(self.vault_section)
        salt, check, sealed = reader.raw(32), reader.raw(32), reader.rest()
        domain = b"sparekeep vault part v1\0"
        plain = open_sealed(hkdf(keys.record, salt, domain + check), 0, domain + self.public, sealed, "vault part")
        if mac(keys.record, plain) != check:
            raise Refused("vault part: not what its check says")
        return VaultPart(plain)


class VaultPart:
    def __init__(self, plain):
        reader = Reader(plain, VAULT_PART)
        self.entries, self.bytes, self.rows = reader.u64(), reader.u64(), reader.u32()
        self.manifest = [(reader.text(), read_reference(reader)) for _ in range(reader.varint())]
        self.table = [read_reference(reader) for _ in range(reader.varint())]
        reader.finish()


def read_reference(reader):
    return ChunkRef(reader.raw(32), *(reader.varint() for _ in range(5)), reader.u8())


def read_table(plain):
    """{number: reference}"""
    reader, rows = Reader(plain, TABLE), {}
    first, count = reader.u32(), reader.u32()
    for number in range(first, first + count):
        ref = ChunkRef(reader.raw(32), *(reader.u32() for _ in range(5)), reader.u8())
        reader.u32()
        if ref.pack != UNUSED:
            rows[number] = ref
    reader.finish()
    return rows


def read_pack_list(data, vault):
    """{number: PackEntry}"""
    reader, entries = Reader(data, PACK_LIST_BLOCK), {}
    if reader.raw(16) != vault:
        raise Refused("pack list block: of another vault")
    first, count = reader.u32(), reader.u32()
    for number in range(first, first + count):
        pack, kind, layout, length = reader.raw(32), reader.u8(), (reader.u8(), reader.u8()), reader.u64()
        places = [reader.raw(16) for _ in range(sum(layout))]
        if pack != bytes(32):
            entries[number] = PackEntry(pack, kind, layout, length, places)
    reader.finish()
    return entries


class Entry:
    """One entry of a manifest chunk."""

    def __init__(self, reader, path):
        self.path, self.kind = path, reader.u8()
        self.mode, self.uid, self.gid = reader.varint(), reader.varint(), reader.varint()
        self.user, self.group = reader.text(), reader.text()
        self.mtime = reader.i64() * 10 ** 9 + reader.u32()
        self.size, fields = reader.varint(), reader.varint()
        if not 1 <= self.kind <= 7 or fields >> 9:
            raise Refused(f"manifest: impossible entry {path!r}")
        has = lambda bit: fields >> bit & 1
        self.target = reader.text() if has(0) else None
        self.hard_link = reader.text() if has(1) else None
        self.device = (reader.varint(), reader.varint()) if has(2) else None
        self.attributes = [(reader.text(), reader.text()) for _ in range(reader.varint())] if has(3) else []
        self.flags = reader.text() if has(4) else b""
        self.extents = [(reader.varint(), reader.varint()) for _ in range(reader.varint())] if has(5) else None
        self.hash, self.pieces = (reader.raw(16), self.read_pieces(reader)) if has(6) else (None, [])
        if has(7):
            reader.raw(12), reader.varint()
        self.goes_on = has(8)
        if self.extents is None:
            self.extents = [(0, self.size)]

    @staticmethod
    def read_pieces(reader):
        return [(reader.varint(), reader.varint(), reader.varint()) for _ in range(reader.varint())]


def read_manifest(chunks):
    """Every entry over the plain manifest chunks, those in parts joined."""
    unfinished = None
    for plain in chunks:
        reader, path = Reader(plain, MANIFEST), b""
        for _ in range(reader.u32()):
            path = path[:reader.varint()] + reader.text()
            if not path.startswith(b"/") or b"\0" in path or {b".", b".."} & set(path.split(b"/")):
                raise Refused(f"manifest: impossible path {path!r}")
            entry = Entry(reader, path)
            if unfinished:
                entry.pieces = unfinished.pieces + entry.pieces
            unfinished = entry if entry.goes_on else None
            if not unfinished:
                yield entry
        reader.finish()


def find_records(daemons, descriptor):
    """The newest revision of each snapshot that verifies, by sequence."""
    newest = {}
    for record in every_good(daemons, descriptor.vault, "records", lambda name, data: Record(name, data, descriptor)):
        if record.snapshot not in newest or record.revision > newest[record.snapshot].revision:
            newest[record.snapshot] = record
    return sorted((record for record in newest.values() if not record.checkpoint), key=lambda record: record.sequence)


class Snapshot:
    def __init__(self, record, keys, packs):
        self.record, self.packs = record, packs
        self.part = record.vault_part(keys)
        self.lists = {kind: self.read_list(digests) for kind, digests in record.lists.items()}
        self.table = {}
        for ref in self.part.table:
            self.table.update(read_table(self.metadata(ref)))

    def read_list(self, digests):
        entries = {}
        for digest in digests:
            entries.update(read_pack_list(self.find_block(digest), self.record.vault))
        return entries

    def find_block(self, digest):
        for daemon in self.packs.daemons:
            try:
                data = daemon.read(self.record.vault, os.path.join("blocks", digest.hex()))
            except OSError:
                continue
            if sha256(b"sparekeep pack list v1\0", data) == digest:
                return data
        raise Refused(f"pack list block {digest.hex()} is on no daemon")

    def metadata(self, ref):
        return self.packs.chunk(self.lists[2][ref.pack], ref)

    def entries(self):
        return read_manifest(self.metadata(ref) for _, ref in self.part.manifest)

    def chunk(self, number):
        ref = self.table[number]
        return self.packs.chunk(self.lists[1][ref.pack], ref)
