#!/usr/bin/env python3
"""The model of docs/scaling.md: scaling_model.py GRADMILL

Times steps of square networks (3 layers w-w-w-w, sigmoid, plain SGD, f32) on one thread and on two, fits the constants
of the model to half of the widths, compares it with the others, and prints what it predicts for more cores."""
import json
import math
import subprocess
import sys

LAYERS, BAND, GRAIN = 3, 64, 4
CACHED = 1 << 20   # bytes of weights that one core keeps to itself
COMMON = 32 << 20  # and that all cores keep together
WAYS = 8           # cores from which on more of them get nothing more out of memory
FITTED, CHECKED = (32, 64, 256, 512, 2048), (128, 384, 1024)


def measured(gradmill, width, batch, threads):
    widths = ",".join([str(width)] * (LAYERS + 1))
    out = subprocess.run([gradmill, "plan", "--layers", widths, "--activation", "sigmoid", "--optimizer", "sgd", "--batch",
                          str(batch), "--threads", str(threads), "--measure", "--json"],
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)["measured"]["seconds"]


def flop(width, batch):
    return 2 * batch * (3 * LAYERS - 1) * width ** 2


def busiest(total, grain, threads):
    """The part of the work that the busiest thread has, if `total` units are divided in whole grains."""
    return min(math.ceil(math.ceil(total / grain) / threads) * grain, total) / total


def fetch(k, width, threads):
    """Seconds for weights that do not stay in the cores' own caches."""
    weights = LAYERS * width ** 2
    return weights * k["weight"] / min(threads, WAYS) if 4 * weights > CACHED * threads else 0


def predict(k, width, batch, threads):
    """Seconds of a step: the better of the two partitions."""
    activations = LAYERS * batch * width
    if threads == 1:
        return flop(width, batch) / k["alone"] + LAYERS * k["call"] + fetch(k, width, 1)
    partitions = []
    weights = width ** 2  # of a layer
    for part, barriers, updates in ((busiest(batch, GRAIN, threads), 2, LAYERS * weights),
                                     (busiest(width, BAND, threads), 2 * LAYERS + 1, (LAYERS - 1) * weights / threads)):
        others = (threads - 1) / threads
        if 4 * LAYERS * weights > COMMON:
            updates = min(updates, CACHED / 4)  # the rest comes from afar in any case
        partitions.append(flop(width, batch) * (2 * part + 1 / threads) / 3 / k["together"] + LAYERS * k["call"]
                    + barriers * k["barrier"] * math.log2(threads) + 2 * others * (2 * activations + updates) / threads
                    * k["exchange"])
    return min(partitions) + fetch(k, width, threads)


def fit(times, batch):
    """Two constants from one thread (least squares of relative errors), then two more from two threads."""
    rows = [(flop(w, batch), LAYERS, times[w, 1]) for w in FITTED if 4 * LAYERS * w ** 2 <= CACHED]
    a = sum((f / t) ** 2 for f, _, t in rows)
    b = sum(f * c / t ** 2 for f, c, t in rows)
    d = sum((c / t) ** 2 for _, c, t in rows)
    e, g = sum(f / t for f, _, t in rows), sum(c / t for _, c, t in rows)
    det = a * d - b * b
    k = {"alone": det / (e * d - g * b), "call": max((g * a - e * b) / det, 0), "weight": 0}
    far = [w for w in FITTED if 4 * LAYERS * w ** 2 > CACHED]
    k["weight"] = max(sum((times[w, 1] - predict(k, w, batch, 1)) / (LAYERS * w ** 2) for w in far) / len(far), 0)
    best = None
    for together in [k["alone"] * x / 20 for x in range(8, 23)]:
        for barrier in (0.2e-6, 0.5e-6, 1e-6, 2e-6, 4e-6):
            for exchange in (0.05e-9, 0.1e-9, 0.2e-9, 0.4e-9, 0.8e-9, 1.6e-9):
                trial = {**k, "together": together, "barrier": barrier, "exchange": exchange}
                error = sum(math.log(predict(trial, w, batch, 2) / times[w, 2]) ** 2 for w in FITTED)
                if best is None or error < best[0]:
                    best = error, trial
    return best[1]


def main():
    gradmill, batch = sys.argv[1], 128
    times = {(w, t): measured(gradmill, w, batch, t) for w in sorted(FITTED + CHECKED) for t in (1, 2)}
    k = fit(times, batch)
    print(f"constants: alone {k['alone'] / 1e9:.0f} GFLOP/s a core, together {k['together'] / 1e9:.0f}; call "
          f"{k['call'] * 1e6:.1f} us a layer; barrier {k['barrier'] * 1e6:.1f} us; exchange {k['exchange'] * 1e9:.2f} ns a number; "
          f"a weight from afar {k['weight'] * 1e9:.2f} ns")
    print("\n| width | threads | measured us | model us | model / measured | |\n|---|---|---|---|---|---|")
    for (width, threads), seconds in sorted(times.items()):
        model = predict(k, width, batch, threads)
        print(f"| {width} | {threads} | {seconds * 1e6:,.1f} | {model * 1e6:,.1f} | {model / seconds:.2f} | "
              f"{'fitted' if width in FITTED else 'checked'} |")
    print("\n| width, batch | 1 core | 2 | 8 | 16 | 32 | 64 |\n|---|---|---|---|---|---|---|")
    for width, rows in ((256, 128), (1024, 128), (1024, 1024), (4096, 256), (16384, 256)):
        speeds = [f"{flop(width, rows) / predict(k, width, rows, t) / 1e9:,.0f}" for t in (1, 2, 8, 16, 32, 64)]
        print(f"| {width}, {rows} | {' | '.join(speeds)} |")


if __name__ == "__main__":
    main()
