"""Tests wrong arguments, the help, and which output goes to stdout or stderr."""
import json
import os
import pty
import re
import resource
import subprocess

from common import DIVERGED, IO, LIMIT, OK, PLACES, USAGE, CommandTest, data, environment

VERBS = ["train", "eval", "predict", "convert", "explain", "gradcheck", "plan", "bench", "doctor"]

# Arguments that are added to those of a correct run, the exit code, and a pattern of the error line.
WRONG = [
    (["--layers", "4,2147483648,3"], LIMIT, r"layer 1: 2147483648 outputs; expected at most \d+; .* need 64 GiB$"),
    (["--layers", "4,4294967297,3"], LIMIT, r"4294967297.*need 128 GiB$"),
    (["--layers", "4,18446744073709551616,3"], USAGE, r"expected a whole number"),
    (["--layers", "4,1000000,1000000,3"], LIMIT, r"network needs \d+ bytes \(3\.6 TiB\)"),
    (["--layers", "4,2147483647,2147483647,3"], LIMIT, r"more than any machine can hold; the network would need 1\.72e\+10 GiB$"),
    (["--layers", "4,0,3"], USAGE, r"--layers 0: expected at least 1"),
    (["--layers", "4,-1,3"], USAGE, r"--layers -1"),
    (["--layers", "4,abc,3"], USAGE, r"--layers abc"),
    (["--layers", "4,1e3,3"], USAGE, r"--layers 1e3: expected a whole number"),
    (["--layers", "4,,3"], USAGE, r"expected a whole number"),
    (["--layers", "4"], USAGE, r"at least two widths"),
    (["--layers", "5,8,3"], USAGE, r"begins with 5; expected 4"),
    (["--layers", "4,8,4"], USAGE, r"ends with 4; expected 3"),
    (["--rate", "nan"], USAGE, r"--rate nan: expected a number"),
    (["--rate", "inf"], USAGE, r"--rate inf"),
    (["--rate=-1"], USAGE, r"--rate -1: expected a number from 0$"),
    (["--beta1", "1"], USAGE, r"--beta1 1: expected a number from 0 to below 1$"),
    (["--l2", "-1"], USAGE, r"--l2 -1: expected a number from 0$"),
    (["--rate", "0,1"], USAGE, r"--rate 0,1"),
    (["--rate", "1e30"], DIVERGED, r"diverged: the loss is (not a number|infinite) at epoch 1, step \d; try a smaller rate"),
    (["--schedule-factor", "0.5"], USAGE,
     r"--schedule-factor has no effect with --schedule cosine; it belongs to step, exponential and plateau$"),
    (["--schedule", "exponential", "--schedule-every", "3"], USAGE,
     r"--schedule-every has no effect with --schedule exponential; it belongs to step and plateau$"),
    (["--schedule", "plateau", "--schedule-power", "3"], USAGE, r"with --schedule plateau; it belongs to polynomial$"),
    (["--schedule", "step", "--schedule-factor", "2"], USAGE, r"--schedule-factor 2: expected a number above 0 and below 1$"),
    (["--schedule", "plateau", "--valid-share", "0"], USAGE, r"schedule plateau needs a validation set$"),
    (["--epochs", "3", "--warmup", "3"], USAGE, r"warmup is 3; expected a number of epochs of at least 0 and below 3$"),
    (["--warmup", "-1"], USAGE, r"--warmup -1: expected a number from 0$"),
    (["--label-smoothing", "1"], USAGE, r"--label-smoothing 1: expected a number from 0 to below 1$"),
    (["--label-smoothing", "0.1", "--loss", "mean-squares"], USAGE, r"needs --loss cross-entropy, got mean-squares$"),
    (["--batch", "0"], USAGE, r"--batch 0: expected at least 1"),
    (["--batch", "136"], USAGE, r"batch 136; expected at most 135"),
    (["--batch", "18446744073709551615"], USAGE, r"batch 18446744073709551615; expected"),
    (["--epochs", "0"], USAGE, r"--epochs 0"),
    (["--seed", "18446744073709551616"], USAGE, r"--seed 18446744073709551616"),
    (["--seed", "-1"], USAGE, r"--seed -1"),
    (["--threads", "0"], USAGE, r"--threads 0"),
    (["--threads", "100000000"], USAGE, r"100000000 threads; expected at most"),
    (["--backend", "fast"], USAGE, r"fast"),
    (["--optimizer", "fast"], USAGE, r"--optimizer fast: expected sgd"),
    (["--activation", "fast"], USAGE, r"--activation fast"),
    (["--activation", "relu,relu,relu"], USAGE, r"names 3 layers; expected 1 name, or 2"),
    (["--loss", "fast"], USAGE, r"--loss fast"),
    (["--init", "fast"], USAGE, r"--init fast"),
    (["--precision", "f16"], USAGE, r"--precision f16: expected f32 or f64"),
    (["--scaling", "fast"], USAGE, r"--scaling fast"),
    (["--valid-share", "1"], USAGE, r"--valid-share 1: expected a number from 0"),
    (["--valid-share", "-0.1"], USAGE, r"--valid-share"),
    (["--valid-share", "0.001"], USAGE, r"--valid-share 0\.001 leaves no row of .*iris\.csv for validation; expected a larger"),
    (["--save", "-"], USAGE, r"--save -: expected the path of a file; one of this name is \./-$"),
    (["--log", ""], USAGE, r"--log: expected a path, got an empty text$"),
    (["--schedule", "one-cycle", "--warmup", "0"], USAGE, r"--warmup has no effect as 0 with --schedule one-cycle"),
    (["--class-weight", "balanced", "--batch", "1"], USAGE, r"weights of rows have no effect with steps of one row"),
    (["--delim", "ab"], USAGE, r"--delim ab: expected one character"),
    (["--delim", ""], USAGE, r"--delim"),
    (["--header", "perhaps"], USAGE, r"--header perhaps"),
    (["--missing", "guess"], USAGE, r"--missing guess"),
    (["--fast"], USAGE, r"unknown option --fast; 'gradmill train --help' lists the options$"),
    (["more"], USAGE, r"unexpected argument"),
]


# Arguments with a typing error, and how the error line ends.
SLIPS = [
    (["trian"], r"unknown verb 'trian'; did you mean 'train'\?"),
    (["--verison"], r"unknown option '--verison'; did you mean '--version'\?"),
    (["train", "--optimiser", "adam"], r"unknown option --optimiser; did you mean --optimizer\?"),
    (["train", "--optimiser=adam"], r"unknown option --optimiser; did you mean --optimizer\?"),
    (["train", "-epochs", "3"], r"unknown option -epochs; did you mean --epochs\?"),
    (["train", "--ep", "3"], r"option --ep is ambiguous; did you mean --epochs or --epsilon\?"),
    (["train", "--quiet=1"], r"option --quiet takes no value, got '1'"),
    (["train", "--quiet", "--data"], r"option --data needs a value: --data PATH"),
    (["train", "--rate", "--daat"], r"--rate --daat: expected a number"),
    (["eval", "--modle", "x"], r"did you mean --model\?"),
    (["predict", "--ouputs"], r"did you mean --outputs\?"),
    (["explain", "--sedes", "3", "x.json"], r"did you mean --seeds\?"),
    (["gradcheck", "--tolerence", "1"], r"did you mean --tolerance\?"),
    (["plan", "--row", "3", "--laers", "2,2"], r"unknown option --laers; did you mean --layers\?"),
    (["doctor", "--quik"], r"did you mean --quick\?"),
    (["bench", "--ouput", "csv"], r"did you mean --output\?"),
    (["bench", "-o"], r"option -o needs a value: -o FORMAT"),
    (["bench", "-x"], r"unknown option -x; 'gradmill bench --help' lists the options"),
    (["bench", "stp"], r"unknown case 'stp'; expected step, .* or gate; did you mean step\?"),
    (["bench", "gaet", "a", "b"], r"did you mean gate\?"),
    (["bench", "step", "--net", "mnst"], r"or wide, mid, .*; did you mean mnist\?"),
    (["bench", "compare", "--blas", "openblas-serail"], r"did you mean openblas-serial\?"),
    (["train", "--loss", "cross-entrpy"], r"expected half-squares, .* or poisson; did you mean cross-entropy\?"),
    (["train", "--activation", "relu,tahn"], r"--activation tahn: .*; did you mean tanh\?"),
    (["train", "--init", "he-nromal"], r"did you mean he-normal\?"),
    (["train", "--precision", "f46"], r"did you mean f64\?"),
    (["train", "--backend", "pakced"], r"--backend pakced: expected .*; did you mean packed\?"),
    (["train", "--optimizer", "adma"], r"did you mean adam\?"),
    (["train", "--schedule", "cosin"], r"did you mean cosine\?"),
    (["train", "--scaling", "standart"], r"did you mean standard\?"),
    (["train", "--missing", "maen"], r"did you mean mean\?"),
    (["bench", "step", "--activation", "relo"], r"did you mean relu\?"),
    (["bench", "-o", "cvs"], r"did you mean csv\?"),
]


class Usage(CommandTest):
    def test_a_slip_gets_a_suggestion(self):
        for arguments, pattern in SLIPS:
            with self.subTest(" ".join(arguments)):
                self.refuse(USAGE, pattern, *arguments)

    def test_a_file_that_is_not_there_gets_a_suggestion(self):
        self.write("iris.csv", "1,2,a\n")
        self.write("model.safetensors", "")
        self.refuse(IO, r"irsi\.csv: .*No such file or directory; did you mean iris\.csv\?$", "train", "--data", "irsi.csv")
        self.refuse(IO, r"did you mean .*/model\.safetensors\?$",
                    "eval", "--model", self.path("modell.safetensors"), "--data", "iris.csv")
        self.refuse(IO, r"No such file or directory$", "train", "--data", "something-else")
        self.refuse(IO, r"No such file or directory$", "train", "--data", "nowhere/iris.csv")

    def test_options_end_with_two_dashes_and_may_be_shortened(self):
        self.succeed("explain", "--", data("mazur.json"))
        self.assertEqual(self.succeed("plan", "--lay", "4,8,3", "--js").stdout[:1], "{")

    def test_h_is_help(self):
        self.assertEqual(self.succeed("-h").stdout, self.succeed("--help").stdout)
        for verb in VERBS:
            with self.subTest(verb):
                self.assertEqual(self.succeed(verb, "-h").stdout, self.succeed(verb, "--help").stdout)

    def test_widths_by_comma_x_and_dash_are_the_same(self):
        for verb, option in ((["plan", "--json"], "--layers"), (["bench", "step", "--time", "10ms", "-ocsv"], "--net")):
            shown, short = set(), environment(GM_BENCH_TIME_SCALE="0.001")
            for widths in ("4,5,3", "4x5x3", "4-5-3"):
                out = self.succeed(*verb, option, widths, "--optimizer", "sgd", env=short).stdout
                shown.add(re.search(r'"inputs": 4|4-5-3', out).group())
            with self.subTest(verb[0]):
                self.assertEqual(len(shown), 1)
        self.refuse(USAGE, r"'4-5-3' is named twice", "bench", "step", "--net", "4x5x3,4-5-3")

    def test_wrong_arguments_of_train(self):
        for arguments, code, pattern in WRONG:
            with self.subTest(" ".join(arguments)):
                self.refuse(code, pattern, *self.train(*arguments))

    def test_many_layers_train_or_are_refused(self):
        layers = "4," + "1," * 60000 + "3"
        result = self.run_gradmill(*self.train("--layers", layers))
        self.assertIn(result.returncode, (OK, USAGE, LIMIT, DIVERGED))
        self.assertLessEqual(len(self.errors(result)), 1)

    def test_wrong_verbs_and_missing_arguments(self):
        cases = [
            (["fly"], r"unknown verb 'fly'"),
            (["train"], r"no data; expected --data PATH"),
            (["eval"], r"expected --model FILE and --data PATH"),
            (["predict", "--model", "x"], r"expected --model FILE and --data PATH"),
            (["explain"], r"expected an example file"),
            (["explain", "--steps", "0", data("mazur.json")], r"--steps 0"),
            (["explain", data("mazur.json"), data("xor.json")], r"unexpected argument"),
            (["gradcheck"], r"expected either --layers"),
            (["gradcheck", "--layers", "2,2", data("mazur.json")], r"expected either --layers"),
            (["gradcheck", "--layers", "2,2", "--tolerance", "0"], r"--tolerance 0: expected a number above 0"),
            (["plan"], r"expected --layers"),
            (["doctor", "more"], r"unexpected argument"),
        ]
        for arguments, pattern in cases:
            with self.subTest(" ".join(arguments)):
                self.refuse(USAGE, pattern, *arguments)

    def test_no_verb_prints_the_help_on_stderr(self):
        result = self.run_gradmill()
        self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
        self.assertRegex(result.stderr, r"^Usage: gradmill VERB")

    def test_help_names_every_verb(self):
        text = self.succeed("--help").stdout
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} ")

    def test_version(self):
        self.assertRegex(self.succeed("--version").stdout, r"^gradmill \d+\.\d+\.\d+\n$")

    def test_help_of_a_verb_names_each_option_and_fits_the_screen(self):
        for verb in VERBS:
            with self.subTest(verb):
                result = self.succeed(verb, "--help")
                self.assertEqual(result.stderr, "")
                usage = self.succeed(verb, "--usage").stdout
                for option in re.findall(r"--[a-z][a-z0-9-]*", usage):
                    self.assertIn(option, result.stdout)
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)


class Streams(CommandTest):
    def test_no_escape_codes_off_a_terminal(self):
        for name, env in (("pipes", environment()), ("NO_COLOR", environment(NO_COLOR="1"))):
            with self.subTest(name):
                result = self.succeed("train", "--data", data("iris.csv"), "--epochs", "2", env=env)
                self.assertNotIn("\x1b", result.stdout + result.stderr)
                self.assertNotIn("\r", result.stdout + result.stderr)

    def test_no_colour_on_a_terminal_with_NO_COLOR(self):
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal: {error.strerror or error}")
        env = environment(NO_COLOR="1", TERM="xterm-256color")
        process = self.start(*self.train(epochs=1)[:3], "--epochs", "2", stdout=slave, stderr=slave, env=env)
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            seen += part
        os.close(master)
        self.assertEqual(process.wait(60), OK)
        self.assertIsNone(re.search(rb"\x1b\[[0-9;]*m", seen))

    def test_quiet_is_quiet(self):
        self.assertEqual(self.succeed(*self.train()).stdout, "")

    def test_json_parses(self):
        model = self.trained()
        of_data = ["--data", data("iris.csv"), "--json"]
        for arguments in (
            ["train", *of_data, "--epochs", "2"],
            ["eval", *of_data, "--model", model],
            ["explain", data("xor.json"), "--json"],
            ["explain", data("xor.json"), "--json", "--seeds", "2", "--steps", "50"],
            ["gradcheck", data("mazur.json"), "--json"],
            ["plan", "--layers", "4,8,3", "--json"],
            ["doctor", "--quick", "--json"],
        ):
            with self.subTest(arguments[0]):
                self.assertIsInstance(json.loads(self.succeed(*arguments).stdout), dict)

    def test_json_of_train_has_every_epoch(self):
        result = json.loads(self.succeed(*self.train("--json", epochs=3)).stdout)
        self.assertEqual([epoch["epoch"] for epoch in result["epochs"]], [1, 2, 3])

    def test_full_device_as_standard_output(self):
        model = self.trained()
        of_data = ["--data", data("iris.csv")]
        for arguments in (
            ["--help"],
            ["--version"],
            *([verb, option] for verb in VERBS for option in ("--help", "--usage")),
            ["train", *of_data, "--epochs", "1"],
            ["train", *of_data, "--epochs", "1", "--json"],
            ["eval", *of_data, "--model", model],
            ["predict", "--data", data("iris.csv"), "--target", "species", "--model", model],
            ["explain", data("xor.json")],
            ["explain", data("xor.json"), "--json"],
            ["gradcheck", data("xor.json")],
            ["plan", "--layers", "4,8,3"],
            ["plan", "--layers", "4,8,3", "--json"],
            ["doctor", "--quick"],
            ["bench", "memory", "--net", "2-2-1", "--time", "10ms"],
        ):
            with self.subTest(" ".join(arguments[:1] + [a for a in arguments[1:] if a.startswith("-")])), \
                    open("/dev/full", "wb") as full:
                self.refuse(IO, r"standard output: No space left", *arguments, stdout=full)

    def test_german_locale_changes_nothing(self):
        known = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
        german = [name for name in known if name.lower().replace("-", "") == "de_de.utf8"]
        if not german:
            self.skipTest("no de_DE.UTF-8 here")
        for arguments in (["explain", data("mazur.json")], ["explain", data("mazur.json"), "--json"]):
            plain = self.succeed(*arguments)
            there = self.succeed(*arguments, env=environment(LC_ALL=german[0]))
            self.assertEqual(plain.stdout, there.stdout)


class Limits(CommandTest):
    def test_address_space_of_200_MB(self):
        if PLACES.sanitized:
            self.skipTest("the sanitizer itself needs more address space")
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))

        self.refuse(LIMIT, r"needs \d+ bytes .* free; use fewer or narrower layers",
                    *self.train("--layers", "4,9000,9000,3"), preexec_fn=limit)
