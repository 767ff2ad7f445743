"""--own beside `chown -R` and find with chown: python3 tests/bench/own.py [--files N] [--rounds N] [--json FILE]

A million files are made in folders of a thousand; each round runs every candidate once, in turn, on the same tree, warm: with everything to
change, with everything owned but the top (where a walk that was interrupted at its very end begins again), and with everything owned.
Then the table of attacks: what became of a file outside of the volume.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

KINGLET = os.environ["KINGLET"]
CANDIDATES = {
    "kinglet --own": lambda uid, top: [KINGLET, "--log-level", "error", "--user", f"{uid}:{uid}", "--own", top, "--", "/bin/true"],
    "chown -R": lambda uid, top: ["chown", "-R", f"{uid}:{uid}", top],
    "find, chown": lambda uid, top: ["find", top, "(", "!", "-user", str(uid), "-o", "!", "-group", str(uid), ")", "-exec", "chown", f"{uid}:{uid}", "{}", "+"],
}


def seconds(argv):
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def fill(top, files):
    for d in range(max(1, files // 1000)):
        folder = f"{top}/{d:04}"
        os.mkdir(folder)
        for f in range(min(files, 1000) - 1):
            os.close(os.open(f"{folder}/file{f:04}", os.O_CREAT | os.O_WRONLY, 0o644))


def speeds(top, files, rounds):
    results = {case: {name: [] for name in CANDIDATES} for case in ("all to change", "owned, but for the top", "owned")}
    uid = 10000
    for _ in range(rounds):
        for name, argv in CANDIDATES.items():
            subprocess.run(["chown", "-R", "0:0", top], check=True)
            uid += 1
            results["all to change"][name].append(seconds(argv(uid, top)))
            assert os.lstat(f"{top}/0000/file0000").st_uid == os.lstat(top).st_uid == uid
            os.chown(top, 0, 0)
            results["owned, but for the top"][name].append(seconds(argv(uid, top)))
            results["owned"][name].append(seconds(argv(uid, top)))
    print(f"\n{files:,} files, warm, {rounds} rounds, on {subprocess.check_output(['stat', '-f', '-c', '%T', top], text=True).strip()}, {os.cpu_count()} CPUs (medians of seconds)")
    print(f"  {'':24}" + "".join(f"{name:>16}" for name in CANDIDATES))
    for case, values in results.items():
        print(f"  {case:24}" + "".join(f"{statistics.median(v):16.3f}" for v in values.values()))
    return results


SWAP = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int c, char **v) { puts("swapping"); fflush(stdout); for (;;) syscall(SYS_renameat2, AT_FDCWD, v[1], AT_FDCWD, v[2], 2); }
"""


def attacks():
    """Each: what prepares the volume, a pair of paths that are exchanged all the time, and how often it is tried. Returns name -> candidate -> bool."""
    def link(top):
        os.symlink(f"{top}/outside/victim", f"{top}/volume/leaf")

    def folder_link(top):
        os.symlink(f"{top}/outside", f"{top}/volume/folder")

    def hard(top):
        os.link(f"{top}/outside/victim", f"{top}/volume/hard")

    def mount(top):
        os.mkdir(f"{top}/volume/mounted")
        subprocess.run(["mount", "--bind", f"{top}/outside", f"{top}/volume/mounted"], check=True)

    def swapped_leaf(top):
        for i in range(200):
            os.close(os.open(f"{top}/volume/{i}", os.O_CREAT))
        os.symlink(f"{top}/outside/victim", f"{top}/spare")
        return f"{top}/volume/100", f"{top}/spare"

    def swapped_folder(top):
        for i in range(50):
            os.mkdir(f"{top}/volume/{i}")
            os.close(os.open(f"{top}/volume/{i}/victim", os.O_CREAT))
        os.symlink(f"{top}/outside", f"{top}/spare")
        return f"{top}/volume/25", f"{top}/spare"

    cases = {"link planted at a leaf": link, "link planted for a folder": folder_link, "hard link": hard, "bind mount below": mount,
             "leaf swapped for a link": swapped_leaf, "folder swapped for a link": swapped_folder}
    with tempfile.TemporaryDirectory() as tools:
        subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", f"{tools}/swap", "-"], input=SWAP.encode(), check=True)
        found = {}
        for name, prepare in cases.items():
            found[name] = {}
            for candidate, argv in CANDIDATES.items():
                top = tempfile.mkdtemp(prefix="kinglet-attack-")
                os.chmod(top, 0o755)
                os.mkdir(f"{top}/volume")
                os.mkdir(f"{top}/outside")
                os.close(os.open(f"{top}/outside/victim", os.O_CREAT))
                pair = prepare(top)
                swapper = subprocess.Popen([f"{tools}/swap", *pair], stdout=subprocess.PIPE) if pair else None
                if swapper:
                    swapper.stdout.readline()
                hits, tries = 0, 200 if pair else 1
                for uid in range(10001, 10001 + tries):
                    subprocess.run(argv(uid, f"{top}/volume"), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    for victim in (f"{top}/outside/victim", f"{top}/outside"):
                        if os.lstat(victim).st_uid != 0:
                            hits += 1
                            os.chown(victim, 0, 0)
                            break
                if swapper:
                    swapper.kill()
                    swapper.communicate()
                if prepare is mount:
                    subprocess.run(["umount", f"{top}/volume/mounted"], check=True)
                shutil.rmtree(top)
                found[name][candidate] = (hits, tries)
    print("\nattacks: how often the file or folder outside was given away")
    print(f"  {'':28}" + "".join(f"{c:>16}" for c in CANDIDATES))
    for name, row in found.items():
        print(f"  {name:28}" + "".join(f"{f'{h} of {t}':>16}" for h, t in row.values()))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    args = parser.parse_args()
    top = tempfile.mkdtemp(prefix="kinglet-own-")
    try:
        fill(top, args.files)
        results = {"speed": speeds(top, args.files, args.rounds), "attacks": attacks()}
    finally:
        shutil.rmtree(top)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
