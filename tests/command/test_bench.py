"""Runs the benchmarks on networks so small that speeds mean nothing, and checks the form of what they print."""
import concurrent.futures
import csv
import io
import json
import os
import platform
import re
import sys
import time

from common import BAD_DATA, CHECK, IO, LIMIT, OK, PLACES, USAGE, CommandTest, environment

SMALL = ["--net", "4-5-3", "--batch", "4", "--time", "200ms"]
SHORT = ["bench", "scaling", *SMALL, "--threads", "1"]  # the one case that measures no peaks first

# Each case first measures the peaks of the machine for a second or two, so several cases run at the same time.
CASES = {
    "tour": ["--time", "300ms"],
    "step": ["step", *SMALL, "--backend", "blas,naive", "--threads", "1"],
    "anatomy": ["anatomy", "--net", "128-128-10", "--batch", "32", "--time", "200ms", "--threads", "1"],
    "gemm": ["gemm", *SMALL],
    "crossover": ["crossover", "--width", "2,4", "--batch", "1,2", "--time", "200ms"],
    "scaling": ["scaling", *SMALL],
    "memory": ["memory", *SMALL, "--optimizer", "sgd,adam"],
    "peers": ["peers", "--net", "nielsen", "--batch", "1", "--backend", "blas", "--time", "200ms"],
    "compare": ["compare", *SMALL],
}

NO_LIBRARY = "/nowhere/none.so"
OTHER_LIBRARY = f"/lib/{platform.machine()}-linux-gnu/libz.so.1"

WRONG = [
    (["fly"], r"unknown case 'fly'"),
    (["step", "more"], r"unexpected argument 'more'"),
    (["step", "--net", "4-3", "--dropout", "0.5"], r"--dropout has no effect on 4-3, which has no hidden layer"),
    (["step", "--weights", "2"], r"--weights 2: expected 0 or 1"),
    (["step", "--dropout", "1"], r"--dropout 1: expected a number from 0 to below 1"),
    (["step", "--ema", "0.5,0.5"], r"--ema: '0\.5' is named twice"),
    (["step", "--clip-norm", "-1"], r"--clip-norm -1: expected a number from 0"),
    (["step", "--clip-norm", "1,2,3,4,5,6,7,8,9"], r"--clip-norm: expected at most 8 numbers"),
    (["gemm", "--ema", "0.5"], r"--ema means nothing to bench gemm"),
    (["step", "--batch", "0"], r"--batch 0: not a list of sizes; expected sizes such as"),
    (["step", "--batch", "1..5..7"], r"--batch 1\.\.5\.\.7: not a list"),
    (["step", "--batch", "x"], r"--batch x: not a list"),
    (["step", "--batch", ""], r"--batch : not a list"),
    (["step", "--batch", "1,"], r"--batch 1,: not a list"),
    (["step", "--batch", "-1"], r"--batch -1: not a list"),
    (["step", "--batch", "4..1"], r"--batch 4\.\.1: not a list"),
    (["step", "--batch", "1..4*1"], r"--batch 1\.\.4\*1: not a list"),
    (["step", "--batch", "1..4+0"], r"--batch 1\.\.4\+0: not a list"),
    (["step", "--batch", "18446744073709551616"], r"not a list"),
    (["step", "--batch", "1..1000000"], r"--batch 1\.\.1000000: more than 64 sizes"),
    (["step", "--width", "0"], r"--width 0: not a list"),
    (["step", "--threads", "0"], r"--threads 0: not a list"),
    (["step", "--net", ""], r"--net : expected widths such as 784-128-10, or wide"),
    (["step", "--net", "784"], r"--net 784: expected at least inputs and outputs"),
    (["step", "--net", "784--10"], r"--net 784--10: expected widths"),
    (["step", "--net", "784-0-10"], r"--net 784-0-10: expected widths"),
    (["step", "--net", "2..4-10"], r"--net 2\.\.4-10: expected widths"),
    (["step", "--net", "9" * 30 + "-3"], r"expected widths"),
    (["step", "--net", "-".join(["1", "2"] * 35)], r"expected at most 64 widths"),
    (["step", "--net", ",".join(f"2-{n}" for n in range(1, 18))], r"--net: expected at most 16 networks"),
    (["step", "--net", "2-2,3-3,2-2"], r"'2-2' is named twice"),
    (["step", "--time", "0s"], r"--time 0s: expected a time such as 30s"),
    (["step", "--time=-1"], r"--time -1: expected a time"),
    (["step", "--time", "abc"], r"--time abc: expected a time"),
    (["step", "--time", "1.5.5s"], r"--time 1\.5\.5s: expected a time"),
    (["step", "--time", "nan"], r"--time nan: expected a time"),
    (["step", "--time", "2h"], r"--time 2h: expected a time"),
    (["step", "-o", "xml"], r"--output xml: expected table, markdown, csv or json"),
    (["step", "--backend", "cuda"], r"--backend cuda: expected naive, naive-ikj, blas or packed"),
    (["step", "--backend", "naive,blas,naive"], r"'naive' is named twice"),
    (["step", "--precision", "f16"], r"--precision f16: expected f32 or f64"),
    (["step", "--optimizer", "fast"], r"--optimizer fast: expected sgd"),
    (["step", "--activation", "softmax"], r"--activation softmax: expected identity, .* or mish$"),
    (["step", "--out", ""], r"--out: expected a path, got an empty text"),
    (["step", "--report="], r"--report: expected a path, got an empty text"),
    (["peers", "--epoch", "--data", ""], r"--data: expected a path, got an empty text"),
    (["compare", "--blas", "fast"], r"--blas fast: expected openblas-pthread, .*, or a path with a slash"),
    (["gate"], r"expected OLD and NEW, two JSON outputs or two programs"),
    (["gate", "old.json"], r"expected OLD and NEW"),
    (["gate", "old.json", "new.json", "--net", "2-3-1"], r"--net means nothing to bench gate"),
    (["gate", sys.executable, sys.executable, "--batch", "1,2"], r"--batch: bench gate takes one value, got 2"),
    (["gate", sys.executable, sys.executable, "--level", "2"], r"--level: 2; expected a number between 0 and 1"),
    (["gate", "old.json", "new.json", "more.json"], r"unexpected argument 'more\.json'"),
    (["gate", "--level", "2", "old.json", "new.json"], r"--level: 2; expected a number between 0 and 1"),
    (["gate", "--threshold", "-1", "old.json", "new.json"], r"--threshold: -1; expected a number >= 0"),
]


def entries(told, kind="iteration"):
    return [entry for entry in told["benchmarks"] if entry["run_type"] == kind]


def cells(told):
    """The columns of each row. They are in the entry of its median, or in the only entry of a row without times."""
    return [entry for entry in told["benchmarks"] if entry.get("aggregate_name") == "median" or not entry["iterations"]]


def quick_environment():
    """An environment in which peaks are measured quickly, and with fast kernels of OpenBLAS: on an unknown CPU it takes
    slow ones."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        kernels = "Haswell" if " avx2 " in file.read() else None
    return environment(OPENBLAS_CORETYPE=kernels, GM_BENCH_TIME_SCALE="0.1")


TWO_VALUES = {"net": "2-3-1,3-4-1", "batch": "1,2", "width": "2,3", "threads": "1,2", "backend": "packed,naive",
              "precision": "f32,f64", "optimizer": "sgd,adam", "activation": "tanh,relu"}
OF_A_STEP = {"batch", "threads", "backend", "precision", "optimizer", "activation"}
# For each case the options of which it goes through all values, and those of which it takes one.
TAKES = {
    "step": ({"net", "width"} | OF_A_STEP, set()),
    "anatomy": ({"net", "width"}, OF_A_STEP),
    "gemm": ({"net", "width", "backend"}, {"batch", "precision"}),
    "crossover": ({"width", "batch"}, {"precision"}),
    "scaling": ({"net", "width", "threads"}, OF_A_STEP - {"threads"}),
    "memory": ({"net", "width", "optimizer"}, {"batch", "precision"}),
    "compare": ({"net", "width"}, OF_A_STEP - {"backend"}),
    "peers": ({"net", "width"}, OF_A_STEP),
    "gate": ({"net", "width"}, OF_A_STEP),
}


class BenchTest(CommandTest):
    def load(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def save(self, name, told):
        return self.write(name, json.dumps(told))


class Cases(BenchTest):
    def run_case(self, name):
        arguments = list(CASES[name])
        if name == "compare":
            arguments += ["--blas", ",".join(["reference", "openblas-pthread", NO_LIBRARY, OTHER_LIBRARY])]
        arguments += ["--out", self.path(f"{name}.json"), "--report", self.path(f"{name}.html")]
        return self.run_gradmill("bench", *arguments, env=quick_environment())

    def run_all(self, names):
        """Runs the cases in parallel. Each worker thread has one CPU, which the processes that it starts inherit."""
        cpus = list(os.sched_getaffinity(0))
        free = list(cpus)
        with concurrent.futures.ThreadPoolExecutor(
            len(cpus), initializer=lambda: os.sched_setaffinity(0, {free.pop()})
        ) as pool:
            return dict(zip(names, pool.map(self.run_case, names)))

    def test_every_case(self):
        # compare preloads libraries, and a sanitizer must be the first library that is loaded.
        results = self.run_all([name for name in CASES if not (PLACES.sanitized and name == "compare")])
        for name, result in results.items():
            with self.subTest(name):
                self.assertEqual(result.returncode, OK, result.stderr[-500:])
                self.assertEqual(self.errors(result), [])
                self.assertRegex(result.stdout, r"(?m)^CPU .*\nBLAS ")
                told = self.load(f"{name}.json")
                self.assertEqual(told["context"]["gradmill"]["benchmark"], name)
                self.assertTrue(told["benchmarks"])
                with open(self.path(f"{name}.html"), encoding="utf-8") as page:
                    self.check_page(page.read(), told)
                self.check_spreads(told)
                getattr(self, f"check_{name}")(result.stdout, told)

    def check_spreads(self, told):
        """A spread stands behind the time that it belongs to."""
        for row in cells(told):
            keys = list(row)
            if "spread" in keys:
                self.assertIn(keys[keys.index("spread") - 1], ("milliseconds", "microseconds"))

    def check_page(self, page, told):
        """The page contains the results and loads nothing. Its only address is that of the chart library's licence."""
        self.assertRegex(page[:20], r"(?i)^<!doctype html>")
        self.assertEqual(page.rstrip()[-7:], "</html>")
        self.assertEqual([row["run_name"] for row in cells(told) if json.dumps(row["run_name"]) not in page], [])
        for address in re.findall(r"https?://[^\s\"'<>)]+", page):
            self.assertIn("uPlot", address)
        fetches = r"<script[^>]* src=|<img|<iframe|<link(?![^>]* href=\"data:)|@import|url\(|\bfetch\(|XMLHttpRequest"
        self.assertEqual(re.findall(fetches, page), [])

    def check_tour(self, text, told):
        self.assertGreaterEqual(len(cells(told)), 2 * 3)
        self.assertLessEqual({"naive", "naive-ikj", "blas"}, {row["backend"] for row in cells(told)})

    def check_step(self, text, told):
        self.assertEqual([row["backend"] for row in cells(told)], ["blas", "naive"])
        for row in cells(told):
            self.assertAlmostEqual(row["milliseconds"] * 1e6 / row["real_time"], 1, places=6)
            self.assertAlmostEqual(row["samples_per_second"] * row["real_time"] / 4e9, 1, places=6)

    def test_steps_with_features(self):
        """All combinations take turns; each row says in its name and its columns what it has. The FLOP are the same."""
        arguments = ["bench", "step", "--net", "4-5-3", "--batch", "2", "--threads", "1", "--time", "100ms", "--dropout",
                     "0,0.5", "--clip-norm", "0,1", "--ema", "0,0.9", "--weights", "0,1", "--output", "json"]
        rows = cells(json.loads(self.succeed(*arguments, env=quick_environment()).stdout))
        plain = "step/4-5-3/batch:2/packed/threads:1/f32/sgd/sigmoid"
        names = [plain + dropout + clip + ema + weights for dropout in ("", "/dropout:0.5") for clip in ("", "/clip-norm:1")
                 for ema in ("", "/ema:0.9") for weights in ("", "/weights:1")]
        self.assertEqual([row["run_name"] for row in rows], names)
        for row in rows:
            with self.subTest(row["run_name"]):
                told = {key: row.get(key) for key in ("dropout", "clip_norm", "ema", "weights")}
                in_name = {key: float(value) for key, value in
                           (part.split(":") for part in row["run_name"][len(plain):].replace("-", "_").split("/")[1:])}
                self.assertEqual({key: value for key, value in told.items() if value is not None}, in_name)
                # 2 n (3 S - in_1 out_1): S = 4 5 + 5 3
                self.assertAlmostEqual(row["gflops"] * row["milliseconds"] * 1e6 / (2 * 2 * (3 * 35 - 20)), 1, places=6)

    def check_anatomy(self, text, told):
        self.assertEqual([row["run_name"] for row in cells(told) if "real_time" in row or row["microseconds"] <= 0], [])
        # packed takes the step of gradient descent within BP4, so there is no update to show
        self.assertEqual([row["run_name"] for row in cells(told) if row["kind"] == "update"], [])
        found = re.search(r"128-128-10: .*?add up to (\d+(?:\.\d+)?) %", " ".join(text.split()))
        self.assertTrue(found, text)
        self.assertTrue(80 <= float(found[1]) <= 120, found[0])

    def check_gemm(self, text, told):
        rows = [line for line in text.splitlines() if line.startswith("4-5-3 layer ")]
        self.assertEqual(len(rows), 4 * (3 + 4))  # backends; layer 1 has no BP2
        for line in rows:
            self.assertIn(" PASS ", line)
        self.assertEqual({row["check"] for row in cells(told)}, {"PASS"})

    def check_crossover(self, text, told):
        sizes = [(row["sweep"], row["width"], row["batch"]) for row in cells(told)]
        self.assertEqual(sorted(set(sizes)), [("batch", 256, 1), ("batch", 256, 2), ("width", 2, 64), ("width", 4, 64)])
        for size in set(sizes):
            marks = [row.get("fastest") for row in cells(told) if (row["sweep"], row["width"], row["batch"]) == size]
            marks = [mark for mark in marks if mark]
            self.assertTrue(marks == ["fastest"] or len(marks) > 1 and set(marks) == {"among the fastest"}, marks)
        self.assertEqual({row["times_naive"] for row in cells(told) if row["backend"] == "naive"}, {1})

    def check_scaling(self, text, told):
        self.assertEqual([row["threads"] for row in cells(told)], list(range(1, len(cells(told)) + 1)))
        self.assertEqual(cells(told)[0]["speedup"], 1)

    def check_memory(self, text, told):
        self.assertEqual([row["optimizer"] for row in cells(told)], ["sgd", "adam"])
        # 43 parameters, 15 of them weights of layer 2, the only ones that BP2 reads; 4 bytes each
        for row, update in zip(cells(told), (2, 6)):
            self.assertAlmostEqual(row["moved"], 4 * (43 * (1 + update) + 15) / 43, 3)

    def check_faults(self, told):
        """A row that failed has the fields of Google Benchmark for that, and the whole reason, which the table cut off."""
        for row in cells(told):
            self.assertEqual(row.get("error_occurred", False), row["status"] != "ok", row)
            if row["status"] != "ok":
                self.assertTrue(row["error_message"].startswith(row["status"]), row)
                self.assertEqual(row["real_time"], 0)
        for entry in entries(told):
            self.assertEqual("peak_flops" in entry, "error_occurred" not in entry)

    def check_compare(self, text, told):
        self.check_faults(told)
        rows = {row["library"]: row for row in cells(told)}
        self.assertEqual(list(rows), ["reference", "openblas-pthread", NO_LIBRARY, OTHER_LIBRARY])
        self.assertEqual(rows[NO_LIBRARY]["status"], "no such file")
        self.assertRegex(rows[OTHER_LIBRARY]["status"], r"not a BLAS|no such file")
        self.assertIn(f"Note: {NO_LIBRARY}: no such file", text)
        for name in ("reference", "openblas-pthread"):
            self.assertRegex(rows[name]["status"], r"^ok$|^not installed \(package lib")
            self.assertEqual(rows[name]["status"] == "ok", "samples_per_second" in rows[name])

    def check_peers(self, text, told):
        self.check_faults(told)
        self.assertEqual(len(cells(told)), 10)  # five programs, two losses
        self.assertIn("backend blas", text)
        for row in cells(told):
            self.assertIn("/blas/", row["run_name"])
            self.assertRegex(row["status"], r"^(ok|not installed|not built|not comparable)")
            if row["peer"] == "gradmill":
                self.assertEqual((row["status"], row["times"]), ("ok", 1))


class Output(BenchTest):
    def test_json_is_that_of_Google_Benchmark(self):
        arguments = [*SHORT, "-o", "json"]
        told = json.loads(self.succeed(*arguments).stdout)
        context, ours = told["context"], told["context"]["gradmill"]
        for key in ("date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "caches",
                    "load_avg", "library_build_type", "json_schema_version"):
            self.assertIn(key, context)
        self.assertTrue(context["executable"].endswith(" ".join(arguments)), context["executable"])
        self.assertEqual(ours["schema_version"], 1)
        for key in ("cpu", "threads", "blas", "variables", "peaks", "compiler", "flags", "memory_bytes", "warnings",
                    "notes"):
            self.assertIn(key, ours)
        self.assertEqual(ours["variables"]["OPENBLAS_NUM_THREADS"], "1")
        rounds = entries(told)
        self.assertGreaterEqual(len(rounds), 3)
        self.assertEqual([entry["repetition_index"] for entry in rounds], list(range(len(rounds))))
        for entry in told["benchmarks"]:
            self.assertEqual(entry["repetitions"], len(rounds))
            self.assertEqual(entry["run_name"], "scaling/4-5-3/batch:4/packed/threads:1")
            self.assertEqual(entry["time_unit"], "ns")
            self.assertGreaterEqual(entry["real_time"], 0)
        self.assertEqual([entry["aggregate_name"] for entry in entries(told, "aggregate")],
                         ["mean", "median", "stddev", "cv"])

    def test_csv(self):
        text = self.succeed(*SHORT, "-o", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual(len(rows), 1)
        self.assertNotIn(None, rows[0])
        self.assertEqual((rows[0]["row"], rows[0]["batch"]), ("scaling/4-5-3/batch:4/packed/threads:1", "4"))
        self.assertGreater(float(rows[0]["milliseconds"]), 0)
        self.assertTrue(rows[0]["env_blas"])

    def test_markdown(self):
        lines = self.succeed(*SHORT, "-o", "markdown").stdout.splitlines()
        self.assertTrue(lines[0].startswith("### "))
        table = [line for line in lines if line.startswith("|")]
        self.assertEqual(len(table), 3)
        self.assertRegex(table[1], r"^(\|:?-+:?)+\|$")
        self.assertEqual(len({line.count("|") for line in table}), 1)

    def test_file_is_what_would_be_printed(self):
        printed = json.loads(self.succeed(*SHORT, "-o", "json", "--out", self.path("same.json")).stdout)
        self.assertEqual(printed, self.load("same.json"))

    def test_sizes_that_are_there_twice_are_one(self):
        told = json.loads(self.succeed("bench", "step", "--net", "4-5-3", "--threads", "1", "--time", "100ms",
                                       "--batch", "4,1..4*2,4", "-o", "json", env=quick_environment()).stdout)
        self.assertEqual([row["batch"] for row in cells(told)], [4, 1, 2])

    def test_what_a_case_would_ignore_is_refused(self):
        self.refuse(USAGE, r"--net means nothing to bench crossover", "bench", "crossover", "--net", "mid")
        self.refuse(USAGE, r"--batch: bench anatomy takes one value, got 2", "bench", "anatomy", "--batch", "1,2")

    def what_is_taken(self, case, option):
        """How many values of an option a case takes: told before it finds that it cannot write."""
        sides = [PLACES.gradmill, PLACES.gradmill] if case == "gate" else []
        result = self.run_gradmill("bench", case, *sides, f"--{option}", TWO_VALUES[option], "--out", self.path("none/x"))
        (line,) = self.errors(result)
        for pattern, taken in ((rf"--{option} means nothing to bench {case}", 0),
                               (rf"--{option}: bench {case} takes one value, got 2", 1), ("none/x: cannot be written", 2)):
            if re.search(pattern, line):
                return taken
        self.fail(line)

    def test_how_many_values_each_case_takes(self):
        for case, (several, one) in TAKES.items():
            expected = {option: 2 if option in several else 1 if option in one else 0 for option in TWO_VALUES}
            with self.subTest(case):
                self.assertEqual({option: self.what_is_taken(case, option) for option in TWO_VALUES}, expected)

    def test_full_device_as_standard_output(self):
        with open("/dev/full", "wb") as full:
            self.refuse(IO, r"standard output: No space left", *SHORT, stdout=full)


class Gate(BenchTest):
    def setUp(self):
        super().setUp()
        self.old = self.path("old.json")
        self.succeed(*SHORT, "--net", "4-6-3", "--out", self.old)
        # The times are given, so that the verdicts are known. Times that are measured on a busy machine may differ by any factor.
        told = self.load("old.json")
        firsts = {entry["run_name"]: entry for entry in reversed(entries(told))}
        told["benchmarks"] = [{**first, "real_time": 1 + i / 100, "repetition_index": i}
                              for first in firsts.values() for i in range(12)]
        self.save("old.json", told)

    def verdicts(self, result):
        return {row["run_name"]: row["verdict"] for row in cells(json.loads(result.stdout))}

    def test_a_file_against_itself_is_the_same(self):
        result = self.succeed("bench", "gate", self.old, self.old, "-o", "json")
        self.assertEqual(list(self.verdicts(result).values()), ["same", "same"])

    def slower(self, name):
        told = self.load("old.json")
        for entry in entries(told):
            entry["real_time"] *= 4 if entry["run_name"] == name else 1
        return self.save("new.json", told)

    def test_a_planted_slowdown(self):
        name = "scaling/4-6-3/batch:4/packed/threads:1"
        new = self.slower(name)
        result = self.run_gradmill("bench", "gate", self.old, new, "-o", "json")
        self.assertEqual(result.returncode, CHECK)
        self.assertEqual(self.errors(result), ["gradmill: 1 of 2 rows became slower"])
        self.assertEqual(self.verdicts(result), {name: "slower", name.replace("6", "5"): "same"})
        table = self.run_gradmill("bench", "gate", self.old, new).stdout
        self.assertRegex(table, rf"(?m)^{name} .* 300\.00 .*slower$")
        self.assertIn(f"slower: {name}", table)
        result = self.succeed("bench", "gate", new, self.old, "-o", "json")
        self.assertEqual(self.verdicts(result)[name], "faster")
        self.succeed("bench", "gate", self.old, new, "--threshold", "5")

    def test_builds_that_take_turns(self):
        # One or two sittings are too few for a verdict, and for a success, whatever else the machine does.
        result = self.run_gradmill("bench", "gate", PLACES.gradmill, PLACES.gradmill, "--net", "2-3-1,4-5-3", "--batch",
                                   "4", "--backend", "naive", "--threads", "1", "--time", "1ms", "-o", "json")
        self.assertEqual(result.returncode, CHECK, result.stderr)
        self.assertRegex(self.errors(result)[0], "nothing decided: no network had sittings enough")
        self.assertEqual(self.verdicts(result), {f"step/{net}/batch:4/naive/threads:1/f32/sgd/sigmoid": "undecided"
                                                 for net in ("2-3-1", "4-5-3")})
        failed = self.run_gradmill("bench", "gate", PLACES.gradmill, "/bin/false", "--net", "2-3-1")
        self.assertEqual(failed.returncode, CHECK)
        self.assertEqual(self.errors(failed), ["gradmill: new program: /bin/false: ended with exit code 1"])

    def test_nothing_that_could_be_measured(self):
        result = self.run_gradmill("bench", "compare", "--blas", "./none.so", "--net", "2-3-1", "--time", "1ms",
                                   env=environment(GM_BENCH_TIME_SCALE="0.01"))
        self.assertEqual(result.returncode, CHECK, result.stderr)
        self.assertRegex(self.errors(result)[0], r"nothing could be measured: compare/2-3-1/.*none\.so: no such file")
        self.assertIn("no such file", result.stdout)

    def test_rows_that_were_not_timed_are_left_out(self):
        told = self.load("old.json")
        some = entries(told)[0]
        told["benchmarks"] += [{**some, "run_name": "absent", "iterations": 0, "real_time": 0},
                               {**some, "run_name": "failed", "error_occurred": True, "real_time": 0}]
        new = self.save("new.json", told)
        self.assertEqual(len(self.verdicts(self.succeed("bench", "gate", new, new, "-o", "json"))), 2)

    def test_rows_of_one_file_only(self):
        told = self.load("old.json")
        told["benchmarks"] = [entry for entry in told["benchmarks"] if "4-5-3" in entry["name"]]
        new = self.save("new.json", told)
        self.assertEqual(sorted(self.verdicts(self.succeed("bench", "gate", self.old, new, "-o", "json")).values()),
                         ["only old", "same"])

    def test_files_without_a_row_in_common(self):
        told = self.load("old.json")
        for entry in entries(told):
            entry["run_name"] = entry["name"] = "other/" + entry["run_name"]
        new = self.save("new.json", told)
        result = self.run_gradmill("bench", "gate", self.old, new, "-o", "json")
        self.assertEqual(result.returncode, CHECK, result.stderr)
        self.assertRegex(self.errors(result)[0], r"nothing to compare: .*old\.json and .*new\.json have no row in common")
        self.assertEqual(sorted(self.verdicts(result).values()), ["only new"] * 2 + ["only old"] * 2)

    def test_files_that_are_none(self):
        os.mkdir(self.path("void"))
        cases = [
            ("nothing", b"", BAD_DATA, r"bad\.json:1:0: not JSON"),
            ("half an object", b'{"benchmarks": [', BAD_DATA, r"bad\.json:1:\d+: not JSON"),
            ("bytes", b"\xff\xfe\x00", BAD_DATA, r"not JSON"),
            ("deep", b"[" * 100000, BAD_DATA, r"not JSON: maximum parsing depth"),
            ("a list", b"[]", BAD_DATA, r'no list "benchmarks".*--out or -o json'),
            ("no timings", b'{"benchmarks": []}', BAD_DATA, r"no timings"),
            ("no name", b'{"benchmarks": [{"real_time": 1}]}', BAD_DATA, r"benchmarks\[0\] has no name"),
            ("a negative time", b'{"benchmarks": [{"name": "a", "real_time": -1}]}', BAD_DATA, r"a, repetition 1: no time"),
            ("a strange unit", b'{"benchmarks": [{"name": "a", "real_time": 1, "time_unit": "h"}]}', BAD_DATA, r"no time"),
        ]
        for name, content, code, pattern in cases:
            with self.subTest(name):
                bad = self.write("bad.json", content)
                self.refuse(code, pattern, "bench", "gate", bad, self.old)
                self.refuse(code, pattern, "bench", "gate", self.old, bad)
        self.refuse(IO, r"none\.json: cannot open: No such file", "bench", "gate", self.old, self.path("none.json"))
        self.refuse(IO, r"void: is a directory; expected a file", "bench", "gate", self.old, self.path("void"))


class Networks(BenchTest):
    def test_help_error_and_manual_name_the_same_networks(self):
        error = self.refuse(USAGE, r"--net fly: ", "bench", "step", "--net", "fly").stderr
        names = re.search(r"such as 784-128-10, or (.*)", error)[1].split(", ")
        self.assertIn("online", names)
        said = " ".join(self.succeed("bench", "--help").stdout.split())
        self.assertIn(f"784-128-10, or {', '.join(names[:-1])} or {names[-1]} ", said)
        manual = (PLACES.source / "man" / "gradmill.1").read_text(encoding="utf-8")
        listed = re.search(r"Widths such as 784-128-10, or one of\n(.*?)\n\.TP", manual, re.S)[1]
        self.assertEqual(re.findall(r"(?m)^\.BR? (\w+)", listed), names)

    def test_help_error_and_manual_name_the_same_cases(self):
        said = self.succeed("bench", "--help").stdout
        names = re.findall(r"(?m)^  ([a-z]+) +\S", said[said.index("Cases:"):])
        self.assertIn("crossover", names)
        error = self.refuse(USAGE, r"unknown case 'fly'", "bench", "fly").stderr
        self.assertIn(f"expected {', '.join(names[:-1])} or {names[-1]}", error)
        manual = (PLACES.source / "man" / "gradmill.1").read_text(encoding="utf-8")
        listed = re.search(r"(?m)^\.B bench$.*?^\.RS$(.*?)^\.RE$", manual, re.S | re.M)[1]
        self.assertEqual(re.findall(r"(?m)^\.TP\n\.B (\w+)", listed), names)

    def test_online_is_mid_row_by_row(self):
        told = json.loads(self.succeed("bench", "scaling", "--net", "online", "--threads", "1", "--time", "100ms",
                                       "-o", "json").stdout)
        self.assertEqual([(row["run_name"], row["batch"]) for row in cells(told)],
                         [("scaling/online/batch:1/packed/threads:1", 1)])


class Wrong(BenchTest):
    def test_wrong_arguments(self):
        for arguments, pattern in WRONG:
            with self.subTest(" ".join(arguments)[:60]):
                self.refuse(USAGE, pattern, "bench", *arguments)

    def test_too_large(self):
        for case in ("step", "scaling"):
            for net, batch in (("99999999-99999999-3", "4"), ("1024-1024-10", "2147483647")):
                self.refuse(LIMIT, r"that take turns need \d+ bytes .* are free; use smaller batches or narrower layers",
                            "bench", case, "--net", f"4-5-3,{net}", "--batch", batch)
        self.refuse(USAGE, r"batch 99999999999; expected 1 to \d+ rows", *SHORT, "--batch", "99999999999")
        self.refuse(USAGE, r"100000000 threads; expected at most", *SHORT, "--threads", "100000000")

    def test_a_place_that_cannot_be_written_is_found_at_once(self):
        for option in ("--out", "--report"):
            for place, pattern in ((self.path("none/x"), r"none/x: cannot be written: .*No such file"),
                                   (str(self.folder), r"is a directory"), ("/dev/full", r"not a regular file")):
                with self.subTest(f"{option} {os.path.basename(place)}"):
                    start = time.monotonic()
                    self.refuse(IO, pattern, "bench", "step", *SMALL, "--time", "60s", option, place)
                    self.assertLess(time.monotonic() - start, 10 if PLACES.sanitized else 1)
