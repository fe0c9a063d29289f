"""Reads every --json output with a parser that refuses NaN and Infinity; and tests runs whose numbers are not finite."""
import json
import re

from common import DIVERGED, PLACES, CommandTest, data


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def strict(text):
    return json.loads(text, parse_constant=refuse_constant)


# Rows so far from those of the training that the outputs are beyond the range of f32.
FAR = "sepal_length,sepal_width,petal_length,petal_width,species\n" + "3e38,-3e38,3e38,3e38,setosa\n" * 2

def example(number):
    """One unit without a curve: z = number * number."""
    return json.dumps({
        "rate": 0.5, "loss": "half-squares", "inputs": 1,
        "layers": [{"activation": "identity", "weights": [[number]], "biases": [0]}],
        "samples": [{"x": [number], "y": [1]}],
    })


class NotFinite(CommandTest):
    """All numbers are printed, and null for those that are not finite. Then the run ends with exit code 7."""

    def diverge(self, pattern, *arguments):
        result = self.run_gradmill(*arguments)
        self.assertEqual(result.returncode, DIVERGED, result.stderr[-500:])
        self.assertEqual(len(self.errors(result)), 1, result.stderr)
        self.assertRegex(self.errors(result)[0], pattern)
        self.assertNotRegex(result.stdout, r"\b-?(nan|inf)\b")
        return result.stdout

    def test_eval(self):
        model, far = self.trained(), self.write("far.csv", FAR)
        arguments = ["eval", "--model", model, "--data", far]
        told = strict(self.diverge(r"the outputs of 2 of 2 rows are not", *arguments, "--json"))
        self.assertEqual(told, {"rows": 2, "loss": None, "accuracy": None})
        text = self.diverge(r"is not finite", *arguments)
        self.assertEqual(re.findall(r"(?m)^(\w+) +(.*)$", text),
                         [("rows", "2"), ("loss", "not finite"), ("accuracy", "not finite")])

    def test_eval_of_numbers(self):
        table = self.write("t.csv", "x,y\n" + "".join(f"{i},{i}\n" for i in range(20)))
        model, far = self.path("m.safetensors"), self.write("far.csv", "x,y\n1,1\n3e38,1\n")
        self.succeed("train", "--quiet", "--data", table, "--regression", "--layers", "1,4,1", "--save", model)
        told = strict(self.diverge(r"its loss is beyond the largest number", "eval", "--model", model, "--data", far, "--json"))
        self.assertIsNone(told["loss"])
        self.assertGreater(told["rmse"], 1e30)  # its squares are beyond f32, but not beyond f64

    def test_predict(self):
        model, far = self.trained(), self.write("far.csv", FAR)
        arguments = ["predict", "--model", model, "--data", far, "--target", "species"]
        result = self.run_gradmill(*arguments)
        self.assertEqual((result.returncode, result.stdout), (DIVERGED, 'class\n""\n""\n'))
        self.assertRegex(result.stderr, r"the outputs of 2 of 2 rows are not finite")
        result = self.run_gradmill(*arguments, "--outputs")
        self.assertEqual(result.returncode, DIVERGED)
        self.assertEqual(result.stdout.splitlines()[1:], ["nan,nan,nan"] * 2)

    def test_train(self):
        told = strict(self.diverge(r"training diverged", *self.train("--json", "--rate", "1e30")))
        self.assertEqual((told["epochs"], told["model"]), ([], None))

    def test_train_whose_validation_is_not_finite(self):
        far = self.write("far.csv", FAR)
        told = strict(self.diverge(r"the validation of the last epoch is not finite",
                                   *self.train("--json", "--valid", far, epochs=2)))
        self.assertEqual([(epoch["valid_loss"], epoch["valid_accuracy"]) for epoch in told["epochs"]], [(None, None)] * 2)
        self.assertTrue(all(epoch["train_loss"] > 0 for epoch in told["epochs"]))
        rows = [line for line in self.table(far).splitlines() if line.lstrip().startswith("1 ")]
        self.assertRegex(rows[0], r" not finite +not finite ")

    def table(self, valid):
        arguments = [argument for argument in self.train("--valid", valid) if argument != "--quiet"]
        return self.diverge(r"is not finite", *arguments)

    def test_explain(self):
        big = self.write("big.json", example(1e200))
        told = strict(self.diverge(r"a number of the explanation is not finite", "explain", big, "--json"))
        self.assertIsNone(told["loss"])
        self.assertIsNone(told["layers"][0]["z"][0][0])
        self.assertEqual(told["layers"][0]["weights"], [[1e200]])

    def test_explain_with_a_rate_too_large(self):
        small = self.write("small.json", example(2))
        told = strict(self.diverge(r"not finite", "explain", small, "--rate", "1e300", "--steps", "3", "--json"))
        self.assertIsNotNone(told["loss"])
        self.assertIsNone(told["losses"][-1]["loss"])

    def test_explain_seeds_of_which_none_learned(self):
        told = strict(self.succeed("explain", data("xor.json"), "--seeds", "2", "--steps", "1", "--json").stdout)
        self.assertEqual(told, {"seeds": 2, "converged": 0, "steps": 1, "mean_steps": None})
        text = self.succeed("explain", data("xor.json"), "--seeds", "2", "--steps", "1").stdout
        self.assertEqual(text, "0 of 2 seeds learned all 4 samples within 1 steps\n")

    def test_gradcheck(self):
        big = self.write("big.json", example(1e200))
        told = strict(self.diverge(r"a gradient is not finite", "gradcheck", big, "--json"))
        self.assertFalse(told["passed"])
        self.assertIsNone(told["worst_error"])


class Finite(CommandTest):
    def test_every_verb(self):
        model = self.trained()
        of_data = ["--data", data("iris.csv"), "--json"]
        for arguments in (
            ["train", *of_data, "--epochs", "2"],
            ["eval", *of_data, "--model", model],
            ["explain", data("mazur.json"), "--json"],
            ["gradcheck", data("xor.json"), "--json"],
            ["plan", "--layers", "4,8,3", "--rows", "100", "--json"],
            ["doctor", "--quick", "--json"],
            ["bench", "memory", "--net", "2-3-1", "--optimizer", "sgd", "--time", "10ms", "-o", "json"],
        ):
            with self.subTest(arguments[0]):
                self.assertIsInstance(strict(self.succeed(*arguments).stdout), dict)


class Source(CommandTest):
    def test_one_function_writes_numbers_as_JSON(self):
        """jansson gives NULL for a number that is not finite, which looks like memory that ran out."""
        found = []
        for folder in ("src", "bench"):
            for path in sorted((PLACES.source / folder).rglob("*.c")):
                text = path.read_text(encoding="utf-8")
                formats = re.findall(r'(?:json_pack|answer)\(\s*"([^"]*)"', text)
                if ("json_real(" in text.replace("gm_json_real(", "") or any("f" in f for f in formats)) \
                        and path.name != "json_write.c":
                    found.append(path.name)
        self.assertEqual(found, [])
