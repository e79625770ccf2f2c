"""Names of a stripped program's functions, from the symbols that the build keeps beside it (PROGRAM.debug)."""
import bisect
import re
import subprocess


class Symbols:
    def __init__(self, program):
        listed = subprocess.run(["nm", "-C", "--defined-only", program + ".debug"], capture_output=True, text=True, check=True).stdout
        found = sorted((int(address, 16), name) for address, kind, name in (line.split(" ", 2) for line in listed.splitlines()) if kind in "tTwW")
        self.addresses, self.names = [address for address, _ in found], [name for _, name in found]
        headers = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
        code = re.search(r"LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x\w+ 0x\w+ R E", headers)
        self.shift = int(code[2], 16) - int(code[1], 16)     # perf tells places in the file, symbols those in memory

    def name(self, offset):
        at = bisect.bisect(self.addresses, offset + self.shift) - 1
        return self.names[at] if at >= 0 else "[unknown]"
