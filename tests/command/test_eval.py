"""Compares the figures of eval with the same figures computed here from the output of predict."""
import csv
import io
import json
import math
import random

from common import CommandTest, data


class EvalTest(CommandTest):
    def fit(self, path, layers, *arguments):
        model = self.path("m.safetensors")
        self.succeed("train", "--data", path, "--layers", layers, "--epochs", "5", "--threads", "1", "--quiet", "--save",
                     model, *arguments)
        return model

    def outputs(self, model, path):
        """The names of the columns, and the rows of numbers below them."""
        text = self.succeed("predict", "--outputs", "--model", model, "--data", path).stdout
        head, *rows = list(csv.reader(io.StringIO(text)))
        return head, [[float(cell) for cell in row] for row in rows]

    def column(self, path):
        with open(path, encoding="utf-8") as file:
            return [row[-1] for row in csv.reader(file)][1:]

    def evaluate(self, model, path):
        return json.loads(self.succeed("eval", "--json", "--model", model, "--data", path).stdout)

    def clusters(self, classes, rows, names):
        """Points around the corners of a polygon, so near one another that there are errors."""
        chance = random.Random(3)
        lines = ["x,y,class"]
        for i in range(rows):
            angle = 2 * math.pi * (i % classes) / classes
            x, y = math.cos(angle) + chance.gauss(0, 0.4), math.sin(angle) + chance.gauss(0, 0.4)
            lines.append(f"{x:.4f},{y:.4f},{names(i % classes)}")
        return self.write("clusters.csv", "\n".join(lines) + "\n")


class Baseline(EvalTest):
    def test_of_classes(self):
        labels = ["a"] * 60 + ["b"] * 40
        draw = random.Random(5)
        path = self.write("t.csv", "x,class\n" + "".join(f"{draw.gauss(0, 1)},{c}\n" for c in labels))
        told = self.evaluate(self.fit(path, "1,2"), path)
        self.assertAlmostEqual(told["baseline"], 0.6)
        self.assertEqual(told["worse_than_baseline"], told["accuracy"] < 0.6)

    def test_of_numbers(self):
        values = [float(i * i) for i in range(30)]
        path = self.write("t.csv", "x,y\n" + "".join(f"{i},{y}\n" for i, y in enumerate(values)))
        mean = sum(values) / 30
        expected = math.sqrt(sum((y - mean) ** 2 for y in values) / 30)
        good = self.evaluate(self.fit(path, "1,8,1", "--regression", "--rate", "0.03", "--epochs", "200"), path)
        bad = self.evaluate(self.fit(path, "1,8,1", "--regression", "--target-scaling", "none", "--rate", "0"), path)
        self.assertAlmostEqual(good["baseline"], expected, delta=1e-6 * expected)
        self.assertEqual((good["worse_than_baseline"], bad["worse_than_baseline"]), (False, True))


class OfLabels(EvalTest):
    def test_the_figures_of_classes(self):
        path = data("iris.csv")
        model = self.fit(path, "4,5,3")
        head, rows = self.outputs(model, path)
        labels, predicted = self.column(path), [head[row.index(max(row))] for row in rows]
        report = self.evaluate(model, path)
        self.assertEqual([c["name"] for c in report["classes"]], head)
        for a, of_label in enumerate(report["confusion"]):
            for b, count in enumerate(of_label):
                self.assertEqual(count, sum((x, y) == (head[a], head[b]) for x, y in zip(labels, predicted)))
        for c in report["classes"]:
            hits = sum(x == y == c["name"] for x, y in zip(labels, predicted))
            self.assertEqual(c["rows"], labels.count(c["name"]))
            self.assertEqual(c["predicted"], predicted.count(c["name"]))
            self.assertAlmostEqual(c["recall"], hits / c["rows"])
            if c["predicted"]:
                self.assertAlmostEqual(c["precision"], hits / c["predicted"])
            else:
                self.assertIsNone(c["precision"])
        self.assertAlmostEqual(report["balanced_accuracy"], sum(c["recall"] for c in report["classes"]) / 3)
        self.assertAlmostEqual(report["accuracy"], report["top_k"][0])
        self.assertEqual(report["top_k"][2], 1)
        self.assertAlmostEqual(report["log_loss"], report["loss"], 5)
        self.assertEqual(sum(bin["rows"] for bin in report["calibration"]), 150)

    def test_the_area_under_the_curve_counts_pairs(self):
        path = data("moons.csv")
        model = self.fit(path, "2,4,2")
        head, rows = self.outputs(model, path)
        labels = self.column(path)
        score = {name: [row[1] for row, label in zip(rows, labels) if label == name] for name in head}
        pairs = [(p > n) + (p == n) / 2 for p in score[head[1]] for n in score[head[0]]]
        self.assertAlmostEqual(self.evaluate(model, path)["auc"], sum(pairs) / len(pairs))

    def test_the_table_shows_the_figures(self):
        path = data("moons.csv")
        model = self.fit(path, "2,4,2", "--loss", "mean-squares", "--activation", "tanh,softmax")
        told = self.evaluate(model, path)
        text = self.succeed("eval", "--model", model, "--data", path).stdout
        for words, name in (("accuracy", "accuracy"), ("balanced accuracy", "balanced_accuracy"),
                            ("calibration error", "calibration_error")):
            self.assertRegex(text, rf"\n{words} +{100 * told[name]:.2f} %\n")
        for words, name in (("loss", "loss"), ("AUC", "auc"), ("log loss", "log_loss")):
            self.assertRegex(text, rf"\n{words} +{told[name]:.5f}\n")
        self.assertRegex(text, rf"rows +{told['rows']}\n")
        table, matrix = (part.splitlines() for part in text.split("\n\n")[1:3])
        for i, of in enumerate(told["classes"]):
            shares = [f"{100 * of[name]:.2f}" for name in ("precision", "recall", "f1")]
            self.assertEqual(table[1 + i].replace("%", "").split(), [of["name"], str(of["rows"]), *shares])
            self.assertEqual(matrix[2 + i].split(), [of["name"], *map(str, told["confusion"][i])])

    def test_few_classes_are_shown_as_a_matrix(self):
        text = self.succeed("eval", "--model", self.fit(data("iris.csv"), "4,5,3"), "--data", data("iris.csv")).stdout
        self.assertIn("confusion matrix", text)
        self.assertNotIn("log loss", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_many_classes_are_shown_by_their_most_frequent_errors(self):
        path = self.clusters(14, 700, lambda c: f"a class with a very long name (number {c})" if c else "Größe")
        model = self.fit(path, "2,20,14")
        text = self.succeed("eval", "--model", model, "--data", path).stdout
        self.assertNotIn("confusion matrix", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        listed = [int(line.split()[0]) for line in text.split("most frequent errors\n")[1].splitlines()]
        confusion = self.evaluate(model, path)["confusion"]
        errors = sorted((n for a, row in enumerate(confusion) for b, n in enumerate(row) if a != b and n), reverse=True)
        self.assertEqual(listed, errors[:10])
        self.assertRegex(text, r"top-5 accuracy +\d")
        self.assertRegex(text, r"\nGröße {19}  +50 ")

    def test_a_perfect_model_has_no_list_of_errors(self):
        path = self.write("t.csv", "x,class\n" + "".join(f"{10 * (i % 12)},c{i % 12:02}-with-a-name\n" for i in range(48)))
        model = self.fit(path, "1,64,12", "--epochs", "600", "--schedule", "constant", "--rate", "0.01", "--valid-share", "0")
        text = self.succeed("eval", "--model", model, "--data", path).stdout
        self.assertRegex(text, r"accuracy +100\.00 %")
        self.assertNotIn("most frequent errors", text)


class OfNumbers(EvalTest):
    def test_the_figures_of_a_target(self):
        chance = random.Random(5)
        lines = [f"{x:.3f},{3 * x + 40 + chance.gauss(0, 1):.3f}" for x in (chance.uniform(-2, 2) for _ in range(80))]
        path = self.write("t.csv", "x,y\n" + "\n".join(lines) + "\n")
        model = self.fit(path, "1,4,1", "--regression")
        values = [row[0] for row in self.outputs(model, path)[1]]
        targets = [float(cell) for cell in self.column(path)]
        report = self.evaluate(model, path)
        errors, mean = [v - t for v, t in zip(values, targets)], sum(targets) / 80
        squares, spread = sum(e * e for e in errors), sum((t - mean) ** 2 for t in targets)
        self.assertAlmostEqual(report["mae"], sum(map(abs, errors)) / 80, 4)
        self.assertAlmostEqual(report["rmse"], math.sqrt(squares / 80), 4)
        self.assertAlmostEqual(report["r2"], 1 - squares / spread, 4)
        self.assertAlmostEqual(report["targets"][0]["mean"], mean, 4)
        self.assertAlmostEqual(report["targets"][0]["deviation"], math.sqrt(spread / 80), 4)
        text = self.succeed("eval", "--model", model, "--data", path).stdout
        for word in ("rmse", "MAE", "R^2"):
            self.assertRegex(text, rf"\n{word.replace('^', '.')} +-?\d")

    def test_r2_of_a_constant_target_is_not_defined(self):
        path = self.write("t.csv", "x,y\n" + "".join(f"{i},7\n" for i in range(20)))
        model = self.fit(path, "1,4,1", "--regression")
        self.assertIsNone(self.evaluate(model, path)["r2"])
        self.assertNotIn("R^2", self.succeed("eval", "--model", model, "--data", path).stdout)


class OfAnswers(EvalTest):
    """A target of 0 and 1 with the logistic loss: the output is the answer to a question, yes from 1/2 on."""

    def setUp(self):
        super().setUp()
        chance = random.Random(2)
        rows = [[chance.gauss(0, 1) for _ in range(2)] for _ in range(120)]
        self.answers = [int(x + chance.gauss(0, 1) > 0.5) for x, _ in rows]
        self.data = self.write("t.csv", "x,y,t\n" + "".join(
            f"{x:.3f},{y:.3f},{answer}\n" for (x, y), answer in zip(rows, self.answers)))
        self.model = self.fit(self.data, "2,8,1", "--regression", "--loss", "logistic", "--epochs", "40", "--init",
                              "he-normal")

    def test_the_figures_of_answers(self):
        said = [int(row[0] >= 0.5) for row in self.outputs(self.model, self.data)[1]]
        right = sum(s == a for s, a in zip(said, self.answers)) / 120
        hits = sum(s and a for s, a in zip(said, self.answers))
        f1 = 2 * hits / (sum(said) + sum(self.answers))
        told = self.evaluate(self.model, self.data)
        (figures,) = told["answers"]
        self.assertEqual((figures["rows"], figures["predicted"]), (sum(self.answers), sum(said)))
        for name, expected in (("accuracy", right), ("precision", hits / sum(said)), ("f1", f1),
                               ("recall", hits / sum(self.answers))):
            self.assertAlmostEqual(figures[name], expected, msg=name)
        for name, expected in (("accuracy", right), ("subset_accuracy", right), ("macro_f1", f1), ("micro_f1", f1)):
            self.assertAlmostEqual(told[name], expected, msg=name)

    def test_the_table_shows_them(self):
        told = self.evaluate(self.model, self.data)
        text = self.succeed("eval", "--model", self.model, "--data", self.data).stdout
        for words, name in (("accuracy", "accuracy"), ("subset accuracy", "subset_accuracy"), ("macro F1", "macro_f1"),
                            ("micro F1", "micro_f1")):
            self.assertRegex(text, rf"\n{words} +{100 * told[name]:.2f} %\n")
        (figures,) = told["answers"]
        head, row = text.split("\n\n")[1].splitlines()
        self.assertEqual(head.split(), ["target", "rows", "accuracy", "precision", "recall", "F1"])
        self.assertEqual(row.replace("%", "").split(),
                         ["t", str(figures["rows"]),
                          *(f"{100 * figures[name]:.2f}" for name in ("accuracy", "precision", "recall", "f1"))])
