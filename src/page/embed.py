#!/usr/bin/env python3
"""Writes text files as C arrays of bytes.

usage: embed.py FOLDER/page.html OUTPUT.h       the frame of all pages, cut at its marks (page.c)
       embed.py OUTPUT.h NAME=FILE...           what one page adds: an array NAME for each file
"""
import pathlib
import sys

# What page.html gets from the files beside it when gradmill is built.
PARTS = {
    "{{uplot.css}}": "uPlot.min.css",
    "{{page.css}}": "page.css",
    "{{uplot.licence}}": "LICENSE.uPlot",
    "{{uplot.js}}": "uPlot.iife.min.js",
    "{{charts.js}}": "charts.js",
}
# Where page.c puts what differs from page to page, in this order.
MARKS = {"title": "{{title}}", "main": "{{main}}", "data": "{{data}}", "script": "{{script}}"}


def read(path):
    text = path.read_text(encoding="utf-8").strip()
    if path.suffix == ".js" and "</script" in text.lower():
        sys.exit(f"{path.name}: would end its script element")
    return text


def cut(page, mark):
    if page.count(mark) != 1:
        sys.exit(f"page.html: expected {mark} once")
    return page.split(mark)


def frame(path):
    page = path.read_text(encoding="utf-8")
    for mark, name in PARTS.items():
        before, after = cut(page, mark)
        page = before + read(path.parent / name) + after
    for name, mark in MARKS.items():
        before, page = cut(page, mark)
        yield f"before_{name}", before
    yield "at_the_end", page


def c_array(name, text):
    data = text.encode("utf-8")
    lines = (",".join(map(str, data[i : i + 32])) for i in range(0, len(data), 32))
    return f"static const unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def main():
    if sys.argv[1].endswith("page.html"):
        output, arrays = sys.argv[2], frame(pathlib.Path(sys.argv[1]))
    else:
        pairs = (argument.split("=", 1) for argument in sys.argv[2:])
        output, arrays = sys.argv[1], ((name, read(pathlib.Path(file))) for name, file in pairs)
    text = "/* Made by src/page/embed.py. */\n" + "".join(c_array(name, text) for name, text in arrays)
    pathlib.Path(output).write_text(text, encoding="ascii")


main()
