"""The image that all hosts stand on: built once by debootstrap, then only read. It is made aside and renamed when it is whole; its name
holds the digest of its recipe, so a changed recipe makes a new one."""
import hashlib
import json
import os
import shutil
import sys

import apt_source
import base_recipe
from commands import FleetError, locked, run

BUILD_PATIENCE = 1800


def digest(packages=()):
    recipe = [base_recipe.SUITE, [*base_recipe.PACKAGES, *packages], base_recipe.FILES, base_recipe.COMMANDS]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]


def ready(folder, packages=()):
    """The image's folder, built now if need be; with packages beyond the recipe's it is another image beside the tests' own."""
    image = os.path.join(folder, f"base-{digest(packages)}")
    with locked(os.path.join(folder, "base.lock")):
        if not os.path.isdir(image):
            remove_unfinished(folder)
            print(f"building the base image of the fleet ({image}); this takes some minutes", file=sys.stderr, flush=True)
            build(image, packages)
    return image


def remove_unfinished(folder):
    for name in os.listdir(folder):
        if name.startswith("base-") and name.endswith(".unfinished"):
            shutil.rmtree(os.path.join(folder, name))


def build(image, packages):
    unfinished, settings = image + ".unfinished", image + ".wgetrc"
    address = apt_source.mirror(base_recipe.SUITE)
    try:
        with open(settings, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(apt_source.wget_settings(address))
        bootstrap(unfinished, settings, address, packages)
        furnish(unfinished)
        os.rename(unfinished, image)
    finally:
        os.unlink(settings)
        shutil.rmtree(unfinished, ignore_errors=True)


def apart(*command):
    """Mounts and processes of a command end with it, however it ends."""
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *command]


def bootstrap(folder, settings, address, packages):
    downloads = os.path.join(os.path.dirname(folder), "packages")      # spares the next image the download
    os.makedirs(downloads, exist_ok=True)
    options = ["--variant=minbase", "--force-check-gpg", f"--cache-dir={downloads}", f"--include={','.join([*base_recipe.PACKAGES, *packages])}"]
    try:
        run("env", f"WGETRC={settings}", *apart("debootstrap", *options, base_recipe.SUITE, folder, address), seconds=BUILD_PATIENCE)
    except FleetError as fault:
        raise FleetError(f"the base image cannot be built: {last_lines(str(fault))}; from '{address}'") from None


def furnish(folder):
    for name, text in base_recipe.FILES.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    for command in base_recipe.COMMANDS:
        run(*apart("chroot", folder, "sh", "-c", command))


def last_lines(text, most=5):
    return "\n".join(text.strip().splitlines()[-most:])
