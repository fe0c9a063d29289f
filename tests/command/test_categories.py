"""Tests columns of texts from the first command to the prediction: categories, missing values, columns left out."""
import json
import random
import struct

from common import BAD_DATA, USAGE, CommandTest
from test_columns import metadata

COLORS = ["red", "green", "blue"]
TRAIN = ["--epochs", "120", "--batch", "16", "--rate", "0.01", "--threads", "1", "--quiet"]
QUICK = ["--layers", "6,16,2", *TRAIN]


def rows(count=240, seed=3):
    """The class follows from the color and the size: a network that sees no color cannot learn it."""
    chance = random.Random(seed)
    for i in range(count):
        color, size = chance.choice(COLORS), round(chance.uniform(0, 10), 2)
        big = size > {"red": 2, "green": 5, "blue": 8}[color]
        yield {"id": f"row{i}", "color": color, "size": size, "shape": chance.choice(["round", "square"]),
               "class": "big" if big else "small"}


def table(some, names=("color", "size", "shape", "class")):
    return "\n".join([",".join(names)] + [",".join(str(row[name]) for name in names) for row in some]) + "\n"


def numbers(path):
    """Weights and biases of the only layer of a model in double precision."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, body = json.loads(file.read(length)), file.read()
    tensors = {name: body[slice(*entry["data_offsets"])] for name, entry in header.items() if name != "__metadata__"}
    return [struct.unpack(f"<{len(tensors[name]) // 8}d", tensors[name]) for name in sorted(tensors, reverse=True)]


class CategoriesTest(CommandTest):
    def fit(self, text, *more):
        return self.succeed("train", "--data", self.write("train.csv", text), *QUICK, "--save", "m.safetensors", *more)

    def predict(self, text, *more):
        return self.succeed("predict", "--model", "m.safetensors", "--data", self.write("new.csv", text), *more)

    def accuracy(self, text):
        return json.loads(self.succeed("eval", "--json", "--model", "m.safetensors", "--data",
                                       self.write("new.csv", text)).stdout)["accuracy"]

    def test_they_are_learned_from(self):
        told = self.fit(table(rows())).stderr
        self.assertIn("note: texts become categories: 'color' (3), 'shape' (2)", told)
        self.assertGreater(self.accuracy(table(rows(100, seed=9))), 0.9)

    def test_columns_in_any_order_give_the_same_predictions(self):
        self.fit(table(rows()))
        some = list(rows(40, seed=5))
        expected = self.predict(table(some)).stdout
        others = [{**row, "other": "x"} for row in some]
        for names in (["shape", "other", "size", "color"], ["class", "color", "shape", "size"]):
            self.assertEqual(self.predict(table(others, names)).stdout, expected)

    def test_the_model_stores_them(self):
        self.fit(table(rows()), "--categories", "2", "--missing-indicator")
        told = metadata(self.path("m.safetensors"))
        self.assertEqual(told["gradmill.format"], "3")
        self.assertEqual(json.loads(told["gradmill.columns"]), ["color", "size", "shape"])
        self.assertEqual([len(item) for item in json.loads(told["gradmill.columns.categories"])], [2, 0, 2])
        self.assertEqual(json.loads(told["gradmill.columns.rest"]), [1, 0, 0])
        self.assertEqual(json.loads(told["gradmill.columns.indicators"]), [0, 0, 0])  # no value is missing

    def test_models_of_numbers_keep_the_older_format(self):
        self.succeed("train", "--data", self.write("n.csv", "a,b,c\n" + "1,2,x\n3,4,y\n" * 10), "--layers", "2,2",
                     "--epochs", "1", "--save", "n.safetensors")
        self.assertEqual(metadata(self.path("n.safetensors"))["gradmill.format"], "2")

    def test_an_unknown_text_is_counted(self):
        self.fit(table(rows()))
        some = list(rows(3, seed=5))
        some[1]["color"] = "mauve"
        told = self.predict(table(some))
        self.assertIn("note: 1 text is not known to the model, the first in line 3, column 1; such a text counts as none "
                      "of its categories", told.stderr)
        self.assertEqual(len(told.stdout.splitlines()), 4)

    def test_a_missing_text_is_the_most_frequent_one(self):
        some = list(rows())
        usual = max(COLORS, key=[row["color"] for row in some[:240]].count)
        for row in some[::20]:
            row["color"] = ""
        self.refuse(BAD_DATA, r"train\.csv:2:1: column 1 \('color'\); expected a value, got an empty cell; say --missing "
                    r"most-frequent or --missing drop", "train", "--data", self.write("train.csv", table(some)), *QUICK)
        self.fit(table(some), "--missing", "most-frequent", "--valid-share", "0")
        gap = {"color": "", "size": 4, "shape": "round", "class": "big"}
        self.assertEqual(self.predict(table([gap])).stdout, self.predict(table([{**gap, "color": usual}])).stdout)

    def test_an_indicator_tells_that_it_was_missing(self):
        some = list(rows())
        for row in some[::4]:
            row["size"] = "NA"
        told = self.fit(table(some), "--missing", "median", "--missing-indicator", "--layers", "7,4,2", "--epochs", "5", "--valid-share", "0")
        self.assertRegex(told.stderr, "60 missing values will be replaced by the medians of the training part")
        stored = metadata(self.path("m.safetensors"))
        self.assertEqual(json.loads(stored["gradmill.columns.indicators"]), [0, 1, 0])
        sizes = sorted(row["size"] for row in some if row["size"] != "NA")
        middle = (sizes[89] + sizes[90]) / 2
        self.assertAlmostEqual(json.loads(stored["gradmill.columns.means"])[1], middle, places=5)

    def test_columns_that_identify_rows_are_named_and_left_out(self):
        names = ["id", "color", "size", "shape", "class"]
        text = table(rows(), names)
        told = self.succeed("train", "--data", self.write("train.csv", text), "--epochs", "1").stderr
        self.assertIn("note: 'id' has 240 different texts in 240 rows; if they only identify the rows, say --ignore 1", told)
        self.fit(text, "--ignore", "id")
        self.assertEqual(json.loads(metadata(self.path("m.safetensors"))["gradmill.columns"]), ["color", "size", "shape"])
        self.assertGreater(self.accuracy(text), 0.9)
        self.refuse(BAD_DATA, r"column 'color' is a feature of the model; it cannot be ignored, too", "eval", "--model",
                    "m.safetensors", "--data", self.path("train.csv"), "--ignore", "color")

    def test_files_without_a_header_are_matched_by_position(self):
        some = list(rows())
        headless = table(some, ["id", "color", "size", "shape", "class"]).split("\n", 1)[1]
        self.fit(headless, "--ignore", "1")
        self.assertGreater(self.accuracy(table(some[:50], ["color", "size", "shape", "class"]).split("\n", 1)[1]), 0.9)
        told = self.predict(headless, "--ignore", "1")
        self.assertEqual(len(told.stdout.splitlines()), 241)

    def test_a_text_among_numbers(self):
        self.fit(table(rows()))
        some = list(rows(3))
        some[0]["size"] = "large"
        self.refuse(BAD_DATA, r"new\.csv:2:\d+: column 2 \('size'\); expected a decimal number of at most 3\.4e38, got "
                    r"'large'$", "predict", "--model", "m.safetensors", "--data", self.write("new.csv", table(some)))

    def test_options_that_the_model_decides(self):
        self.fit(table(rows()))
        for option in (["--categorical", "size"], ["--numeric", "size"], ["--categories", "3"], ["--missing-indicator"]):
            self.refuse(USAGE, rf"{option[0]} has no effect with --init-from: the model decides that", "train", "--data",
                        self.path("train.csv"), "--init-from", "m.safetensors", *option)
        self.refuse(USAGE, r"--categories 0: expected", "train", "--data", self.path("train.csv"), "--categories", "0")

    def test_it_goes_on_from_a_model_and_from_a_checkpoint(self):
        text = table(rows(), ["id", "color", "size", "shape", "class"])
        self.fit(text, "--ignore", "id", "--epochs", "4", "--checkpoint", "c.safetensors", "--categories", "2")
        with open(self.path("m.safetensors"), "rb") as file:
            whole = file.read()
        self.succeed("train", "--data", self.path("train.csv"), *TRAIN, "--init-from", "m.safetensors", "--epochs", "2")
        config = self.succeed("train", "--resume", "c.safetensors", "--save", "n.safetensors")
        with open(self.path("n.safetensors"), "rb") as file:
            self.assertEqual(file.read(), whole, config.stderr)


    def test_the_inputs_are_one_for_each_category(self):
        """A network of one layer shows its inputs: its answer is the weight of the color, that of the shape, and b."""
        some = list(rows(120))
        self.succeed("train", "--data", self.write("t.csv", table(some, ["color", "shape", "size"])), "--regression",
                     "--layers", "5,1", "--epochs", "3", "--threads", "1", "--save", "l.safetensors", "--precision", "f64",
                     "--target-scaling", "none", "--valid-share", "0")
        told = self.succeed("predict", "--model", "l.safetensors", "--data", self.path("t.csv")).stdout
        weights, bias = numbers(self.path("l.safetensors"))
        inputs = [("color", color) for color in sorted(COLORS)] + [("shape", "round"), ("shape", "square")]
        for row, answer in zip(some, told.split()[1:], strict=True):
            expected = bias[0] + sum(weight for (name, value), weight in zip(inputs, weights) if row[name] == value)
            self.assertAlmostEqual(float(answer), expected, places=5)
