"""Sends signals during training: the model file is always complete."""
import os
import random
import signal
import stat
import time

from common import PLACES, CommandTest, data, patience

# Kills of a run that saves. scripts/kill_saves.py does more of them; a build with sanitizers is slow.
ROUNDS, SANITIZED_ROUNDS = 60, 20


class Signals(CommandTest):
    def endless(self, model, *more):
        """A run that saves all the time, and never ends by itself."""
        return self.start(*self.train("--save", model, "--valid-share", "0", *more, epochs=10**9))

    def wait_for(self, condition):
        end = time.monotonic() + patience(30)
        while not condition():
            self.assertLess(time.monotonic(), end, "nothing happened")
            time.sleep(0.002)

    def finish(self, process):
        try:
            process.communicate(timeout=patience(30))
        except Exception:
            process.kill()
            process.communicate()
            raise
        return process.returncode

    def test_SIGKILL_leaves_no_file_or_a_whole_one(self):
        chance = random.Random(1)
        found = 0
        rounds = SANITIZED_ROUNDS if PLACES.sanitized else ROUNDS
        for number in range(rounds):
            if number % 6 == 0:
                model = self.path(f"model-{number}")
            process = self.endless(model)
            time.sleep(0.02 + 0.06 * chance.random())
            process.kill()
            self.finish(process)
            if os.path.exists(model):
                found += 1
                self.assert_loads(model)
        self.assertGreater(found, rounds // 10, "killed too early to say anything")

    def test_SIGINT_and_SIGTERM_save_and_then_kill(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                model = self.path(number.name)
                process = self.endless(model)
                self.wait_for(lambda: os.path.exists(model))
                process.send_signal(number)
                self.assertEqual(self.finish(process), -number)
                self.assert_loads(model)

    def test_second_signal_kills_at_once(self):
        # A step takes a minute here. After the first signal alone, the run would end only after the step.
        rows = "".join(f"{i % 7},{i % 3}\n" for i in range(20000))
        process = self.start(
            "train", "--data", self.write("rows.csv", rows), "--layers", "1,1000,1000,3", "--batch", "17000",
            "--backend", "naive", "--threads", "1",
        )
        self.assertRegex(process.stdout.readline(), b"^epoch")  # the head of the table: training begins
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        self.assertIsNone(process.poll(), "the first signal must let the step finish")
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process), -signal.SIGINT)
        self.assertLess(time.monotonic() - begin, 3)


class Modes(CommandTest):
    def mode(self, path):
        return stat.S_IMODE(os.stat(path).st_mode)

    def test_mode_is_kept(self):
        model = self.trained()
        os.chmod(model, 0o640)
        self.succeed(*self.train("--seed", "5", "--save", model))
        self.assertEqual(self.mode(model), 0o640)

    def test_umask_is_respected(self):
        for mask in (0o077, 0o022):
            with self.subTest(oct(mask)):
                model = self.path(f"model-{mask}")
                self.succeed(*self.train("--save", model), preexec_fn=lambda: os.umask(mask))
                self.assertEqual(self.mode(model), 0o666 & ~mask)

    def test_links_are_followed(self):
        model = self.trained()
        os.symlink(model, self.path("link"))
        self.succeed(*self.train("--seed", "5", "--save", self.path("link")))
        self.assertTrue(os.path.islink(self.path("link")))
        self.assert_loads(model)


class Dispositions(CommandTest):
    """A signal that the parent process has set to be ignored stays ignored, as SIGHUP under nohup."""

    def logged(self):
        """Epochs that have ended."""
        with open(self.path("l.jsonl"), "rb") as file:
            return sum(1 for _ in file)

    def test_ignored_signals_stay_ignored(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                process = self.start(
                    "train", "--data", data("iris.csv"), "--threads", "1", "--epochs", "1000000000", "--log", "l.jsonl",
                    preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
                )
                try:
                    for _ in range(3):  # the head of the table and two epochs
                        process.stdout.readline()
                    process.send_signal(number)
                    process.send_signal(number)
                    before, end = self.logged(), time.monotonic() + patience(30)
                    while self.logged() < before + 20:  # a signal that counts ends the run after the step
                        self.assertIsNone(process.poll(), "it has ended")
                        self.assertLess(time.monotonic(), end, "no epoch any more")
                        time.sleep(0.02)
                finally:
                    process.kill()
                    process.communicate()

    def test_two_different_signals_kill(self):
        rows = "".join(f"{i % 7},{i % 3}\n" for i in range(20000))
        process = self.start(
            "train", "--data", self.write("rows.csv", rows), "--layers", "1,1000,1000,3", "--batch", "17000",
            "--backend", "naive", "--threads", "1", "--save", "model",
        )
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=patience(30))
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(os.listdir(self.folder), ["rows.csv"])
