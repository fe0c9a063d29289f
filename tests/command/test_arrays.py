"""Tests arrays of NumPy (NPY, NPZ) as data of the command. The files are written byte by byte: no NumPy is needed."""
import gzip
import io
import struct
import zipfile

from common import BAD_DATA, USAGE, CommandTest, data

TRAIN = ["train", "--quiet", "--epochs", "3", "--threads", "1", "--layers", "4,8,3"]


def array(kind, shape, content):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + content


def archive(method=zipfile.ZIP_STORED, **members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as result:
        for name, content in members.items():
            result.writestr(name + ".npy", content)
    return file.getvalue()


class Arrays(CommandTest):
    def setUp(self):
        super().setUp()
        with open(data("iris.csv"), encoding="utf-8") as file:
            lines = [line.split(",") for line in file.read().split()]
        rows = [[float(cell) for cell in line[:4]] for line in lines if line[0][0].isdigit()]
        names = [line[4] for line in lines if line[0][0].isdigit()]
        numbers = [sorted(set(names)).index(name) for name in names]
        flat = [cell for row in rows for cell in row]
        self.x = array("<f4", "(150, 4)", struct.pack("<600f", *flat))
        self.y = array("<i8", "(150,)", struct.pack("<150q", *numbers))
        self.table = array("<f8", "(150, 5)", struct.pack("<750d", *(c for r, n in zip(rows, numbers) for c in [*r, n])))
        self.csv = "".join(",".join(map(str, [*row, n])) + "\n" for row, n in zip(rows, numbers))

    def figures(self, *arguments):
        return self.succeed("eval", "--threads", "1", "--model", "m.safetensors", *arguments).stdout

    def test_features_with_labels_beside_them(self):
        """The model is the same byte for byte as one that was trained on the same numbers in CSV."""
        self.write("x.npy", self.x)
        self.write("y.npy", self.y)
        self.write("iris.csv", self.csv)
        self.succeed(*TRAIN, "--data", "x.npy", "--labels", "y.npy", "--save", "m.safetensors")
        expected = self.figures("--data", "iris.csv")
        self.assertEqual(self.figures("--data", "x.npy", "--labels", "y.npy"), expected)
        self.assertEqual(self.figures("--data", self.write("t.npy", self.table)), expected)
        self.assertEqual(self.figures("--data", self.write("a.npz", archive(X=self.x, y=self.y))), expected)
        packed = archive(zipfile.ZIP_DEFLATED, x_train=self.x[:-16], x_test=self.x, y_test=self.y)
        self.assertEqual(self.figures("--data", self.write("b.npz", packed)), expected)
        answers = self.succeed("predict", "--model", "m.safetensors", "--data", "x.npy").stdout
        self.assertEqual(answers, self.succeed("predict", "--model", "m.safetensors", "--data", "a.npz").stdout)
        self.assertEqual(len(answers.splitlines()), 151)

    def test_training_from_each_form_gives_the_same_weights(self):
        self.write("x.npy", self.x)
        self.write("y.npy", self.y)
        forms = [["x.npy", "--labels", "y.npy"], [self.write("t.npy", self.table), "--target", "-1"],
                 [self.write("a.npz", archive(X=self.x, y=self.y))],
                 [self.write("n.npz", archive(emb=self.x, cls=self.y)), "--x-member", "emb", "--y-member", "cls"]]
        answers = set()
        for form in forms:
            self.succeed(*TRAIN, "--data", *form, "--save", "m.safetensors")
            answers.add(self.figures("--data", "a.npz" if (self.folder / "a.npz").exists() else "x.npy", *(
                [] if (self.folder / "a.npz").exists() else ["--labels", "y.npy"])))
        self.assertEqual(len(answers), 1, answers)

    def test_a_pipe_and_gzip(self):
        self.write("y.npy", self.y)
        self.write("x.npy", self.x)
        self.succeed(*TRAIN, "--data", "x.npy", "--labels", "y.npy", "--save", "m.safetensors")
        expected = self.figures("--data", "x.npy", "--labels", "y.npy")
        for name, content, more in (("x.npy", self.x, ["--labels", "y.npy"]), ("a.npz", archive(X=self.x, y=self.y), [])):
            self.assertEqual(self.figures("--data", self.write(name + ".gz", gzip.compress(content)), *more), expected)
            with self.start("eval", "--threads", "1", "--model", "m.safetensors", "--data", "-", *more, stdin=-1) as process:
                out, err = process.communicate(content, 60)
            self.assertEqual(out.decode(), expected, err)

    def test_what_is_missing_is_told(self):
        self.write("x.npy", self.x)
        self.write("y.npy", self.y)
        self.refuse(BAD_DATA, r"x\.npy: no labels to learn from; give them with --labels, or the number of their column with "
                    r"--target", *TRAIN, "--data", "x.npy")
        self.refuse(BAD_DATA, r"a\.npz: no labels to learn from; name their array with --y-member, or", *TRAIN, "--data",
                    self.write("a.npz", archive(X=self.x, labels=self.y)))
        self.refuse(BAD_DATA, r"b\.npz: no array is named X, x, .*; it has: emb, cls; say which one with --x-member", *TRAIN,
                    "--data", self.write("b.npz", archive(emb=self.x, cls=self.y)))

    def test_options_without_effect(self):
        self.write("x.npy", self.x)
        self.write("y.npy", self.y)
        pair = ["--data", "x.npy", "--labels", "y.npy"]
        self.refuse(USAGE, r"--delim has no effect with an NPY file; it is for CSV", *TRAIN, *pair, "--delim", ";")
        self.refuse(USAGE, r"--x-member has no effect with an NPY file; it is for NPZ", *TRAIN, *pair, "--x-member", "X")
        self.refuse(USAGE, r"--target has no effect beside --labels", *TRAIN, *pair, "--target", "2")
        self.refuse(USAGE, r"a\.npz: a file of labels has no effect with an NPZ file", *TRAIN, "--data",
                    self.write("a.npz", archive(X=self.x, y=self.y)), "--labels", "y.npy")

    def test_several_targets(self):
        both = array("<f4", "(150, 2)", struct.pack("<300f", *range(300)))
        self.write("a.npz", archive(X=self.x, y=both))
        self.succeed("train", "--quiet", "--epochs", "2", "--threads", "1", "--data", "a.npz", "--regression", "--save",
                     "m.safetensors")
        answers = self.succeed("predict", "--model", "m.safetensors", "--data", "a.npz").stdout.splitlines()
        self.assertEqual((answers[0], len(answers)), ("y1,y2", 151))

    def test_a_run_is_resumed_with_arrays(self):
        self.write("a.npz", archive(emb=self.x, cls=self.y))
        self.succeed(*TRAIN, "--data", "a.npz", "--x-member", "emb", "--y-member", "cls", "--save", "m.safetensors",
                     "--checkpoint", "c")
        self.succeed("train", "--resume", "c", "--epochs", "4", "--quiet")


class Libsvm(CommandTest):
    def test_trained_judged_and_used(self):
        rows = "".join(f"{'+1' if i % 3 else '-1'} 1:{i % 3} 4:{i % 7}\n" for i in range(60))
        self.write("train.svm", "# made by hand\n" + rows)
        self.succeed("train", "--data", "train.svm", "--quiet", "--epochs", "3", "--threads", "1", "--save", "m.safetensors")
        self.succeed("eval", "--model", "m.safetensors", "--data", "train.svm")
        answers = self.succeed("predict", "--model", "m.safetensors", "--data", self.write("few.svm", "0 1:2\n")).stdout
        self.assertRegex(answers, r"^class\n[+-]1\n$")
        self.refuse(USAGE, r"--target has no effect with a LIBSVM file; it is for CSV, NPY, NPZ and SQLite", "train", "--data",
                    "train.svm", "--target", "1")
        self.refuse(BAD_DATA, r"wide\.svm:1: index 5; expected at most 4, because the model has 4 features", "eval", "--model",
                    "m.safetensors", "--data", self.write("wide.svm", "+1 5:2\n"))
        self.refuse(USAGE, r"--index-base 2: expected 0 or 1", "train", "--data", "train.svm", "--index-base", "2")
