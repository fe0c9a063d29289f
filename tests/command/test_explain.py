"""Compares explain with the digits of the published worked examples, recomputed in double precision."""
import json

from common import CHECK, CommandTest, data

HIDDEN = {
    "z": [[0.3775, 0.39249999999999996]],
    "a": [[0.5932699921071872, 0.596884378259767]],
    "delta": [[0.00877135468948693, 0.009954254705217196]],
    "weight_gradient": [[0.0004385677344743465, 0.000877135468948693], [0.0004977127352608599, 0.0009954254705217198]],
    "new_weights": [[0.1497807161327628, 0.19956143226552567], [0.24975114363236958, 0.29950228726473915]],
    "new_biases": [0.35, 0.35],
}
OUTPUT = {
    "z": [[1.10590596705977, 1.2249214040964653]],
    "a": [[0.7513650695523157, 0.7729284653214625]],
    "delta": [[0.13849856162855695, -0.038098236516556236]],
    "delta_times_weights": [[0.03635030639314466, 0.0413703226487447]],
    "weight_gradient": [[0.08216704056423077, 0.08266762784753325], [-0.02260254047747507, -0.022740242215978222]],
    "new_weights": [[0.35891647971788465, 0.4086661860762334], [0.5113012702387375, 0.5613701211079891]],
    "new_biases": [0.60, 0.60],
}
# Frozen or trained biases: the loss after 1 step, after 9,999 and 10,000, and the outputs then.
LONG = {
    "yes": (0.29102777369359933, 3.510854812251261e-05, 3.510187782978859e-05, [0.01591362044355068, 0.9840642735146238]),
    "no": (0.28047144679143016, 2.4483375576262603e-06, 2.4475622359322466e-06,
           [0.011587527390870083, 0.9884589350256716]),
}


class Explain(CommandTest):
    def explain(self, name, *arguments):
        return json.loads(self.succeed("explain", data(name), "--json", *arguments).stdout)

    def assert_near(self, found, expected, delta=1e-14):
        if isinstance(expected, list):
            self.assertEqual(len(found), len(expected))
            for a, b in zip(found, expected):
                self.assert_near(a, b, delta)
        else:
            self.assertAlmostEqual(found, expected, delta=delta)

    def test_every_number_of_the_sigmoid_network(self):
        told = self.explain("mazur.json")
        for layer, expected in zip(told["layers"], (HIDDEN, OUTPUT), strict=True):
            for name, values in expected.items():
                with self.subTest(f"{layer['inputs']}-{layer['outputs']} {name} {values[0]}"):
                    self.assert_near(layer[name], values)
        self.assert_near(told["loss"], 0.2983711087600027)
        self.assert_near(told["loss_after_step"], LONG["yes"][0])

    def test_ten_thousand_steps(self):
        for freeze, (first, before_last, last, outputs) in LONG.items():
            with self.subTest(f"frozen biases: {freeze}"):
                told = self.explain("mazur.json", "--steps", "10000", f"--freeze-bias={freeze}")
                curve = {point["step"]: point["loss"] for point in told["losses"]}
                self.assert_near(curve[1], first)
                self.assert_near(curve[9999], before_last, delta=1e-9 * before_last)
                self.assert_near(curve[10000], last, delta=1e-9 * last)
                self.assert_near(told["outputs"], [outputs], delta=1e-12)

    def test_text_shows_the_same_digits(self):
        text = self.succeed("explain", data("mazur.json"), "--steps", "10000").stdout
        for digits in ("0.3775", "1.10590596705977", "0.29102777369359933", "3.510187782978859e-05", "0.9840642735146238"):
            self.assertIn(digits, text)
        for word in ("BP1", "BP2", "BP3", "BP4", "cblas_dg"):
            self.assertIn(word, text)

    def test_xor_by_hand(self):
        told = self.explain("xor-identity.json")
        hidden, output = told["layers"]
        self.assertEqual(hidden["a"], [[1, 1, 1]])
        self.assertEqual(output["a"], [[4]])
        self.assertEqual(output["delta"], [[4]])
        self.assertEqual(hidden["delta"], [[4, 4, 4]])
        self.assert_near(output["new_weights"], [[0.6, 0.6, 0.6]])
        self.assert_near(output["new_biases"], [0.6])
        self.assert_near(hidden["new_biases"], [0.6, 0.6, 0.6])
        self.assertEqual(hidden["new_weights"], [[1, 1], [1, 1], [1, 1]])
        self.assertRegex(self.succeed("explain", data("xor-identity.json")).stdout, r"cannot learn XOR")

    def test_share_of_seeds(self):
        told = self.explain("xor.json", "--seeds", "10", "--steps", "5000")
        self.assertEqual(told["seeds"], 10)
        self.assertGreater(told["converged"], 5)
        # Fifty steps are not enough for every seed; and if more seeds are tried, at least as many succeed.
        self.assertEqual(self.explain("xor.json", "--seeds", "5", "--steps", "50")["converged"], 0)

    def test_rate_of_the_line_wins(self):
        self.assertEqual(self.explain("mazur.json", "--rate", "0.25")["rate"], 0.25)
        told = self.explain("mazur.json", "--rate", "0")
        self.assertEqual(told["layers"][0]["new_weights"], told["layers"][0]["weights"])

    def test_examples_that_are_wrong(self):
        with open(data("mazur.json"), encoding="utf-8") as file:
            good = json.load(file)
        for name, content in (
            ("no JSON", "{"),
            ("an unknown key", json.dumps(good | {"speed": 1})),
            ("a weight too few", json.dumps(good).replace("[0.15, 0.2]", "[0.15]")),
            ("a text for a number", json.dumps(good).replace("0.15", '"0.15"')),
            ("no layers", json.dumps(good | {"layers": []})),
            ("nothing", ""),
        ):
            with self.subTest(name):
                path = self.write("bad.json", content)
                result = self.run_gradmill("explain", path)
                self.assertIn(result.returncode, (3, 4))
                self.assertRegex(result.stderr, r"^gradmill: \S*bad\.json")
        self.refuse(3, r"model\.safetensors: not JSON but a model or another safetensors file$", "explain", self.trained())


class Gradcheck(CommandTest):
    def test_examples_and_networks_pass(self):
        for arguments in (
            [data("mazur.json")],
            [data("xor.json")],
            [data("xor-identity.json")],
            ["--layers", "3,5,4", "--activation", "tanh"],
            ["--layers", "3,5,4", "--activation", "gelu", "--loss", "mean-squares", "--backend", "naive"],
            ["--layers", "3,5,4", "--activation", "sigmoid", "--loss", "logistic", "--threads", "2"],
        ):
            with self.subTest(" ".join(arguments)[-60:]):
                self.assertRegex(self.succeed("gradcheck", *arguments).stdout, r"^PASS: \d+ parameters")

    def test_the_text_names_the_same_parameter_as_the_json(self):
        kinds = set()
        for seed in range(1, 7):
            arguments = ["gradcheck", "--layers", "2,2,1", "--seed", str(seed)]
            told = json.loads(self.succeed(*arguments, "--json").stdout)
            kinds.add(told["worst_kind"])
            place = f"b[{told['worst_row']}]" if told["worst_kind"] == "bias" else f"W[{told['worst_row']}, {told['worst_col']}]"
            self.assertIn(f"worst: layer {told['worst_layer']}, {place}: ", self.succeed(*arguments).stdout)
        self.assertEqual(kinds, {"weight", "bias"})

    def test_an_impossible_tolerance_fails(self):
        result = self.run_gradmill("gradcheck", data("mazur.json"), "--tolerance", "1e-300")
        self.assertEqual(result.returncode, CHECK)
        self.assertRegex(result.stdout, r"^FAIL")
        self.assertRegex(result.stderr, r"^gradmill: .*differ$")


class Heads(CommandTest):
    def test_title_and_source_are_those_of_the_example(self):
        with open(data("mazur.json"), encoding="utf-8") as file:
            example = json.load(file)
        for left_out in ((), ("title",), ("source",), ("title", "source")):
            with self.subTest(str(left_out)):
                kept = {key: value for key, value in example.items() if key not in left_out}
                head = self.succeed("explain", self.write("e.json", json.dumps(kept))).stdout.split("network:")[0]
                lines = [kept.get("title"), f"source: {kept['source']}" if "source" in kept else None]
                self.assertEqual(head, "".join(f"{line}\n" for line in lines if line))
