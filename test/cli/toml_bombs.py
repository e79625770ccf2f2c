"""TOML bombs as inventory and as playbook: how long the whole command takes to refuse each. Needs a quiet machine; the limits themselves are
tested by test/unit/config/limits_test.cpp.

    python3 -B test/cli/toml_bombs.py build/release/bin
"""
import os
import subprocess
import sys
import tempfile
import time

MILLISECONDS_MAX = 100
TRIES = 5
INVENTORY = "[groups.storage]\nhosts = ['store[1:5]']\nroles = ['storage']\n[hosts.web1]\nvars = { v = '" + "x" * 4000 + "' }\n"


def bombs():
    """Name and text of each: what a file may be whatever it is for."""
    yield "400 kB of dotted keys", "a." * 200_000 + "a = 1\n"
    yield "400 kB of a dotted header", "[" + "a." * 200_000 + "a]\n"
    yield "nested lists", "a = " + "[" * 400_000
    yield "nested lists, a line each", "a = " + "[\n" * 400_000
    yield "nested tables", "a = " + "{a=" * 100_000
    yield "a long line", "a = '" + "x" * 1_000_000 + "'\n"
    yield "a long file", "# a comment\n" * 1_000_000
    yield "many tables", "".join(f"[t{i}.a]\n" for i in range(40_000))
    yield "many lists of tables", "[[a]]\n" * 100_000
    yield "many keys", "".join(f"k{i} = 1\n" for i in range(60_000))
    yield "just as many keys as may be", "".join(f"k{i} = 1\n" for i in range(19_990))
    yield "many values", "a = [\n" + "1, 2, 3, 4,\n" * 60_000 + "]\n"


def inventory_bombs():
    variables = "".join(f"v{i} = '{'x' * 4000}'\n" for i in range(200))
    yield "laughs by variables", f"[defaults.vars]\n{variables}[hosts.a]\nzone = '{'${v1}' * 800}'\n"
    yield "laughs on many hosts", f"[defaults.vars]\n{variables}[groups.g]\nhosts = ['h[1:9000]']\nzone = '{'${v1}' * 10}'\n"
    yield "many settings of many hosts", "[groups.g]\nhosts = ['h[1:10000]']\n[defaults.vars]\n" + "".join(f"v{i} = 'x'\n" for i in range(9_000))
    yield "many groups of many hosts", "[groups.g0]\nhosts = ['h[1:10000]']\n" + "".join(f"[groups.g{i + 1}]\nhosts = ['g{i}']\n" for i in range(3_000))
    yield "a circle of many groups", "[groups.g0]\nhosts = ['g2999']\n" + "".join(f"[groups.g{i + 1}]\nhosts = ['g{i}']\n" for i in range(2_999))


def playbook_bombs():
    job = "[[backup]]\nname = 'b%d'\nhosts = ['web1']\npaths = ["
    path = "'/" + "${v}" * 900 + "',\n"
    yield "laughs by variables", "name = 'p'\n" + job % 0 + path * 200 + "]\n"
    yield "long texts by variables", "name = 'p'\n" + "".join(job % i + ("'/" + "${v}" * 15 + "',\n") * 300 + "]\n" for i in range(25))


def milliseconds(command, environment):
    best = None
    for _ in range(TRIES):
        began = time.monotonic()
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        took = (time.monotonic() - began) * 1000
        best = took if best is None else min(best, took)
    return best, done


def measure(program, folder, what, text):
    """One bomb; the slowest of what it may be. False: too slow, or not refused."""
    bomb, inventory, state = (os.path.join(folder, name) for name in ("bomb.toml", "inventory.toml", "state"))
    for file, content in ((bomb, text), (inventory, INVENTORY)):
        with open(file, "w", encoding="utf-8") as to:
            to.write(content)
    as_inventory, as_playbook = [program, "-i", bomb, "install"], [program, "-i", inventory, "apply", bomb]
    good = True
    for kind, command in (("inventory", as_inventory), ("playbook", as_playbook)):
        if what[0] not in (kind, "any"):
            continue
        took, done = milliseconds(command, {**os.environ, "SPAREKEEP_STATE": state})
        fine = took < MILLISECONDS_MAX and done.returncode == 2 and not os.path.exists(state)
        print(f"{'ok ' if fine else 'BAD'} {took:6.1f} ms  {kind:9}  {what[1]:30} {done.stderr.strip()[:110]}")
        good = good and fine
    return good


def main():
    program = os.path.join(sys.argv[1], "sparekeep")
    all_bombs = [(("any", name), text) for name, text in bombs()]
    all_bombs += [(("inventory", name), text) for name, text in inventory_bombs()]
    all_bombs += [(("playbook", name), text) for name, text in playbook_bombs()]
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(program, folder, what, text) for what, text in all_bombs]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
