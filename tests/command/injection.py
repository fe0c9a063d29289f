"""Fault injection as a loop, as SQLite does it: the n-th call of a kind fails, for n = 1, 2, 3 ... until the command
succeeds without a fault (inject.c). This module checks what must hold after each fault."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess

from common import IO, LIMIT, OK, PLACES, communicate, data, environment

# KIND:FAULT -> the codes with which the command may give up. It may always succeed as if nothing had happened.
FAULTS = {
    "memory:ENOMEM": {LIMIT},
    "memory:ENOMEM+": {LIMIT},
    "open:EACCES": {IO},
    "open:EMFILE+": {IO},
    "read:EIO": {IO},
    "read:EINTR": set(),
    "read:short": set(),
    "read:short+": set(),
    "write:EIO": {IO},
    "write:ENOSPC+": {IO},
    "write:short": set(),
    "write:short+": set(),
    "fsync:EIO": {IO},
    "rename:EIO": {IO},
    "close:EIO": {IO},
    "unlink:EACCES": {IO},
    "map:ENOMEM": {LIMIT},
    "thread:EAGAIN": {LIMIT},
    "thread:EAGAIN+": {LIMIT},
}

# For a build with sanitizers. The shim is loaded before their runtime, which must not complain about that. The tests ask
# for impossible sizes on purpose. Everything that the sanitizers find, leaks included, ends the run with exit code 1.
SANITIZERS = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:allocator_may_return_null=1:detect_stack_use_after_return=1:exitcode=1",
    "LSAN_OPTIONS": "exitcode=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
REPORT = re.compile(r"(ERROR: \w+Sanitizer: .*|runtime error: .*|LeakSanitizer has .*)")

# Lines on stderr that are no errors.
SOFT = re.compile(r"gradmill: (note|warning): ")

MODEL = "model.safetensors"
SHORT = {"GM_BENCH_TIME_SCALE": "0.01"}
BENCH = ["bench", "step", "--net", "4-8-3", "--batch", "4", "--time", "1ms", "--threads", "1"]


class Command:
    """A command line, run in a folder of its own that holds `files` (name: bytes)."""

    def __init__(self, name, arguments, files=(), output=None, whole=None):
        self.name = name
        self.arguments = arguments
        self.files = dict(files)
        self.output = output  # the name of the file that it replaces or makes
        self.whole = whole  # says of a good run's output that it is whole, where runs differ; None: they do not


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def is_page(content):
    """A report page to its end, with data that can be read."""
    data = re.search(rb'<script type="application/json" id="data">(.*?)</script>', content, re.S)
    return bool(data) and is_json(data[1]) and content.rstrip().endswith(b"</html>")


def is_bench_json(text):
    return is_json(text) and "benchmarks" in json.loads(text)


def training():
    """A short run."""
    return ["train", "--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "1", "--threads", "2", "--seed", "7"]


def commands(model, timings, checkpoint):
    """Every verb with small work. `model`: the bytes of a model of iris; `timings`: an output of bench step;
    `checkpoint`: that of a training() run."""
    iris, train = data("iris.csv"), training()
    use = ["--model", MODEL, "--data", iris, "--threads", "1"]
    files = {MODEL: model}
    return [
        Command("train", [*train, "--save", MODEL], files, output=MODEL, whole=lambda text: "saved" in text),
        Command("train anew", [*train, "--quiet", "--save", MODEL], output=MODEL),
        Command("train json", [*train, "--json", "--backend", "blas"], whole=is_json),
        Command("train config", ["train", "--config", "c.conf", "--json", "--quiet"],
                {"c.conf": f"data = {iris}\nlayers = 4,8,3\nepochs = 1\nthreads = 1\n".encode()}, whole=is_json),
        Command("train report", [*train, "--quiet", "--report", "r.html"], output="r.html"),
        Command("train checkpoint", [*train, "--quiet", "--checkpoint", "c"], output="c"),
        Command("train resume", ["train", "--resume", "c", "--epochs", "2", "--quiet"], {"c": checkpoint}, output="c"),
        Command("eval", ["eval", *use, "--json"], files),
        Command("predict", ["predict", *use, "--target", "species", "--outputs"], files),
        Command("predict out", ["predict", *use, "--keep-columns", "species", "--out", "p.csv"], files, output="p.csv"),
        Command("convert", ["convert", "--data", iris, "--out", "iris.npz"], output="iris.npz"),
        Command("convert anew", ["convert", "--data", iris, "--out", "iris.csv"], {"iris.csv": b"1,2\n"}, output="iris.csv"),
        Command("data", ["data", iris], whole=lambda text: "To train on it" in text),
        Command("data json", ["data", iris, "--json"], whole=is_json),
        Command("explain", ["explain", data("mazur.json")]),
        Command("explain json", ["explain", data("xor.json"), "--json"]),
        Command("gradcheck", ["gradcheck", "--layers", "3,4,2", "--threads", "1", "--json"]),
        Command("plan", ["plan", "--layers", "4,8,3", "--threads", "2", "--rows", "100", "--json"], whole=is_json),
        Command("bench step", [*BENCH, "--out", "new.json"], {"new.json": timings}, output="new.json",
                whole=lambda text: "4-8-3" in text),
        Command("bench gate", ["bench", "gate", "old.json", "new.json", "-o", "csv"],
                {"old.json": timings, "new.json": timings}, whole=lambda text: "4-8-3" in text),
        Command("doctor", ["doctor", "--quick", "--json"], whole=is_json),
    ]


def sanitizer_report(err):
    """The report of a sanitizer with the functions of gradmill that it names, or "" if there is no report."""
    found = REPORT.search(err)
    if not found:
        return ""
    calls = re.findall(r"#\d+ \S+ in (\S+) \S*/(?:src|bench)/(\S+)", err[found.start():])
    return " < ".join([found[1], *(f"{name} {place}" for name, place in calls[:6])])


class Outcome:
    def __init__(self, code, out, err, report, folder):
        self.code = code
        self.out = out
        self.errors = [line for line in err.splitlines() if not SOFT.match(line)]
        self.sanitizer = sanitizer_report(err)
        self.report = report.splitlines()
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}

    @property
    def fired(self):
        return next((line for line in self.report if line.startswith("fired")), None)

    @property
    def total(self):
        return next((int(line.split()[1]) for line in self.report if line.startswith("total")), None)


def run_once(command, place, inject):
    """Runs the command in a new folder at `place`, with GM_INJECT=`inject`."""
    shutil.rmtree(place, ignore_errors=True)
    folder = place / "folder"
    folder.mkdir(parents=True)
    for name, content in command.files.items():
        (folder / name).write_bytes(content)
    report = place / "report"
    changes = {"GM_INJECT": inject, "GM_INJECT_REPORT": str(report), **SHORT, **SANITIZERS, "LD_PRELOAD": PLACES.shim}
    run = subprocess.Popen([PLACES.gradmill, *command.arguments], cwd=folder,
                           env=environment(**changes), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    output = communicate(run)
    out, err = output or (b"", b"")
    code = run.returncode if output else "hangs"
    text = report.read_text() if report.exists() else ""
    return Outcome(code, out.decode(errors="replace"), err.decode(errors="replace"), text, folder)


def is_whole(command, text, good):
    return command.whole(text) if command.whole else text == good.out


def judge_file(command, outcome, good):
    """Checks that the file is the old one or a new one, complete, and that it is the new one only after success."""
    content, old = outcome.files.get(command.output), command.files.get(command.output)
    if command.output.endswith(".json"):
        new = content is not None and content != old and is_bench_json(content)
    elif command.output.endswith(".html"):
        new = content is not None and content != old and is_page(content)
    else:
        new = content == good.files[command.output]
    if not new and content != old:
        return ["the file is torn"]
    if not new and outcome.code == OK:
        return ["success, and the file is the old one"]
    if not new and "saved" in outcome.out:
        return ["it claims to have saved"]
    return []


def is_one_complaint(fault, lines):
    """Whether there is one error line. If all writing fails, there may be a second one, about standard output."""
    if fault == "write:ENOSPC+" and len(lines) == 2:
        lines = [line for line in lines if not line.startswith("gradmill: standard output: ")]
    return len(lines) == 1 and lines[0].startswith("gradmill")


def judge(command, fault, outcome, good):
    """What is wrong after one fault, as a list of texts."""
    wrong = [line for line in outcome.report if line.startswith(("block", "descriptor"))]
    if outcome.sanitizer:
        return [*wrong, outcome.sanitizer]
    if outcome.code == OK:
        if outcome.errors:
            wrong.append("success with a complaint")
        if not is_whole(command, outcome.out, good):
            wrong.append("success with other output")
    elif outcome.code not in FAULTS[fault]:
        wrong.append("unexpected exit code")
    elif not is_one_complaint(fault, outcome.errors):
        wrong.append("not one line on stderr")
    if command.output:
        wrong += judge_file(command, outcome, good)
    strangers = set(outcome.files) - set(command.files) - {command.output}
    if strangers and not fault.startswith("unlink"):
        wrong.append(f"left behind: {sorted(strangers)}")
    return wrong


def describe(command, fault, number, outcome, wrong):
    return (f"{command.name}, {fault} at {number} ({outcome.fired or 'not fired'}): code {outcome.code}, "
            f"{outcome.errors[:2]}: {'; '.join(wrong)}"[:600])


def spread(count, most):
    """Chooses up to `most` of the numbers 1 to `count`. A third of those are the first numbers; the others are spread evenly."""
    if count <= most:
        return list(range(1, count + 1))
    first = most // 3
    rest = most - first
    return [*range(1, first + 1), *(first + (count - first) * i // rest for i in range(1, rest + 1))]


class Loop:
    """One command under one fault, which is injected at `most` calls, one in each run; at all calls if `most` is None."""

    def __init__(self, command, fault, folder, most=None):
        self.command = command
        self.fault = fault
        self.most = most
        self.folder = pathlib.Path(folder) / re.sub(r"\W", "-", f"{command.name} {fault}")
        self.runs = 0
        self.codes = set()
        self.wrong = []
        self.good = self.run(0)

    def run(self, number):
        sign = "+" if self.fault.endswith("+") else ""
        place = self.folder / str(number)
        outcome = run_once(self.command, place, f"{self.fault.rstrip('+')}:{number}{sign}")
        shutil.rmtree(place, ignore_errors=True)
        return outcome

    def check_good(self):
        if self.good.code != OK or self.good.total is None:
            self.wrong.append(f"{self.command.name} fails without a fault: {self.good.code}, {self.good.errors}")
        else:
            self.wrong += [f"{self.command.name} without a fault: {text}"
                           for text in judge(self.command, self.fault, self.good, self.good)]

    def check(self, number):
        """Whether the fault fired."""
        outcome = self.run(number)
        wrong = judge(self.command, self.fault, outcome, self.good)
        if wrong:
            self.wrong.append(describe(self.command, self.fault, number, outcome, wrong))
        self.runs += 1
        self.codes.add(outcome.code)
        return outcome.fired is not None

    def check_all(self):
        self.check_good()
        if self.wrong:
            return self
        if self.most is not None:
            for number in spread(self.good.total, self.most):
                self.check(number)
            return self
        number = 1
        while self.check(number):
            number += 1
        return self


def run_loops(loops, report=lambda loop: None):
    """Runs all loops, as many at a time as there are processors. Returns what is wrong, as a list of texts."""
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for finished in concurrent.futures.as_completed([pool.submit(make) for make in loops]):
            loop = finished.result()
            report(loop)
            wrong += loop.wrong
    return wrong
