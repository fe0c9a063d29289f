"""Runs doctor on this machine: its JSON is complete, and it notices the environment variables."""
import json
import pathlib

from common import PLACES, CommandTest, environment


def has_avx512():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return " avx512f " in text and " avx512vl " in text


class Doctor(CommandTest):
    def look(self, **changes):
        env = environment(OPENBLAS_NUM_THREADS=None, **changes)
        return json.loads(self.succeed("doctor", "--quick", "--json", env=env).stdout)

    def test_quick_text(self):
        text = self.succeed("doctor", "--quick").stdout
        for word in ("gradmill", "CPU", "Threads", "Memory", "BLAS"):
            self.assertRegex(text, rf"(?m)^{word} ")

    def test_json_has_what_is_asked_for(self):
        told = self.look()
        self.assertGreaterEqual(told["threads"]["usable"], 1)
        self.assertGreater(told["memory_bytes"], 0)
        self.assertTrue(told["blas"]["vendor"])
        self.assertIsNone(told["measured"])
        for finding in told["findings"]:
            self.assertIn(finding["severity"], ("warning", "note"))

    def test_slow_settings_of_OpenBLAS_are_seen(self):
        if self.look()["blas"]["vendor"] != "OpenBLAS" or not has_avx512():
            self.skipTest("needs OpenBLAS on a CPU with AVX-512")
        told = self.look(OPENBLAS_CORETYPE="Haswell", OPENBLAS_L2_SIZE="524288")
        self.assertEqual(told["environment"], {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "524288"})
        warnings = {finding["name"]: finding for finding in told["findings"] if finding["severity"] == "warning"}
        self.assertIn("Haswell", warnings["slow-kernels-pinned"]["text"])
        self.assertIn("OPENBLAS_CORETYPE", warnings["slow-kernels-pinned"]["fix"])
        self.assertEqual(warnings["l2-size-set"]["fix"], "unset OPENBLAS_L2_SIZE")


class OtherLibraries(CommandTest):
    """A library that is preloaded is the one that computes, whatever the command was linked with."""

    def library(self, vendor):
        return pathlib.Path(PLACES.build or "") / "tests" / f"libfake_{vendor}.so"

    def preload(self, vendor, **changes):
        """An environment with that library."""
        if PLACES.sanitized or not PLACES.build or not self.library(vendor).exists():
            self.skipTest("needs --build without sanitizers, which must be loaded first")
        return environment(LD_PRELOAD=str(self.library(vendor)), **changes)

    def blas(self, vendor, threading=""):
        env = self.preload(vendor, GM_FAKE_THREADING=threading)
        told = json.loads(self.succeed("doctor", "--quick", "--json", env=env).stdout)["blas"]
        self.assertEqual(told["path"], str(self.library(vendor).resolve()))
        return told

    def test_BLIS(self):
        for threading, name in (("openmp", "openmp"), ("pthreads", "pthreads"), ("none", "serial")):
            with self.subTest(threading):
                told = self.blas("blis", threading)
                self.assertEqual((told["vendor"], told["config"], told["core"]), ("BLIS", "BLIS 1.2.3", "zen3"))
                self.assertEqual(told["threading"], name)

    def test_MKL(self):
        told = self.blas("mkl")
        self.assertEqual((told["vendor"], told["config"], told["threads"]), ("MKL", "Version 2025.1", 6))

    def test_reference(self):
        told = self.blas("reference")
        self.assertEqual((told["vendor"], told["threads"]), ("Reference BLAS", 1))

    def test_one_that_nobody_knows(self):
        told = self.blas("unknown")
        self.assertEqual((told["vendor"], told["core"]), ("unknown", None))

    def test_the_speed_of_a_product_is_its_operations_by_its_time(self):
        """Each thread has 51 of 512 rows, because a tenth of the time is allowed; B is 1024 x 1024."""
        env = self.preload("unknown", GM_FAKE_MILLISECONDS="50", GM_BENCH_TIME_SCALE="0.1")
        told = json.loads(self.succeed("doctor", "--json", env=env).stdout)
        speed = 2 * 51 * 1024 ** 2 / 0.05 / 1e9
        for key, threads in (("one_thread", 1), ("all_threads", told["threads"]["usable"])):
            self.assertLess(told["measured"]["sgemm_gflops"][key], 1.01 * threads * speed, key)
            self.assertGreater(told["measured"]["sgemm_gflops"][key], 0.6 * threads * speed, key)
