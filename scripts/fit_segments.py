#!/usr/bin/env python3
"""Prints src/online/segments_table.h: sigmoid and tanh (hyperbolic) as polynomials of degree 7 around 32 centres.

Each polynomial meets its function at the Chebyshev nodes of its segment, which is near the best that the degree can do.
The printed errors are of the exact polynomials, in units of the last place of f32; rounding comes on top
(tests/test_online_tmpl.c). Needs mpmath (Debian: python3-mpmath).
"""

import re
import struct

from mpmath import cos, exp, lu_solve, matrix, mp, mpf, pi, tanh

SEGMENTS, TERMS, PER_LINE = 32, 8, 6
FUNCTIONS = (("sigmoid", lambda x: 1 / (1 + exp(-x)), mpf(1)), ("hyperbolic", tanh, mpf(1) / 2))  # name, function, width
mp.dps = 40


def centre(segment, width):
    """Segment numbers are those of AVX-512's table look-up: the lowest five bits of a whole number."""
    return (segment if segment < SEGMENTS / 2 else segment - SEGMENTS) * width


def fit(function, middle, width):
    nodes = [width / 2 * cos(pi * (2 * i + 1) / (2 * TERMS)) for i in range(TERMS)]
    powers = matrix([[node**j for j in range(TERMS)] for node in nodes])
    return list(lu_solve(powers, matrix([function(middle + node) for node in nodes])))


def error(function, middle, width, coefficients):
    """The largest relative error, in units of 2^-24."""
    worst = mpf(0)
    for i in range(1, 100, 2):  # never at the centre, where tanh is 0
        d = width / 2 * (i - 50) / 50
        value = sum(c * d**j for j, c in enumerate(coefficients))
        worst = max(worst, abs(value / function(middle + d) - 1) * 2**24)
    return float(worst)


def literal(value):
    value = 0 if abs(value) < mpf(10) ** -30 else value  # an odd function has no even terms around 0
    rounded = struct.unpack("f", struct.pack("f", float(value)))[0]
    return re.sub(r"\.?0*p", "p", rounded.hex()) + "f"


def lines(values):
    for i in range(0, len(values), PER_LINE):
        yield "     " + ", ".join(values[i : i + PER_LINE])


print("/* Coefficients for segments.h, made by scripts/fit_segments.py. */")
print("#ifndef GM_NN_SEGMENTS_TABLE_H\n#define GM_NN_SEGMENTS_TABLE_H\n\n/* clang-format off */")
for name, function, width in FUNCTIONS:
    fits = [fit(function, centre(s, width), width) for s in range(SEGMENTS)]
    worst = max(error(function, centre(s, width), width, fits[s]) for s in range(SEGMENTS))
    print(f"/* Centres {float(width)} apart, error {worst:.2f} units. */")
    print(f"static const struct segments {name}_segments = {{{{")
    for j in range(TERMS):
        text = ",\n".join(lines([literal(f[j]) for f in fits]))
        print("    {" + text.lstrip() + "},")
    print("}};")
print("/* clang-format on */\n\n#endif")
