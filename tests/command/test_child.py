"""Tests the child process of compare, peers and gate, with the commands of bench/contest/problem.h: its losses are those
of plain arithmetic, it trains epochs, and it reports an error in one line."""
import json
import math
import os
import pathlib
import struct
import subprocess

from common import BAD_DATA, OK, PLACES, USAGE, CommandTest, data, environment, patience

WIDTHS = [2, 3, 1]
RATE = 0.25
# Parameters that f32 stores exactly: for each layer W (out x in, row by row) and b.
HIDDEN_W, HIDDEN_B = [[0.5, -0.25], [1.0, 0.75], [-0.5, 0.125]], [0.25, -0.5, 0.0]
OUTPUT_W, OUTPUT_B = [[1.0, -0.75, 0.5]], [0.125]
# Two batches of two rows.
X = [[[0.5, 1.0], [-1.0, 0.25]], [[0.75, -0.5], [0.125, 2.0]]]
Y = [[[1.0], [-0.5]], [[0.25], [2.0]]]


def problem(numbers, **changes):
    """The file, byte by byte."""
    told = {
        "widths": WIDTHS, "hidden": "tanh", "output": "identity", "loss": "half-squares",
        "optimizer": {"kind": "sgd", "rate": RATE, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "precision": "f32", "threads": 1, "batch": 2, "batches": 2, "backend": "naive", "data": "",
    } | changes
    text = json.dumps(told)
    text += " " * (-len(text) % 8)
    return b"GMPROB1\n" + struct.pack("<Q", len(text)) + text.encode("ascii") + struct.pack(f"<{len(numbers)}f", *numbers)


def flat(nested):
    return [number for part in nested for number in flat(part)] if isinstance(nested, list) else [nested]


def losses(steps):
    """The loss of each step, before its update, by the equations of backpropagation in plain Python."""
    w1, b1 = [row[:] for row in HIDDEN_W], HIDDEN_B[:]
    w2, b2 = OUTPUT_W[0][:], OUTPUT_B[0]
    for step in range(steps):
        x, y = X[step % 2], Y[step % 2]
        a = [[math.tanh(sum(w * v for w, v in zip(row, values)) + b) for row, b in zip(w1, b1)] for values in x]
        delta = [sum(w * v for w, v in zip(w2, hidden)) + b2 - target[0] for hidden, target in zip(a, y)]
        yield sum(d * d / 2 for d in delta) / 2
        back = [[d * w * (1 - h * h) for w, h in zip(w2, hidden)] for d, hidden in zip(delta, a)]
        w2 = [w - RATE * sum(d * hidden[j] for d, hidden in zip(delta, a)) / 2 for j, w in enumerate(w2)]
        b2 -= RATE * sum(delta) / 2
        w1 = [[w - RATE * sum(row[j] * values[i] for row, values in zip(back, x)) / 2 for i, w in enumerate(weights)]
              for j, weights in enumerate(w1)]
        b1 = [b - RATE * sum(row[j] for row in back) / 2 for j, b in enumerate(b1)]


class Child(CommandTest):
    def speak(self, commands, content, *more):
        """Returns the answers (the first one comes before any command) and the exit code."""
        path = self.write("problem", content)
        result = subprocess.run([PLACES.gradmill, "bench", "step", "--child", path, *more], input=commands, text=True,
                                capture_output=True, timeout=patience(60), env=environment(), cwd=self.folder)
        return [json.loads(line) for line in result.stdout.splitlines()], result.returncode

    def expect_error(self, pattern, code, commands, content, *more):
        answers, returned = self.speak(commands, content, *more)
        self.assertEqual(list(answers[-1]), ["error"], answers)
        self.assertRegex(answers[-1]["error"], pattern)
        self.assertEqual(returned, code)

    def small(self, **changes):
        return problem(flat([HIDDEN_W, HIDDEN_B, OUTPUT_W, OUTPUT_B, X, Y]), **changes)

    def test_steps_are_those_of_plain_arithmetic(self):
        for backend in ("naive", "blas", "packed"):
            with self.subTest(backend):
                answers, code = self.speak("step 1\nstep 1\nstep 5\nstep 1\n", self.small(backend=backend))
                self.assertEqual(code, OK)
                self.assertEqual((answers[0]["ready"], answers[0]["name"]), (True, "gradmill"))
                self.assertIn("vendor", answers[0])
                expected = list(losses(8))
                for answer, step in zip(answers[1:], (0, 1, 6, 7), strict=True):
                    self.assertAlmostEqual(answer["loss"], expected[step], delta=1e-5 * expected[step], msg=f"step {step}")
                    self.assertGreaterEqual(answer["seconds"], 0)

    def digits(self, **changes):
        """64-16-10 on the digits that come with gradmill; all parameters 0 but the weights, which are small and differ."""
        widths = [64, 16, 10]
        numbers = []
        for inputs, outputs in zip(widths, widths[1:]):
            numbers += [math.sin(i + 1) / 8 for i in range(inputs * outputs)] + [0.0] * outputs
        about = {"widths": widths, "hidden": "relu", "output": "softmax", "loss": "cross-entropy", "batch": 16,
                 "batches": 0, "data": data("digits")}
        return problem(numbers, **(about | changes))

    def test_epochs_learn(self):
        answers, code = self.speak("epoch\nepoch\nepoch\n", self.digits())
        self.assertEqual(code, OK)
        epochs = answers[1:]
        self.assertEqual(len(epochs), 3)
        rows = {epoch["rows"] for epoch in epochs}
        self.assertEqual(len(rows), 1)
        self.assertGreater(rows.pop(), 1000)
        self.assertGreater(epochs[0]["loss"], epochs[1]["loss"])
        self.assertGreater(epochs[1]["loss"], epochs[2]["loss"])
        self.assertGreater(epochs[2]["accuracy"], 0.8)
        self.assertLessEqual(epochs[2]["accuracy"], 1)

    def test_what_it_cannot_do_is_said(self):
        small = self.small()
        self.expect_error("^no data set$", USAGE, "epoch\n", small)
        self.expect_error("^unknown command$", USAGE, "dance\n", small)
        self.expect_error("^unknown command$", USAGE, "step 1\nstep\n", small)
        self.expect_error("^no batches$", USAGE, "step 1\n", self.digits())

    def test_a_data_set_without_test_images(self):
        folder = self.folder / "only-train"
        folder.mkdir()
        for path in pathlib.Path(data("digits")).glob("train-*"):
            os.symlink(path, folder / path.name)
        self.expect_error("only-train: no test images", BAD_DATA, "epoch\n", self.digits(data=str(folder)))
        self.expect_error("nowhere", 5, "epoch\n", self.digits(data=self.path("nowhere")))

    def test_a_library_that_is_none(self):
        self.expect_error(r"cannot be loaded: .*nothing\.so", BAD_DATA, "", self.small(), "/nowhere/nothing.so")
        others = [line.split()[-1] for line in pathlib.Path(f"/proc/{os.getpid()}/maps").read_text().splitlines()
                   if "/libc.so" in line]
        if not others:
            self.skipTest("no other library is known")
        self.expect_error("no cblas_sgemm: not a BLAS", BAD_DATA, "", self.small(), others[0])

    def test_files_that_are_no_problems(self):
        whole = self.small()
        for name, content in (("nothing", b""), ("another kind", b"GMPROB2\n" + whole[8:]), ("half", whole[: len(whole) // 2]),
                              ("a number less", whole[:-4]), ("no JSON", whole[:16] + b"x" + whole[17:])):
            with self.subTest(name):
                answers, code = self.speak("step 1\n", content)
                self.assertEqual([list(answer) for answer in answers], [["error"]])
                self.assertNotEqual(code, OK)
