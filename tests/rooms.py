#!/usr/bin/env python3
"""Checks the dependencies between rooms (docs/architecture.md): a file includes only headers of its own room and of rooms
below it, and no two files include each other. Prints TAP.   usage: tests/rooms.py SOURCE"""
import pathlib
import re
import sys

# From the lowest room to the highest. Rooms in the same line may not include each other's headers.
FLOORS = [["base"], ["machine"], ["function", "backend"], ["online"], ["nn"], ["data"], ["model"], ["train"], ["page"], ["bench/measure"],
          ["bench/output"], ["bench/report", "bench/cases"], ["bench/contest"], ["bench/gate", "bench/peers"], ["cli"]]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
INCLUDE = re.compile(r'^#include "(([a-z]+)/[\w/.]+)"', re.M)


def includes(source):
    """{file: files of the project that it includes}, both as they stand in an #include."""
    found = {}
    for top, prefix in (("src", ""), ("bench", "bench/")):
        for path in sorted((source / top).rglob("*.[ch]")):
            name = prefix + path.relative_to(source / top).as_posix()
            found[name] = [m[0] for m in INCLUDE.findall(path.read_text())]
    return found


def room(file):
    """Where a file stands; what the build makes for the report page stands with it."""
    parts = file.split("/")
    if parts[0] == "bench":
        return "bench/" + (parts[1] if len(parts) > 2 else "report")
    return parts[0]


def upward(graph):
    for file, targets in graph.items():
        for target in targets:
            here, there = room(file), room(target)
            if here != there and FLOOR[there] >= FLOOR[here]:
                yield f"{file} includes {target}"


def circles(graph):
    """Files that reach themselves through headers."""
    for file in graph:
        seen, ahead = set(), list(graph[file])
        while ahead:
            target = ahead.pop()
            if target == file:
                yield f"{file} includes itself by way of others"
                break
            if target not in seen:
                seen.add(target)
                ahead += graph.get(target, [])


# What a room shows to the rooms above it, where that is not all of its headers.
FACES = {"backend": {"backend/backend.h", "backend/storage.h"}, "online": {"online/online.h"}}
# The steps of online training and the benchmark of single products are made for the layout of backend `packed`.
KEYS = {("online", "backend/packed.h"), ("online", "backend/tile.h")}


def private(graph):
    for file, targets in graph.items():
        for target in targets:
            here, there = room(file), room(target)
            shown = there not in FACES or target in FACES[there] or (here, target) in KEYS
            if here != there and not shown:
                yield f"{file} includes {target}, which is private to {there}"


def main():
    graph = includes(pathlib.Path(sys.argv[1]))
    planted = {"base/a.h": ["nn/b.h"], "nn/b.h": ["base/a.h"]}
    checks = [
        ("a planted include upward is seen", ["not seen"] if not list(upward(planted)) else []),
        ("a planted circle is seen", ["not seen"] if not list(circles(planted)) else []),
        ("a planted private include is seen", [] if list(private({"nn/a.c": ["backend/tile.h"]})) else ["not seen"]),
        ("there are files to look at", [] if len(graph) > 100 else [f"only {len(graph)}"]),
        ("no include goes upward", list(upward(graph))),
        ("no private header is included from another room", list(private(graph))),
        ("no two files include each other", list(circles(graph))),
    ]
    print(f"1..{len(checks)}")
    for number, (name, faults) in enumerate(checks, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        for fault in faults:
            print(f"# {fault}")
    return any(faults for _, faults in checks)


if __name__ == "__main__":
    sys.exit(main())
