#!/usr/bin/env python3
"""Writes data/digits/: the 1797 handwritten digits that scikit-learn ships, as IDX files like those of MNIST.

The source is digits.csv.gz of the installed scikit-learn (Debian: python3-sklearn): a row is 64 pixels of 0 to 16
and the digit. Every fifth image of every digit is a test image: 1437 to train, 360 to test, in their old order.
"""

import argparse
import gzip
import importlib.util
import io
import struct
import sys
import zlib
from pathlib import Path

SIDE = 8  # pixels
DIRECTORY = Path(__file__).resolve().parent.parent / "data" / "digits"


def source():
    """The file in the installed scikit-learn, found without importing the package."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None:
        sys.exit("scikit-learn is not installed; on Debian: apt install python3-sklearn")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"


def read_rows():
    with gzip.open(source(), "rt", encoding="ascii") as lines:
        return [[int(float(cell)) for cell in line.split(",")] for line in lines]


def images(rows):
    """IDX of unsigned bytes with three dimensions; 0 .. 16 becomes 0 .. 255, rounded."""
    pixels = bytes((cell * 255 + 8) // 16 for row in rows for cell in row[:-1])
    return struct.pack(">4B3I", 0, 0, 8, 3, len(rows), SIDE, SIDE) + pixels


def labels(rows):
    """IDX of unsigned bytes with one dimension."""
    return struct.pack(">4BI", 0, 0, 8, 1, len(rows)) + bytes(row[-1] for row in rows)


def split(rows):
    """Chooses every fifth image of each digit for the test set.

    Every fifth image of all would favour some digits, because they come in runs of ten."""
    by_digit = sorted(range(len(rows)), key=lambda index: rows[index][-1])
    chosen = set(by_digit[::5])
    train = [row for index, row in enumerate(rows) if index not in chosen]
    test = [row for index, row in enumerate(rows) if index in chosen]
    return train, test


def files():
    train, test = split(read_rows())
    return {
        "train-images-idx3-ubyte.gz": images(train),
        "train-labels-idx1-ubyte.gz": labels(train),
        "t10k-images-idx3-ubyte.gz": images(test),
        "t10k-labels-idx1-ubyte.gz": labels(test),
    }


def compress(data):
    """Gzip without a time or a name in its header, so that the same data gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def holds(path, data):
    """Compares what is inside, since versions of zlib may pack the same bytes in different ways."""
    try:
        return gzip.decompress(path.read_bytes()) == data
    except (OSError, EOFError, zlib.error):
        return False


def main():
    parser = argparse.ArgumentParser(description="Write the IDX files of data/digits.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    arguments = parser.parse_args()
    for name, data in files().items():
        path = DIRECTORY / name
        if not arguments.check:
            DIRECTORY.mkdir(exist_ok=True)
            path.write_bytes(compress(data))
        elif not holds(path, data):
            sys.exit(f"{path}: differs from what {Path(__file__).name} writes")


if __name__ == "__main__":
    main()
