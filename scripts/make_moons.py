#!/usr/bin/env python3
"""Writes data/moons.csv: two interleaving half circles with Gaussian noise, one class each.

The shape is the one of scikit-learn's make_moons. Only the standard library is used, and of the random module
only random(), whose sequence for a seed Python promises to keep: the same file comes out on every machine.
"""

import argparse
import math
import random
import sys
from pathlib import Path

ROWS = 1000
NOISE = 0.12  # standard deviation, in units of the circles' radius
SEED = 1
PATH = Path(__file__).resolve().parent.parent / "data" / "moons.csv"


def normal_pair(source):
    """Two independent normal numbers, by Box and Muller."""
    radius = math.sqrt(-2.0 * math.log(1.0 - source.random()))
    angle = 2.0 * math.pi * source.random()
    return radius * math.cos(angle), radius * math.sin(angle)


def sample(source, label):
    """A point at a random place of its half circle: 0 is the upper one, 1 the lower one."""
    angle = math.pi * source.random()
    x, y = math.cos(angle), math.sin(angle)
    if label == 1:
        x, y = 1.0 - x, 0.5 - y
    dx, dy = normal_pair(source)
    return x + NOISE * dx, y + NOISE * dy


def table():
    """The whole file; the classes alternate, so that any run of rows is balanced."""
    source = random.Random(SEED)
    lines = ["x,y,class"]
    for row in range(ROWS):
        label = row % 2
        x, y = sample(source, label)
        lines.append(f"{x:.6f},{y:.6f},{label}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Write data/moons.csv.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would change")
    arguments = parser.parse_args()
    if not arguments.check:
        PATH.write_bytes(table().encode())
    elif not PATH.is_file() or PATH.read_bytes() != table().encode():
        sys.exit(f"{PATH}: differs from what {Path(__file__).name} writes")


if __name__ == "__main__":
    main()
