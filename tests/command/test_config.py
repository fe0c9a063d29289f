"""Options in a file: --config, and the text of options that outputs print so that a run can be repeated."""
import json
import os

from common import IO, OK, USAGE, CommandTest, data

IRIS = f"data = {data('iris.csv')}\nlayers = 4,8,3\nepochs = 2\nthreads = 1\n"


class Reading(CommandTest):
    def options(self, *arguments):
        """The options that a run has printed, as a dictionary."""
        text = json.loads(self.succeed("train", *arguments, "--json").stdout)["options"]
        pairs = [line.split(" = ", 1) for line in text.splitlines()]
        return {pair[0]: pair[1] if len(pair) > 1 else True for pair in pairs}

    def test_a_file_says_the_same_as_the_command_line(self):
        config = self.write("run.conf", "# a comment\n\n" + IRIS + "  clip-norm=0.5\t\r\nseed =   7\nquiet\n#end")
        typed = ["--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "2", "--threads", "1", "--clip-norm", "0.5",
                 "--seed", "7", "--quiet"]
        self.succeed("train", "--config", config, "--save", self.path("a"))
        self.succeed("train", *typed, "--save", self.path("b"))
        self.assertEqual(*(open(self.path(name), "rb").read() for name in "ab"))

    def test_the_command_line_wins_wherever_the_file_is_named(self):
        config = self.write("run.conf", IRIS + "batch = 16\n")
        for arguments in (["--config", config, "--epochs", "3"], ["--epochs", "3", f"--config={config}"],
                          ["--epochs", "3", "--conf", config]):
            with self.subTest(arguments[0]):
                options = self.options(*arguments)
                self.assertEqual((options["epochs"], options["batch"]), ("3", "16"))

    def test_later_lines_win(self):
        self.assertEqual(self.options("--config", self.write("c", IRIS + "epochs = 4\n"))["epochs"], "4")

    def test_quoted_values(self):
        table = self.write(' a "b"\\\n.csv', "x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
        name = os.path.basename(table).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        config = self.write("c", f'data = "{name}"\nlayers = 1,2\nepochs = 1\nthreads = 1\n')
        text = json.loads(self.succeed("train", "--config", config, "--json").stdout)["options"]
        self.assertIn(f'data = "{name}"\n', text)
        self.succeed("train", "--config", self.write("d", text))

    def test_mistakes_name_file_and_line(self):
        cases = (
            ("\nepoch = 3\n", r"run\.conf:2: unknown option 'epoch'; did you mean epochs\?"),
            ("--epochs = 3\n", r"run\.conf:1: unknown option '--epochs'; did you mean epochs\?"),
            ("qqqqq\n", r"run\.conf:1: unknown option 'qqqqq'$"),
            ("# x\nepochs\n", r"run\.conf:2: option epochs needs a value: epochs = N"),
            ("quiet = yes\n", r"run\.conf:1: option quiet takes no value, got 'yes'"),
            ("epochs 3\n", r"run\.conf:1: expected 'name = value' or 'name', got 'epochs 3'"),
            ("= 3\n", r"run\.conf:1: expected 'name = value'"),
            ("epochs = 3\nseed = x\n", r"run\.conf:2: --seed x: expected a whole number"),
            ("optimizer = adamm\n", r"run\.conf:1: .*adamm.*did you mean adam\?"),
            ("epochs = \"3\n", r"run\.conf:1: expected one quotation mark at the end"),
            ("epochs = \"3\" 4\n", r"run\.conf:1: expected one quotation mark at the end"),
            ("data = \"\\q\"\n", r"run\.conf:1: \\q is unknown"),
            ("config = other\n", r"run\.conf:1: config has no place in a file of options"),
            ("x" * 70000, r"run\.conf: not a text of options"),
            ("epochs = 1\0\n", r"run\.conf: not a text of options"),
        )
        for text, pattern in cases:
            with self.subTest(text[:20]):
                self.write("run.conf", text)
                self.refuse(USAGE, pattern, "train", "--config", "run.conf")

    def test_what_was_typed_has_no_line(self):
        config = self.write("run.conf", IRIS)
        result = self.refuse(USAGE, r"--seed x: expected a whole number", "train", "--config", config, "--seed", "x")
        self.assertNotIn("run.conf", result.stderr)

    def test_a_file_that_is_not_there(self):
        self.refuse(IO, r"none\.conf: cannot open: No such file", "train", "--config", "none.conf")
        self.refuse(USAGE, r"no data; expected --data", "train", "--config", self.write("empty", ""))

    def test_an_option_of_the_file_counts_as_given(self):
        config = self.write("c", IRIS + "momentum = 0.5\n")
        self.refuse(USAGE, r"--momentum has no effect with --optimizer adam", "train", "--config", config)

    def test_options_that_the_command_line_makes_useless_are_noted(self):
        """Those of the command line win; those of the file that belonged to what was replaced have no effect then."""
        run = json.loads(self.succeed("train", "--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "2", "--json",
                                      "--schedule", "step", "--schedule-every", "1").stdout)["options"]
        config = self.write("c", run)
        for options, words in (
            (["--optimizer", "sgd"], r"note: beta1 has no effect with --optimizer sgd"),
            (["--layers", "4,8,8,3"], r"note: of the activations from a file, which are those of 2 layers, the first"),
            (["--valid", data("iris.csv")], r"note: valid-share has no effect with --valid"),
            (["--schedule", "linear"], r"note: schedule-every has no effect with --schedule linear"),
        ):
            with self.subTest(options):
                self.assertRegex(self.succeed("train", "--config", config, *options).stderr, words)
        self.write("c", "\ufeff" + run)
        self.succeed("train", "--config", "c")
        self.refuse(USAGE, r"--config: expected a path, got an empty text", "train", "--config", "")

    def test_the_file_is_not_overwritten(self):
        config = self.write("c", IRIS)
        self.refuse(USAGE, r"--log c: the same file as --config", "train", "--config", "c", "--log", "c")
        with open(config, encoding="ascii") as file:
            self.assertEqual(file.read(), IRIS)


class Repeating(CommandTest):
    """The options that a run prints repeat it to the bit; those that were chosen are among them."""

    def check(self, *arguments, expected=()):
        result = self.succeed("train", *arguments, "--threads", "1", "--save", "m", "--json")
        text = json.loads(result.stdout)["options"]
        for line in expected:
            self.assertIn(line + "\n", text)
        with open(self.path("m"), "rb") as file:
            model = file.read()
        again = self.succeed("train", "--config", self.write("again.conf", text), "--save", "again")
        self.assertEqual(json.loads(again.stdout)["options"].replace("save = again\n", "save = m\n"), text)
        with open(self.path("again"), "rb") as file:
            self.assertEqual(file.read(), model)

    def test_classes(self):
        self.check("--data", data("iris.csv"), "--epochs", "3", "--layers", "4,8,3", expected=(
            "target = species", "activation = relu,softmax", "loss = cross-entropy", "seed = 1", "backend = packed",
            "batch = 32", "optimizer = adam", "rate = 0.001", "beta2 = 0.999", "schedule = cosine", "valid-share = 0.1",
            "scaling = auto", "keep = best", "monitor = accuracy", "precision = f32", "init = auto", "json"))

    def test_chosen_layers_and_epochs(self):
        self.check("--data", data("iris.csv"), "--epochs", "1", expected=("layers = 4,64,32,3",))
        self.check("--data", data("iris.csv"), "--batch", "100", "--layers", "4,3", expected=("epochs = 1000",))

    def test_numbers_and_another_optimizer(self):
        table = self.write("n.csv", "".join(f"{i % 5}\t{i % 7}\t{i % 3}\n" for i in range(60)))
        self.check("--data", table, "--delim", "tab", "--regression", "--layers", "2,4,1", "--optimizer", "nesterov",
                   "--valid-share", "0", "--precision", "f64", "--clip-value", "0.1", "--epochs", "2", expected=(
                       "delim = tab", "regression", "loss = mean-squares", "momentum = 0.9", "rate = 0.1", "keep = last",
                       "precision = f64", "clip-value = 0.1", "valid-share = 0"))

    def test_what_a_step_has_besides(self):
        self.check("--data", data("iris.csv"), "--layers", "4,8,8,3", "--dropout", "0.1,0.25", "--ema", "0.9",
                   "--accumulate", "2", "--epochs", "6", expected=("dropout = 0.1,0.25", "ema = 0.9", "accumulate = 2"))

    def test_a_validation_file_and_patience(self):
        self.check("--data", data("iris.csv"), "--valid", data("iris.csv"), "--layers", "4,8,3", "--backend", "auto",
                   "--patience", "3", "--rate", "0.05", "--epochs", "40", expected=("patience = 3", "rate = 0.05"))

    def test_no_share_beside_a_validation_file(self):
        result = self.succeed("train", "--data", data("iris.csv"), "--valid", data("iris.csv"), "--layers", "4,8,3",
                              "--epochs", "1", "--json")
        self.assertNotIn("valid-share", json.loads(result.stdout)["options"])

    def test_a_path_that_is_no_utf8(self):
        name = b"\xff.csv"
        with open(os.path.join(os.fsencode(self.folder), name), "wb") as file:
            file.write(b"x,y\n1,0\n2,1\n3,0\n4,1\n")
        result = self.run_gradmill("train", "--data", os.fsdecode(name), "--layers", "1,2", "--epochs", "1",
                                   "--valid-share", "0", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertIn("data = ?.csv\n", json.loads(result.stdout)["options"])
