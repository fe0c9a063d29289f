"""Tests runs with little address space or few threads. The BLAS library needs both when it is loaded. A run that does not
use it does not load it; a run that does fails with one line."""
import json
import os
import pathlib
import resource
import shutil

from common import IO, LIMIT, OK, PLACES, CommandTest, data, environment

MEBIBYTES = [100, 130, 160, 200, 300]


def train(*more):
    return ["train", "--data", data("iris.csv"), "--quiet", "--epochs", "1", *more]


def nobody():
    """Root has as many processes as it likes."""
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


class Limits(CommandTest):
    def setUp(self):
        super().setUp()
        if PLACES.sanitized:
            self.skipTest("sanitizers map more than any of these limits")
        self.env = environment(OPENBLAS_NUM_THREADS=None)

    def test_address_space(self):
        for mebibytes in MEBIBYTES:
            with self.subTest(f"{mebibytes} MiB"):
                def limit(size=mebibytes << 20):
                    resource.setrlimit(resource.RLIMIT_AS, (size, size))

                self.assertEqual(self.run_gradmill("--version", env=self.env, preexec_fn=limit).returncode, OK)
                result = self.run_gradmill(*train(), env=self.env, preexec_fn=limit)
                self.assertIn(result.returncode, (OK, LIMIT), result.stderr)
                self.assertEqual(len(self.errors(result)), result.returncode == LIMIT, result.stderr)
                if mebibytes <= 160:  # a buffer for each processor and the library itself
                    self.refuse(LIMIT, r"no memory to load the BLAS library; needed .*; raise ulimit -v",
                                *train("--backend", "blas"), env=self.env, preexec_fn=limit)

    def test_threads(self):
        os.chmod(self.folder, 0o755)
        try:
            self.start("--version", env=self.env, preexec_fn=nobody).communicate()
        except (OSError, PermissionError) as error:
            self.skipTest(f"another user cannot start the command: {error}")
        self.assertEqual(self.run_gradmill("--version", env=self.env, preexec_fn=nobody).returncode, OK)
        with open(data("iris.csv"), encoding="ascii") as rows:
            iris = self.write("iris.csv", rows.read())
        arguments = ["train", "--data", iris, "--quiet", "--epochs", "1"]
        one = self.run_gradmill(*arguments, "--threads", "1", env=self.env, preexec_fn=nobody)
        self.assertEqual(one.returncode, OK, one.stderr)
        if len(os.sched_getaffinity(0)) > 1:
            for more in (["--threads", "2"], ["--threads", "1", "--backend", "blas"]):
                self.refuse(LIMIT, r"cannot start", *arguments, *more, env=self.env, preexec_fn=nobody)

    def test_only_blas_loads_the_library(self):
        with open(PLACES.gradmill, "rb") as command:
            self.assertEqual(command.read(4), b"\x7fELF")
        result = self.run_gradmill(*train("--threads", "1"), env={**self.env, "LD_DEBUG": "files"})
        self.assertEqual(result.returncode, OK)
        self.assertNotIn("libopenblas", result.stderr)
        result = self.run_gradmill(*train("--threads", "1", "--backend", "blas"), env={**self.env, "LD_DEBUG": "files"})
        self.assertEqual(result.returncode, OK)
        self.assertIn("blas", result.stderr)


class NoLibrary(CommandTest):
    """Where no BLAS library can be loaded, the loader's reason is told, and other backends work."""

    NAMES = ["libopenblas.so.0", "libblas.so.3", "libblis.so.4", "libmkl_rt.so.2"]

    def refuse_blas(self, reason):
        env = environment(LD_LIBRARY_PATH=str(self.folder))
        self.refuse(IO, rf"no BLAS library: {reason}; install libopenblas0, or use backend packed$",
                    *train("--backend", "blas", "--threads", "1"), env=env)
        result = self.run_gradmill(*train("--threads", "1"), env=env)
        self.assertEqual(result.returncode, OK, result.stderr)
        told = self.run_gradmill("plan", "--layers", "4,8,3", "--backend", "auto", "--json", env=env)
        self.assertEqual(told.returncode, OK, told.stderr)
        self.assertEqual(json.loads(told.stdout)["backend"], "packed")

    def test_files_that_are_no_libraries(self):
        for name in self.NAMES:
            self.write(name, "x")
        self.refuse_blas(r".*libopenblas\.so\.0: file too short")

    def test_libraries_without_CBLAS(self):
        library = pathlib.Path(PLACES.build or "") / "tests" / "libfake_unknown.so"
        if PLACES.sanitized or not PLACES.build or not library.exists():
            self.skipTest("needs --build without sanitizers, which must be loaded first")
        for name in self.NAMES:
            shutil.copy(library, self.path(name))
        self.refuse_blas(r"libopenblas\.so\.0 has no CBLAS")
