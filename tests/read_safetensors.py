#!/usr/bin/env python3
"""Computes the outputs of a model file without gradmill, from the definition of the format, to compare the two.

read_safetensors.py MODEL INPUTS.csv: one line of outputs for each line of inputs, on stdout. The file is read with
struct and json; a torch.nn.Sequential with a strict load_state_dict does the arithmetic if PyTorch is installed,
plain Python otherwise (--plain forces it). The inputs are scaled as the model says.
"""
import csv
import json
import math
import struct
import sys

FORMATS = {"F32": ("f", 4), "F64": ("d", 8)}
PLAIN = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "leaky-relu": lambda z: z if z > 0 else 0.01 * z,
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
}


def read_model(path):
    """Returns the metadata and the tensors: name -> (shape, flat list), and the dtype."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length].decode("utf-8"))
    data = content[8 + length :]
    metadata = header.pop("__metadata__")
    tensors, dtypes = {}, set()
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        letter, size = FORMATS[entry["dtype"]]
        count = math.prod(entry["shape"])
        assert end - begin == count * size, name
        tensors[name] = (entry["shape"], list(struct.unpack(f"<{count}{letter}", data[begin:end])))
        dtypes.add(entry["dtype"])
    assert len(dtypes) == 1, dtypes
    return metadata, tensors, dtypes.pop()


def scale(metadata, rows):
    kind = metadata["gradmill.scaling"]
    if kind == "none":
        return rows
    if kind == "unit":
        return [[value / 255 for value in row] for row in rows]
    shift = json.loads(metadata["gradmill.scaling.shift"])
    factor = json.loads(metadata["gradmill.scaling.factor"])
    return [[(x - s) * f for x, s, f in zip(row, shift, factor)] for row in rows]


def softmax(row):
    powers = [math.exp(z - max(row)) for z in row]
    return [power / sum(powers) for power in powers]


def run_plain(activations, tensors, rows):
    for layer, activation in enumerate(activations):
        (outputs, inputs), weight = tensors[f"{2 * layer}.weight"]
        _, bias = tensors[f"{2 * layer}.bias"]
        rows = [
            [sum(weight[o * inputs + i] * row[i] for i in range(inputs)) + bias[o] for o in range(outputs)]
            for row in rows
        ]
        if activation == "softmax":
            rows = [softmax(row) for row in rows]
        else:
            rows = [[PLAIN[activation](z) for z in row] for row in rows]
    return rows


def run_torch(torch, activations, tensors, dtype, rows):
    nn = torch.nn
    modules = {
        "identity": nn.Identity,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky-relu": nn.LeakyReLU,
        "gelu": nn.GELU,
        "softplus": nn.Softplus,
        "softmax": lambda: nn.Softmax(dim=1),
    }
    real = {"F32": torch.float32, "F64": torch.float64}[dtype]
    parts = []
    for layer, activation in enumerate(activations):
        outputs, inputs = tensors[f"{2 * layer}.weight"][0]
        parts += [nn.Linear(inputs, outputs, dtype=real), modules[activation]()]
    network = nn.Sequential(*parts)
    state = {name: torch.tensor(values, dtype=real).reshape(shape) for name, (shape, values) in tensors.items()}
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        return network(torch.tensor(rows, dtype=real)).tolist()


def main(arguments):
    plain = "--plain" in arguments
    paths = [argument for argument in arguments if argument != "--plain"]
    if len(paths) != 2:
        sys.exit("usage: read_safetensors.py [--plain] MODEL INPUTS.csv")
    metadata, tensors, dtype = read_model(paths[0])
    activations = metadata["gradmill.activations"].split(",")
    with open(paths[1], newline="", encoding="utf-8") as file:
        rows = scale(metadata, [[float(cell) for cell in row] for row in csv.reader(file) if row])
    try:
        import torch
    except ImportError:
        plain = True
    outputs = run_plain(activations, tensors, rows) if plain else run_torch(torch, activations, tensors, dtype, rows)
    for row in outputs:
        print(",".join(f"{value:.17g}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1:])
