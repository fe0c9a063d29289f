"""Tests the notes on stderr: facts about data, options and results that are not errors but that a user should know."""
import re
import statistics
import struct

from common import BAD_DATA, USAGE, CommandTest, data

TRAIN = ["train", "--quiet", "--threads", "1"]


def notes(result):
    return re.findall(r"(?m)^gradmill: note: (.*)$", result.stderr)


class NotesTest(CommandTest):
    def assert_note(self, pattern, *arguments):
        result = self.succeed(*arguments)
        self.assertTrue(any(re.search(pattern, note) for note in notes(result)), result.stderr)
        return result

    def assert_no_note(self, pattern, *arguments):
        result = self.succeed(*arguments)
        self.assertFalse(any(re.search(pattern, note) for note in notes(result)), result.stderr)
        return result


class Results(NotesTest):
    def table(self, name, value, rows=40):
        return self.write(name, "x,y\n" + "".join(f"{i},{value(i)}\n" for i in range(rows)))

    def test_a_model_of_numbers_that_is_worse_than_their_mean(self):
        table, model = self.table("t.csv", lambda i: 1000 + i % 2), self.path("m.safetensors")
        arguments = [*TRAIN, "--data", table, "--regression", "--layers", "1,2,1", "--epochs", "1", "--init", "he-normal",
                     "--save", model]
        self.assert_note(r"worse than no model: .* mean of the targets has the rmse .* on the validation rows", *arguments)
        self.assert_note(r"mean of the targets has the rmse 0\.5 on these rows", "eval", "--model", model, "--data", table)

    def test_a_model_of_numbers_that_explains_little(self):
        """A slope under alternating numbers: the straight line explains 13 % of the variance."""
        values = [i + 30 * (-1) ** i for i in range(40)]
        table, model = self.table("t.csv", lambda i: values[i]), self.path("m.safetensors")
        self.succeed(*TRAIN, "--data", table, "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate", "0.1",
                     "--epochs", "500", "--valid-share", "0", "--save", model)
        spread = f"{statistics.pstdev(values):.5g}"
        self.assert_note(rf"^always predicting the mean of the targets has the rmse {re.escape(spread)} on these rows: "
                         r"the model explains 1\d % of their variance", "eval", "--model", model, "--data", table)

    def test_a_model_of_numbers_that_is_good(self):
        table, model = self.table("t.csv", lambda i: 2 * i + 1), self.path("m.safetensors")
        self.assert_no_note(r"no model|variance", *TRAIN, "--data", table, "--regression", "--layers", "1,1", "--optimizer",
                            "sgd", "--rate", "0.1", "--epochs", "500", "--save", model)
        self.assert_no_note(r"no model|variance", "eval", "--model", model, "--data", table)

    def test_a_classifier_that_is_worse_than_the_most_frequent_class(self):
        model = self.trained("--epochs", "60")
        rows = "".join("5.1,3.5,1.4,0.2,versicolor\n" for _ in range(9)) + "5.1,3.5,1.4,0.2,setosa\n"
        wrong = self.write("wrong.csv", "sepal_length,sepal_width,petal_length,petal_width,species\n" + rows)
        self.assert_note(r"worse than no model: .*most frequent class is right in 90\.00 % of these rows",
                         "eval", "--model", model, "--data", wrong)
        self.assert_no_note(r"no model", "eval", "--model", model, "--data", data("iris.csv"))

    def test_a_constant_target(self):
        table = self.table("t.csv", lambda i: 7)
        self.assert_note(r"the target is 7 in every training row: there is nothing to learn",
                         *TRAIN, "--data", table, "--regression", "--layers", "1,1", "--epochs", "1")

    def test_an_earlier_epoch_that_was_better(self):
        # The slope that is learned moves towards that of the training rows, and passes that of the validation rows on the way.
        table = self.table("t.csv", lambda i: 10 * i)
        valid = self.table("v.csv", lambda i: 5 * i)
        arguments = [*TRAIN, "--data", table, "--valid", valid, "--regression", "--layers", "1,1", "--epochs", "30",
                     "--schedule", "constant", "--optimizer", "sgd", "--rate", "0.05", "--target-scaling", "none"]
        self.assert_no_note(r"was better", *arguments)
        arguments += ["--keep", "last"]
        result = self.assert_note(r"epoch \d+ was better: its valid loss was ", *arguments)
        epoch = int(re.search(r"epoch (\d+) was better", result.stderr).group(1))
        self.assertLess(epoch, 30)
        without = [a for a in arguments if a not in ("--valid", valid)]
        self.assert_no_note(r"was better", *without)


class Losses(CommandTest):
    """A loss that cannot learn its targets is refused, with the file, before the first step."""

    def test_refusals(self):
        table = self.write("t.csv", "x,y\n" + "".join(f"{i},{i - 3}\n" for i in range(20)))
        ones = self.write("ones.csv", "x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
        arguments = [*TRAIN, "--regression", "--layers", "1,4,1", "--epochs", "2"]
        self.refuse(USAGE, r"t\.csv: loss cross-entropy needs at least 2 outputs.*softmax of one output is always 1",
                    *arguments, "--data", table, "--loss", "cross-entropy")
        self.refuse(USAGE, r"t\.csv: loss logistic needs targets from 0 to 1, got -3 in row 1",
                    *arguments, "--data", table, "--loss", "logistic")
        self.refuse(USAGE, r"t\.csv: loss logistic needs targets from 0 to 1",
                    *arguments, "--data", ones, "--valid", table, "--loss", "logistic")
        self.succeed(*arguments, "--data", ones, "--loss", "logistic", "--save", self.path("m.safetensors"))
        self.refuse(3, r"t\.csv: loss logistic needs targets from 0 to 1",
                    "eval", "--model", self.path("m.safetensors"), "--data", table)
        self.refuse(USAGE, r"at least 2 outputs", "gradcheck", "--layers", "3,1", "--loss", "cross-entropy")

    def test_gradcheck_of_one_output_checks_something(self):
        self.assertRegex(self.succeed("gradcheck", "--layers", "3,1").stdout, r"backpropagation -?\d+\.\d+")


MNIST_LIKE = {"images": struct.pack(">IIII", 0x803, 20, 2, 2) + bytes(80), "labels": struct.pack(">II", 0x801, 20) + bytes([0, 1] * 10)}


class Needless(NotesTest):
    """An option without effect is refused if it contradicts, else noted."""

    def setUp(self):
        super().setUp()
        self.table = self.write("t.csv", "x,y\n" + "".join(f"{i},{i}\n" for i in range(20)))
        for name, content in MNIST_LIKE.items():
            self.write(name, content)
        self.numbers = [*TRAIN, "--data", self.table, "--regression", "--layers", "1,2,1", "--epochs", "1"]
        self.images = [*TRAIN, "--data", "images", "--labels", "labels", "--epochs", "1", "--layers", "4,2,2"]

    def test_settings_of_another_optimizer(self):
        for optimizer, options in (("sgd", ["--momentum", "--beta1", "--beta2", "--epsilon"]), ("adam", ["--momentum"]),
                                   ("momentum", ["--beta1"]), ("nesterov", ["--epsilon"]), ("adamw", ["--momentum"])):
            for option in options:
                with self.subTest(f"{optimizer} {option}"):
                    pattern = rf"{option} has no effect with --optimizer {optimizer}; it belongs to"
                    self.refuse(USAGE, pattern, *self.numbers, "--optimizer", optimizer, option, "0.5")
        self.refuse(USAGE, r"--momentum has no effect with --optimizer adam;", *self.numbers, "--momentum", "0.9")
        self.refuse(USAGE, r"--beta1 has no effect", "plan", "--layers", "2,2", "--optimizer", "sgd", "--beta1", "0.9")
        self.succeed(*self.numbers, "--momentum", "0.8", "--optimizer", "nesterov")
        self.succeed(*self.numbers, "--beta1", "0.8", "--beta2=0.9", "--epsilon", "1e-7")

    def test_scaling_of_targets(self):
        self.refuse(USAGE, r"--target-scaling has no effect with classes", *TRAIN, "--data", data("iris.csv"), "--layers",
                    "4,3", "--target-scaling", "none")
        self.refuse(USAGE, r"--target-scaling standard needs the output activation identity", *self.numbers, "--activation",
                    "tanh,sigmoid", "--target-scaling", "standard")
        self.refuse(USAGE, r"--target-scaling unit: expected auto, none or standard", *self.numbers, "--target-scaling", "unit")
        for how in ("auto", "none", "standard"):
            self.succeed(*self.numbers, "--target-scaling", how)

    def test_two_ways_to_validate(self):
        self.refuse(USAGE, r"--valid-share has no effect with --valid: all rows of --data are for training",
                    *self.numbers, "--valid", self.table, "--valid-share", "0.1")
        self.refuse(USAGE, r"--valid-labels has no effect without --valid", *self.images, "--valid-labels", "labels")
        self.succeed(*self.numbers, "--valid", self.table)
        self.succeed(*self.numbers, "--valid-share", "0.5")

    def test_options_of_the_other_format(self):
        for option in (["--delim", ";"], ["--header", "no"], ["--target", "1"], ["--missing", "mean"], ["--regression"]):
            with self.subTest(option[0]):
                self.refuse(USAGE, rf"{option[0]} has no effect with an IDX file; it is for CSV", *self.images, *option)
        self.refuse(USAGE, r"t\.csv: a file of labels has no effect with a CSV file, whose labels are a column: see "
                    r"--target", *self.numbers, "--labels", "labels")
        self.refuse(USAGE, r"--labels has no effect with a folder", *TRAIN, "--data", ".", "--labels", "labels")
        (self.folder / "folder").mkdir()
        self.write("folder/train-images-idx3-ubyte", "1,2\n3,4\n")
        self.write("folder/train-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\2\0\1")
        self.refuse(BAD_DATA, r"train-images-idx3-ubyte: not an IDX file", *TRAIN, "--data", "folder")
        self.refuse(USAGE, r"--delim has no effect with a folder of IDX files", *TRAIN, "--data", ".", "--delim", ";")
        self.succeed(*self.images)

    def test_a_schedule_of_one_step(self):
        arguments = [*self.numbers, "--batch", "18"]
        self.assert_note(r"--schedule has no effect on a training of one step", *arguments, "--schedule", "linear")
        self.assert_no_note(r"--schedule", *arguments)
        self.assert_no_note(r"--schedule", *arguments[:-2], "--schedule", "linear", "--batch", "9")

    def test_use_of_a_model(self):
        model = self.trained()
        of_data = ["--model", model, "--data", data("iris.csv")]
        self.refuse(USAGE, r"--regression has no effect with a model of classes", "eval", *of_data, "--regression")
        self.refuse(USAGE, r"labels has no effect with a CSV file", "eval", *of_data, "--labels", "labels")
        self.succeed(*self.numbers, "--save", "numbers.safetensors")
        self.assert_note(r"--outputs has no effect with a model of numbers", "predict", "--model", "numbers.safetensors",
                         "--data", self.table, "--outputs")

    def test_plan_and_gradcheck(self):
        self.assert_note(r"--init, --rate have no effect on a plan", "plan", "--layers", "2,2", "--rate", "1", "--init", "auto")
        self.refuse(USAGE, r"--loss has no effect with an example file", "gradcheck", data("xor.json"), "--loss", "huber")
        self.refuse(USAGE, r"--precision f32 has no effect", "gradcheck", "--layers", "2,2", "--precision", "f32")
        self.succeed("gradcheck", "--layers", "2,2", "--precision", "f64")

    def test_one_layer_takes_the_one_activation(self):
        self.refuse(USAGE, r"cross-entropy needs the output activation softmax, got relu",
                    *TRAIN, "--data", data("iris.csv"), "--layers", "4,3", "--activation", "relu", "--epochs", "1")
        told = self.succeed("plan", "--layers", "4,3", "--activation", "tanh", "--loss", "huber", "--json").stdout
        self.assertIn('"activation": "tanh"', told)

    def test_bench(self):
        for arguments, pattern in (
            (["step", "--blas", "reference"], r"--blas means nothing to bench step; it belongs to bench compare"),
            (["step", "--level", "0.1"], r"--level means nothing to bench step; it belongs to bench gate"),
            (["--threshold", "0.1"], r"--threshold means nothing to bench without a case"),
            (["compare", "--epoch"], r"--epoch means nothing to bench compare"),
            (["peers", "--accuracy", "0.8"], r"--accuracy needs --epoch"),
            (["peers", "--data", "x"], r"--data needs --epoch"),
            (["gate", "a.json", "b.json", "--time", "1s"], r"--time means nothing to a gate of two files"),
        ):
            with self.subTest(" ".join(arguments)):
                self.refuse(USAGE, pattern, "bench", *arguments)
