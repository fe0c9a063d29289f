"""What `train` shows of its progress: a table that stays short, and on a terminal a bar that tells the time left."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import termios

from common import OK, CommandTest, data, environment

TRAIN = ["train", "--data", data("iris.csv"), "--layers", "4,8,3", "--threads", "1"]
ROW = re.compile(r"^ *(\d+|kept) +\d")


def table(text):
    """The first column of the table."""
    return [ROW.match(line)[1] for line in text.splitlines() if ROW.match(line)]


def figure(value):
    return f"{value:.5f}" if abs(value) < 1e4 else f"{value:.5g}"


class Table(CommandTest):
    def test_up_to_twenty_epochs_all_are_shown(self):
        text = self.succeed(*TRAIN, "--epochs", "20").stdout
        self.assertEqual(table(text)[:20], [str(n) for n in range(1, 21)])
        self.assertNotIn("epochs are shown", text)

    def test_the_rows_have_the_figures_of_the_log(self):
        self.write("numbers.csv", "x,y\n" + "".join(f"{i},{3 * i + i % 7}\n" for i in range(60)))
        numbers = ["train", "--data", "numbers.csv", "--regression", "--layers", "1,4,1", "--threads", "1"]
        for arguments, quality in ((TRAIN, "valid_accuracy"), (numbers, "valid_rmse"), ([*TRAIN, "--valid-share", "0"], None)):
            with self.subTest(quality):
                text = self.succeed(*arguments, "--epochs", "6", "--log", "l.jsonl").stdout
                with open(self.path("l.jsonl"), encoding="ascii") as file:
                    epochs = [json.loads(line) for line in file]
                for line, told in zip(text.splitlines()[1:], epochs, strict=False):
                    expected = [str(told["epoch"]), figure(told["train_loss"]), "-", "-",
                                f"{told['samples_per_second']:.0f}", f"{told['gflops']:.1f}", f"{told['seconds']:.2f}"]
                    if quality:
                        expected[2] = figure(told["valid_loss"])
                        expected[3] = f"{100 * told[quality]:.2f}" if quality == "valid_accuracy" else figure(told[quality])
                    self.assertEqual(line.replace(",", "").split(), expected)
                self.assertEqual(len(table(text)), 6)

    def test_of_many_epochs_a_selection_is_shown(self):
        for epochs, most in ((21, 15), (500, 27), (1000, 31)):
            with self.subTest(epochs):
                text = self.succeed(*TRAIN, "--epochs", epochs, "--keep", "last").stdout
                shown = table(text)
                self.assertEqual(shown[:6], list("123456"))
                self.assertEqual(shown[-1], str(epochs))
                self.assertEqual(shown, sorted(set(shown), key=int))
                self.assertLessEqual(len(shown), most)
                self.assertIn(f"{len(shown)} of {epochs} epochs are shown", text)

    def test_the_kept_epoch_has_a_row_if_none_was_shown(self):
        """Whether it was shown depends on its number, so that several seeds are tried."""
        seen = set()
        for seed in range(1, 9):
            run = [*TRAIN, "--epochs", "300", "--rate", "0.02", "--seed", seed]
            text, epochs = self.succeed(*run).stdout, json.loads(self.succeed(*run, "--json").stdout)
            kept, rows = epochs["kept_epoch"], table(text)
            seen.add(str(kept) in rows)
            self.assertEqual("kept" in rows, str(kept) not in rows, f"seed {seed}: epoch {kept}")
            if "kept" in rows:
                figures = re.search(r"(?m)^ +kept +(\S+) +(\S+)", text).groups()
                epoch = epochs["epochs"][kept - 1]
                self.assertEqual(figures, (f"{epoch['train_loss']:.5f}", f"{epoch['valid_loss']:.5f}"))
        self.assertIn(False, seen)

    def test_the_last_epoch_is_shown_wherever_training_ends(self):
        text = self.succeed(*TRAIN, "--epochs", "900", "--rate", "0.02", "--patience", "7").stdout
        last = re.search(r"ended after epoch (\d+)", text)[1]
        self.assertIn(last, table(text))

    def test_json_and_log_have_all_epochs(self):
        result = json.loads(self.succeed(*TRAIN, "--epochs", "60", "--json", "--log", self.path("l.jsonl")).stdout)
        self.assertEqual(len(result["epochs"]), 60)
        with open(self.path("l.jsonl"), encoding="ascii") as file:
            self.assertEqual(len(file.readlines()), 60)


class Bar(CommandTest):
    def on_terminal(self, columns, *arguments, until=None):
        """What a training writes to a terminal of so many columns. Once that has `until` (a text), it is interrupted."""
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal: {error.strerror or error}")
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = self.start(*arguments, stderr=slave, env=environment(TERM="xterm"))
        os.close(slave)
        seen, is_told = b"", False
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            seen += part
            if until and not is_told and seen.count(until) > 3:
                process.send_signal(signal.SIGINT)
                is_told = True
        process.communicate()
        os.close(master)
        self.assertEqual(process.returncode, -signal.SIGINT if is_told else OK)
        return seen.decode()

    def endless(self, *arguments):
        return ["train", "--data", data("iris.csv"), "--layers", "4,16,3", "--threads", "1", "--epochs", "9000000", *arguments]

    def test_the_bar_fits_and_tells_the_time_left(self):
        for columns in (40, 80, 120):
            with self.subTest(f"{columns} columns"):
                seen = self.on_terminal(columns, *self.endless(), until=b" left")
                drawn = [line.split("\033")[0] for line in seen.split("\r") if line.startswith("epoch ")]
                self.assertGreater(len(drawn), 3)
                self.assertLess(max(map(len, drawn)), columns)
                self.assertTrue(columns < 80 or all(re.search(r"/9000000 \[#*\.*\] ", line) for line in drawn), drawn[-1])
                self.assertRegex(drawn[-1], r"^epoch \d+/9000000 .*\d+ %, (\d+:)?\d+:\d\d left")

    def test_with_patience_the_time_left_is_a_bound(self):
        seen = self.on_terminal(100, *self.endless("--patience", "8000000"), until=b" left")
        self.assertRegex(seen, r", at most \d+:\d\d")

    def test_no_bar_when_quiet_or_in_a_pipe(self):
        quiet = self.on_terminal(80, *TRAIN, "--epochs", "50", "--quiet")
        self.assertNotIn("\033", quiet)
        piped = self.succeed(*TRAIN, "--epochs", "50").stderr
        self.assertNotRegex(piped, "\033|\r|left")
