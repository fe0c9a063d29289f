"""Functions that the Python peers share: they read a problem and answer in lines of JSON (bench/contest/problem.h)."""

import gzip
import json
import struct
import sys
import time
from pathlib import Path

MAGIC = b"GMPROB1\n"


def say(**answer):
    print(json.dumps(answer), flush=True)


def end(**answer):
    """The last word: {"missing": package} or {"unsuitable": why}."""
    say(**answer)
    sys.exit(0)


class Problem:
    """The description as attributes; weights as [(W, b)], x and y as arrays of float32."""

    def __init__(self, path, np):
        raw = Path(path).read_bytes()
        if raw[:8] != MAGIC:
            raise ValueError(f"{path}: not a problem of gradmill")
        (length,) = struct.unpack_from("<Q", raw, 8)
        self.__dict__.update(json.loads(raw[16:16 + length]))
        numbers = np.frombuffer(raw, dtype="<f4", offset=16 + length)
        position = 0

        def take(*shape):
            nonlocal position
            size = int(np.prod(shape))
            position += size
            return numbers[position - size:position].reshape(shape).copy()

        self.weights = [(take(out, inputs), take(out)) for inputs, out in zip(self.widths, self.widths[1:])]
        rows = self.batch * self.batches
        self.x = take(rows, self.widths[0])
        self.y = take(rows, self.widths[-1])

    def dtype(self):
        return "float64" if self.precision == "f64" else "float32"


def load_idx(folder, part, np):
    """Images as rows of floats from 0 to 1, and their labels."""
    def read(name, header):
        plain = Path(folder) / name
        packed = Path(folder) / (name + ".gz")
        raw = gzip.open(packed).read() if packed.exists() else plain.read_bytes()
        return np.frombuffer(raw, dtype=np.uint8, offset=header)

    labels = read(f"{part}-labels-idx1-ubyte", 8).astype(np.int64)
    images = read(f"{part}-images-idx3-ubyte", 16).reshape(len(labels), -1)
    return images.astype(np.float32) / 255, labels


def serve(name, detail, step, epoch, choice=""):
    """step(count) gives the loss of the last step; epoch() the mean loss, the rows, and a function that tests. choice
    says what was found to be fastest here, where there was something to choose."""
    say(ready=True, name=name, detail=detail, choice=choice)
    for line in sys.stdin:
        words = line.split()
        start = time.perf_counter()
        if words[0] == "step":
            loss = step(int(words[1]))
            say(seconds=time.perf_counter() - start, loss=loss)
        else:
            loss, rows, accuracy = epoch()
            seconds = time.perf_counter() - start
            say(seconds=seconds, loss=loss, accuracy=accuracy(), rows=rows)
