"""Tests that a run never overwrites one of its inputs, a file of another kind, or a file that another run writes."""
import gzip
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

from common import IO, PLACES, USAGE, CommandTest, data, environment, patience
from test_bench import quick_environment

TRAIN = ["train", "--quiet", "--epochs", "1", "--threads", "1"]
BENCH = ["bench", "step", "--net", "2-2-1", "--batch", "4", "--threads", "1", "--time", "50ms"]


class Inputs(CommandTest):
    """An output that is an input: exit 2, and the input keeps its bytes."""

    def setUp(self):
        super().setUp()
        self.csv = shutil.copy(data("iris.csv"), self.path("d.csv"))
        with open(self.csv, "rb") as file:
            self.content = file.read()
        os.symlink("d.csv", self.path("symbolic"))
        os.link(self.csv, self.path("hard"))
        os.mkdir(self.path("sub"))

    def refuse_output(self, pattern, *arguments, **options):
        before = sorted(os.listdir(self.folder))
        self.refuse(USAGE, pattern, *arguments, **options)
        with open(self.csv, "rb") as file:
            self.assertEqual(file.read(), self.content)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_save(self):
        for name in ("d.csv", "./d.csv", "sub/../d.csv", "symbolic", "hard", self.csv):
            with self.subTest(name):
                self.refuse_output(r"--save .*the same file as --data d\.csv; it was left as it is",
                                   *TRAIN, "--data", "d.csv", "--save", name)

    def test_save_over_validation_data(self):
        of_data = ["--data", data("iris.csv")]
        self.refuse_output(r"the same file as --valid d\.csv", *TRAIN, *of_data, "--valid", "d.csv", "--save", "hard")
        self.refuse_output(r"the same file as --valid-labels d\.csv",
                           *TRAIN, *of_data, "--valid", "x", "--valid-labels", "d.csv", "--save", "symbolic")
        images = self.write("images", struct.pack(">IIII", 0x803, 2, 1, 1) + bytes([0, 1]))
        self.refuse_output(r"the same file as --labels d\.csv",
                           *TRAIN, "--data", images, "--labels", "d.csv", "--save", "hard")

    def test_input_that_does_not_exist(self):
        self.refuse_output(r"the same file", *TRAIN, "--data", "sub/new", "--save", "./sub/../sub/new")

    def test_folder_of_images(self):
        names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                 "t10k-labels-idx1-ubyte"]
        for name in names:
            size = struct.pack(">II", 0x801, 2) if "labels" in name else struct.pack(">IIII", 0x803, 2, 1, 1)
            self.write(f"sub/{name}", size + bytes([0, 1]))
        for name in names:
            with self.subTest(name):
                self.refuse_output(rf"the same file as --data sub/{name}",
                                   *TRAIN, "--data", "sub", "--save", f"sub/{name}")

    def test_standard_input(self):
        with open(self.csv, "rb") as file:
            self.refuse_output(r"the same file as --data -", *TRAIN, "--data", "-", "--save", "d.csv", stdin=file)

    def test_standard_output(self):
        model = self.trained()
        with open(self.csv, "ab") as file:
            self.refuse_output(r"standard output: the same file as --data d\.csv",
                               "predict", "--model", model, "--data", "d.csv", stdout=file)
        with open(self.path("table"), "ab") as file:
            self.refuse_output(r"standard output: the same file as --save table",
                               *TRAIN, "--data", "d.csv", "--save", "table", stdout=file)
            self.refuse_output(r"standard output: the same file as --save /dev/stdout",
                               *TRAIN, "--data", "d.csv", "--save", "/dev/stdout", stdout=file)

    def test_gate(self):
        for option in ("--out", "--report"):
            for side in ("d.csv", "hard"):
                with self.subTest(f"{option} {side}"):
                    self.refuse_output(r"the same file as (OLD|NEW)", "bench", "gate", "d.csv", "other", option, side)
                    self.refuse_output(r"the same file as (OLD|NEW)", "bench", "gate", "other", "d.csv", option, side)

    def test_two_outputs(self):
        self.refuse_output(r"--report \./new: the same file as --out new", *BENCH, "--out", "new", "--report", "./new")


class Kinds(CommandTest):
    """An existing file is replaced by its own kind only."""

    def refuse_to_replace(self, content, pattern, *arguments):
        path = self.write("precious", content)
        self.refuse(USAGE, rf"precious: is {pattern}; only .* may be replaced here; it was left as it is",
                    *arguments, path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), content)

    def test_models(self):
        with open(data("iris.csv"), "rb") as file:
            text = file.read()
        for content, pattern in (
            (text, "a text file"),
            (gzip.compress(text), "a gzip file"),
            (b"PK\x03\x04" + bytes(60), "a zip archive"),
            (b'{"inputs": 2}', "a JSON text"),
            (b"<html></html>", r"a web page \(HTML or XML\)"),
            (struct.pack(">II", 0x801, 2) + b"\0\1", "an IDX file"),
            (b"\x7fELF\2\1\1" + bytes(60), "a program or a library"),
            (bytes(100), "a file of another kind"),
        ):
            with self.subTest(pattern):
                self.refuse_to_replace(content, pattern, *TRAIN, "--data", "not there either", "--save")

    def test_model_and_empty_file_are_replaced(self):
        model = self.trained()
        self.succeed(*self.train("--save", model))
        self.succeed(*self.train("--save", self.write("empty", b"")))
        self.assert_loads(self.path("empty"))

    def test_outputs_of_bench(self):
        foreign_json = b'{\n  "context": {\n    "date": "2024-01-01",\n    "executable": "./other"}}\n'
        self.refuse_to_replace(foreign_json, "a JSON text", *BENCH, "--out")
        self.refuse_to_replace(b"<!doctype html>\n<title>mine</title>\n", r"a web page \(HTML or XML\)", *BENCH, "--report")
        for _ in range(2):
            self.succeed(*BENCH, "--out", self.path("o.json"), "--report", self.path("r.html"), env=quick_environment())
        with open(self.path("o.json"), encoding="utf-8") as file:
            self.assertIn("benchmarks", json.load(file))
        self.refuse(USAGE, r"r\.html: is a web page", *BENCH, "--out", self.path("r.html"))
        self.refuse(USAGE, r"o\.json: is a JSON text", *BENCH, "--report", self.path("o.json"))


class Runs(CommandTest):
    """Two runs with one output: the second is refused at its start."""

    def start_endless(self, *more):
        process = self.start(*self.train("--save", "model", *more, epochs=10**9))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        end = time.monotonic() + patience(30)
        while not os.path.exists(self.path("model")):
            self.assertLess(time.monotonic(), end, "nothing happened")
            time.sleep(0.002)
        return process

    def hidden(self):
        return [name for name in os.listdir(self.folder) if name.startswith(".gradmill")]

    def test_second_run_is_refused(self):
        process = self.start_endless()
        self.assertEqual([name[-5:] for name in self.hidden() if not name.endswith(".tmp")], [".lock"])
        os.symlink("model", self.path("link"))
        for name in ("model", self.path("model"), "link"):
            with self.subTest(name):
                self.refuse(IO, rf"another run of gradmill \(process {process.pid}\) is writing this file",
                            *TRAIN, "--data", "not there either", "--save", name)
        self.succeed(*self.train("--save", "other"))
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        self.assertEqual(self.hidden(), [])
        self.succeed(*self.train("--save", "model"))

    def test_killed_run_is_forgotten(self):
        process = self.start_endless()
        process.kill()
        process.wait(30)
        self.assertNotEqual(self.hidden(), [])
        self.succeed(*self.train("--save", "model"))
        self.assertEqual(self.hidden(), [])

    def test_nothing_is_left_where_a_signal_ends_the_loading(self):
        os.mkfifo(self.path("data"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                process = self.start(*TRAIN, "--data", "data", "--save", "model")
                end = time.monotonic() + patience(30)
                while not self.hidden():
                    self.assertLess(time.monotonic(), end, "no lock")
                    time.sleep(0.002)
                while open(f"/proc/{process.pid}/wchan").read() in ("0", ""):  # it waits for data, locked
                    self.assertLess(time.monotonic(), end, "never waits")
                    time.sleep(0.002)
                process.send_signal(number)
                process.communicate(timeout=patience(30))
                self.assertEqual(process.returncode, -number)
                self.assertEqual(self.hidden(), [])

    def test_nothing_is_left_where_the_reader_of_the_table_goes(self):
        process = subprocess.Popen(
            [PLACES.gradmill, "train", "--data", data("iris.csv"), "--epochs", "100000", "--threads", "1",
             "--save", "model"], cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(30), -signal.SIGPIPE)
        self.assertEqual([name for name in self.hidden() if name.endswith(".lock")], [])

    def test_kills_at_random_moments(self):
        script = str(PLACES.source / "scripts" / "kill_saves.py")
        result = subprocess.run([sys.executable, script, PLACES.gradmill, "15"], env=environment(), timeout=patience(120),
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"^15 kills, .*: nothing torn, nothing left\n$")
