"""Functions that the tests of the command share: paths, running the command, checking an error message."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import types
import unittest

PLACES = types.SimpleNamespace(gradmill=None, source=None, build=None, shim=None, thorough=False,
                               sanitized=False)

OK, UNEXPECTED, USAGE, BAD_DATA, BAD_MODEL, IO, LIMIT, DIVERGED, CHECK = range(9)

def patience(seconds):
    """The time after which a run that takes `seconds` at most on an idle machine counts as hung.

    A machine with more work than processors gives each process a part of one only, so the time grows with the load. A
    build that counts lines is slow: scripts/coverage.sh asks for more patience."""
    load = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    return seconds * max(1, load) * int(os.environ.get("GM_TEST_PATIENCE", "1"))


def communicate(process, seconds=60):
    """The output of a process that may take so long: (stdout, stderr), or None if it had to be killed.

    SIGKILL, because the command waits with SIGTERM for the end of a step. The load is looked at again when the time is
    over, because it may have grown since the process began."""
    begin = time.monotonic()
    while time.monotonic() < begin + patience(seconds):
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    process.communicate()
    return None


def environment(**changes):
    """The tests' own environment without what steers a BLAS or a locale; None takes a variable away."""
    drop = ("OPENBLAS_", "OMP_", "GOTO_", "LC_", "GM_")
    result = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    result.pop("NO_COLOR", None)
    result["OPENBLAS_NUM_THREADS"] = "1"
    result["LC_ALL"] = "C"
    for name, value in changes.items():
        result.pop(name, None)
        if value is not None:
            result[name] = value
    return result


def data(name):
    return str(PLACES.source / "data" / name)


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gradmill-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def start(self, *arguments, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(
            [PLACES.gradmill, *map(str, arguments)], cwd=self.folder, env=env or environment(), **options
        )

    def run_gradmill(self, *arguments, **options):
        """Returns .returncode, .stdout and .stderr (text)."""
        process = self.start(*arguments, **options)
        output = communicate(process)
        if output is None:
            self.fail(f"hangs: {' '.join(map(str, arguments))[:200]}")
        out, err = output
        return subprocess.CompletedProcess(
            arguments, process.returncode, (out or b"").decode(), (err or b"").decode(errors="replace")
        )

    def succeed(self, *arguments, **options):
        result = self.run_gradmill(*arguments, **options)
        self.assertEqual(result.returncode, OK, result.stderr[-500:])
        return result

    def errors(self, result):
        """The lines of stderr that are no notes or warnings, nor gcc's about counters that it may not write."""
        soft = re.compile(r"gradmill: (note|warning): |profiling:")
        return [line for line in result.stderr.splitlines() if not soft.match(line)]

    def refuse(self, code, pattern, *arguments, **options):
        """One line on stderr that says what is wrong, nothing on stdout, and the code."""
        result = self.run_gradmill(*arguments, **options)
        lines = self.errors(result)
        self.assertEqual(result.returncode, code, result.stderr[-500:])
        self.assertEqual(len(lines), 1, lines[:5])
        self.assertRegex(lines[0], r"^gradmill( \w+)?: .")
        self.assertRegex(lines[0], pattern)
        return result

    def train(self, *arguments, source="iris.csv", epochs=1, **options):
        """The arguments of a short training run."""
        return ["train", "--data", data(source), "--quiet", "--threads", "1", "--layers", "4,8,3",
                "--epochs", str(epochs), *arguments]

    def trained(self, *arguments, name="model.safetensors"):
        path = self.path(name)
        self.succeed(*self.train("--save", path, *arguments))
        return path

    def assert_loads(self, path):
        self.succeed("eval", "--model", path, "--data", data("iris.csv"), "--threads", "1")
