"""Tests error messages and exit codes for bad data files, bad models, and paths that cannot be written."""
import gzip
import os
import pathlib
import resource
import struct
import subprocess

from common import BAD_DATA, BAD_MODEL, DIVERGED, IO, PLACES, USAGE, CommandTest, data, environment, patience

TRAIN = ["train", "--quiet", "--epochs", "1", "--threads", "1"]

# Name, content, the line.
BAD_CSV = [
    ("empty", b"", r"bad\.csv.*(no rows|empty)"),
    ("header only", b"a,b\n", r"no rows"),
    ("blank lines", b"\n\n\n", r"no rows|empty"),
    ("UTF-16", b"\xff\xfe1\x00,\x002\x00\n\x00", r"UTF-16"),
    ("a NUL byte", b"1,2\n1,\x00\n", r"bad\.csv:2"),
    ("a row too long", b"1,2,0\n1,2,1,0\n", r"bad\.csv:2.*expected 3.*got 4|bad\.csv:2.*4.*expected 3"),
    ("a row too short", b"1,2,0\n1,1\n", r"bad\.csv:2"),
    ("an open quote", b'1,2,0\n1,"2,1\n', r"bad\.csv:2"),
    ("text after a quote", b'1,2,0\n"1"2,2,1\n', r"bad\.csv:2"),
    ("an empty cell", b"1,2,0\n1,,1\n", r"bad\.csv:2:3: column 2.*--missing"),
    ("NA", b"1,2,0\nNA,2,1\n", r"bad\.csv:2:1.*--missing"),
    ("nan", b"1,2,0\nnan,2,1\n", r"bad\.csv:2:1"),
    ("an infinity", b"1,2,0\n-inf,2,1\n", r"bad\.csv:2:1"),
    ("a number too large", b"1,2,0\n1e400,2,1\n", r"bad\.csv:2:1"),
    ("hexadecimal", b"1,2,0\n0x10,2,1\n", r"bad\.csv:2:1"),
    ("an underscore", b"1,2,0\n1_0,2,1\n", r"bad\.csv:2:1"),
    ("semicolons", b"1;2;0\n1;3;1\n", r"--delim"),
]


class BadData(CommandTest):
    def test_csv(self):
        for name, content, pattern in BAD_CSV:
            with self.subTest(name):
                self.refuse(BAD_DATA, pattern, *TRAIN, "--data", self.write("bad.csv", content))

    def test_csv_that_is_fine(self):
        rows = ["1,2,0", "2,1,1"] * 20
        for name, content in (
            ("a byte order mark", "\ufeff" + "\n".join(rows) + "\n"),
            ("CRLF", "\r\n".join(rows) + "\r\n"),
            ("no final newline", "\n".join(rows)),
            ("spaces", " 1 , 2,0\n" + "\n".join(rows)),
            ("tiny numbers", "1e-400,2,0\n" + "\n".join(rows)),
            ("gzip by content", gzip.compress("\n".join(rows).encode())),
        ):
            with self.subTest(name):
                self.succeed(*TRAIN, "--data", self.write("good.csv", content))

    def test_constant_columns_and_equal_names_are_fine(self):
        path = self.write("good.csv", "a,a,class\n" + "1,7,x\n2,7,y\n" * 20)
        result = self.succeed(*TRAIN, "--data", path)
        self.assertRegex(result.stderr, r"1 of 2 features is constant in the training part, and nothing can be learned from it")

    def test_numbers_as_labels(self):
        """Whole numbers are names of classes, of any size and sign; what looks like a measured value is refused."""
        for label in ("-1", str(2**40)):
            with self.subTest(label):
                self.succeed(*TRAIN, "--data", self.write("good.csv", f"1,2,{label}\n2,1,1\n" * 20))
        self.refuse(BAD_DATA, r"bad\.csv:1:5: column 3; expected a class, got '3\.7'; if .* say --regression", *TRAIN,
                    "--data", self.write("bad.csv", "1,2,3.7\n2,1,1\n" * 20))
        self.refuse(BAD_DATA, r"bad\.csv: only one class; expected at least 2 in column 3, got 'a' in every row", *TRAIN,
                    "--data", self.write("bad.csv", "1,2,a\n2,1,a\n" * 20))

    def test_targets_far_from_zero_are_noted(self):
        rows = "".join(f"{i},{1000000 + i % 5 - 2}\n" for i in range(40))
        result = self.succeed(*TRAIN, "--regression", "--data", self.write("good.csv", "x,y\n" + rows))
        self.assertRegex(result.stderr, r"note: the model does worse than no model: .* has the rmse 1\.\d+ on")

    def test_kaggle_mnist(self):
        """The label comes first, and its name says so; the names of pixels are given in full."""
        rows = ["label," + ",".join(f"pixel{p}" for p in range(784))]
        rows += [f"{r % 10}," + ",".join(str((r * p) % 256) for p in range(784)) for r in range(30)]
        path = self.write("train.csv", "\n".join(rows) + "\n")
        result = self.succeed(*TRAIN, "--data", path, "--layers", "784,4,10")
        self.assertRegex(result.stderr, r"784 features, label column 'label'.*chosen by its name: --target -1 takes")

    def test_any_locale_gives_the_same_model(self):
        path = self.write("points.csv", "".join(f"{r}.25,{r * 7 % 5}.5,{r % 2}\n" for r in range(20)))
        models = []
        for locale in ("C", "de_DE", "de_DE.UTF-8"):
            model = self.path("model-" + locale)
            self.succeed(*TRAIN, "--data", path, "--layers", "2,3,2", "--save", model,
                         env=environment(LC_ALL=locale))
            with open(model, "rb") as file:
                models.append(file.read())
        self.assertEqual(len(set(models)), 1)

    def test_files_that_are_not_there(self):
        self.refuse(IO, r"nowhere\.csv.*No such file", *TRAIN, "--data", self.path("nowhere.csv"))
        os.mkdir(self.path("void"))
        self.refuse(BAD_DATA, r"void", *TRAIN, "--data", self.path("void"))

    def test_a_folder_without_test_images(self):
        model = self.path("digits.safetensors")
        self.succeed("train", "--data", data("digits"), "--epochs", "1", "--threads", "1", "--quiet", "--save", model)
        folder = self.folder / "half"
        folder.mkdir()
        for path in pathlib.Path(data("digits")).glob("train-*"):
            os.symlink(path, folder / path.name)
        self.refuse(BAD_DATA, r"half: no test images; expected t10k-images-idx3-ubyte or test-images-idx3-ubyte",
                    "eval", "--model", model, "--data", folder)

    def test_idx(self):
        images = struct.pack(">IIII", 0x803, 2, 2, 2) + bytes(8)
        labels = struct.pack(">II", 0x801, 2) + bytes([0, 1])
        cases = [
            ("cut short", images[:-1], labels),
            ("one byte too many", images + b"x", labels),
            ("no dimensions", b"\0\0\x08\0", labels),
            ("an unknown type", b"\0\0\x0a\x03" + images[4:], labels),
            ("huge dimensions", b"\0\0\x08\x04" + b"\xff" * 16, labels),
            ("labels in place of images", labels, labels),
            ("other counts", images, struct.pack(">II", 0x801, 3) + bytes(3)),
            ("a gzip file cut short", gzip.compress(images + bytes(9000))[:-9], labels),
        ]
        for name, image_bytes, label_bytes in cases:
            with self.subTest(name):
                self.refuse(BAD_DATA, r"(images|labels)", *TRAIN,
                            "--data", self.write("images", image_bytes), "--labels", self.write("labels", label_bytes))

    def test_idx_whose_head_is_damaged_is_not_taken_for_csv(self):
        """A file of images with a file of labels beside it is certainly IDX. So the error is bad data, not a wrong option."""
        labels = self.write("labels", struct.pack(">II", 0x801, 2) + bytes([0, 1]))
        images = struct.pack(">IIII", 0x803, 2, 2, 2) + bytes(8)
        for name, content, pattern in (
            ("first bytes", b"\1\2" + images[2:], r"images: not an IDX file; expected 00 00"),
            ("little-endian", struct.pack("<IIII", 0x803, 2, 2, 2) + bytes(8), r"images: .*IDX is big-endian"),
            ("gzip without its end", gzip.compress(images)[:-4], r"images: the gzip file is cut short"),
        ):
            with self.subTest(name):
                self.refuse(BAD_DATA, pattern, *TRAIN, "--data", self.write("images", content), "--labels", labels)

    def test_labels_with_a_csv_file_have_no_effect(self):
        model, labels = self.trained(), self.write("labels", struct.pack(">II", 0x801, 2) + bytes([0, 1]))
        self.refuse(USAGE, r"--labels has no effect with a CSV file", "predict", "--model", model,
                    "--data", data("iris.csv"), "--labels", labels)

    def test_files_of_another_kind(self):
        """What cannot be read (yet) is called by its name, wherever it is given."""
        array = b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }"
        entry = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, len(array), len(array), 5, 0) + b"x.npy" + array
        model = self.trained()
        with open(model, "rb") as file:
            weights = file.read()
        for name, content, pattern in (
            ("NPY cut short", array, r"its head declares a text of 118 bytes, more than the file has"),
            ("NPY with a head of 4 GB", b"\x93NUMPY\x02\0\xf0\xff\xff\xff", r"declares a text of 4294967280 bytes, more than"),
            ("NPY in gzip", gzip.compress(array), r"the NPY file ends within its head"),
            ("NPZ cut short", entry, r"the zip archive is damaged or cut short: it has no directory at its end"),
            ("a model", weights, r"a model or another safetensors file; .*a model is given with --model"),
            ("JSON", b'{"rows": [[1, 2]]}', r"a JSON text; expected CSV, LIBSVM, NPY, NPZ or IDX"),
            ("pickle", b"\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94.", r"a Python pickle; .*pickles are never read"),
            ("xz", b"\xfd7zXZ\0" + bytes(60), r"an xz file; expected CSV, LIBSVM, NPY, NPZ or IDX; unpack it first"),
            ("Excel", b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", r"an Excel .*; save it as CSV"),
            ("another program's", bytes([1, 2, 3, 4, 0, 0, 0, 0]) * 20, r"this looks like a binary file, not like CSV"),
        ):
            with self.subTest(name):
                foreign = self.write("foreign", content)
                self.refuse(BAD_DATA, r"foreign(:1:5)?: .*" + pattern, *TRAIN, "--data", foreign)
                self.refuse(BAD_DATA, r"foreign(:1:5)?: .*" + pattern, *TRAIN, "--data", data("iris.csv"), "--valid", foreign)
                self.refuse(BAD_DATA, r"foreign(:1:5)?: .*" + pattern, "predict", "--model", model, "--data", foreign)

    def test_a_class_that_the_model_has_not_seen(self):
        model = self.trained()
        path = self.write("new.csv", "1,2,3,4,rosa\n")
        self.refuse(BAD_DATA, r"new\.csv:1.*rosa", "eval", "--model", model, "--data", path)

    def test_other_numbers_of_features(self):
        model = self.trained()
        path = self.write("wide.csv", "1,2,3,4,5,6\n")
        self.refuse(BAD_DATA, r"wide\.csv:1: 6 columns; expected 4, .*, or 5 with the target", "predict", "--model", model, "--data", path)


class BadModel(CommandTest):
    def refuse_model(self, content, pattern=r"bad\.safetensors"):
        path = self.write("bad.safetensors", content)
        return self.refuse(BAD_MODEL, pattern, "eval", "--model", path, "--data", data("iris.csv"))

    def test_files_of_another_kind(self):
        for name, content, pattern in (
            ("nothing", b"", r"0 bytes|empty|short"),
            ("7 bytes", b"1234567", r"bad\.safetensors"),
            ("gzip", gzip.compress(b"x" * 100), r"gzip"),
            ("zip", b"PK\x03\x04" + bytes(60), r"a zip archive; expected a model .*; perhaps a PyTorch \.pt: save"),
            ("pickle", b"\x80\x04" + bytes(60), r"a Python pickle; expected a model .*pickles are never read"),
            ("NPY", b"\x93NUMPY\x01\0v\0{", r"a NumPy array \(NPY\); expected a model"),
            ("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(60), r"an HDF5 file; expected a model"),
            ("IDX", struct.pack(">II", 0x801, 2) + b"\0\1", r"an IDX file; expected a model"),
            ("HTML", b"<!DOCTYPE html><html></html>", r"web page"),
            ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", r"Git LFS"),
            ("too long a header", struct.pack("<Q", 2**63) + b"{}", r"header"),
            ("no tensors", struct.pack("<Q", 2) + b"{}", r"bad\.safetensors"),
        ):
            with self.subTest(name):
                self.refuse_model(content, pattern)

    def test_prefixes(self):
        with open(self.trained(), "rb") as file:
            whole = file.read()
        for length in [*range(1, len(whole), len(whole) // 40), len(whole) - 1]:
            self.refuse_model(whole[:length])

    def test_bit_flips(self):
        with open(self.trained(), "rb") as file:
            whole = file.read()
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            broken = bytearray(whole)
            broken[place] ^= 1 << place % 8
            self.refuse_model(bytes(broken))

    def test_bytes_behind_the_last_tensor(self):
        with open(self.trained(), "rb") as file:
            self.refuse_model(file.read() + b"PK\x03\x04")

    def test_no_file_and_a_folder(self):
        of_data = ["--data", data("iris.csv")]
        self.refuse(IO, r"No such file", "eval", "--model", self.path("none"), *of_data)
        self.refuse(IO, r"is a directory", "eval", "--model", str(self.folder), *of_data)


class BadPlaces(CommandTest):
    """If the model cannot be written, the run ends before it reads the data."""

    def refuse_place(self, place, pattern, **options):
        self.refuse(IO, pattern, *TRAIN, "--data", "not there either", "--save", place, **options)

    def test_places(self):
        os.mkfifo(self.path("pipe"))
        os.symlink(self.path("nowhere"), self.path("link"))
        for name, place, pattern in (
            ("no folder", self.path("none/model"), r"none/model.*No such file or directory"),
            ("a folder", str(self.folder), r"is a directory"),
            ("a long name", self.path("n" * 256), r"too long"),
            ("a device", "/dev/full", r"not a regular file"),
            ("a pipe", self.path("pipe"), r"not a regular file"),
            ("a dangling link", self.path("link"), r"leads nowhere"),
            ("a file as a folder", data("iris.csv") + "/model", r"Not a directory"),
        ):
            with self.subTest(name):
                self.refuse_place(place, pattern)

    def test_folder_without_write_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        os.mkdir(self.path("closed"), 0o555)
        self.refuse_place(self.path("closed/model"), r"Permission denied")

    def test_longest_name_is_fine(self):
        self.trained(name="n" * 255)

    def check_kept(self, model, result):
        with open(model, "rb") as file:
            self.assertEqual(file.read(), self.old)
        self.assertEqual(result.returncode, IO, result.stderr)
        self.assertRegex(self.errors(result)[0], r"cannot write: .*; the former file is untouched")
        self.assertNotIn("saved", result.stdout)

    def test_file_size_limit(self):
        model = self.trained()
        with open(model, "rb") as file:
            self.old = file.read()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

        # If SIGXFSZ is ignored, the write fails instead of killing the process.
        shell = 'trap "" XFSZ; exec "$0" "$@"'
        arguments = [PLACES.gradmill, *self.train("--seed", "9", "--save", model)]
        result = subprocess.run(["sh", "-c", shell, *arguments], preexec_fn=limit, env=environment(),
                                capture_output=True, text=True, timeout=patience(60))
        self.check_kept(model, result)
        self.assertEqual(os.listdir(self.folder), ["model.safetensors"])

    def test_full_file_system(self):
        disk = self.path("disk")
        os.mkdir(disk)
        if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], capture_output=True
        ).returncode:
            self.skipTest("cannot mount a small tmpfs")
        try:
            model = self.trained(name="disk/model")
            with open(model, "rb") as file:
                self.old = file.read()
            with open(disk + "/ballast", "wb", buffering=0) as file:
                try:
                    file.write(bytes(16 << 10))
                except OSError:
                    pass
            self.check_kept(model, self.run_gradmill(*self.train("--seed", "9", "--save", model)))
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_divergence_keeps_the_model_of_an_earlier_run(self):
        model = self.trained()
        with open(model, "rb") as file:
            old = file.read()
        self.refuse(DIVERGED, r"diverged", *self.train("--rate", "1e30", "--save", model))
        with open(model, "rb") as file:
            self.assertEqual(file.read(), old)
