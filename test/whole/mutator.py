"""Changes files without a pause, so that every state in which one stands between two of its calls can be told from any mixture of two of them.

Below FOLDER, until it is killed: `turning*` are written over page by page from the beginning, each page with the number of its turn; `growing*` are
appended to, page I with the number I; `shrinking*` are put in place whole and cut; `kinds*` are a file, a link, a FIFO, a folder, or nothing."""
import os
import random
import shutil
import sys

PAGE, PAGES_MAX = 4096, 512
FILES = 12                    # of each kind
ALWAYS = [f"{name}{number}" for name in ("turning", "growing", "shrinking") for number in range(FILES)]      # put in place by renames


def page(number):
    return (b"%08d" % number) * (PAGE // 8)


def turning_is_good(data):
    """A state at rest: the pages of one turn, then those of the turn before."""
    turns = [int(data[at:at + 8]) for at in range(0, len(data), PAGE)]
    whole = all(data[at * PAGE:(at + 1) * PAGE] == page(turn) for at, turn in enumerate(turns))
    return len(data) == PAGE * PAGES_MAX and whole and turns == sorted(turns, reverse=True) and turns[0] - turns[-1] <= 1


def counted_is_good(data):
    return len(data) > 0 and len(data) % PAGE == 0 and all(data[at:at + PAGE] == page(at // PAGE) for at in range(0, len(data), PAGE))


def is_good(name, path):
    if name.startswith("kinds"):
        return kind_is_good(path)
    with open(path, "rb") as file:
        data = file.read()
    return turning_is_good(data) if name.startswith("turning") else counted_is_good(data)


def kind_is_good(path):
    if os.path.islink(path):
        return os.readlink(path) == "turning0"
    if os.path.isdir(path):
        return set(os.listdir(path)) <= {"child"}
    if not os.path.isfile(path):
        return True
    with open(path, "rb") as file:
        return file.read() == page(7)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


class Mutator:
    def __init__(self, folder, chance):
        self.folder, self.chance, self.turns = folder, chance, {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, data):
        aside = self.path("." + name)
        with open(aside, "wb") as file:
            file.write(data)
        os.rename(aside, self.path(name))

    def make(self):
        for number in range(FILES):
            self.put(f"turning{number}", page(0) * PAGES_MAX)
            self.turns[number] = 0
            for name in ("growing", "shrinking"):
                self.put(f"{name}{number}", page(0))
            self.put(f"kinds{number}", page(7))

    def turn(self, number):
        self.turns[number] += 1
        with open(self.path(f"turning{number}"), "r+b", buffering=0) as file:
            for _ in range(PAGES_MAX):
                file.write(page(self.turns[number]))

    def grow(self, number):
        path = self.path(f"growing{number}")
        pages = os.path.getsize(path) // PAGE
        if pages >= PAGES_MAX:
            return self.put(f"growing{number}", page(0))
        with open(path, "ab", buffering=0) as file:
            file.write(page(pages))

    def shrink(self, number):
        name = f"shrinking{number}"
        pages = os.path.getsize(self.path(name)) // PAGE
        if pages > 1:
            os.truncate(self.path(name), PAGE * self.chance.randrange(1, pages))
        else:
            self.put(name, b"".join(page(at) for at in range(PAGES_MAX)))

    def change_kind(self, number):
        path = self.path(f"kinds{number}")
        remove(path)
        makers = [lambda: self.put(f"kinds{number}", page(7)), lambda: os.symlink("turning0", path), lambda: os.mkfifo(path),
                  lambda: (os.mkdir(path), open(os.path.join(path, "child"), "wb").close()), lambda: None]
        self.chance.choice(makers)()

    def run(self):
        while True:
            self.chance.choice([self.turn, self.grow, self.shrink, self.change_kind])(self.chance.randrange(FILES))


def main():
    mutator = Mutator(sys.argv[1], random.Random(int(sys.argv[2])))
    mutator.make()
    print("made", flush=True)
    mutator.run()


if __name__ == "__main__":
    main()
