"""Tests `gradmill convert`: round trips through all formats, against NumPy and scikit-learn where they are installed."""
import itertools
import subprocess
import sys

from common import BAD_DATA, IO, OK, USAGE, CommandTest, data

ENDINGS = ["csv", "npy", "npz", "svm"]
PYTHON = next((python for python in (sys.executable, "/usr/bin/python3") if subprocess.run(
    [python, "-c", "import numpy, sklearn"], capture_output=True, check=False).returncode == 0), None)


class Convert(CommandTest):
    def convert(self, source, out, *arguments):
        return self.succeed("convert", "--data", source, "--out", out, *arguments)

    def labels(self, path):
        """What names the labels of such a file."""
        return ["--labels", path.replace(".npy", "-labels.npy")] if path.endswith(".npy") else []

    def read(self, path, *arguments):
        """The numbers and labels of a file, as one CSV text."""
        self.succeed("convert", "--data", path, *self.labels(path), "--out", "read.csv", *arguments)
        return (self.folder / "read.csv").read_text()

    def test_the_first_command_that_a_user_would_type(self):
        result = self.convert(data("iris.csv"), "iris.npz")
        self.assertEqual(result.stdout, "iris.npz: 150 rows, 4 features, 3 classes\n")
        self.assertRegex(result.stderr, r"note: the classes are numbered, .*: 0 = setosa, 1 = versicolor, 2 = virginica")
        self.succeed("train", "--data", "iris.npz", "--quiet", "--epochs", "2", "--threads", "1")

    def test_all_pairs_of_formats(self):
        rows = "".join(f"{i / 7},{i * 1e-30},{-i},{i % 2}\n" for i in range(40))
        self.write("source.csv", rows)
        expected = self.read("source.csv")
        self.assertEqual([[float(cell) for cell in line.split(",")] for line in expected.splitlines()],
                         [[float(cell) for cell in line.split(",")] for line in rows.splitlines()])
        for first, second in itertools.product(ENDINGS, repeat=2):
            with self.subTest(f"{first} to {second}"):
                self.convert("source.csv", f"one.{first}")
                self.succeed("convert", "--data", f"one.{first}", *self.labels(f"one.{first}"), "--out", f"two.{second}")
                self.assertEqual(self.read(f"two.{second}"), expected)

    def test_what_other_programs_read(self):
        if not PYTHON:
            self.skipTest("NumPy and scikit-learn are not installed")
        self.write("make.py", """
import numpy as np
chance = np.random.default_rng(1)
x = chance.normal(size=(50, 6)) * 10.0 ** chance.integers(-30, 30, size=(50, 6))
x[chance.random((50, 6)) < 0.5] = 0
np.savez("source.npz", X=x, y=chance.normal(size=50))
""")
        self.write("check.py", """
import numpy as np
from sklearn.datasets import load_svmlight_file
source = np.load("source.npz")
def same(x, y):
    assert x.shape == source["X"].shape and np.array_equal(x, source["X"]) and np.array_equal(y, source["y"])
again = np.load("a.npz")
same(again["X"], again["y"])
same(np.load("a.npy"), np.load("a-labels.npy"))
table = np.loadtxt("a.csv", delimiter=",")
same(table[:, :-1], table[:, -1])
x, y = load_svmlight_file("a.svm")
same(x.toarray(), y)
""")
        subprocess.run([PYTHON, "make.py"], cwd=self.folder, check=True)
        for ending in ENDINGS:
            self.convert("source.npz", f"a.{ending}", "--regression")
        checked = subprocess.run([PYTHON, "check.py"], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(checked.returncode, OK, checked.stderr.decode())

    def test_columns_of_a_model(self):
        self.succeed("train", "--data", data("iris.csv"), "--quiet", "--epochs", "2", "--threads", "1", "--save", "m.safetensors")
        with open(data("iris.csv"), encoding="utf-8") as file:
            rows = [line.split(",") for line in file.read().splitlines()]
        turned = "\n".join(",".join([row[3], "note" if i == 0 else "x", row[1], row[0], row[2]]) for i, row in enumerate(rows))
        self.write("turned.csv", turned + "\n")
        self.convert("turned.csv", "a.npz", "--model", "m.safetensors", "--target", "none")
        self.convert(data("iris.csv"), "b.npz", "--target", "none", "--ignore", "species")
        answers = [self.succeed("predict", "--model", "m.safetensors", "--data", name).stdout for name in ("a.npz", "b.npz")]
        self.assertEqual(answers[0], answers[1])
        self.refuse(BAD_DATA, r"the model needs 1 column that is not there", "convert", "--model", "m.safetensors", "--data",
                    self.write("few.csv", "sepal_length,sepal_width,petal_length\n1,2,3\n"), "--target", "none", "--out", "c.npz")

    def test_texts_and_missing_values(self):
        self.write("t.csv", 'age,city,class\n1,"a,b",yes\n,c,no\n3,"x""y",yes\n')
        self.convert("t.csv", "u.csv")
        self.assertEqual((self.folder / "u.csv").read_text(), 'age,city,class\n1,"a,b",yes\n,c,no\n3,"x""y",yes\n')
        self.refuse(BAD_DATA, r"t\.csv: 1 missing value beside columns of texts, which become numbers; say with --missing",
                    "convert", "--data", "t.csv", "--out", "t.npz")
        self.convert("t.csv", "t.npz", "--missing", "mean")
        self.assertEqual(self.read("t.npz"), "1,1,0,0,1\n2,0,1,0,0\n3,0,0,1,1\n")
        self.write("n.csv", "1,,0\n2,3,1\n")
        self.convert("n.csv", "n.svm")
        self.assertEqual((self.folder / "n.svm").read_text(), "0 1:1 2:nan\n1 1:2 2:3\n")

    def test_several_files_and_a_folder(self):
        for i in range(3):
            self.write(f"part-{i}.csv", f"a,b,class\n{i},2,x\n{i},3,y\n")
        self.assertRegex(self.succeed("convert", "--data", "part-0.csv", "part-1.csv", "part-2.csv", "--out", "all.npz").stdout,
                         r"6 rows, 2 features, 2 classes")
        self.refuse(USAGE, r"--out part-1\.csv: the same file as --data part-1\.csv; it was left as it is", "convert", "--data",
                    "part-0.csv", "part-1.csv", "--out", "part-1.csv")

    def test_no_file_of_another_kind_is_replaced(self):
        source = data("iris.csv")
        notes = self.write("notes.csv", "remember the milk\n")
        self.refuse(USAGE, r"notes\.csv: is a text file; only a CSV file or an empty file may be replaced", "convert", "--data",
                    source, "--out", notes)
        self.assertEqual((self.folder / "notes.csv").read_text(), "remember the milk\n")
        self.write("a-labels.npy", "text")
        self.refuse(USAGE, r"a-labels\.npy: is a text file; only an NPY file", "convert", "--data", source, "--out", "a.npy")
        self.assertFalse((self.folder / "a.npy").exists())
        self.convert(source, "b.npz")
        self.convert(source, "b.npz")

    def test_wrong_usage(self):
        source = data("iris.csv")
        self.refuse(USAGE, r"expected --data PATH and --out FILE", "convert", "--data", source)
        self.refuse(USAGE, r"--out a\.txt: expected a name that ends with \.csv, \.npy", "convert", "--data", source, "--out",
                    "a.txt")
        self.refuse(USAGE, r"--out-labels has no effect unless --out is an NPY file", "convert", "--data", source, "--out",
                    "a.npz", "--out-labels", "y.npy")
        self.refuse(USAGE, r"--out-labels y\.npy: the data has no targets", "convert", "--data", source, "--target", "none",
                    "--ignore", "species", "--out", "a.npy", "--out-labels", "y.npy")
        self.refuse(USAGE, r"--out a\.npy: the same file as --out-labels|--out-labels a\.npy: the same file as --out", "convert",
                    "--data", source, "--out", "a.npy", "--out-labels", "a.npy")
        self.refuse(IO, r"nowhere/a\.npz: cannot be written: folder .*nowhere", "convert", "--data", source, "--out",
                    "nowhere/a.npz")
        self.refuse(BAD_DATA, r"--regression", "convert", "--data", self.write("r.csv", "1,0.5\n2,1.5\n"), "--out", "r.npz")
