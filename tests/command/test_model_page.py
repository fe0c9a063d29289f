"""The report pages of train and eval as files: what is written when, and what is replaced. tests/report looks into them."""
import json
import os
import re

from common import DIVERGED, IO, USAGE, CommandTest, data


class Page(CommandTest):
    def page(self, name="r.html"):
        """What the page shows, as its script gets it."""
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


class Contents(Page):
    def test_a_training(self):
        result = json.loads(self.succeed(*self.train("--json", "--report", "r.html", epochs=4)).stdout)
        page = self.page()
        self.assertEqual(page["options"], result["options"])
        self.assertEqual((page["kept_epoch"], page["ended"], page["valid_rows"]), (result["kept_epoch"], "epochs", 15))
        for shown, told in zip(page["epochs"], result["epochs"]):
            self.assertEqual((shown["batch_loss"], shown["valid"]["loss"]), (told["train_loss"], told["valid_loss"]))
        self.assertEqual(page["evaluation"]["accuracy"], result["epochs"][result["kept_epoch"] - 1]["valid_accuracy"])
        self.assertIn("--layers 4,8,3", page["command"], "as it was typed")

    def test_the_figures_of_the_training_rows_are_those_of_eval(self):
        """Without validation, all rows are for training, and the last weights are saved."""
        self.succeed(*self.train("--valid-share", "0", "--save", "m", "--report", "r.html", epochs=4))
        told = json.loads(self.succeed("eval", "--model", "m", "--data", data("iris.csv"), "--threads", "1", "--json").stdout)
        page = self.page()
        self.assertAlmostEqual(page["epochs"][-1]["train"]["loss"], told["loss"], 6)
        self.assertEqual(page["epochs"][-1]["train"]["accuracy"], told["accuracy"])
        self.assertEqual(page["evaluation"]["confusion"], told["confusion"])

    def test_a_report_changes_no_bit_of_the_model(self):
        rows = "".join(f"{i % 7},{i % 11},{i % 3}\n" for i in range(3000))  # more than are evaluated
        for name, more in (("with", ["--report", "r.html"]), ("without", [])):
            self.succeed("train", "--data", self.write("d.csv", rows), "--layers", "2,8,3", "--threads", "1", "--epochs", "3",
                         "--quiet", "--save", name, *more)
        with open(self.path("with"), "rb") as one, open(self.path("without"), "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_many_epochs_are_thinned_out(self):
        self.succeed(*self.train("--report", "r.html", epochs=4500))
        page = self.page()
        epochs = [epoch["epoch"] for epoch in page["epochs"]]
        self.assertEqual(page["epoch_count"], 4500)
        self.assertTrue(1000 < len(epochs) <= 2002, len(epochs))
        self.assertEqual((epochs[0], epochs[-1]), (1, 4500))
        self.assertIn(page["kept_epoch"], epochs)

    def test_of_a_resumed_run_the_rest_is_shown(self):
        self.succeed(*self.train("--checkpoint", "c", epochs=3))
        self.succeed("train", "--resume", "c", "--epochs", "6", "--report", "r.html")
        page = self.page()
        self.assertEqual([epoch["epoch"] for epoch in page["epochs"]], [4, 5, 6])
        self.assertEqual(page["epoch_count"], 6)

    def test_a_training_that_diverged_has_a_page(self):
        table = self.write("n.csv", "x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
        result = self.run_gradmill("train", "--data", table, "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate",
                                   "0.0032", "--scaling", "none", "--target-scaling", "none", "--schedule", "constant",
                                   "--epochs", "5000", "--batch", "36", "--valid-share", "0", "--quiet", "--report", "r.html")
        self.assertEqual(result.returncode, DIVERGED)
        page = self.page()
        self.assertIn("training diverged", page["fault"])
        self.assertEqual((page["ended"], page["evaluation"]["rows"]), ("diverged", 40))
        self.assertLessEqual(page["kept_epoch"], page["epoch_count"])


class Replacing(Page):
    def test_a_page_is_replaced_and_nothing_else(self):
        self.succeed(*self.train("--report", "r.html"))
        self.succeed(*self.train("--report", "r.html", epochs=2))
        self.assertEqual(self.page()["epoch_count"], 2)
        model = self.trained()
        self.succeed("eval", "--model", model, "--data", data("iris.csv"), "--report", "r.html")
        self.assertEqual(self.page()["verb"], "eval")
        other = self.write("other.html", "<!doctype html>\n<title>mine</title>\n")
        evaluate = ["eval", "--model", model, "--data", data("iris.csv")]
        for arguments in (self.train(), evaluate):
            self.refuse(USAGE, r"only a report page of gradmill train or eval or an empty file may be replaced", *arguments,
                        "--report", other)
        with open(other, encoding="ascii") as file:
            self.assertIn("mine", file.read())

    def test_an_input_is_not_overwritten(self):
        model = self.trained()
        table = self.write("d.csv", open(data("iris.csv"), encoding="ascii").read())
        for pattern, arguments in (
            (r"--report .*d\.csv: the same file as --data", ["train", "--data", table, "--report", table]),
            (r"--report .*: the same file as --save", [*self.train("--save", "x"), "--report", "x"]),
            (r"--report .*: the same file as --model", ["eval", "--model", model, "--data", table, "--report", model]),
            (r"--report .*: the same file as --data", ["eval", "--model", model, "--data", table, "--report", table]),
        ):
            with self.subTest(pattern):
                self.refuse(USAGE, pattern, *arguments)
        self.assert_loads(model)

    def test_a_place_that_cannot_be_written_is_refused_before_work(self):
        for arguments in (self.train(), ["eval", "--model", self.trained(), "--data", data("iris.csv")]):
            self.refuse(IO, r"none/r\.html", *arguments, "--report", "none/r.html")
            self.refuse(USAGE, r"--report: expected a path", *arguments, "--report=")

    def test_nothing_is_left_in_the_folder(self):
        self.succeed(*self.train("--report", "r.html"))
        self.assertEqual(os.listdir(self.folder), ["r.html"])

