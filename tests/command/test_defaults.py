"""Runs every verb and every bench case with its defaults, as users do first. Other tests give options for all of them."""
import concurrent.futures
import re
import subprocess

from common import CHECK, OK, PLACES, CommandTest, communicate, data
from test_bench import quick_environment

# Samples and rounds as short as they can be; there is no other difference.
SHORT = {"GM_BENCH_TIME_SCALE": "0.001"}

# Seconds on an idle machine; sanitizers are slow, and this is no test of speed.
PATIENCE = 200

# With sanitizers, the plain loops over the widest networks of these cases take minutes, and do there what they do on
# narrower ones. The build without sanitizers runs the cases with all defaults.
NARROWER = {"gemm": ["--net", "mnist"], "memory": ["--net", "mid"], "peers": ["--net", "mnist"],
            "scaling": ["--net", "mid,mnist"]}


def needs_of_verbs():
    """Each verb with what it cannot do without."""
    return {
        "data": [data("iris.csv")],
        "train": ["--data", data("iris.csv")],
        "eval": ["--data", data("iris.csv"), "--model", "model.safetensors"],
        "predict": ["--data", "features.csv", "--model", "model.safetensors"],
        "convert": ["--data", data("iris.csv"), "--out", "iris.npz"],
        "explain": [data("mazur.json")],
        "gradcheck": [data("mazur.json")],
        "plan": ["--layers", "784,128,10"],
        "doctor": [],
    }


def verbs_of_help(text):
    """The verbs that --help lists."""
    return re.findall(r"(?m)^  ([a-z]+) +\S", text)


def cases_of_help(text):
    """The cases that bench --help lists."""
    return re.findall(r"(?m)^  ([a-z]+) +\S", text[text.index("Cases:"):])


class Defaults(CommandTest):
    def run_short(self, *arguments):
        env = {**quick_environment(), **SHORT}
        del env["OPENBLAS_NUM_THREADS"]
        process = self.start(*arguments, env=env)
        output = communicate(process, PATIENCE)
        if output is None:
            return subprocess.CompletedProcess(arguments, "a hang", "", "")
        out, err = output
        return subprocess.CompletedProcess(arguments, process.returncode, out.decode(), err.decode(errors="replace"))

    def check(self, results):
        for name, result in results.items():
            with self.subTest(name):
                self.assertEqual(result.returncode, OK, result.stderr[-1500:])
                self.assertEqual(self.errors(result), [])
                self.assertTrue(result.stdout or name == "train")

    def test_verbs(self):
        listed = verbs_of_help(self.succeed("--help").stdout)
        needs = needs_of_verbs()
        self.assertEqual(set(listed), {*needs, "bench"}, "each verb has its line here")
        self.trained()
        with open(data("iris.csv"), encoding="ascii") as rows:
            self.write("features.csv", "".join(row.rpartition(",")[0] + "\n" for row in rows))
        self.check({verb: self.run_short(verb, *arguments) for verb, arguments in needs.items()})

    def test_bench_cases(self):
        cases = cases_of_help(self.succeed("bench", "--help").stdout)
        self.assertLessEqual({"step", "anatomy", "crossover", "scaling", "gate"}, set(cases))
        cases.remove("gate")  # it has no defaults: OLD and NEW must be given, see below
        if PLACES.sanitized:
            cases.remove("compare")  # a preloaded library would stand before the sanitizer's own
        arguments = {"tour": [], **{case: [case] for case in cases}}
        if PLACES.sanitized:
            for case, more in NARROWER.items():
                arguments[case] += more
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda case: self.run_short("bench", *case), arguments.values())
            self.check(dict(zip(arguments, results)))

    def test_bench_gate(self):
        for name in ("old.json", "new.json"):
            self.assertEqual(self.run_short("bench", "step", "--net", "xor", "--out", self.path(name)).returncode, OK)
        result = self.run_short("bench", "gate", "old.json", "new.json")
        self.assertIn(result.returncode, (OK, CHECK), result.stderr)  # what so few rounds say of the speed is left open
        self.assertRegex(result.stdout, r"xor")
