"""Tests that names in files cannot send commands to a terminal: what is printed for people has no control characters."""
import json

from common import CommandTest

ESCAPE = "\x1b[31m\x9b7m\a"
QUICK = ["--threads", "1", "--epochs", "2"]


class Control(CommandTest):
    def setUp(self):
        super().setUp()
        rows = "".join(f"{i},{i % 3},{'ab'[i % 2]}{ESCAPE if i % 2 else ''}\n" for i in range(40))
        self.write("d.csv", f"one{ESCAPE},two,class{ESCAPE}\n{rows}")

    def told(self, *arguments, codes=(0,)):
        result = self.run_gradmill(*arguments)
        self.assertIn(result.returncode, codes, result.stderr[-300:])
        highest = 127 if "--json" in arguments else 160  # JSON is for programs, and escapes what it must
        for text in (result.stdout, result.stderr):
            self.assertFalse([c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < highest)],
                             f"{arguments}: {text!r}"[:600])
        return result.stdout + result.stderr

    def test_names_of_columns_and_classes(self):
        train = ["train", "--data", "d.csv", "--layers", "2,4,2", *QUICK]
        self.assertIn("b?[31m", self.told(*train, "--class-weight", "balanced", "--save", "m", "--report", "p.html"))
        self.told(*train, "--json")
        self.told("train", "--data", "d.csv", *QUICK, "--group-column", "two")
        self.told(*train, "--target", "clas", codes=(3,))
        self.told(*train, f"--target=x{ESCAPE}", codes=(3,))
        self.told(*train, f"--optimizer=x{ESCAPE}", codes=(2,))
        self.write("one.csv", f"x,y\n1,a{ESCAPE}\n2,a{ESCAPE}\n")
        self.told("train", "--data", "one.csv", *QUICK, codes=(3,))
        self.assertIn("b?[31m", self.told("eval", "--model", "m", "--data", "d.csv"))
        self.told("eval", "--model", "m", "--data", "d.csv", "--json")
        self.write("other.csv", f"one,two,class{ESCAPE}\n1,2,a\n")
        self.told("eval", "--model", "m", "--data", "other.csv", codes=(3,))
        self.write("w.csv", f"a{ESCAPE},1\n")
        self.told(*train, "--class-weight", "w.csv", codes=(3,))
        self.write("w.csv", f"b{ESCAPE},1\nb{ESCAPE},1\n")
        self.told(*train, "--class-weight", "w.csv", codes=(3,))

    def test_a_post_mortem(self):
        self.write("far.csv", f"one{ESCAPE},y\n" + "".join(f"{i * 1e30},{i}\n" for i in range(40)))
        told = self.told("train", "--data", "far.csv", "--regression", "--layers", "1,4,1", "--scaling", "none", *QUICK,
                         codes=(7,))
        self.assertIn("input column 'one?[31m", told)

    def test_an_example(self):
        with open(self.write("x.json", ""), "w", encoding="utf-8") as file:
            json.dump({"title": f"A title{ESCAPE}", "source": f"somewhere{ESCAPE}", "notes": [f"note{ESCAPE}"], "rate": 0.5,
                       "loss": "half-squares", "inputs": 1, "samples": [{"x": [1], "y": [0]}],
                       "layers": [{"activation": "sigmoid", "weights": [[0.5]], "biases": [0.1]}]}, file)
        self.assertIn("A title?[31m", self.told("explain", "x.json"))
        self.told("explain", "x.json", "--json")

    def test_names_of_files(self):
        for name in (f"no{ESCAPE}file", f"{ESCAPE}.csv"):
            for verb, option in (("train", "--data"), ("eval", "--model"), ("predict", "--model"), ("train", "--resume")):
                self.told(verb, option, name, codes=(2, 5))
            self.told("explain", name, codes=(5,))
