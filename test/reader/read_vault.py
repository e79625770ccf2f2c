#!/usr/bin/python3
"""A second reader of sparekeep's storage format, written from docs/format.md alone. It restores a snapshot from the folders of
daemons and the recovery file, without any program of sparekeep:

  read_vault.py --recovery FILE --daemon STORAGE:STATE [--daemon ...] [--vault ID] [--snapshot ID] [--target DIR]

Without --target it lists vaults and snapshots. Without --snapshot the newest of the vault is meant; --vault is needed where the
daemons hold several. Exit codes: 0 all restored, 1 refused, 14 some files could not be restored (each is named).
Needs python3-cryptography, python3-zstandard and python3-xxhash.
"""
import argparse
import os
import sys

from packs import Packs
from restore import Restorer
from snapshot import Snapshot, find_records
from vault import Daemon, find_descriptor, find_keys, read_recovery_file
from wire import Refused


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recovery", required=True)
    parser.add_argument("--daemon", action="append", required=True, metavar="STORAGE:STATE")
    parser.add_argument("--vault")
    parser.add_argument("--snapshot")
    parser.add_argument("--target")
    return parser.parse_args()


def chosen_vault(daemons, wanted):
    vaults = sorted({vault for daemon in daemons for vault in daemon.vaults()})
    if wanted is None and len(vaults) != 1:
        raise Refused(f"say which vault: {', '.join(vaults) or 'the daemons hold none'}")
    if wanted is not None and wanted not in vaults:
        raise Refused(f"no daemon knows vault {wanted}")
    return bytes.fromhex(wanted or vaults[0])


def chosen_record(records, wanted):
    fitting = [record for record in records if wanted is None or record.snapshot.hex() == wanted]
    if not fitting:
        raise Refused(f"no daemon holds a record of {'a snapshot' if wanted is None else 'snapshot ' + wanted} that verifies")
    return fitting[-1]


def restore(options, daemons, scalar):
    descriptor = find_descriptor(daemons, chosen_vault(daemons, options.vault))
    keys = find_keys(daemons, descriptor, scalar)
    packs = Packs(daemons, descriptor.vault, descriptor.signer, keys)
    snapshot = Snapshot(chosen_record(find_records(daemons, descriptor), options.snapshot), keys, packs)
    os.makedirs(options.target, exist_ok=True)
    failed = Restorer(snapshot, options.target).run()
    for line in packs.bad_shards:
        print(f"bad shard {line}", file=sys.stderr)
    for path, reason in failed:
        print(f"{path!r}: {reason}", file=sys.stderr)
    print(f"snapshot {snapshot.record.snapshot.hex()}: {snapshot.part.entries} entries, {snapshot.part.bytes} bytes, "
          f"{packs.rebuilt} packs rebuilt, {len(failed)} failed")
    return 14 if failed else 0


def list_all(options, daemons, scalar):
    for vault in sorted({vault for daemon in daemons for vault in daemon.vaults() if options.vault in (None, vault)}):
        for record in find_records(daemons, find_descriptor(daemons, bytes.fromhex(vault))):
            print(f"vault {vault} snapshot {record.snapshot.hex()} revision {record.revision} sequence {record.sequence} "
                  f"job {record.second(scalar)['job']!r}")
    return 0


def main():
    options = arguments()
    daemons = [Daemon(*daemon.split(":", 1)) for daemon in options.daemon]
    try:
        scalar = read_recovery_file(options.recovery)
        return restore(options, daemons, scalar) if options.target else list_all(options, daemons, scalar)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
