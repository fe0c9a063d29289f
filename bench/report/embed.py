#!/usr/bin/env python3
"""Puts the parts of the report page into one and writes it as two C arrays: up to the data, and after it.

usage: embed.py FOLDER OUTPUT.h
"""
import pathlib
import sys

DATA = "{{data}}"
PARTS = {
    "{{uplot.css}}": "uPlot.min.css",
    "{{page.css}}": "page.css",
    "{{uplot.licence}}": "LICENSE.uPlot",
    "{{uplot.js}}": "uPlot.iife.min.js",
    "{{page.js}}": "page.js",
}


def assemble(folder):
    page = (folder / "page.html").read_text(encoding="utf-8")
    for mark, name in PARTS.items():
        if page.count(mark) != 1:
            sys.exit(f"page.html: expected {mark} once")
        part = (folder / name).read_text(encoding="utf-8").strip()
        if name.endswith(".js") and "</script" in part.lower():
            sys.exit(f"{name}: would end its script element")
        page = page.replace(mark, part)
    if page.count(DATA) != 1:
        sys.exit(f"page.html: expected {DATA} once")
    return page.split(DATA)


def c_array(name, text):
    data = text.encode("utf-8")
    lines = (",".join(map(str, data[i : i + 32])) for i in range(0, len(data), 32))
    return f"static const unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def main():
    head, tail = assemble(pathlib.Path(sys.argv[1]))
    text = "/* Made by bench/report/embed.py. */\n" + c_array("gm_report_head", head) + c_array("gm_report_tail", tail)
    pathlib.Path(sys.argv[2]).write_text(text, encoding="ascii")


main()
