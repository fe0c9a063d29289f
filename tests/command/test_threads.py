"""Asks for more threads than processors can be used: the number is limited, and a note says so."""
import json
import os
import unittest

from common import OK, CommandTest, data


def one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


NOTE = r"gradmill: note: --threads 4: only 1 processor may run here, and no more threads are started"
NET = ["--layers", "60,60,60,15,1", "--loss", "half-squares"]


class Threads(CommandTest):
    def run_on_one(self, *arguments):
        result = self.run_gradmill(*arguments, preexec_fn=one_processor)
        self.assertEqual(result.returncode, OK, result.stderr)
        return result

    def test_plan_tells_what_there_is(self):
        result = self.run_on_one("plan", *NET, "--batch", "10", "--threads", "4", "--json")
        self.assertRegex(result.stderr, NOTE)
        self.assertEqual(json.loads(result.stdout)["threads"], 1)
        self.assertNotRegex(self.run_on_one("plan", *NET, "--threads", "1").stderr, r"--threads")

    def test_train_takes_no_more(self):
        arguments = ["train", "--data", data("iris.csv"), "--quiet", "--epochs", "1", "--seed", "1", "--save"]
        self.assertRegex(self.run_on_one(*arguments, "four", "--threads", "4").stderr, NOTE)
        self.run_on_one(*arguments, "one", "--threads", "1")
        with open(self.path("one"), "rb") as one, open(self.path("four"), "rb") as four:
            self.assertEqual(one.read(), four.read())

    @unittest.skipIf(len(os.sched_getaffinity(0)) > 4000, "more processors than threads that may be asked for")
    def test_bench_does_as_it_is_told(self):
        result = self.run_on_one("bench", "scaling", "--net", "4-5-3", "--batch", "4", "--time", "100ms", "--threads", "3")
        self.assertRegex(result.stderr, r"note: --threads 3: only 1 processor may run here; the threads take turns")
        self.assertRegex(result.stdout, r"4-5-3 +4 +packed +3 ")
