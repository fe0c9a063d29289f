#!/usr/bin/env python3
"""Mutation testing: changes the code in one place and runs the tests, which should fail: scripts/mutate.py [FILE...] [options]

Each mutant differs from the source in one place: a comparison off by one, an operator or a sign exchanged, a constant
changed, a condition negated, two arguments exchanged, a flag or a whole statement dropped. It is built, and the suites
that concern its file (SUITES below) run until one fails. Macros, comments and texts stay as they are. Work is done in a
copy of the tree; the tree is not touched.

  scripts/mutate.py                                        every file of src and bench: days
  scripts/mutate.py --sample 50 --seed 3 src/data          50 mutants of one room: about 10 minutes
  scripts/mutate.py --list bench/gate/verdict.c                 what would be changed, without building
  scripts/mutate.py --line 75 bench/gate/verdict.c              the mutants of one line
  scripts/mutate.py bench/gate/verdict.c --change OLD NEW --line 75     one change of your own
  scripts/mutate.py --from tests/survivors.txt --bound 100         mutants that once survived
  scripts/mutate.py --sanitize --line 110 src/data/csv.c        a mutant that may read too far, or lose memory

Exit code: 0; 1 if the tests fail without a change; 8 if fewer than --bound percent were caught.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tests" / "mutants.txt"

# The tests for the files of a folder; the longest prefix of a file's path decides. A word is a Meson test, `command/MODULE`
# a module of the tests of the command. Quick ones come first, because the first that fails ends the run of a mutant.
SUITES = {
    "src/base/": "base system data allocation",
    "src/base/options.c": "train nn",
    "src/base/number.c": "base data model",
    "src/base/memory.c": "base allocation data",
    "src/base/memory_limit.c": "system data command/test_limits",
    "src/base/placement.c": "base system nn",
    "src/base/processors.c": "system command/test_threads",
    "src/base/team.c": "base nn train",
    "src/base/turnstile": "base nn train",
    "src/base/lock.c": "nn",
    "src/base/fail_open.c": "base data model command/test_faults",
    "src/base/suggest.c": "base command/test_usage",
    "src/base/status.c": "base command/test_usage",
    "src/base/foreign.c": "base data model command/test_faults",
    "src/machine/": "system doctor bench command/test_doctor",
    "src/machine/findings.c": "doctor command/test_doctor",
    "src/machine/blas": "system bench kernels_f32 doctor command/test_doctor command/test_limits",
    "src/backend/": "kernels_f32 kernels_f64 torch nn command/test_explain",
    "src/function/": "kernels_f32 kernels_f64 gradient torch",
    "src/online/": "kernels_f32 kernels_f64 nn",
    "src/nn/": "nn allocation kernels_f32 kernels_f64 gradient torch train",
    "src/nn/costs_tmpl.c": "nn gradient command/test_plan",
    "src/nn/plan_tmpl.c": "nn gradient torch command/test_plan",
    "src/nn/gradcheck.c": "nn gradient command/test_usage",
    "src/nn/norm_tmpl.c": "nn",
    "src/nn/optimizer": "torch nn train",
    "src/nn/loss": "kernels_f32 torch gradient nn train",
    "src/nn/batch": "train nn torch",
    "src/nn/watch.c": "gradient nn train",
    "src/data/": "data allocation train command/test_faults command/test_cases command/test_columns command/test_weights",
    "src/data/split.c": "data allocation train",
    "src/data/weights.c": "train allocation command/test_weights",
    "src/data/scaling.c": "data allocation train model",
    "src/data/target_scaling.c": "train allocation model data",
    "src/data/row_source.c": "train data allocation",
    "src/data/order.c": "train data",
    "src/data/gather_tmpl.c": "data train",
    "src/data/csv_remarks.c": "data command/test_notes command/test_cases",
    "src/data/source.c": "data allocation command/test_reading",
    "src/data/gunzip.c": "data allocation command/test_reading",
    "src/data/column_": "data allocation command/test_data",
    "src/data/csv_categories.c": "data command/test_categories",
    "src/data/distinct.c": "data command/test_data",
    "src/data/encode.c": "data command/test_categories",
    "src/data/kept.c": "data command/test_predict_file",
    "src/data/libsvm": "data command/test_several command/test_convert",
    "src/data/np": "data command/test_arrays",
    "src/data/number_targets.c": "data command/test_targets command/test_arrays",
    "src/data/sqlite.c": "command/test_sqlite",
    "src/data/survey": "data command/test_data command/test_zoo",
    "src/data/zip": "data command/test_arrays",
    "src/model/": "model allocation command/test_roundtrip command/test_columns command/test_faults",
    "src/model/export": "model command/test_convert",
    "src/model/held.c": "model command/test_outputs",
    "src/model/durable.c": "model allocation train command/test_outputs",
    "src/model/destination.c": "model command/test_outputs",
    "src/model/example.c": "model allocation nn command/test_explain command/test_cases",
    "src/train/": "train allocation command/test_usage",
    "src/train/best.c": "train command/test_keep",
    "src/train/checkpoint": "train allocation command/test_resume",
    "src/train/run_state.c": "train command/test_resume",
    "src/train/callbacks.c": "train command/test_signals",
    "src/train/epoch_start.c": "train allocation command/test_post_mortem",
    "src/train/evalu": "train allocation model command/test_eval command/test_usage",
    "src/train/tally.c": "train model command/test_eval",
    "src/train/figures.c": "train command/test_log",
    "src/train/find_rate.c": "train allocation command/test_find_rate",
    "src/train/findings.c": "doctor train command/test_notes",
    "src/train/log.c": "train allocation command/test_log",
    "src/train/post_mortem.c": "train command/test_post_mortem",
    "src/train/units.c": "train command/test_log",
    "src/cli/": "command/test_faults command/test_usage command/test_notes command/test_explain command/test_roundtrip",
    "src/cli/arguments.c": "command/test_lists command/test_usage command/test_faults",
    "src/cli/bench": "command/test_usage command/test_bench",
    "src/cli/call_text.c": "command/test_post_mortem command/test_config command/test_usage",
    "src/cli/class_weights.c": "command/test_weights command/test_control",
    "src/cli/config.c": "command/test_config",
    "src/cli/convert.c": "command/test_convert command/test_outputs",
    "src/cli/data": "command/test_data command/test_zoo",
    "src/cli/doctor": "doctor command/test_doctor",
    "src/cli/eval": "command/test_eval command/test_json command/test_usage command/test_notes",
    "src/cli/explain": "command/test_explain command/test_json command/test_usage command/test_cases",
    "src/cli/explanation": "command/test_explain command/test_json command/test_cases",
    "src/cli/files.c": "command/test_outputs command/test_faults command/test_reading",
    "src/cli/find_rate.c": "command/test_find_rate command/test_usage",
    "src/cli/gradcheck.c": "command/test_json command/test_usage command/test_explain command/test_cases",
    "src/cli/help.c": "command/test_lists command/test_usage",
    "src/cli/interrupt.c": "command/test_signals command/test_resume",
    "src/cli/json_out.c": "doctor command/test_json",
    "src/cli/load.c": "command/test_faults command/test_eval command/test_columns command/test_reading",
    "src/cli/model_page.c": "command/test_model_page",
    "src/cli/names.c": "command/test_lists command/test_usage",
    "src/cli/needless.c": "command/test_usage command/test_cases command/test_notes",
    "src/cli/options": "command/test_lists command/test_usage command/test_faults command/test_cases",
    "src/cli/options_columns.c": "command/test_columns command/test_targets command/test_usage",
    "src/cli/plan": "command/test_plan command/test_json command/test_usage",
    "src/cli/post_mortem_report.c": "doctor command/test_post_mortem",
    "src/cli/predict.c": "command/test_columns command/test_outputs command/test_faults command/test_usage command/test_cases",
    "src/cli/progress.c": "command/test_progress command/test_usage",
    "src/cli/remarks.c": "command/test_notes command/test_cases",
    "src/cli/report.c": "command/test_json command/test_usage command/test_outputs command/test_control",
    "src/cli/resume.c": "command/test_resume",
    "src/cli/saver.c": "saver command/test_outputs",
    "src/cli/several.c": "command/test_several",
    "src/cli/terminal.c": "command/test_progress command/test_data",
    "src/cli/train": "command/test_usage command/test_keep command/test_notes command/test_outputs command/test_roundtrip",
    "src/cli/train_config.c": "command/test_config command/test_resume",
    "src/cli/train_from.c": "command/test_resume",
    "src/cli/train_options.c": "command/test_log command/test_model_page command/test_config command/test_resume "
                               "command/test_usage command/test_keep command/test_outputs",
    "src/cli/train_page.c": "command/test_model_page command/test_usage",
    "src/cli/train_report.c": "command/test_progress command/test_keep command/test_json command/test_usage "
                              "command/test_notes",
    "src/cli/train_setup.c": "command/test_columns command/test_cases command/test_usage command/test_keep "
                             "command/test_notes command/test_weights",
    "src/cli/use.c": "command/test_columns command/test_faults command/test_eval command/test_usage",
    "bench/": "figures gate bench_output doctor bench compare command/test_bench",
    "bench/cases/": "bench figures command/test_bench",
    "bench/contest/": "compare bench command/test_child command/test_bench",
    "bench/gate/": "gate command/test_bench",
    "bench/measure/rank_test.c": "gate",
    "bench/measure/": "figures gate bench bench_output doctor compare command/test_bench",
    "bench/output/": "bench_output gate command/test_bench",
    "bench/report/": "bench_output command/test_bench",
    "bench/peers/": "compare bench command/test_bench",
}

# ---------------------------------------------------------------------------------------------------- finding mutants

TOKEN = re.compile(
    r"""(?P<skip>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.)*)
      | (?P<text>L?"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
EXCHANGE = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+",
    "*": "/", "/": "*", "%": "/", "+=": "-=", "-=": "+=", "*=": "/=", "<<": ">>", ">>": "<<",
}
# Functions and macros for which the order of the arguments does not matter.
SYMMETRIC = {"gm_alloc", "gm_add", "gm_max", "gm_min", "gm_mul", "gm_table_array"}
OPEN, CLOSE = "([{", ")]}"
# Words that begin a statement which cannot be dropped.
KEPT = {"return", "if", "for", "while", "do", "switch", "case", "default", "break", "continue", "goto", "else", "static",
        "const", "struct", "union", "enum", "typedef", "extern", "sizeof"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    start: int
    end: int
    new: str

    def applied(self, source):
        return source[: self.start] + self.new + source[self.end:]

    def line(self, source):
        return source.count("\n", 0, self.start) + 1

    def lines(self, source):
        """The lines that the mutant changes, before and after, with single blanks."""
        first = source.rfind("\n", 0, self.start) + 1
        last = source.find("\n", self.end)
        after = source[first: self.start] + self.new + source[self.end: last]
        return " ".join(source[first:last].split()), " ".join(after.split())


def tokens_of(source):
    return [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(source) if m.lastgroup != "skip"]


def partners(tokens):
    """For each bracket the index of the one that belongs to it."""
    result, stack = {}, []
    for i, token in enumerate(tokens):
        if token.kind == "mark" and token.text in OPEN:
            stack.append(i)
        elif token.kind == "mark" and token.text in CLOSE and stack:
            result[stack[-1]] = i
            result[i] = stack.pop()
    return result


def bodies(tokens, partner):
    """Which tokens stand in the body of a function or in an initialiser: everything within braces."""
    inside = [False] * len(tokens)
    i = 0
    while i < len(tokens):
        if tokens[i].text == "{" and i in partner:
            described = i > 0 and tokens[i - 1].kind == "name" and i > 1 and tokens[i - 2].text in ("struct", "enum", "union")
            described = described or (i > 0 and tokens[i - 1].text in ("struct", "enum", "union"))
            for k in range(i, partner[i]):
                inside[k] = not described
            i = partner[i]
        i += 1
    return inside


def is_value(token):
    return token.kind in ("number", "text") or token.text in (")", "]") or (token.kind == "name" and token.text not in KEPT)


def operators(source, tokens, i):
    """A binary operator exchanged. clang-format puts blanks on both sides of one, and none behind a pointer's star."""
    token = tokens[i]
    if token.text in EXCHANGE and is_value(tokens[i - 1]) and source[token.start - 1].isspace() and source[token.end].isspace():
        yield token.start, token.end, EXCHANGE[token.text]
    if token.text == "!" and tokens[i + 1].text != "=":
        yield token.start, token.end, ""
    if token.text == "-" and not source[token.end].isspace():
        yield token.start, token.end, ""
    if token.text == "|" and tokens[i + 1].kind == "name" and tokens[i + 2].text in ("|", ",", ")", ";"):
        yield token.start, tokens[i + 1].end, ""
    if token.text in ("++", "--") and is_value(tokens[i - 1]):
        yield token.start, token.end, {"++": "--", "--": "++"}[token.text]
        if tokens[i + 1].text not in (";", ")"):  # its value is used: one more
            yield token.start, token.end, token.text + " + 1"


def constants(token):
    text = token.text
    if re.fullmatch(r"\d+[uUlL]*", text):
        digits = re.match(r"\d+", text).group()
        yield token.start, token.end, str(int(digits) + 1) + text[len(digits):]
        if int(digits) > 0:
            yield token.start, token.end, str(int(digits) - 1) + text[len(digits):]
    elif re.fullmatch(r"\d*\.?\d+(?:[eE][+-]?\d+)?[fF]?", text) and not text.startswith("0x"):
        yield token.start, token.end, f"({text} * 1.5)"


def conditions(source, tokens, partner, i):
    if tokens[i].text == "if" and i + 1 in partner:
        inner = source[tokens[i + 1].end: tokens[partner[i + 1]].start]
        yield tokens[i + 1].end, tokens[partner[i + 1]].start, f"!({inner})"


def choices(source, tokens, partner, i):
    """a ? b : c becomes a ? c : b."""
    if tokens[i].text != "?":
        return
    depth, k, colon = 0, i + 1, None
    while k < len(tokens):
        text = tokens[k].text
        if text in OPEN and k in partner:
            k = partner[k]
        elif text == "?":
            depth += 1
        elif text == ":" and depth:
            depth -= 1
        elif text == ":" and colon is None:
            colon = k
        elif text in (")", "]", "}", ",", ";", ":"):
            break
        k += 1
    if colon and k < len(tokens):
        first = source[tokens[i + 1].start: tokens[colon - 1].end]
        second = source[tokens[colon + 1].start: tokens[k - 1].end]
        yield tokens[i + 1].start, tokens[k - 1].end, f"({second}) : ({first})"


def arguments(source, tokens, partner, i):
    """Neighbours exchanged, in the arguments of a call and in an initialiser."""
    token = tokens[i]
    call = token.text == "(" and tokens[i - 1].kind == "name" and tokens[i - 1].text not in KEPT | SYMMETRIC
    listed = token.text == "{" and tokens[i - 1].text in ("=", ")", ",", "{")
    if not (call or listed) or i not in partner:
        return
    parts, first, k = [], i + 1, i + 1
    while k < partner[i]:
        if tokens[k].text in OPEN and k in partner:
            k = partner[k]
        elif tokens[k].text == ";":
            return
        elif tokens[k].text == ",":
            parts.append((first, k - 1))
            first = k + 1
        k += 1
    if first < partner[i]:
        parts.append((first, partner[i] - 1))
    for (a, b), (c, d) in zip(parts, parts[1:]):
        left, right = source[tokens[a].start: tokens[b].end], source[tokens[c].start: tokens[d].end]
        plain = all(tokens[k].kind != "text" for k in (*range(a, b + 1), *range(c, d + 1)))
        if left != right and plain and "=" not in (tokens[a + 1].text, tokens[a + 2].text):
            yield tokens[a].start, tokens[d].end, f"{right}, {left}"


def statements(tokens, partner, i):
    """A call or an assignment dropped."""
    if tokens[i - 1].text not in (";", "{", "}", ")") or tokens[i].kind != "name" or tokens[i].text in KEPT:
        return
    if tokens[i - 1].text == ")" and tokens[partner.get(i - 1, 0) - 1].text not in ("if", "for", "while"):
        return
    if not (tokens[i + 1].text in ("=", "(", "[", ".", "->", "++", "--") or tokens[i + 1].text[-1:] == "="):
        return  # a declaration
    k = i
    while k < len(tokens) and tokens[k].text != ";":
        if tokens[k].text == "}" or (tokens[k].text == "{" and tokens[k - 1].text not in ("=", ")", "(", ",")):
            return
        k = partner[k] if tokens[k].text in OPEN and k in partner else k
        k += 1
    if k < len(tokens):
        yield tokens[i].start, tokens[k].start, ""


def mutants_of(file, source):
    """All mutants of a file, in the order of the text."""
    tokens = tokens_of(source)
    partner = partners(tokens)
    inside = bodies(tokens, partner)
    found = []
    for i in range(1, len(tokens) - 3):
        if not inside[i]:
            continue
        made = [*conditions(source, tokens, partner, i), *choices(source, tokens, partner, i),
                *arguments(source, tokens, partner, i), *statements(tokens, partner, i)]
        if tokens[i].kind == "number":
            made += constants(tokens[i])
        elif tokens[i].kind == "mark":
            made += operators(source, tokens, i)
        found += [Mutant(file, *parts) for parts in made]
    return list(dict.fromkeys(found))


def read_list(path):
    """{(file, line before, line after): reason}; the format stands at the head of tests/mutants.txt."""
    known = {}
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if len(lines) < 4 or not lines[1].startswith("- ") or not lines[2].startswith("+ "):
            sys.exit(f"mutate.py: {path}: expected lines with FILE, - before, + after, reason; got {block[:80]!r}")
        known[lines[0].strip(), " ".join(lines[1][2:].split()), " ".join(lines[2][2:].split())] = " ".join(lines[3:])
    return known


# ---------------------------------------------------------------------------------------------------- running tests


def limit_resources(address_space):
    """Limits for a mutant, which may loop for ever or ask for all memory. Sanitizers reserve terabytes of addresses."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    if address_space:
        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    os.nice(10)


def kill_programs_in(build):
    """Test programs begin sessions of their own, out of reach of their parent's process group; an endless loop in one
    of them would go on for ever. They are told by their file."""
    for link in pathlib.Path("/proc").glob("[0-9]*/exe"):
        try:
            if os.readlink(link).startswith(f"{build}/"):
                os.kill(int(link.parent.name), signal.SIGKILL)
        except OSError:  # it has ended, or it is another user's
            pass


def meson_name(suite):
    return suite.replace("command/test_", "command_")


class Workshop:
    """A copy of the tree with a build in it."""

    def __init__(self, folder, sanitized=False):
        self.sanitized = sanitized
        self.tree = folder / "tree"
        self.build = folder / "build"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        shutil.copytree(ROOT, self.tree, ignore=shutil.ignore_patterns("build*", ".git", "__pycache__"), symlinks=True)
        self.seconds = {}
        # Low optimisation compiles quickly; kernels have their own. What is wrong in C beyond doubt does not compile.
        options = ["-Doptimization=1"]
        if sanitized:
            options += ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Disas=base"]
        self.must("meson", "setup", *options, "-Dc_args=-Werror=incompatible-pointer-types "
                  "-Werror=int-conversion -Werror=uninitialized", str(self.build), str(self.tree))

    def run(self, *command, seconds=1800):
        """The exit code, or None when the time is over; whatever the command started ends with it."""
        environment = os.environ | {"TMPDIR": str(self.temporary)}
        with open(self.build.parent / "log", "wb") as log:
            process = subprocess.Popen(command, cwd=self.tree, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment, start_new_session=True,
                                       preexec_fn=lambda: limit_resources(not self.sanitized))
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                kill_programs_in(self.build)
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()

    def must(self, *command):
        if self.run(*command) != 0:
            sys.exit((self.build.parent / "log").read_text(errors="replace")[-3000:]
                     + f"\nmutate.py: without a change: {' '.join(command)} failed")

    def compile(self, suite):
        return self.run("ninja", "-C", str(self.build), *self.targets(suite)) == 0

    def targets(self, suite):
        """The files that a suite runs; for the tests of the command also the libraries that they load."""
        information = self.build / "meson-info"
        tests = json.loads((information / "intro-tests.json").read_text(encoding="utf-8"))
        made = json.loads((information / "intro-targets.json").read_text(encoding="utf-8"))
        needed = next(test["depends"] for test in tests if test["name"] == meson_name(suite))
        return [os.path.relpath(target["filename"][0], self.build) for target in made
                if target["id"] in needed or ("/" in suite and target["type"] == "shared module")]

    def test(self, suite, seconds=1800):
        return self.run("meson", "test", "-C", str(self.build), "--no-rebuild", meson_name(suite), seconds=seconds)

    def measure(self, suite):
        """Runs a suite on the unchanged code: it must pass, or it would catch every mutant. Its time sets the limit."""
        if not self.compile(suite):
            sys.exit("mutate.py: does not compile without a change")
        start = time.monotonic()
        if self.test(suite) != 0:
            sys.exit((self.build.parent / "log").read_text(errors="replace")[-3000:]
                     + f"\nmutate.py: {suite} fails without a change")
        self.seconds[suite] = time.monotonic() - start

    def judge(self, mutant, source, suites):
        """'did not compile', 'survived', or 'caught by SUITE'."""
        path = self.tree / mutant.file
        for suite in suites:
            if suite not in self.seconds:
                self.measure(suite)
            try:
                path.write_text(mutant.applied(source), encoding="utf-8")
                if not self.compile(suite):
                    return "did not compile"
                # Four times as long, because other programs may be running. If it takes longer, it is in an endless loop.
                if self.test(suite, 20 + 4 * self.seconds[suite]) != 0:
                    return f"caught by {suite}"
            finally:
                path.write_text(source, encoding="utf-8")
        return "survived"


def suites_of(file, existing):
    key = max((prefix for prefix in SUITES if file.startswith(prefix)), key=len)
    return [suite for suite in SUITES[key].split() if suite in existing]


def existing_suites():
    text = (ROOT / "tests" / "meson.build").read_text(encoding="utf-8")
    found = set(re.findall(r"^  '(\w+)':", text, flags=re.MULTILINE))
    return found | {f"command/{path.stem}" for path in (ROOT / "tests" / "command").glob("test_*.py")}


# ---------------------------------------------------------------------------------------------------- the command


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", help="C files or folders (default: src bench)")
    parser.add_argument("--sample", type=int, metavar="N", help="N mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the sample (default 1)")
    parser.add_argument("--line", type=int, metavar="L", help="only what begins on line L")
    parser.add_argument("--change", nargs=2, metavar=("OLD", "NEW"),
                        help="instead of all mutants: the first OLD of the file, or of --line, becomes NEW")
    parser.add_argument("--from", dest="list_file", metavar="LIST", help="the mutants of a file like tests/mutants.txt")
    parser.add_argument("--suites", metavar="LIST", help="run these, with blanks between them, instead of the file's own")
    parser.add_argument("--sanitize", action="store_true", help="build with the sanitizers, which see a lost block and what "
                        "is beyond the end of one; much slower: for what has survived without")
    parser.add_argument("--list", action="store_true", help="print the mutants and build nothing")
    parser.add_argument("--bound", type=float, default=0, metavar="PERCENT", help="exit code 8 if fewer are caught")
    return parser.parse_args()


def files_of(names):
    for name in names or ["src", "bench"]:
        path = (ROOT / name).resolve()
        if not path.is_relative_to(ROOT) or not path.exists():
            sys.exit(f"mutate.py: {name}: no such file in {ROOT}")
        for found in sorted(path.rglob("*.c")) if path.is_dir() else [path]:
            relative = str(found.relative_to(ROOT))
            if any(relative.startswith(prefix) for prefix in SUITES):
                yield relative


def own_change(file, source, line, old, new):
    start = 0
    for _ in range((line or 1) - 1):
        start = source.index("\n", start) + 1
    at = source.find(old, start)
    if at < 0 or (line and source.count("\n", start, at)):
        sys.exit(f"mutate.py: {file}: no {old!r}" + (f" on line {line}" if line else ""))
    return Mutant(file, at, at + len(old), new)


def listed(path):
    """The mutants of a list, by the text of their lines."""
    sources, mutants = {}, []
    for file, before, after in read_list(pathlib.Path(path)):
        source = sources.setdefault(file, (ROOT / file).read_text(encoding="utf-8"))
        found = [line for line in re.finditer(r"[^\n]+", source) if " ".join(line.group().split()) == before]
        if len(found) != 1:
            sys.exit(f"mutate.py: {path}: {len(found)} lines of {file} are {before!r}; expected 1")
        mutants.append(Mutant(file, found[0].start(), found[0].end(), after))
    return sources, mutants


def collect(given):
    if given.list_file:
        return listed(given.list_file)
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in files_of(given.files)}
    if given.change:
        return sources, [own_change(file, source, given.line, *given.change) for file, source in sources.items()]
    found = [mutant for file, source in sources.items() for mutant in mutants_of(file, source)
             if not given.line or mutant.line(source) == given.line]
    if given.sample and given.sample < len(found):
        found = sorted(random.Random(given.seed).sample(found, given.sample), key=lambda m: (m.file, m.start))
    return sources, found


def describe(mutant, source):
    before, after = mutant.lines(source)
    return f"{mutant.file}:{mutant.line(source)}\n    - {before}\n    + {after}"


def run_all(workshop, sources, mutants, given):
    known = read_list(EQUIVALENT) if EQUIVALENT.exists() else {}
    existing = existing_suites()
    verdicts = []
    for number, mutant in enumerate(mutants, 1):
        source = sources[mutant.file]
        suites = given.suites.split() if given.suites else suites_of(mutant.file, existing)
        if (mutant.file, *mutant.lines(source)) in known:
            verdict = "equivalent"
        else:
            verdict = workshop.judge(mutant, source, suites)
        verdicts.append((mutant, verdict))
        print(f"[{number}/{len(mutants)}] {verdict}: {describe(mutant, source)}", flush=True)
    return verdicts


def report(sources, verdicts, bound):
    files = {}
    for mutant, verdict in verdicts:
        row = files.setdefault(mutant.file, {"caught": 0, "survived": 0, "did not compile": 0, "equivalent": 0})
        row[verdict.split(" by ")[0]] += 1
    survivors = [mutant for mutant, verdict in verdicts if verdict == "survived"]
    if survivors:
        print("\nsurvivors:")
        for mutant in survivors:
            print(describe(mutant, sources[mutant.file]))
    print(f"\n{'file':40} {'caught':>7} {'survived':>9} {'no build':>9} {'equivalent':>11}")
    for file, row in files.items():
        print(f"{file:40} {row['caught']:7} {row['survived']:9} {row['did not compile']:9} {row['equivalent']:11}")
    caught = sum(row["caught"] for row in files.values())
    judged = caught + len(survivors)
    percent = 100 * caught / judged if judged else 0
    print(f"{caught} of {judged} mutants caught ({percent:.1f} %), {len(survivors)} survived")
    return 8 if percent < bound or not verdicts else 0


def main():
    given = parse()
    sources, mutants = collect(given)
    if given.list:
        for mutant in mutants:
            print(describe(mutant, sources[mutant.file]))
        print(f"{len(mutants)} mutants")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the copy goes, too
    with tempfile.TemporaryDirectory(prefix="gradmill-mutate-") as folder:
        verdicts = run_all(Workshop(pathlib.Path(folder), given.sanitize), sources, mutants, given)
    return report(sources, verdicts, given.bound)


if __name__ == "__main__":
    sys.exit(main())
