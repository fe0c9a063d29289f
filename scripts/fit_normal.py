#!/usr/bin/env python3
"""Prints the coefficients of inverse_mills in src/function/vmath.h: m(x) = e^(-x^2/2) / Phi(-x) = 2 + 2 x + x g(t).

t = (x - CENTRE) / (x + CENTRE) makes g smooth. Remez' exchange finds the polynomial in t for which the largest relative
error of m is least on 0 < x <= END, where Phi(-x) meets the smallest normal number. CENTRE was found by trying some:
the error has a sharp minimum. Needs mpmath (Debian: python3-mpmath); takes a second.
"""

import re
import struct

from mpmath import cos, erfc, exp, log, lu_solve, matrix, mp, mpf, pi, sqrt

PRECISIONS = (("f32", "f", 10, "3.25", "13.2"), ("f64", "d", 24, "3", "37.7"))  # name, type, terms, CENTRE, END
mp.dps = 60


def target(x):
    """g, and by how much a change of g changes m, relatively."""
    m = 2 / (erfc(x / sqrt(mpf(2))) * exp(x * x / 2))
    return (m - 2) / x - 2, x / m


def horner(coefficients, t):
    value = mpf(0)
    for c in reversed(coefficients):
        value = value * t + c
    return value


def solve(samples, terms):
    """The polynomial whose errors at terms + 1 points are equal, with alternating signs."""
    system, right = matrix(terms + 1, terms + 1), matrix(terms + 1, 1)
    for i, (t, g, weight) in enumerate(samples):
        for j in range(terms):
            system[i, j] = t**j * weight
        system[i, terms] = (-1) ** i
        right[i] = g * weight
    return list(lu_solve(system, right))[:terms]


def extremes(errors, count):
    """The places of the largest error in each run of one sign; the smaller end runs are dropped."""
    runs = []
    for place, error in enumerate(errors):
        if not runs or (error > 0) != (errors[runs[-1]] > 0):
            runs.append(place)
        elif abs(error) > abs(errors[runs[-1]]):
            runs[-1] = place
    while len(runs) > count:
        runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
    return runs


def fit(terms, centre, end):
    top, count = (end - centre) / (end + centre), 30 * terms
    grid = [-1 + (top + 1) * (1 - cos(pi * i / count)) / 2 for i in range(1, count + 1)]
    samples = [(t, *target(centre * (1 + t) / (1 - t))) for t in grid]
    chosen = [count * (i + 1) // (terms + 1) - 1 for i in range(terms + 1)]
    while True:
        coefficients = solve([samples[i] for i in chosen], terms)
        errors = [(horner(coefficients, t) - g) * weight for t, g, weight in samples]
        worst = max(map(abs, errors))
        chosen = extremes(errors, terms + 1)
        if worst < abs(errors[chosen[0]]) * mpf("1.01"):
            return coefficients, worst


def literal(value, kind):
    """A C constant of this type, in hexadecimal."""
    rounded = struct.unpack(kind, struct.pack(kind, float(value)))[0]
    return re.sub(r"\.?0*p", "p", rounded.hex()) + kind.strip("d")


for name, kind, terms, centre, end in PRECISIONS:
    coefficients, worst = fit(terms, mpf(centre), mpf(end))
    print(f"{name}: relative error 2^{float(log(worst, 2)):.2f}")
    print(*(literal(c, kind) for c in coefficients), sep=", ")
