"""A disk of its own for what is measured: repositories, stored shards, restored files. On a file system from which much has just been removed,
ext4 looks for minutes at every inode that was freed before it makes a new one: who came second would be measured ten times as slow."""
import os
import subprocess
import time

UMOUNT_TRIES = 100


class WorkDisk:
    """Mounted at `folder` and empty at each fresh(). Without root's rights the folder is what it is, which is said."""
    size = 60 << 30           # bytes, sparse
    format_options = []

    def __init__(self, folder):
        self.folder, self.image, self.device = folder, folder + ".img", None
        os.makedirs(folder, exist_ok=True)
        self.possible = os.geteuid() == 0
        if not self.possible:
            print("work is done without a disk of its own: that needs root; restores that follow one another measure the file system's removals", flush=True)

    def fresh(self):
        if not self.possible:
            return
        self.close()
        with open(self.image, "wb") as file:
            file.truncate(self.size)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard", *self.format_options, self.image], check=True)
        self.mount()

    def mount(self):
        self.device = subprocess.run(["losetup", "--find", "--show", "--direct-io=on", self.image], check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run(["mount", self.device, self.folder], check=True)

    def sync(self):
        """Seconds until all that was written lies on the disk."""
        began = time.monotonic()
        subprocess.run(["sync", "--file-system", self.folder], check=True)
        return time.monotonic() - began

    def close(self):
        if self.device:
            self.unmount()
            os.remove(self.image)

    def unmount(self):
        for _ in range(UMOUNT_TRIES):                  # who was killed a moment ago may still be ending
            if subprocess.run(["umount", "-R", self.folder], check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{self.folder} stays busy")
        subprocess.run(["losetup", "--detach", self.device], check=True)
        self.device = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
