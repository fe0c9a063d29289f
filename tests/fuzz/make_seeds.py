#!/usr/bin/env python3
"""make_seeds.py [TARGET...]: writes the first inputs of the fuzz targets into tests/corpus: valid files of each
kind, the files of tests/cases, and some that are wrong in one place. What fuzzing finds is added beside them.

Inputs that a crash was found with are kept by hand, as crash-*, and are not made here.
"""
import gzip
import io
import json
import pathlib
import sqlite3
import struct
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "cases"
CORPUS = HERE.parent / "corpus"
DATA = HERE.parent.parent / "data"
LARGEST = 3000  # longer files slow the fuzzer down


def sized(content):
    return struct.pack("<H", len(content)) + content


def idx(kind, sizes, content=None):
    count = 1
    for size in sizes:
        count *= size
    body = content if content is not None else bytes(i % 2 for i in range(count))
    return struct.pack(">HBB", 0, kind, len(sizes)) + struct.pack(f">{len(sizes)}I", *sizes) + body


IMAGES = idx(8, [4, 2, 3], bytes(range(24)))
LABELS = idx(8, [4])


def cases(*suffixes):
    """The files of tests/cases with such a name, each content once."""
    seen = set()
    for path in sorted(CASES.glob("*/**/*")):
        if path.is_file() and path.suffix in suffixes:
            content = path.read_bytes()[:LARGEST]
            if content not in seen:
                yield "-".join(path.relative_to(CASES).parts), content
            seen.add(content)


def csv():
    plain = {
        "classes": b"000000a,b,class\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n",
        "numbers": b"000100a,b,y\n1,2,0.5\n3,4,1.5\n5,6,2.5\n7,8,-1e-3\n",
        "no-header": b"010000" + b"1,2,0\n3,4,1\n5,6,0\n",
        "weights": b"000008w,a,class\n1,2,x\n0.5,4,y\n0,6,x\n",
        "weights-and-groups": b"00000Hw,x,a,class\n1,p,2,x\n0.5,q,4,y\n",
        "weights-negative": b"000008w,a,class\n1,2,x\n-0.5,4,y\n",
        "first-column": b"001000" + b"x,1,2\ny,3,4\nx,5,6\n",
        "header-of-numbers": b"000000" + b"1,2,3\n1.5,2.5,1\n2.5,1.5,0\n",
        "semicolon": b"100100a;b;y\n1,5;2;3\n1.5;2;3\n",
        "tabs": b"200000a\tb\tclass\n1\t2\tx\n3\t\ty\n",
        "header-with-hash": b"000000# a,b,class\n1,2,x\n3,4,y\n",
        "rows-of-comments": b"001000x,1,2\n#y,3,4\nx,5,6\n// u,v,w\n",
        "pipe": b"300000a|b|class\n1|2|x\n3|4|y\n",
        "quoted": b'000000"a ""b""","c, d",class\n"1","2","x\ny"\n 3 ,4,"z"\n',
        "open-quote": b'000000a,b,class\n1,2,"x\n3,4,y\n',
        "crlf": b"000000a,b,class\r\n1,2,x\r\n3,4,y\r\n",
        "lone-cr": b"000000a,b,class\r1,2,x\r3,4,y\r",
        "bom": b"000000\xef\xbb\xbfa,b,class\n1,2,x\n3,4,y\n",
        "nul": b"000000a,b,class\n1,2\x00,x\n3,4,y\n",
        "utf16": b"000000\xff\xfea\x00,\x00b\x00\n\x00",
        "latin1-class": b"000000a,b,class\n1,2,\xe9t\xe9\n3,4,y\n",
        "control-in-cell": b"000000a,b,class\n1,\x1b[31m,x\n3,4,y\n",
        "ragged": b"000000a,b,class\n1,2,x\n3,4\n",
        "duplicate-names": b"000000a,a,class\n1,2,x\n3,4,y\n",
        "missing-mean": b"000120a,b,y\n1,NA,0.5\n,4,1.5\n?,6,2.5\nnan,8,1\n",
        "missing-drop": b"000130a,b,y\n1,NA,0.5\n3,4,1.5\n5,6,2.5\n",
        "all-missing": b"000120a,b,y\nNA,1,0.5\nNA,4,1.5\n",
        "extremes": b"000100a,b,y\n3e38,-3e38,1\n1e-400,1e-45,2\n-3e38,3e38,3\n",
        "overflow": b"000100a,b,y\n1e400,2,1\n",
        "odd-numbers": b"000100a,b,y\n0x10,inf,1\n1_0,-inf,2\n+1,.5,3\n1.,1e5,4\n",
        "classes-of-a-model": b"000001a,b,class\n1,2,0\n3,4,setosa\n5,6,1\n",
        "no-target": b"000104x,y\n1,2\n",
        "double": b"000120a,b,y\n0.1,1e300,0.5\n3,-1e300,1.5\n5,1e-310,2.5\n",
        "number-spellings": b"000000a,b,class\n1,2,1\n3,4,1.0\n5,6,1.0e+00\n7,8,0\n",
        "empty": b"000000",
        "header-only": b"000000a,b,class\n",
        "blank-lines": b"000000\n\n\n",
        "many-columns": b"000100" + b",".join(b"c%d" % i for i in range(60)) + b"\n" + b",".join([b"1"] * 60) + b"\n",
        "html": b"000000\n <!doctype html>\n<html></html>\n",
    }
    yield from plain.items()
    yield "iris", b"000000" + (DATA / "iris.csv").read_bytes()[:600]
    for name, content in cases(".csv", ".data", ".txt"):
        yield f"case-{name}", b"000000" + content


def idx_seeds():
    def pair(labels, images):
        return b"1" + sized(labels) + images

    yield "images", b"0" + sized(b"") + IMAGES
    yield "pair", pair(LABELS, IMAGES)
    yield "pair-gzip", pair(gzip.compress(LABELS, mtime=0), gzip.compress(IMAGES, mtime=0))
    for name, kind, code, size in (("i8", 9, "b", 1), ("i16", 11, ">h", 2), ("i32", 12, ">i", 4), ("f32", 13, ">f", 4),
                                   ("f64", 14, ">d", 8)):
        body = b"".join(struct.pack(code, i % 2) for i in range(24))
        yield f"images-{name}", pair(LABELS, idx(kind, [4, 6], body))
        yield f"labels-{name}", pair(idx(kind, [4], body[: 4 * size]), IMAGES)
    yield "f32-nan", pair(LABELS, idx(13, [4, 1], struct.pack(">4f", 1, float("nan"), float("inf"), -0.0)))
    yield "labels-of-one", pair(idx(8, [4], bytes([1, 2, 3, 1])), IMAGES)
    yield "labels-matrix", pair(idx(12, [4, 8], bytes(128)), IMAGES)
    yield "counts-differ", pair(idx(8, [3]), IMAGES)
    yield "exchanged", pair(IMAGES, LABELS)
    yield "short", pair(LABELS, IMAGES[:-1])
    yield "long", pair(LABELS, IMAGES + b"\0")
    yield "huge", pair(LABELS, idx(8, [0xFFFFFFFF] * 4, b""))
    yield "no-dimension", pair(LABELS, idx(8, [], b""))
    yield "empty-dimension", pair(idx(8, [0], b""), idx(8, [0, 2, 2], b""))
    yield "little-endian", pair(LABELS, struct.pack("<I", 0x00000803) + struct.pack("<3I", 4, 2, 3) + bytes(24))
    yield "html", pair(LABELS, b"\n<!doctype html><html></html>")
    case = CASES / "08-emnist-qmnist-labels"
    yield "case-08", pair((case / "labels-idx2-int").read_bytes(), (case / "images-idx3-ubyte").read_bytes())


def folder():
    def files(*pairs):
        return b"".join(bytes([ord("0") + name]) + sized(content) for name, content in pairs)

    def packed(content):
        return gzip.compress(content, mtime=0)

    yield "train-only", files((0, IMAGES), (1, LABELS))
    yield "whole", files((0, IMAGES), (1, LABELS), (2, IMAGES), (3, LABELS))
    yield "test-names", files((0, IMAGES), (1, LABELS), (4, IMAGES), (5, LABELS))
    yield "gzip", files((6, packed(IMAGES)), (7, packed(LABELS)), (12, packed(IMAGES)), (13, packed(LABELS)))
    yield "dots", files((8, IMAGES), (9, LABELS), (10, IMAGES), (11, LABELS))
    yield "no-labels", files((0, IMAGES))
    yield "no-images", files((1, LABELS), (14, b"text"))
    yield "web-page", files((0, b"\n\n<?xml version='1.0'?><html>"), (1, LABELS))
    yield "empty", b""
    images, labels = "train-images.idx3-ubyte", "train-labels.idx1-ubyte"
    case = CASES / "09-mnist-folder"
    yield "case-09-dots", files((8, (case / "dots" / images).read_bytes()), (9, (case / "dots" / labels).read_bytes()))


EXAMPLE = {
    "title": "t", "source": "s", "rate": 0.5, "loss": "half-squares", "freeze_bias": True, "inputs": 2,
    "layers": [{"activation": "sigmoid", "weights": [[0.15, 0.2], [0.25, 0.3]], "biases": [0.35, 0.35]}],
    "samples": [{"x": [0.05, 0.1], "y": [0.01, 0.99]}], "notes": ["n"],
}


def example():
    for path in sorted(DATA.glob("*.json")):
        yield path.stem, path.read_bytes()
    for activation in ("identity", "relu", "tanh", "softmax", "leaky-relu"):
        layers = [{**EXAMPLE["layers"][0], "activation": activation}]
        loss = "cross-entropy" if activation == "softmax" else "mean-squares"
        yield activation, json.dumps({**EXAMPLE, "layers": layers, "loss": loss}).encode()
    for name, change in (
        ("rate-0", {"rate": 0}), ("rate-huge", {"rate": 1e308}), ("inputs-text", {"inputs": "2"}), ("inputs-huge", {"inputs": 2**62}),
        ("no-layers", {"layers": []}), ("ragged", {"layers": [{**EXAMPLE["layers"][0], "weights": [[1], [1, 2]]}]}),
        ("no-samples", {"samples": []}), ("unknown-key", {"colour": 1}), ("control", {"title": "\u001b[31m\n"}),
        ("notes-of-numbers", {"notes": [1]}),
    ):
        yield name, json.dumps({**EXAMPLE, **change}).encode()
    yield "duplicate-key", b'{"rate": 1, "rate": 2}'
    yield "deep", b"[" * 300 + b"]" * 300
    yield "number-overflow", b'{"rate": 1e999}'
    yield "not-utf8", b'{"title": "\xff"}'
    yield "empty", b""


def header(tensors, **metadata):
    values = {"gradmill.crc32": "00000000", "format": "pt", "gradmill.format": "1", "gradmill.version": "0.1.0",
              "gradmill.activations": "relu,softmax", "gradmill.loss": "cross-entropy", "gradmill.seed": "1", **metadata}
    return json.dumps({"__metadata__": {k: v for k, v in values.items() if v is not None}, **tensors},
                      separators=(",", ":")).encode()


def tensors(kind, *shapes):
    size, at, result = {"F32": 4, "F64": 8}.get(kind, 4), 0, {}
    for index, shape in enumerate(shapes):
        count = size
        for length in shape:
            count *= length
        name = f"{index // 2 * 2}.{'bias' if index % 2 else 'weight'}"
        result[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    return result, at


def model():
    shapes = ([3, 2], [3], [2, 3], [2])
    for kind in ("F32", "F64"):
        parts, size = tensors(kind, *shapes)
        yield f"network-{kind.lower()}", b"2" + header(parts) + b"\0" + bytes(size)
    parts, size = tensors("F32", *shapes)
    yield "no-seal", b"0" + header(parts)
    scaled = {"gradmill.classes": '["a","b"]', "gradmill.scaling": "standard", "gradmill.scaling.shift": "[40,1.5]",
              "gradmill.scaling.factor": "[1,2]"}
    yield "scaled", b"2" + header(parts, **scaled) + b"\0" + bytes(size)
    named = {**scaled, "gradmill.columns": '["x","y"]', "gradmill.columns.means": "[1.5,-2]",
             "gradmill.targets": '["class"]', "gradmill.targets.columns": "[3]"}
    yield "named", b"2" + header(parts, **named) + b"\0" + bytes(size)
    for name, change in (
        ("duplicate-columns", {"gradmill.columns": '["x","x"]'}), ("means-overflow", {"gradmill.columns.means": "[1e999,1]"}),
        ("few-columns", {"gradmill.columns": '["x"]'}), ("target-0", {"gradmill.targets.columns": "[0]"}),
        ("target-is-column", {"gradmill.targets": '["x"]'}), ("scaling-none", {"gradmill.scaling": "none"}),
    ):
        yield name, b"2" + header(parts, **{**named, **change}) + b"\0" + bytes(size)
    for name, change in (
        ("duplicate-classes", {"gradmill.classes": '["a","a"]'}), ("factor-0", {"gradmill.scaling.factor": "[0,1]"}),
        ("one-class", {"gradmill.classes": '["a"]'}), ("scaling-unit", {"gradmill.scaling": "unit"}),
        ("factor-overflow", {"gradmill.scaling.factor": "[1e39,1]"}), ("format-2", {"gradmill.format": "2"}),
        ("seed-negative", {"gradmill.seed": "-1"}), ("no-classes", {"gradmill.classes": None}),
    ):
        yield name, b"2" + header(parts, **{**scaled, **change}) + b"\0" + bytes(size)
    for name, kind, prefix in (("foreign", "F32", ""), ("foreign-bf16", "BF16", ""), ("foreign-module", "F32", "module.")):
        foreign = {prefix + key: {**value, "dtype": kind} for key, value in parts.items()}
        yield name, b"2" + json.dumps(foreign, separators=(",", ":")).encode() + b"\0" + bytes(size)
    sorted_parts = dict(sorted(parts.items()))
    yield "tensors-by-name", b"2" + header(sorted_parts) + b"\0" + bytes(size)
    yield "regression", b"2" + header(*tensors("F32", [1, 2], [1])[:1], **{
        "gradmill.activations": "identity", "gradmill.loss": "mean-squares"}) + b"\0" + bytes(12)
    yield "wrong-shape", b"2" + header(tensors("F32", [3, 2], [3], [2, 4], [2])[0]) + b"\0" + bytes(76)
    yield "missing-tensor", b"2" + header(tensors("F32", [3, 2], [3])[0]) + b"\0" + bytes(36)
    yield "huge-shape", b"2" + header({"0.weight": {"dtype": "F32", "shape": [4194305, 4194305, 211106198978564],
                                                   "data_offsets": [0, 16]}}) + b"\0" + bytes(16)
    yield "nan", b"2" + header(parts) + b"\0" + struct.pack("<f", float("nan")) * (size // 4)
    yield "lfs", b"0version https://git-lfs.github.com/spec/v1\n"
    yield "html", b"0<!DOCTYPE html>"
    yield "gzip", b"0" + gzip.compress(b"x", mtime=0)
    yield "empty", b"0"


def bench(name, times, **more):
    return [{"name": name, "run_name": name, "run_type": "iteration", "iterations": 1, "real_time": time,
             "time_unit": "us", **more} for time in times]


def gate():
    def both(old, new):
        return json.dumps({"benchmarks": old}).encode() + b"\0" + json.dumps({"benchmarks": new}).encode()

    slow, fast = [10 + i / 10 for i in range(8)], [5 + i / 10 for i in range(8)]
    yield "slower", both(bench("a", fast), bench("a", slow))
    yield "faster", both(bench("a", slow), bench("a", fast))
    yield "peaks", both(bench("a", slow, peak_flops=1e9), bench("a", fast, peak_flops=2e9))
    yield "disjoint", both(bench("a", slow), bench("b", slow))
    yield "ties", both(bench("a", [1] * 6), bench("a", [1] * 6))
    yield "one-each", both(bench("a", [1]), bench("a", [2]))
    yield "no-time", both(bench("a", [0]), bench("a", [-1]))
    yield "huge-times", both(bench("a", [1e308, 1e-308]), bench("a", [1e308, 1e-308]))
    yield "long-name", both(bench("n" * 400, [1, 2]), bench("n" * 400, [1, 2]))
    yield "control-name", both(bench("a\n\u001b[31m", [1, 2]), bench("a\n\u001b[31m", [0]))
    yield "no-name", b'{"benchmarks":[{"real_time":1}]}\0{"benchmarks":[]}'
    yield "no-list", b"{}\0[]"
    yield "empty", b""
    case = CASES / "23-bench-json"
    yield "case-23", (case / "a.json").read_bytes() + b"\0" + (case / "b.json").read_bytes()


def gzip_seeds():
    def of(form, content, place=0):
        return form + struct.pack("<H", place) + content

    text = b"a,b,class\n1,2,x\n3,4,y\n5,6,x\n"
    packed = gzip.compress(text, mtime=0)
    yield "raw", of(b"0", packed)
    yield "raw-two-members", of(b"0", packed + gzip.compress(b"7,8,y\n", mtime=0))
    yield "raw-garbage", of(b"0", packed + b"garbage")
    yield "raw-zeros", of(b"0", packed + bytes(20))
    yield "raw-crc", of(b"0", packed[:-8] + bytes(4) + packed[-4:])
    yield "raw-magic-only", of(b"0", b"\x1f\x8b")
    yield "raw-bomb", of(b"0", gzip.compress(IMAGES[:16] + bytes(1 << 20), mtime=0))
    yield "raw-within", of(b"0", gzip.compress(packed, mtime=0))
    yield "whole", of(b"1", text)
    yield "whole-idx", of(b"1", IMAGES)
    yield "members", of(b"2", text, 16)
    yield "members-empty-first", of(b"2", text, 0)
    yield "members-idx", of(b"2", IMAGES, 20)
    yield "cut-in-header", of(b"3", text, 5)
    yield "cut-in-trailer", of(b"3", text, len(packed) - 3)
    yield "garbage", of(b"4", b"xyz" + text, 3)
    yield "garbage-zeros", of(b"4", bytes(4) + text, 4)


def libsvm():
    rows = b"+1 1:0.5 3:-2 # comment\n# another\n\n-1 2:7\r\n1.0 3:1e2\n"
    for how in range(64):
        yield f"rows-{how}", bytes([ord("0") + how]) + rows
    for name, content in {
        "from-0": b"1 0:1 1:2\n0 2:3\n", "names": b"cat 1:1\ndog 2:1\n", "queries": b"1 qid:1 1:2\n0 qid:2 2:2\n",
        "several-labels": b"1,2 1:1\n0 1:2\n", "nan": b"1 1:nan\n0 2:-NaN\n1 1:1\n", "descending": b"1 2:1 1:1\n0 1:1\n",
        "huge-index": b"1 99999999999:1\n0 1:1\n", "overflow": b"1 1:1 184467440737095516:1\n0 1:1\n", "no-label": b"1:2 2:3\n",
        "bom": b"\xef\xbb\xbf1 1:1\n0 1:2\n", "word": b"1 1:1\n0 x\n", "empty-value": b"1 1:1\n0 1:\n", "only-labels": b"1\n0\n1 1:2\n",
    }.items():
        yield name, b"0" + content


def npy_array(kind, shape, content, order="False", version=b"\1\0"):
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + content


FLOATS = npy_array("<f4", "(4, 3)", struct.pack("<12f", *range(12)))
CLASSES = npy_array("<i8", "(4,)", struct.pack("<4q", 0, 1, -1, 1))


def npy():
    def pair(features, targets=b"", options=b"000"):
        return (b"1" if targets else b"0") + options[1:] + sized(targets) + features

    yield "floats", pair(FLOATS)
    yield "pair", pair(FLOATS, CLASSES)
    yield "pair-gzip", pair(gzip.compress(FLOATS, mtime=0), gzip.compress(CLASSES, mtime=0))
    for kind, code in (("|b1", "?"), ("|u1", "B"), ("<u2", "<H"), (">u4", ">I"), ("<u8", "<Q"), ("|i1", "b"), (">i2", ">h"),
                       ("<i4", "<i"), (">i8", ">q"), ("<f2", "<e"), (">f4", ">f"), ("=f8", "<d")):
        body = b"".join(struct.pack(code, i % 2) for i in range(24))
        name = kind[1:] + ("-big" if kind[0] == ">" else "")
        yield f"type-{name}", pair(npy_array(kind, "(4, 6)", body), npy_array(kind, "(4,)", body[: len(body) // 6]))
        yield f"fortran-{name}", pair(npy_array(kind, "(4, 3, 2)", body, "True"), CLASSES)
    yield "version-2", pair(npy_array("<f4", "(4, 3)", FLOATS[-48:], version=b"\2\0"))
    yield "version-3", pair(npy_array("<f4", "(4, 3)", FLOATS[-48:], version=b"\3\0"))
    yield "column-as-target", pair(FLOATS, options=b"021")
    yield "numbers-to-be-fitted", pair(FLOATS, npy_array("<f8", "(4, 2)", struct.pack("<8d", *range(8))), b"001")
    gaps = struct.pack("<4f", 1, float("nan"), 3, float("nan"))
    for how in (b"0", b"4", b"8", b"<"):
        yield f"nan-{how[0] - 48}", pair(npy_array("<f4", "(2, 2)", gaps), npy_array("|u1", "(2,)", b"\0\1"), b"00" + how)
    yield "infinite", pair(npy_array("<f8", "(1, 2)", struct.pack("<2d", 1, float("inf"))))
    for kind in ("|O", "<U3", "|S3", "<c8", "<f16", "<M8[ns]", "|V3"):
        yield f"refused-{kind[1]}", pair(npy_array(kind, "(4, 3)", bytes(48)))
    yield "records", pair(b"\x93NUMPY\1\0J\0{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }         \n")
    yield "evil", pair(npy_array("<f4", "__import__('os').abort()", b""))
    yield "huge", pair(npy_array("<f4", "(4294967296, 4294967296)", b""))
    yield "head-of-4-gb", pair(b"\x93NUMPY\2\0\xf0\xff\xff\xff")


def archive(members, method=zipfile.ZIP_STORED, force_zip64=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as result:
        for name, content in members.items():
            with result.open(zipfile.ZipInfo(name) if method == zipfile.ZIP_STORED else name, "w",
                             force_zip64=force_zip64) as member:
                member.write(content)
    return file.getvalue()


def npz():
    both = {"X.npy": FLOATS, "y.npy": CLASSES}
    stored = archive(both)
    yield "stored", b"0" + stored
    yield "zip64", b"0" + archive(both, force_zip64=True)
    packed = bytearray(archive(both, zipfile.ZIP_DEFLATED))
    for signature, offset in ((b"PK\3\4", 10), (b"PK\1\2", 12)):  # the time of writing
        at = -1
        while (at := packed.find(signature, at + 1)) >= 0:
            packed[at + offset : at + offset + 4] = bytes(4)
    yield "deflated", b"0" + bytes(packed)
    yield "gzip", b"0" + gzip.compress(stored, mtime=0)
    yield "named", b"\x3c" + archive({"a.npy": FLOATS, "y.npy": CLASSES})
    yield "test-part", b"2" + archive({"x_test.npy": FLOATS, "y_test.npy": CLASSES})
    yield "one-array", b"0" + archive({"other.npy": FLOATS})
    yield "no-array", b"0" + archive({"readme.txt": b"text"})
    yield "leads-out", b"0" + archive({"../X.npy": FLOATS})
    yield "encrypted", b"0" + stored.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0")
    yield "wrong-sum", b"0" + stored[:200] + b"?" + stored[201:]
    yield "cut-short", b"0" + stored[:-30]
    yield "empty", b"0" + archive({})


def survey():
    """The seeds of csv with all to be found out, and texts in which there is more to find."""
    for name, content in csv():
        yield name, b"0000" + content[6:]
    yield "comments-and-commas", b"0000# by hand\na;b;c\n1,5;-200;x\n2,5;3;y\n# more\n2,5;3;y\n"
    yield "dates-and-ids", b"0000id,when,b,c\n1,2004-03-10,2,x\n2,2004-03-11,-,y\n3,,3,y\n4,18:00:00,4,x\n5,,5,z\n"
    yield "blanks-and-quotes", b'000018.0  8  70\t"a ""b"""\n15.0  8  71\t"c d"\n9.5  8  71\t"e f"\n'
    yield "late-texts", b"0000a,b,c\n" + b"1,2,x\n3,2,y\n" * 12 + b"red,2,x\n" * 8
    yield "names-like-numbers", b"0000p,q,1,c\n2004-03-10,2.5,3,x\n2004-03-10,1.5,2,y\n"
    yield "left-out", b"000Ha,b,c\n1,2,x\n3,4,y\n"


def sqlite():
    def database(*commands):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "seed"
            connection = sqlite3.connect(path)
            for command in ("pragma page_size=512", *commands):
                connection.execute(command)
            connection.commit()
            connection.close()
            return path.read_bytes()

    numbers = database("create table t(a real, b text, c text)", "insert into t values(1, 'x', 'p'), (2.5, 'y \"z\"', 'q'), (null, 'x', 'p')")
    yield "only-table", b"\0" + numbers
    for name, query in (("order", "select a, c from t order by a desc"), ("expression", "select a + 1, length(b), c from t"),
                        ("no-select", "drop table t"), ("two", "select 1; select 2"), ("no-rows", "select a, c from t where 0"),
                        ("error", "select nosuch from t"), ("blob", "select x'00', c from t"), ("nan", "select 1e999, c from t")):
        yield name, query.encode() + b"\0" + numbers
    yield "view", b"\0" + database("create view v as select 1 as a, 'x' as c union all select 2, 'y'")
    yield "cut-short", b"\0" + numbers[:700]
    yield "empty", b"\0" + database("create table t(a)", "drop table t")


def checkpoint():
    """Those of real runs, run-*, whole and sealed, are kept by hand."""
    yield "html", b"0<!DOCTYPE html>"
    yield "empty", b"0"
    parts, size = tensors("F32", [3, 2], [3], [2, 3], [2])
    yield "model", b"2" + header(parts) + b"\0" + bytes(size)
    yield "newer", b"2" + header(parts, **{"gradmill.checkpoint": "2"}) + b"\0" + bytes(size)


TARGETS = {"checkpoint": checkpoint, "csv": csv, "example": example, "folder": folder, "gate": gate, "gzip": gzip_seeds, "idx": idx_seeds,
           "libsvm": libsvm, "model": model, "npy": npy, "npz": npz, "sqlite": sqlite, "survey": survey}


def main():
    for target in sys.argv[1:] or TARGETS:
        place = CORPUS / target
        place.mkdir(parents=True, exist_ok=True)
        for name, content in TARGETS[target]():
            (place / name).write_bytes(content)


if __name__ == "__main__":
    main()
