"""Stopping a training run and going on with it: the same bytes at the end, clear refusals, notes on what is different."""
import json
import os
import signal
import subprocess
import sys
import time
import zlib

from common import BAD_DATA, BAD_MODEL, IO, PLACES, USAGE, CommandTest, data, environment

KILLS = 25
RUN = ["train", "--data", data("iris.csv"), "--layers", "4,16,3", "--threads", "1"]


class Killed(CommandTest):
    def test_killed_at_any_moment_the_model_has_the_same_bytes(self):
        much = [str(KILLS // 5), "--epochs", "40"] if PLACES.sanitized else [str(KILLS)]
        script = PLACES.source / "scripts" / "kill_resumes.py"
        result = subprocess.run([sys.executable, script, PLACES.gradmill, *much], env=environment(), text=True,
                                capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("has the bytes of a run that was not killed", result.stdout)


class Stopped(CommandTest):
    def stop(self, number, *more, epochs=10**9):
        """A run that is stopped by a signal after its first checkpoint; its exit status and what it wrote to stderr."""
        if os.path.exists(self.path("c")):
            os.remove(self.path("c"))
        process = self.start(*RUN, "--checkpoint", "c", "--epochs", epochs, "--schedule", "constant", *more)
        end = time.monotonic() + 30
        while not os.path.exists(self.path("c")):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        return process.returncode, out.decode(), err.decode()

    def test_a_signal_leaves_a_checkpoint_and_says_how_to_go_on(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            code, out, err = self.stop(number)
            self.assertEqual(code, -number)
            self.assertRegex(out, r"interrupted in epoch \d+\n")
            self.assertIn("note: interrupted; go on with: gradmill train --resume c\n", err)

    def test_the_rest_of_the_run_gives_the_same_bytes(self):
        self.stop(signal.SIGTERM, "--save", "m", "--patience", "40", "--log", "log.jsonl")
        self.succeed("train", "--resume", "c", "--threads", "2")
        self.succeed(*RUN, "--epochs", 10**9, "--schedule", "constant", "--patience", "40", "--save", "whole")
        models = []
        for name in ("m", "whole"):
            with open(self.path(name), "rb") as file:
                models.append(file.read())
        self.assertEqual(*models)
        with open(self.path("log.jsonl"), encoding="ascii") as file:
            epochs = [json.loads(line)["epoch"] for line in file]
        self.assertEqual(epochs, list(range(1, len(epochs) + 1)))

    def test_two_runs_on_one_checkpoint(self):
        process = self.start(*RUN, "--checkpoint", "c", "--epochs", 10**9)
        while not os.path.exists(self.path("c")):
            time.sleep(0.01)
        for arguments in (["train", "--resume", "c"], [*RUN, "--checkpoint", "c"]):
            result = self.run_gradmill(*arguments)
            self.assertEqual(result.returncode, IO)
            self.assertIn("c: another run of gradmill", result.stderr)
        process.kill()
        process.communicate()


class Finished(CommandTest):
    def setUp(self):
        super().setUp()
        self.succeed(*RUN, "--epochs", "5", "--checkpoint", "c", "--save", "m", "--quiet")

    def refused(self, code, text, *arguments):
        before = self.content("c")
        result = self.run_gradmill("train", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(self.content("c"), before)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def test_more_epochs_are_noted(self):
        result = self.succeed("train", "--resume", "c", "--epochs", "8")
        self.assertIn("note: 8 epochs in place of 5: from here on the rate is that of schedule cosine over 8 epochs\n",
                      result.stderr)

    def test_a_run_that_is_done_says_so_and_saves_the_same_model(self):
        before = self.content("m")
        os.remove(self.path("m"))
        result = self.succeed("train", "--resume", "c")
        self.assertIn("note: all 5 epochs are done already; --epochs with a larger number goes on\n", result.stderr)
        self.assertEqual(self.content("m"), before)

    def test_other_options_are_noted(self):
        result = self.succeed("train", "--resume", "c", "--epochs", "7", "--rate", "0.5", "--l2", "0.1")
        self.assertIn("note: --rate, --l2 are given anew; the run ends otherwise than it would have ended without that\n",
                      result.stderr)

    def test_a_file_that_is_written_besides_changes_nothing(self):
        before = self.content("m")
        result = self.succeed("train", "--resume", "c", "--report", "page.html", "--log", "log")
        self.assertNotIn("given anew", result.stderr)
        self.assertEqual(self.content("m"), before)
        self.assertTrue(self.content("page.html").startswith(b"<!doctype html>"))

    def test_what_does_not_belong_to_the_run_is_refused(self):
        with open(data("iris.csv"), encoding="ascii") as file:
            lines = file.read().splitlines()
        other = self.write("other.csv", "\n".join([*lines[:-1], lines[-2]]) + "\n")
        self.refused(BAD_MODEL, "checkpoint c: of a run on other data", "--resume", "c", "--data", other)
        self.refused(BAD_MODEL, "checkpoint c: of another network: 4,16,3", "--resume", "c", "--layers", "4,8,3")
        self.refused(BAD_MODEL, "of a run with seed 1; this one has 2", "--resume", "c", "--seed", "2")
        self.refused(BAD_MODEL, "batches of 32 rows; this one has 16", "--resume", "c", "--batch", "16")
        self.refused(BAD_MODEL, "not a checkpoint of gradmill", "--resume", "m")
        self.refused(IO, "cannot open", "--resume", "missing")

    def test_a_newer_format_is_refused_by_name(self):
        content = self.content("c")
        place = content.index(b'"gradmill.checkpoint":"1"') + len(b'"gradmill.checkpoint":"')
        newer = bytearray(content)
        newer[place:place + 1] = b"2"
        digits = newer.index(b'"gradmill.crc32":"') + len(b'"gradmill.crc32":"')
        newer[digits:digits + 8] = b"0" * 8
        newer[digits:digits + 8] = b"%08x" % zlib.crc32(newer)
        self.write("newer", bytes(newer))
        self.refused(BAD_MODEL, "checkpoint newer: format 2, of gradmill", "--resume", "newer")

    def test_damage_is_found(self):
        content = bytearray(self.content("c"))
        content[-9] ^= 4
        self.write("damaged", bytes(content))
        self.refused(BAD_MODEL, "its checksum does not fit", "--resume", "damaged")
        self.write("short", self.content("c")[:-100])
        self.refused(BAD_MODEL, "the file is truncated", "--resume", "short")

    def test_outputs_do_not_replace_anything_else(self):
        self.refused(USAGE, "is a checkpoint of a training run; only a model", *RUN[1:], "--save", "c")
        self.refused(USAGE, "only a checkpoint or an empty file", *RUN[1:], "--checkpoint", "m")
        self.refused(USAGE, "the same file as --save", *RUN[1:], "--checkpoint", "new", "--save", "new")
        self.refused(USAGE, "--checkpoint-minutes has no effect without --checkpoint", *RUN[1:], "--checkpoint-minutes", "1")

    def test_a_checkpoint_is_no_model(self):
        result = self.run_gradmill("eval", "--model", "c", "--data", data("iris.csv"))
        self.assertEqual(result.returncode, BAD_MODEL)
        self.assertIn("a checkpoint of a training run, not a model; go on with gradmill train --resume", result.stderr)


class FromModel(CommandTest):
    """--init-from: a saved model is trained further, with its columns and its scaling."""

    def model(self, name):
        return json.loads(self.succeed("eval", "--json", "--model", name, "--data", data("iris.csv")).stdout)

    def train(self, *more):
        return self.succeed("train", "--data", data("iris.csv"), "--quiet", *more)

    def test_it_begins_where_the_model_is(self):
        self.train("--layers", "4,16,3", "--epochs", "30", "--save", "a")
        result = self.train("--init-from", "a", "--epochs", "1", "--rate", "1e-9", "--save", "b", "--keep", "last")
        self.assertEqual(result.stderr.count("error"), 0)
        self.assertAlmostEqual(self.model("a")["loss"], self.model("b")["loss"], 5)
        self.train("--init-from", "a", "--epochs", "200", "--rate", "0.01", "--save", "c", "--keep", "last",
                   "--valid-share", "0")
        self.assertLess(self.model("c")["loss"], 0.8 * self.model("a")["loss"])

    def test_columns_are_matched_by_name(self):
        self.train("--layers", "4,16,3", "--epochs", "30", "--save", "a")
        with open(data("iris.csv"), encoding="ascii") as file:
            rows = [line.strip().split(",")[::-1] for line in file]
        other = self.write("reversed.csv", "".join(",".join(row) + "\n" for row in rows))
        self.succeed("train", "--data", other, "--quiet", "--init-from", "a", "--epochs", "1", "--rate", "1e-9", "--save", "b",
                     "--keep", "last")
        self.assertAlmostEqual(self.model("a")["loss"], self.model("b")["loss"], 5)

    def test_what_the_model_decides_is_refused(self):
        self.train("--layers", "4,16,3", "--epochs", "1", "--save", "a")
        for option in (("--layers", "4,8,3"), ("--loss", "huber"), ("--scaling", "none"), ("--precision", "f64"),
                       ("--activation", "tanh"), ("--target", "species")):
            result = self.run_gradmill("train", "--data", data("iris.csv"), "--init-from", "a", *option)
            self.assertEqual(result.returncode, USAGE)
            self.assertIn(f"{option[0]} has no effect with --init-from: the model decides that", result.stderr)
        result = self.run_gradmill("train", "--data", data("digits"), "--init-from", "a")
        self.assertEqual(result.returncode, BAD_DATA, result.stderr)
        self.assertRegex(result.stderr, r"64 features; expected 4, the features of the model$")
        result = self.run_gradmill("train", "--data", data("iris.csv"), "--init-from", "a", "--save", "a")
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("the same file as --init-from", result.stderr)

    def test_such_a_run_is_resumed_too(self):
        self.train("--layers", "4,16,3", "--epochs", "3", "--save", "a")
        self.train("--init-from", "a", "--epochs", "3", "--checkpoint", "c", "--schedule", "constant")
        self.succeed("train", "--resume", "c", "--epochs", "6", "--save", "part")
        self.train("--init-from", "a", "--epochs", "6", "--save", "whole", "--schedule", "constant")
        with open(self.path("part"), "rb") as part, open(self.path("whole"), "rb") as whole:
            self.assertEqual(part.read(), whole.read())
