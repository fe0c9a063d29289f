"""Goes from data to a model to predictions, and compares the predictions with those of other programs."""
import csv
import io
import os
import random
import subprocess
import sys

from common import PLACES, CommandTest, data, patience

SPECIES = {"setosa", "versicolor", "virginica"}


class RoundTrip(CommandTest):
    def read_csv(self, text):
        return list(csv.reader(io.StringIO(text)))

    def value(self, text, name):
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))

    def inputs_of_iris(self):
        """The features alone, without the header, in eighths: a data set holds them exactly in single precision."""
        with open(data("iris.csv"), encoding="ascii") as file:
            rows = [[round(float(cell) * 8) / 8 for cell in row[:-1]] for row in list(csv.reader(file))[1:]]
        return self.write("inputs.csv", "".join(",".join(map(str, row)) + "\n" for row in rows))

    def test_iris_by_name(self):
        model = self.trained("--epochs", "60", "--rate", "0.01")
        result = self.succeed("eval", "--model", model, "--data", data("iris.csv"))
        self.assertEqual(self.value(result.stdout, "rows"), 150)
        accuracy = self.value(result.stdout, "accuracy")
        self.assertGreater(accuracy, 90)
        said = self.succeed("predict", "--model", model, "--data", data("iris.csv"), "--target", "species").stdout
        rows = self.read_csv(said)
        self.assertEqual(rows[0], ["class"])
        self.assertEqual({row[0] for row in rows[1:]}, SPECIES)
        with open(data("iris.csv"), encoding="ascii") as file:
            truth = [row[-1] for row in csv.reader(file)][1:]
        hits = sum(row[0] == name for row, name in zip(rows[1:], truth, strict=True))
        self.assertAlmostEqual(100 * hits / 150, accuracy, places=1)

    def test_chances_sum_to_one(self):
        said = self.succeed("predict", "--model", self.trained(), "--data", data("iris.csv"), "--target", "species",
                            "--outputs").stdout
        rows = self.read_csv(said)
        self.assertEqual(set(rows[0]), SPECIES)
        self.assertEqual(len(rows), 151)
        for row in rows[1:]:
            self.assertAlmostEqual(sum(map(float, row)), 1, places=5)

    def test_digits_from_a_folder(self):
        model = self.path("digits.safetensors")
        self.succeed("train", "--data", data("digits"), "--layers", "64,64,10", "--epochs", "15", "--save", model)
        result = self.succeed("eval", "--model", model, "--data", data("digits"))
        self.assertEqual(self.value(result.stdout, "rows"), 360)
        self.assertGreater(self.value(result.stdout, "accuracy"), 93)

    def test_moons(self):
        model = self.path("moons.safetensors")
        self.succeed("train", "--data", data("moons.csv"), "--layers", "2,25,25,2", "--activation", "tanh",
                     "--epochs", "60", "--rate", "0.01", "--save", model)
        result = self.succeed("eval", "--model", model, "--data", data("moons.csv"))
        self.assertGreater(self.value(result.stdout, "accuracy"), 93)

    def test_regression(self):
        chance = random.Random(3)
        rows = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(400)]
        path = self.write("plane.csv", "a,b,y\n" + "".join(f"{a:.6f},{b:.6f},{3 * a - 2 * b + 1:.6f}\n" for a, b in rows))
        model = self.path("plane.safetensors")
        self.succeed("train", "--data", path, "--regression", "--layers", "2,1", "--activation", "identity",
                     "--rate", "0.05", "--epochs", "60", "--save", model)
        result = self.succeed("eval", "--model", model, "--data", path)
        self.assertLess(self.value(result.stdout, "rmse"), 0.02)
        said = self.read_csv(self.succeed("predict", "--model", model, "--data", path, "--target", "y").stdout)
        self.assertEqual(said[0], ["y"])
        for (a, b), row in zip(rows, said[1:], strict=True):
            self.assertAlmostEqual(float(row[0]), 3 * a - 2 * b + 1, delta=0.1)

    def test_predictions_in_other_hands(self):
        script = str(PLACES.source / "tests" / "read_safetensors.py")
        inputs = self.inputs_of_iris()
        # Unscaled in f64: the scaling is written as numbers of single precision, in decimals.
        for precision, scaling, places in (("f32", "standard", 5), ("f64", "none", 12)):
            with self.subTest(precision):
                model = self.trained("--precision", precision, "--scaling", scaling, "--epochs", "5", name=precision)
                ours = self.read_csv(self.succeed("predict", "--model", model, "--data", inputs, "--outputs").stdout)
                theirs = subprocess.run([sys.executable, script, "--plain", model, inputs], capture_output=True,
                                        text=True, check=True, timeout=patience(60)).stdout
                for a, b in zip(ours[1:], self.read_csv(theirs), strict=True):
                    for x, y in zip(a, b, strict=True):
                        self.assertAlmostEqual(float(x), float(y), places=places)

    def test_predictions_in_the_hands_of_PyTorch(self):
        if subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True).returncode:
            self.skipTest("no PyTorch for /usr/bin/python3")
        script = str(PLACES.source / "tests" / "read_safetensors.py")
        inputs, model = self.inputs_of_iris(), self.trained("--activation", "gelu")
        ours = self.read_csv(self.succeed("predict", "--model", model, "--data", inputs, "--outputs").stdout)
        theirs = subprocess.run(["/usr/bin/python3", script, model, inputs], capture_output=True, text=True,
                                check=True, timeout=patience(120)).stdout
        for a, b in zip(ours[1:], self.read_csv(theirs), strict=True):
            for x, y in zip(a, b, strict=True):
                self.assertAlmostEqual(float(x), float(y), places=5)

    def test_same_bytes_twice(self):
        for threads in ("1", "2"):
            for backend in ("blas", "naive"):
                with self.subTest(f"{threads} threads, {backend}"):
                    files = []
                    for name in ("first", "second"):
                        path = self.trained("--threads", threads, "--backend", backend, "--epochs", "3", name=name)
                        with open(path, "rb") as file:
                            files.append(file.read())
                    self.assertEqual(files[0], files[1])

    def test_another_seed_gives_another_model(self):
        paths = [self.trained("--seed", seed, name=seed) for seed in ("1", "2", str(2**64 - 1))]
        contents = set()
        for path in paths:
            with open(path, "rb") as file:
                contents.add(file.read())
        self.assertEqual(len(contents), 3)

    def test_class_names_that_CSV_must_quote(self):
        rows = '1,2,"a ""b"", c"\n2,1,plain\n' * 20
        path, model = self.write("quoted.csv", rows), self.path("quoted")
        self.succeed("train", "--data", path, "--layers", "2,4,2", "--epochs", "40", "--rate", "0.1", "--save", model)
        said = self.read_csv(self.succeed("predict", "--model", model, "--data", path, "--target", "-1").stdout)
        self.assertEqual(said[1:3], [['a "b", c'], ["plain"]])

    def test_model_file_is_all_that_is_left(self):
        self.trained()
        self.assertEqual(os.listdir(self.folder), ["model.safetensors"])
