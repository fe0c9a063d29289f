"""Tests plan: memory and FLOP against sums made by hand; times only against each other."""
import json
import re
import resource

from common import LIMIT, PLACES, USAGE, CommandTest

# 4-8-3: 4 8 + 8 + 8 3 + 3 parameters, 24 of them weights of layer 2, which alone BP2 reads.
NET = ["--layers", "4,8,3"]
PARAMETERS, SECOND = 67, 24

# For each optimizer: the numbers that it keeps for each parameter, and those that BP4 and the update read and write.
OPTIMIZERS = {"sgd": (0, 2), "momentum": (1, 4), "nesterov": (1, 4), "adam": (2, 6), "adamw": (2, 6)}

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "days": 86400}

WRONG = [
    ([], r"no network; expected --layers N,N,\.\.\."),
    (["--layers", "4"], r"at least two widths"),
    ([*NET, "--rows", "0"], r"--rows 0: expected at least 1"),
    ([*NET, "--rows", "9", "--epochs", "0"], r"--epochs 0: expected at least 1"),
    ([*NET, "--epochs", "3"], r"--epochs needs --rows N"),
    ([*NET, "--rows", "4294967296"], r"--rows 4294967296: expected at most 4294967295"),
    ([*NET, "--rows", "9", "--batch", "8", "--epochs", "9223372036854775807"], r"--epochs 9\d+: more steps than"),
    ([*NET, "--rows", "9", "--epochs", "18446744073709551615"], r"--epochs 18446744073709551615: more steps than"),
    ([*NET, "--rows", "10", "--batch", "11"], r"batch 11; expected at most 10, the rows"),
    ([*NET, "--batch", "2147483648"], r"batch 2147483648; expected 1 to"),
    ([*NET, "--backend", "fast"], r"--backend fast: expected naive"),
    ([*NET, "--threads", "100000000"], r"100000000 threads; expected at most"),
    ([*NET, "--rate=-1"], r"--rate -1: expected a number from 0$"),
    ([*NET, "--loss", "logistic", "--activation", "relu,relu"], r"logistic needs the output activation sigmoid"),
    ([*NET, "--activation", "relu,relu,relu"], r"names 3 layers; expected 1 name, or 2"),
    ([*NET, "--data", "x"], r"unknown option --data"),
    (["--layers", "4,3", "--dropout", "0.5"], r"--dropout has no effect on a network without a hidden layer"),
    ([*NET, "--dropout", "0.5,0.5"], r"--dropout has 2 numbers; expected 1: the network has 1 hidden layer"),
    (["--layers", "4,4,4,3", "--dropout", "0,0,0"], r"--dropout has 3 numbers; expected 1 or 2: the network has 2 hidden"),
    ([*NET, "--dropout", "1"], r"--dropout 1: expected a number from 0 to below 1"),
    ([*NET, "--dropout", ""], r"--dropout : expected a number"),
    ([*NET, "--ema", "1"], r"--ema 1: expected a number above 0 and below 1"),
    ([*NET, "--ema", "0"], r"--ema 0: expected a number"),
    ([*NET, "--accumulate", "0"], r"--accumulate 0: expected at least 1"),
    ([*NET, "--rows", "10", "--batch", "2", "--accumulate", "6"], r"--accumulate 6; expected at most 5, the batches of an"),
    ([*NET, "more"], r"unexpected argument"),
]


class Plan(CommandTest):
    def plan(self, *arguments, net=NET):
        return json.loads(self.succeed("plan", *net, *arguments, "--json").stdout)

    def assert_speed(self, speed, told):
        self.assertGreater(speed["seconds"], 0)
        self.assertAlmostEqual(speed["samples_per_second"] * speed["seconds"], told["batch"], 6)
        self.assertAlmostEqual(speed["gflops"] * speed["seconds"] * 1e9 / told["step"]["flop"], 1, 9)

    def test_memory_of_a_small_network(self):
        for optimizer, (kept, _) in OPTIMIZERS.items():
            for precision, size in (("f32", 4), ("f64", 8)):
                with self.subTest(f"{optimizer} {precision}"):
                    told = self.plan("--backend", "blas", "--batch", "32", "--threads", "1", "--optimizer", optimizer,
                                     "--precision", precision)
                    memory = told["memory_bytes"]
                    self.assertEqual(told["parameters"], PARAMETERS)
                    self.assertEqual(memory["parameters"], PARAMETERS * size)
                    self.assertEqual(memory["optimizer"], kept * PARAMETERS * size)
                    self.assertEqual(memory["packed"], 0)
                    # x, y, ones, and A and D of both layers; padding and the tile of each thread are added to that
                    least = 32 * (4 + 3 + 1 + 2 * 8 + 2 * 3) * size
                    self.assertTrue(least <= memory["workspace"] < 2 * least, memory["workspace"])
                    self.assertEqual(memory["total"], (kept + 1) * PARAMETERS * size + memory["workspace"])
                    self.assertGreater(memory["available"], memory["total"])

    def test_packed_keeps_a_copy_of_the_parameters(self):
        memory = self.plan("--backend", "packed", "--optimizer", "momentum")["memory_bytes"]
        self.assertGreaterEqual(memory["packed"], memory["parameters"])
        self.assertGreaterEqual(memory["optimizer"], memory["parameters"])
        parts = ("parameters", "packed", "optimizer", "workspace")
        self.assertEqual(memory["total"], sum(memory[part] for part in parts))

    def test_work_of_a_step(self):
        for optimizer, (_, moved) in OPTIMIZERS.items():
            with self.subTest(optimizer):
                step = self.plan("--batch", "32", "--optimizer", optimizer)["step"]
                self.assertEqual(step["flop"], 2 * 32 * (3 * (4 * 8 + 8 * 3) - 4 * 8))
                self.assertEqual(step["bytes_moved"], 4 * (PARAMETERS * (1 + moved) + SECOND))
        self.assertEqual(self.plan("--optimizer", "sgd", "--precision", "f64")["step"]["bytes_moved"],
                         8 * (PARAMETERS * 3 + SECOND))

    def test_how_a_step_is_shared(self):
        for batch, threads, partition in ((128, 1, None), (128, 2, "rows"), (1, 2, "weights")):
            with self.subTest(f"{batch} rows, {threads} threads"):
                told = self.plan("--backend", "blas", "--batch", batch, "--threads", threads)
                step = told["step"]
                self.assertEqual((told["threads"], step["threads"], step["partition"]), (threads, threads, partition))
                self.assert_speed(step["predicted"], told)

    def test_the_network_is_the_one_described(self):
        told = self.plan("--optimizer", "sgd", "--precision", "f64")
        self.assertEqual(told["layers"], [{"inputs": 4, "outputs": 8, "activation": "relu"},
                                          {"inputs": 8, "outputs": 3, "activation": "softmax"}])
        self.assertEqual([told[key] for key in ("loss", "optimizer", "precision", "batch")],
                         ["cross-entropy", "sgd", "f64", 128])
        told = self.plan("--activation", "tanh", "--loss", "huber", "--batch", "7", "--backend", "auto")
        self.assertEqual([layer["activation"] for layer in told["layers"]], ["tanh", "identity"])
        self.assertEqual([told[key] for key in ("loss", "optimizer", "precision", "batch")],
                         ["huber", "adam", "f32", 7])
        self.assertIn(told["backend"], ("packed", "blas"))

    def test_training(self):
        told = self.plan("--rows", "64", "--batch", "32", "--epochs", "5")
        step = told["step"]["predicted"]["seconds"]
        self.assertEqual([told["training"][key] for key in ("rows", "epochs", "steps")], [64, 5, 10])
        self.assertAlmostEqual(told["training"]["seconds"] / (10 * step), 1, 9)
        # Three full batches, and a last one of 4 rows, whose time is predicted separately.
        told = self.plan("--rows", "100", "--batch", "32", "--epochs", "2")
        step = told["step"]["predicted"]["seconds"]
        self.assertEqual(told["training"]["steps"], 8)
        self.assertGreater(told["training"]["seconds"], 6 * step)
        self.assertNotAlmostEqual(told["training"]["seconds"] / (8 * step), 1, 9)
        self.assertIsNone(self.plan()["training"])

    def test_what_a_step_has_besides_is_counted(self):
        def sizes(*arguments):
            told = self.plan("--backend", "blas", "--batch", "32", "--threads", "1", "--optimizer", "sgd", *arguments)
            return told["memory_bytes"]["optimizer"], told["memory_bytes"]["workspace"]

        block, (none, workspace) = PARAMETERS * 4, sizes()
        self.assertEqual(none, 0)
        for option, copies in ((["--ema", "0.9"], 1), (["--accumulate", "2"], 1), (["--clip-norm", "1"], 1),
                               (["--ema", "0.9", "--accumulate", "2", "--clip-value", "1"], 2)):
            with self.subTest(option):
                self.assertEqual(sizes(*option)[0], copies * block)
        self.assertEqual(sizes("--accumulate", "1"), (0, workspace))
        bytes_of_a = 32 * 8 * 4
        self.assertGreaterEqual(sizes("--dropout", "0.5")[1], workspace + bytes_of_a)
        text = self.succeed("plan", *NET, "--ema", "0.9", "--clip-norm", "1")
        self.assertRegex(text.stdout, r"(?m)^optimizer state .*: what it remembers of each parameter, averaged weights, a "
                                      r"gradient$")
        self.assertRegex(text.stderr, r"note: the prediction leaves out the time that bounds of the gradient take")

    def test_steps_of_several_batches(self):
        told = self.plan("--rows", "100", "--batch", "10", "--accumulate", "4", "--epochs", "3")
        self.assertEqual(told["training"]["steps"], 3 * 3)
        told = self.plan("--rows", "100", "--batch", "10", "--accumulate", "4")
        self.assertEqual(told["training"]["epochs"], 667, "some 2,000 steps")

    def test_batch_and_epochs_as_train_chooses_them(self):
        for rows, batch, epochs, steps in ((60000, 128, 10, 4690), (150, 32, 400, 2000), (5, 5, 1000, 1000)):
            with self.subTest(f"{rows} rows"):
                told = self.plan("--rows", rows)
                training = told["training"]
                self.assertEqual((told["batch"], training["epochs"], training["steps"]), (batch, epochs, steps))

    def test_table(self):
        arguments = [*NET, "--backend", "blas", "--optimizer", "sgd", "--batch", "32", "--threads", "1"]
        text = self.succeed("plan", *arguments, "--rows", "20000", "--epochs", "1").stdout
        for line in (
            r"4-8-3, cross-entropy, sgd, f32, batches of 32 rows, backend blas",
            r"parameters +268 bytes: 67 weights and biases",
            r"packed copy +0 bytes: .*",
            r"optimizer state +0 bytes: .*",
            r"workspace +[\d,]+ bytes \([\d.]+ KiB\): .*",
            r"in all +[\d,]+ bytes \([\d.]+ KiB\): .* [\d.]+ \wiB are free",
            r"arithmetic +8704 FLOP a step: .*",
            r"traffic +900 bytes a step: .*",
            r"threads +1 of 1",
            r"step +[\d.,]+ (us|ms|s), predicted",
            r" +[\d.,]+ samples/s",
            r" +[\d.,]+ GFLOP/s",
            r"training +[\d.,]+ (us|ms|s|min|h|days), predicted: 1 epoch of 20,000 rows, 625 steps; .*",
        ):
            self.assertRegex(text, rf"(?m)^{line}$")
        numbers = [re.match(r"(?:\S+ )* *[\d.,]+(?= )", line) for line in text.splitlines()[2:] if line]
        self.assertEqual(len({number.end() for number in numbers}), 1, "the numbers end in one column")
        self.assertNotIn("measured", text)

    def check_times(self, steps, text):
        """Three digits are shown of each."""
        def number(pattern):
            return float(re.search(pattern, text).group(1).replace(",", ""))

        def seconds(what):
            return number(rf"(?m)^{what} +([\d.,]+) ") * UNITS[re.search(rf"(?m)^{what} +\S+ (\w+), predicted", text)[1]]

        step = seconds("step")
        self.assertAlmostEqual(number(r"([\d.,]+) samples/s") * step / 32, 1, 1)
        self.assertAlmostEqual(number(r"([\d.,]+) GFLOP/s") * 1e9 * step / 8704, 1, 1)
        self.assertAlmostEqual(seconds("training") / (steps * step), 1, 1)

    def test_units_of_time(self):
        for steps in (10**3, 10**6, 10**8, 10**10, 10**13):  # of some microseconds
            with self.subTest(f"{steps} steps"):
                self.check_times(steps, self.succeed("plan", *NET, "--batch", "32", "--rows", "320",
                                                     "--epochs", steps // 10).stdout)

    def test_long_networks_have_a_short_head(self):
        layers = ["--layers", ",".join(map(str, range(1, 31)))]
        head = self.succeed("plan", *layers).stdout.splitlines()[0]
        self.assertTrue(head.startswith("1-2-3-4-5-6-7-...-25-26-27-28-29-30, "), head)
        self.assertEqual(len(self.plan(net=layers)["layers"]), 29)

    def test_measure(self):
        told = self.plan("--measure", "--loss", "mean-squares", "--optimizer", "sgd")
        measured = told["measured"]
        self.assert_speed(measured, told)
        self.assertGreaterEqual(measured["samples"], 3)
        self.assertGreater(measured["predicted_over_measured"], 0)
        self.assertAlmostEqual(measured["predicted_over_measured"] * measured["seconds"]
                               / told["step"]["predicted"]["seconds"], 1, 9)
        self.assertIsNone(self.plan()["measured"])
        text = self.succeed("plan", *NET, "--measure", "--precision", "f64").stdout
        self.assertRegex(text, r"(?m)^step +[\d.,]+ (us|ms|s), measured: the median of \d+ samples$")
        self.assertRegex(text, r"(?m)^predicted / measured +\d+\.\d\d times$")

    def test_wrong_arguments(self):
        for arguments, pattern in WRONG:
            with self.subTest(" ".join(arguments)):
                self.refuse(USAGE, pattern, "plan", *arguments)


class TooLarge(CommandTest):
    LARGE = ["plan", "--layers", "4,1000000,1000000,3", "--backend", "blas", "--batch", "32", "--json"]

    def needed(self, *arguments):
        told = self.refuse(LIMIT, r"training needs \d+ bytes \([\d.]+ TiB\); .* are free", *arguments)
        self.assertEqual(told.stdout, "")
        return int(re.search(r"needs (\d+) bytes", told.stderr).group(1))

    def test_refused_with_the_bytes_it_needs(self):
        million = 1000 * 1000
        parameters = 4 * million + million + million * million + million + 3 * million + 3
        adam, sgd = self.needed(*self.LARGE), self.needed(*self.LARGE, "--optimizer", "sgd")
        self.assertTrue(3 * 4 * parameters <= adam < 1.01 * 3 * 4 * parameters, adam)
        self.assertTrue(4 * parameters <= sgd < 1.01 * 4 * parameters, sgd)
        # The measurements use a batch of their own: 32 rows of 4 inputs and 3 outputs.
        self.assertEqual(self.needed(*self.LARGE, "--measure") - adam, 32 * (4 + 3) * 4)

    def test_sizes_of_no_machine(self):
        for arguments, pattern in (
            (["--layers", "4,2147483647,2147483647,3"], r"more than any machine can hold"),
            (["--layers", "4,1000000,3", "--batch", "2147483647"], r"needs \d+ bytes \([\d.]+ PiB\)"),
        ):
            with self.subTest(" ".join(arguments)):
                self.refuse(LIMIT, pattern, "plan", *arguments)

    def test_nothing_is_taken_before(self):
        if PLACES.sanitized:
            self.skipTest("the sanitizer itself needs more address space")

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (160 << 20, 160 << 20))

        # The network alone would fit into memory, but not together with the moments of adam.
        self.refuse(LIMIT, r"training needs \d+ bytes .* free", "plan", "--layers", "4,4000,4000,3", "--threads", "1",
                    "--backend", "naive", preexec_fn=limit)
