"""Tests that a model stores what its use needs: names of columns, the means for missing values, and the target."""
import itertools
import json
import random
import struct

from common import BAD_DATA, BAD_MODEL, PLACES, USAGE, CommandTest, data

NAMES = ["a", "b", "c"]


def metadata(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length))["__metadata__"]


class ColumnsTest(CommandTest):
    def table(self, names, rows):
        """A CSV text from dictionaries."""
        return "\n".join([",".join(names)] + [",".join(str(row[name]) for name in names) for row in rows]) + "\n"

    def rows(self, count=60):
        chance = random.Random(7)
        rows = []
        for _ in range(count):
            row = {"a": round(chance.uniform(-1, 1), 3), "b": round(chance.gauss(100, 6), 2),
                   "c": round(chance.uniform(0, 0.01), 5)}
            row["t"] = round(2 * row["a"] + (row["b"] - 100) / 5, 4)
            row["class"] = "high" if row["t"] > 0 else "low"
            rows.append(row)
        return rows

    def fit(self, text, *arguments, name="m.safetensors", kind="--regression", layers="3,8,1", epochs=3):
        model = self.path(name)
        kind = [kind] if kind else []
        result = self.succeed("train", "--data", self.write("train.csv", text), *kind, "--layers", layers, "--epochs",
                              epochs, "--threads", "1", "--quiet", "--save", model, *arguments)
        return model, result

    def regression(self, *arguments, **options):
        return self.fit(self.table(NAMES + ["t"], self.rows()), *arguments, **options)[0]

    def predict(self, model, text, *arguments):
        return self.succeed("predict", "--model", model, "--data", self.write("new.csv", text), *arguments)

    def evaluate(self, model, text, *arguments):
        return self.succeed("eval", "--json", "--model", model, "--data", self.write("new.csv", text), *arguments)


class ByName(ColumnsTest):
    def test_any_order_and_more_columns_give_the_same_bytes(self):
        model, rows = self.regression(), self.rows()
        expected = self.predict(model, self.table(NAMES, rows)).stdout
        judged = self.evaluate(model, self.table(NAMES + ["t"], rows)).stdout
        self.assertEqual(len(set(expected.splitlines())), 61)
        others = [{**row, "note": f"text {i}", "id": i, "": "?"} for i, row in enumerate(rows)]
        for order in itertools.permutations(NAMES):
            for names in (list(order), [*order, "t"], ["t", *order], ["id", order[0], "note", *order[1:], ""]):
                self.assertEqual(self.predict(model, self.table(names, others)).stdout, expected, names)
            for names in (["t", *order], ["id", *order, "", "t", "note"]):
                self.assertEqual(self.evaluate(model, self.table(names, others)).stdout, judged, names)

    def test_what_is_not_needed_is_not_looked_at(self):
        rows = self.rows()
        model, _ = self.fit(self.table(NAMES + ["class"], rows), kind=None, layers="3,8,2")
        expected = self.predict(model, self.table(NAMES, rows)).stdout
        odd = [{**row, "class": word, "junk": word} for row, word in zip(rows, itertools.cycle(["?", "new", "", "1e999"]))]
        self.assertEqual(self.predict(model, self.table(["junk", "class"] + NAMES, odd)).stdout, expected)
        twice = self.table(["junk", "junk"] + NAMES, odd)
        self.assertEqual(self.predict(model, twice).stdout, expected)
        result = self.predict(model, self.table(NAMES + ["class"], odd), "--target", "class")
        self.assertEqual(result.stdout, expected)
        self.assertRegex(result.stderr, "naming the target has no effect")
        self.refuse(BAD_DATA, r"new\.csv:2:.*'class'.*got '\?'", "eval", "--model", model, "--data",
                    self.write("new.csv", self.table(NAMES + ["class"], odd)))

    def test_what_is_missing_is_named_all_at_once(self):
        model, rows = self.regression(), self.rows()
        renamed = [{"A1": 0, "sepal": 0, **row} for row in rows]
        path = self.write("new.csv", self.table(["A1", "sepal", "c"], renamed))
        self.refuse(BAD_DATA, r"new\.csv:1: .* 2 columns that are not there: 'a'.*, 'b'$", "predict", "--model", model,
                    "--data", path)
        self.refuse(BAD_DATA, r"3 columns that are not there: 'a'.*'b'.*'t'$", "eval", "--model", model, "--data", path)
        near = self.fit(self.table(["width", "length", "t"], [{"width": i, "length": -i, "t": 2 * i} for i in range(20)]),
                        layers="2,1", name="near")[0]
        path = self.write("new.csv", "widht,Length\n1,2\n")
        self.refuse(BAD_DATA, r"'width' \(did you mean 'widht'\?\), 'length' \(did you mean 'Length'\?\)$", "predict",
                    "--model", near, "--data", path)
        many = [f"column{i}" for i in range(30)]
        wide = self.fit(self.table(many + ["t"], [{**{n: i * k for k, n in enumerate(many)}, "t": i} for i in range(20)]),
                        layers="30,1", name="wide")[0]
        self.refuse(BAD_DATA, r"needs 30 columns .*'column5' and 24 more$", "predict", "--model", wide, "--data",
                    self.write("new.csv", "x,y\n1,2\n"))

    def test_a_needed_name_that_occurs_twice(self):
        model = self.regression()
        path = self.write("new.csv", "a,b,c,a\n1,2,3,4\n")
        self.refuse(BAD_DATA, r"new\.csv:1: 2 columns are named 'a'", "predict", "--model", model, "--data", path)

    def test_names_that_mean_something_elsewhere(self):
        """A column that is called none, NA or 3 is found by its name."""
        rows = [{"none": i, "3": i * i, "NA": 1 - i, "t": i, "-1": 7 * i} for i in range(30)]
        for target in ("none", "3", "-1", "t"):
            with self.subTest(target):
                names = [name for name in ("none", "3", "NA", "t", "-1") if name != target]
                model, result = self.fit(self.table(["none", "3", "NA", "t", "-1"], rows), "--target", target,
                                         "--header", "yes", layers="4,1", name=target)
                self.assertEqual(json.loads(metadata(model)["gradmill.targets"]), [target])
                self.assertEqual(json.loads(metadata(model)["gradmill.columns"]), names)
                full = self.predict(model, self.table(["none", "3", "NA", "t", "-1"], rows)).stdout
                self.assertEqual(self.predict(model, self.table(names[::-1], rows)).stdout, full)

    def test_names_of_numbers_alone(self):
        rows = [{"1": i, "2": i * i, "3": 2 * i} for i in range(30)]
        model, _ = self.fit(self.table(["1", "2", "3"], rows), "--header", "yes", layers="2,1")
        full = self.predict(model, self.table(["1", "2"], rows)).stdout
        self.assertEqual(len(full.splitlines()), 31)
        self.assertEqual(self.predict(model, self.table(["2", "3", "1"], rows)).stdout, full)

    def test_names_in_any_script(self):
        rows = [{"größe, \"x\"": i, "数": -i, "t": i} for i in range(30)]
        text = '"größe, ""x""",数,t\n' + "".join(f"{i},{-i},{i}\n" for i in range(30))
        model, _ = self.fit(text, layers="2,1")
        self.assertEqual(json.loads(metadata(model)["gradmill.columns"]), list(rows[0])[:2])
        self.predict(model, '数,"größe, ""x"""\n1,2\n')
        for what, latin in (("name", b"\xe9t\xe9,t\n1,2\n2,3\n"), ("class", b"a,t\n1,x\n2,\xe9t\xe9\n")):
            path = self.write("latin1.csv", latin)
            self.refuse(BAD_DATA, rf"latin1\.csv:[13]:\d: .*{what}.*UTF-8", "train", "--data", path, "--layers", "1,2",
                        "--epochs", "100000000")

    def test_equal_names_in_training(self):
        text = "a,a,t\n" + "".join(f"{i},{-i},{i}\n" for i in range(30))
        model, result = self.fit(text, layers="2,1")
        self.assertRegex(result.stderr, "note: column 2 has the name of another column, 'a'.*by position")
        self.assertNotIn("gradmill.columns", metadata(model))
        self.assertRegex(self.predict(model, "a,a\n1,2\n").stderr, "by position, because the model knows no names")


class Target(ColumnsTest):
    def test_it_is_remembered(self):
        rows = self.rows()
        for names in itertools.permutations(["a", "b", "t"]):
            text = self.table(names, rows)
            model, _ = self.fit(text, "--target", "t", "--rate", "0.1", layers="2,1", epochs=200)
            for other in (["a", "b", "t"], ["t", "b", "a"], ["c", "b", "t", "a"], ["b", "t", "a", "c"]):
                self.assertLess(json.loads(self.evaluate(model, self.table(other, rows)).stdout)["rmse"], 0.5, other)

    def test_another_one_is_told(self):
        model, rows = self.regression(), self.rows()
        other = [{**row, "u": row["t"] + 1} for row in rows]
        plain = self.evaluate(model, self.table(NAMES + ["t", "u"], other)).stdout
        result = self.evaluate(model, self.table(NAMES + ["t", "u"], other), "--target", "u")
        self.assertRegex(result.stderr, "note: the target is 'u'; the model was trained on 't'")
        self.assertNotEqual(result.stdout, plain)
        same = self.evaluate(model, self.table(NAMES + ["t", "u"], other), "--target", "t")
        self.assertEqual(same.stdout, plain)
        self.assertNotIn("trained on", same.stderr)
        path = self.write("new.csv", self.table(NAMES + ["t"], rows))
        for target, pattern in (("a", "'a' is a feature of the model"), ("none", "no target among them"),
                                ("T1", "no target column 'T1'")):
            self.refuse(BAD_DATA, pattern, "eval", "--model", model, "--data", path, "--target", target)

    def test_a_file_without_a_header(self):
        rows = self.rows()
        bare = lambda names: self.table(names, rows).split("\n", 1)[1]
        model, _ = self.fit(self.table(["a", "t", "b", "c"], rows), "--target", "t")
        expected = self.predict(model, self.table(NAMES, rows)).stdout
        for names in (NAMES, ["a", "t", "b", "c"]):
            result = self.predict(model, bare(names))
            self.assertEqual(result.stdout, expected)
            self.assertRegex(result.stderr, "by position, because the file has no header")
        self.assertRegex(result.stderr, "column 2 is taken for the target and left out")
        self.assertEqual(self.evaluate(model, bare(["a", "t", "b", "c"])).stdout,
                         self.evaluate(model, self.table(["t", "c", "b", "a"], rows)).stdout)
        self.assertEqual(self.predict(model, bare(["t", *NAMES]), "--target", "1").stdout, expected)
        for names in (["a"], ["a", "b"], ["a", "b", "c", "t", "t"]):
            path = self.write("new.csv", bare(names))
            for verb in ("predict", "eval"):
                self.refuse(BAD_DATA, rf"new\.csv.*: {len(names)} columns; expected 3, .* or 4 with the target", verb,
                            "--model", model, "--data", path)
        self.refuse(BAD_DATA, r"new\.csv: 3 columns and no target among them; expected 3 features and the target 't'",
                    "eval", "--model", model, "--data", self.write("new.csv", bare(NAMES)))

    def test_labels_of_text_in_the_first_row_are_no_header(self):
        rows = self.rows()
        model, _ = self.fit(self.table(NAMES + ["class"], rows), kind=None, layers="3,8,2")
        bare = self.table(NAMES + ["class"], rows).split("\n", 1)[1]
        self.assertEqual(json.loads(self.evaluate(model, bare).stdout)["rows"], 60)
        self.assertEqual(len(self.predict(model, bare).stdout.splitlines()), 61)
        first = bare.split("\n", 1)[0] + "\n"
        self.assertEqual(len(self.predict(model, first).stdout.splitlines()), 2)


class Validation(ColumnsTest):
    def test_it_is_matched_by_name(self):
        rows = self.rows()
        text = self.table(NAMES + ["t"], rows)
        model = self.path("m")
        losses = []
        for names in (NAMES + ["t"], ["t", "c", "id", "b", "a"]):
            valid = self.write("valid.csv", self.table(names, [{**row, "id": "x"} for row in rows]))
            result = self.succeed("train", "--data", self.write("d.csv", text), "--regression", "--layers", "3,4,1",
                                  "--epochs", "2", "--json", "--valid", valid)
            losses.append(json.loads(result.stdout)["epochs"][-1]["valid_loss"])
        self.assertEqual(losses[0], losses[1])

    def test_what_does_not_fit_is_refused_before_training(self):
        rows = self.rows()
        text = self.write("d.csv", self.table(NAMES + ["class"], rows))
        for content, pattern in (
            (self.table(["a", "c", "class"], rows), r"valid\.csv:1: .*'b'$"),
            ("1,2\n", r"valid\.csv:1: 2 columns; expected 3"),
            (self.table(NAMES, rows), r"valid\.csv:1: .*'class'$"),
            ("a,b,c,class\n1,2,3,new\n", r"valid\.csv:2:7: .*'new'"),
        ):
            self.refuse(BAD_DATA, pattern, "train", "--data", text, "--epochs", "100000000", "--valid",
                        self.write("valid.csv", content))
        self.refuse(BAD_DATA, r"valid-images.*64 features; expected 3", "train", "--data", text, "--epochs", "100000000",
                    "--valid", self.digits("valid-images"))

    def digits(self, name):
        with open(data("digits/t10k-images-idx3-ubyte.gz"), "rb") as file:
            return self.write(name, file.read())


class Division(ColumnsTest):
    def kept(self, *arguments):
        """The metrics of the best epoch; the targets of this data tell which rows it was validated on."""
        result = self.succeed("train", "--data", "d.csv", "--regression", "--layers", "1,1", "--epochs", "1", "--rate",
                              "0", "--target-scaling", "none", "--scaling", "none", "--init", "xavier-uniform", "--json", *arguments)
        return json.loads(result.stdout)["epochs"][0], result.stderr

    def test_the_last_rows(self):
        # With rate 0 the network says w x; x is 0, so that the error is the target.
        self.write("d.csv", "x,y\n" + "".join(f"{0},{1000 if i >= 90 else 1}\n" for i in range(100)))
        self.assertAlmostEqual(self.kept("--valid-last")[0]["valid_rmse"], 1000, delta=1e-3)
        self.assertLess(self.kept()[0]["valid_rmse"], 999)
        self.refuse(USAGE, r"--valid-last has no effect with --valid:", "train", "--data", "d.csv", "--valid", "d.csv",
                    "--valid-last")
        self.refuse(USAGE, r"--valid-last has no effect with --valid-share 0", "train", "--data", "d.csv", "--valid-last",
                    "--valid-share", "0")
        self.refuse(USAGE, r"--valid-last has no effect with --group-column", "train", "--data", "d.csv", "--valid-last",
                    "--group-column", "x")

    def test_groups(self):
        # Each of 10 groups has a target of its own, so that the squared error is that of one group.
        self.write("d.csv", "patient,x,y\n" + "".join(f"p{i % 10},0,{2 ** (i % 10)}\n" for i in range(100)))
        epoch, told = self.kept("--group-column", "patient", "--save", "m.safetensors")
        self.assertIn(round(epoch["valid_rmse"], 3), [2 ** i for i in range(10)])
        self.assertRegex(told, r"column 1 names the group of each row, and is no feature")
        self.assertEqual(metadata(self.path("m.safetensors"))["gradmill.columns"], '["x"]')
        self.succeed("eval", "--model", "m.safetensors", "--data", "d.csv")
        by_number, _ = self.kept("--group-column", "1")
        self.assertEqual(by_number["valid_rmse"], epoch["valid_rmse"])

    def test_group_columns_that_cannot_be(self):
        self.write("d.csv", "g,x,y\n" + "".join(f"{'a' if i else ''},{i},{i}\n" for i in range(20)))
        arguments = ["train", "--data", "d.csv", "--regression", "--layers", "1,1", "--epochs", "1", "--group-column"]
        self.refuse(BAD_DATA, r"d\.csv:2:1: column 1 \('g'\); expected the name of a group, got an empty cell; say "
                    "--missing drop", *arguments, "g")
        self.refuse(BAD_DATA, r"d\.csv: split: all rows are of one group", *arguments, "g", "--missing", "drop")
        self.refuse(BAD_DATA, r"no group column 'h'; expected a name of the header \('g' to 'y'\)", *arguments, "h")
        self.refuse(BAD_DATA, r"column 'y' is the target; it cannot name groups, too", *arguments, "y", "--target", "y")
        self.write("d.csv", "g,y\na,1\nb,2\n")
        self.refuse(BAD_DATA, r"the groups are in the only column that could be a feature", *arguments, "g")


class Missing(ColumnsTest):
    def trained_with_holes(self, *arguments):
        """The mean of a is 2 over rows 1 to 3 and that of b is 30, by hand."""
        text = "a,b,t\n1,10,1\n3,,2\n2,50,3\n"
        return self.fit(text, "--missing", "mean", "--valid-share", "0", "--batch", "1", layers="2,1", *arguments)

    def test_the_training_means_are_stored_and_used(self):
        for precision in ("f32", "f64"):
            model, result = self.trained_with_holes("--precision", precision)
            self.assertRegex(result.stderr, "note: 1 missing value will be replaced by the means of the training part")
            self.assertEqual(json.loads(metadata(model)["gradmill.columns.means"]), [2, 30])
            filled = self.predict(model, "a,b\n2,30\n").stdout
            for text in ("a,b\n,\n", "a,b\n,30\n", "b,a\n30,NA\n", "a,b\n2,?\n"):
                for option in ([], ["--missing", "mean"]):
                    result = self.predict(model, text, *option)
                    self.assertEqual(result.stdout, filled)
                    self.assertRegex(result.stderr, r"note: [12] missing values? replaced as learned from the training data")
            self.refuse(BAD_DATA, r"new\.csv:2:1: column 1 \('a'\); expected a value", "predict", "--model", model, "--data",
                        self.write("new.csv", "a,b\n,1\n"), "--missing", "refuse")

    def test_the_answer_of_a_row_does_not_depend_on_its_neighbours(self):
        model, rows = self.regression(), self.rows()
        answers = set()
        for above in ("0.5,100,0.1", "-0.9,90,7", ",,", None):
            text = "a,b,c\n" + (above + "\n" if above else "") + ",100,0.005\n"
            answers.add(self.predict(model, text, "--missing", "mean").stdout.splitlines()[-1])
        self.assertEqual(len(answers), 1)

    def test_only_the_training_part_counts(self):
        """With 90 % of the rows for validation, the mean of the training rows differs from that of all rows."""
        text = "a,t\n" + "".join(f"{2 ** i if i % 4 else ''},{i}\n" for i in range(20))
        means = set()
        for seed in ("1", "2", "3"):
            model, _ = self.fit(text, "--missing", "mean", "--valid-share", "0.5", "--seed", seed, "--batch", "2",
                                layers="1,1", name=seed)
            means.add(metadata(model)["gradmill.columns.means"])
        self.assertEqual(len(means), 3)
        every = sum(2 ** i for i in range(20) if i % 4) / 15
        self.assertNotIn(every, [json.loads(mean)[0] for mean in means])

    def test_columns_and_targets_that_cannot_be_filled(self):
        arguments = ["--layers", "1,1", "--regression", "--missing", "mean", "--epochs", "100000000"]
        self.refuse(BAD_DATA, r"hollow\.csv: feature 1 \('a'\) has no value in any row of the training part", "train",
                    "--data", self.write("hollow.csv", "a,t\n,1\nNA,2\n,3\n"), *arguments)
        self.refuse(BAD_DATA, r"hole\.csv:3:3: column 2 \('t'\).*targets are never made up", "train", "--data",
                    self.write("hole.csv", "a,t\n1,1\n2,\n3,3\n"), *arguments)
        model = self.regression()
        path = self.write("new.csv", "a,b,c,t\n1,1,1,1\n1,1,1,\n,1,1,2\n")
        self.refuse(BAD_DATA, r"new\.csv:3:7: column 4 \('t'\)", "eval", "--model", model, "--data", path)
        result = self.succeed("eval", "--json", "--model", model, "--data", path, "--missing", "drop")
        self.assertEqual(json.loads(result.stdout)["rows"], 1)

    def test_a_model_without_means(self):
        model = str(PLACES.source / "tests" / "models" / "format-1.safetensors")
        path = self.write("new.csv", "1,2\n3,\n")
        for missing in ([], ["--missing", "mean"]):
            self.refuse(BAD_DATA, r"new\.csv:2:3: column 2; .*the model has learned nothing that replaces it", "predict", "--model", model,
                        "--data", path, *missing)


class OldModels(ColumnsTest):
    """tests/models/format-1.safetensors was written by gradmill 0.1: a straight line, y = 2 a - b + 0.5."""

    MODEL = "tests/models/format-1.safetensors"

    def test_it_still_loads(self):
        model = str(PLACES.source / self.MODEL)
        for text in ("1,2\n3,1\n", "a,b\n1,2\n3,1\n", "b,a\n1,2\n3,1\n"):
            result = self.predict(model, text)
            self.assertEqual(result.stdout.split(), ["y1", "0.5", "5.5"])
            self.assertRegex(result.stderr, "matched by position, because the model knows no names")
        self.assertEqual(json.loads(self.evaluate(model, "a,b,y\n1,2,0.5\n3,1,5.5\n").stdout)["rmse"], 0)
        self.assertEqual(json.loads(self.evaluate(model, "y,a,b\n0.5,1,2\n5.5,3,1\n", "--target", "y").stdout)["rmse"], 0)
        self.refuse(BAD_DATA, r"3 columns; expected 2, .*say which one the target is", "predict", "--model", model,
                    "--data", self.write("new.csv", "1,2,3\n"))

    def test_a_format_of_the_future_is_refused(self):
        with open(PLACES.source / self.MODEL, "rb") as file:
            content = file.read().replace(b'"gradmill.format":"1"', b'"gradmill.format":"9"')
        self.refuse(BAD_MODEL, r"in format 9; expected at most format 3; use a newer gradmill", "predict", "--model",
                    self.write("future.safetensors", content), "--data", self.write("new.csv", "1,2\n"))


class OtherPrograms(ColumnsTest):
    def test_tensors_sorted_by_name_without_a_checksum(self):
        """As safetensors.torch.save_file writes the same straight line: the bias comes first."""
        metadata = {"gradmill.format": "1", "gradmill.version": "0.1.0", "gradmill.activations": "identity",
                    "gradmill.loss": "mean-squares", "gradmill.seed": "1", "gradmill.scaling": "none",
                    "gradmill.crc32": "00000000"}
        header = json.dumps({"__metadata__": metadata,
                             "0.bias": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                             "0.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [4, 12]}}).encode()
        content = struct.pack("<Q", len(header)) + header + struct.pack("<3f", 0.5, 2, -1)
        result = self.predict(self.write("theirs.safetensors", content), "1,2\n3,1\n")
        self.assertEqual(result.stdout.split(), ["y1", "0.5", "5.5"])
        self.assertRegex(result.stderr, r"note: .*theirs\.safetensors: without a checksum")
        damaged = content.replace(b'"00000000"', b'"00000001"')
        self.refuse(BAD_MODEL, r"checksum does not fit", "predict", "--model", self.write("d.safetensors", damaged),
                    "--data", self.write("new.csv", "1,2\n"))


class OtherFormats(ColumnsTest):
    def test_images_and_tables(self):
        """A model of images on a table of their pixels, and back; both without names."""
        images = self.path("digits.safetensors")
        self.succeed("train", "--data", data("digits"), "--layers", "64,16,10", "--epochs", "2", "--quiet", "--save", images)
        pixels = self.write("pixels.csv", ",".join(f"p{i}" for i in range(64)) + "\n" + ",".join(["7"] * 64) + "\n")
        self.assertRegex(self.succeed("predict", "--model", images, "--data", pixels).stderr,
                         "by position, because the model knows no names")
        table = self.regression()
        self.refuse(BAD_DATA, r"64 features; expected 3", "predict", "--model", table, "--data", data("digits"))
        self.refuse(BAD_DATA, r"iris\.csv:1: 5 columns; expected 64", "eval", "--model", images, "--data", data("iris.csv"))

    def test_images_without_labels(self):
        images = self.path("digits.safetensors")
        self.succeed("train", "--data", data("digits"), "--layers", "64,16,10", "--epochs", "1", "--quiet", "--save", images)
        file = data("digits/t10k-images-idx3-ubyte.gz")
        self.refuse(BAD_DATA, r"t10k-images-idx3-ubyte\.gz: no labels to compare with; give them with --labels", "eval",
                    "--model", images, "--data", file)
        self.assertEqual(len(self.succeed("predict", "--model", images, "--data", file).stdout.splitlines()), 361)
        self.refuse(BAD_DATA, r"no labels to learn from", "train", "--data", file)
        self.refuse(BAD_DATA, r"t10k-images.*no labels to validate with; give them with --valid-labels", "train",
                    "--data", data("digits"), "--epochs", "100000000", "--valid", file)


class Precision(ColumnsTest):
    def test_f64_keeps_all_digits(self):
        """Two numbers that are one in single precision, and one beyond its range."""
        text = "a,t\n16777216,1\n16777217,2\n"
        model, _ = self.fit(text, "--precision", "f64", "--scaling", "none", "--valid-share", "0", "--batch", "1",
                            layers="1,1", epochs=1)
        one, two = self.predict(model, "a\n16777216\n16777217\n").stdout.split()[1:]
        self.assertNotEqual(one, two)
        model, _ = self.fit("a,t\n1e100,0\n3e100,1\n2e100,2\n", "--precision", "f64", "--valid-share", "0", "--batch", "1",
                            layers="1,1")
        self.assertEqual(float(metadata(model)["gradmill.columns.means"].strip("[]")), 2e100)
        self.refuse(BAD_DATA, r"d\.csv: the numbers of feature 1, up to 3e\+200, are too large", "train", "--data",
                    self.write("d.csv", "a,t\n1e200,0\n3e200,1\n2e200,2\n"), "--regression", "--precision", "f64",
                    "--layers", "1,1", "--batch", "1", "--valid-share", "0")

    def test_f64_scaling_has_17_digits(self):
        text = "a,t\n0.1,1\n0.2,2\n0.4,3\n"
        model, _ = self.fit(text, "--precision", "f64", "--valid-share", "0", "--batch", "1", layers="1,1", epochs=1)
        shift = float(metadata(model)["gradmill.scaling.shift"].strip("[]"))
        self.assertAlmostEqual(shift, (0.1 + 0.2 + 0.4) / 3, delta=1e-16)  # the order of the sum is free
        self.refuse(BAD_DATA, r"d\.csv:2:1: .*at most 3\.4e38, got '1e39'", "train", "--data",
                    self.write("d.csv", "a,t\n1e39,1\n2,2\n"), "--regression", "--layers", "1,1")


class BeforeTraining(ColumnsTest):
    def test_a_batch_larger_than_the_data(self):
        self.refuse(USAGE, r"--batch 1000000; expected at most 135, the rows to learn from in .*iris\.csv", "train",
                    "--data", data("iris.csv"), "--batch", "1000000", "--layers", "4,4096,4096,3")

    def test_targets_that_are_all_the_same(self):
        text = "a,t\n" + "".join(f"{i},5\n" for i in range(40))
        model, _ = self.fit(text, "--rate", "0.1", layers="1,1", epochs=300)
        for value in self.predict(model, "a\n1\n20\n").stdout.split()[1:]:
            self.assertAlmostEqual(float(value), 5, delta=0.5)

    def test_targets_too_large_for_their_squares(self):
        text = "a,t\n" + "".join(f"{i},{i + 1}e20\n" for i in range(40))
        path = self.write("d.csv", text)
        self.refuse(BAD_DATA, r"d\.csv:2:3: column 2 \('t'\); expected a target of at most 1e18.*--precision f64", "train",
                    "--data", path, "--regression", "--layers", "1,1")
        self.succeed("train", "--data", path, "--regression", "--layers", "1,1", "--precision", "f64", "--quiet")
