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

    def blas(self, vendor, threading=""):
        library = pathlib.Path(PLACES.build or "") / "tests" / f"libfake_{vendor}.so"
        if PLACES.sanitized or not PLACES.build or not library.exists():
            self.skipTest("needs --build without sanitizers, which must be loaded first")
        env = environment(LD_PRELOAD=str(library), GM_FAKE_THREADING=threading)
        told = json.loads(self.succeed("doctor", "--quick", "--json", env=env).stdout)["blas"]
        self.assertEqual(told["path"], str(library.resolve()))
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
