#!/usr/bin/env python3
"""Kills runs at random moments around a save. Model files must be complete, and the next save must remove leftovers.

A run saves after its first epoch and then only now and then, so it is killed at about the time of that first save.

usage: kill_saves.py GRADMILL [KILLS [SEED]]     (default 500 kills; some minutes, so no test does this by itself)
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROWS = "".join(f"{i % 7},{i % 5},{'ab'[i % 7 > 3]}\n" for i in range(60))


def train(gradmill, *more):
    return [gradmill, "train", "--data", "d.csv", "--layers", "2,8,2", "--threads", "1", "--quiet", "--save", "m", *more]


def hidden():
    return [name for name in os.listdir(".") if name.startswith(".gradmill")]


def start(gradmill):
    return subprocess.Popen(train(gradmill, "--epochs", "1000000000"), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def inode():
    return os.stat("m").st_ino if os.path.exists("m") else 0


def time_of_save(gradmill):
    """Seconds from the start of a run to its first save."""
    times = []
    for _ in range(9):
        before, begun = inode(), time.monotonic()
        process = start(gradmill)
        while inode() == before and time.monotonic() < begun + 60:
            time.sleep(0.0002)
        times.append(time.monotonic() - begun)
        process.kill()
        process.wait()
    return sorted(times)[len(times) // 2]


def kill_one(gradmill, chance, until_save):
    """Starts a run, kills it with SIGKILL, and returns whether it had saved and what it left behind."""
    before = inode()
    process = start(gradmill)
    time.sleep(until_save * (0.5 + chance.random()))
    process.kill()
    if process.wait() != -signal.SIGKILL:
        sys.exit(f"a run ended by itself with {process.returncode}")
    saved = inode() not in (0, before)
    if os.path.exists("m"):
        subprocess.run([gradmill, "eval", "--model", "m", "--data", "d.csv"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    return saved, hidden()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gradmill = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    saved = temporary = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("d.csv", "w", encoding="ascii") as file:
            file.write(ROWS)
        until_save = time_of_save(gradmill)
        for _ in range(kills):
            one_saved, left = kill_one(gradmill, chance, until_save)
            saved += one_saved
            temporary += any(name.endswith(".tmp") for name in left)
            if len(left) > 2:
                sys.exit(f"leftovers add up: {left}")
        subprocess.run(train(gradmill, "--epochs", "1"), check=True, stderr=subprocess.DEVNULL)
        if hidden():
            sys.exit(f"the next save left {hidden()}")
        os.chdir("/")
    print(f"{kills} kills, {saved} after a save, {temporary} with a temporary file left: nothing torn, nothing left")
    return 0 if saved > kills // 20 else "killed too early to say anything"


sys.exit(main())
