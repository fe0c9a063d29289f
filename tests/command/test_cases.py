"""Runs the command on the folders of tests/cases: inputs that were once handled wrongly, one for each kind of fault."""
import json
import os
import re
import shutil

from common import BAD_DATA, BAD_MODEL, CHECK, DIVERGED, IO, PLACES, USAGE, CommandTest

TRAIN = ["train", "--quiet", "--epochs", "1", "--threads", "1"]


class Cases(CommandTest):
    """One method for each folder, in the order of their names."""

    def copy(self, name):
        """Copies the files of a case into the folder in which the command runs."""
        shutil.copytree(PLACES.source / "tests" / "cases" / name, self.folder, dirs_exist_ok=True)

    def test_01_adult_dots(self):
        self.copy("01-adult-dots")
        self.refuse(BAD_DATA, r"text\.csv:2:4: column 2; expected a value, got '\?'; say --missing most-frequent",
                    *TRAIN, "--data", "text.csv")
        told = self.succeed(*TRAIN, "--data", "text.csv", "--missing", "most-frequent", "--layers", "4,4,2").stderr
        self.assertIn("texts become categories: column 2 (2)", told)
        self.succeed(*TRAIN, "--data", "train.csv", "--layers", "2,4,2", "--save", "m.safetensors")
        self.refuse(BAD_DATA, r"dots\.csv:1:7: .*'<=50K\.'; did you mean '<=50K'\? the model knows '<=50K', '>50K'$",
                    "eval", "--model", "m.safetensors", "--data", "dots.csv")

    def test_02_wine_semicolon(self):
        self.copy("02-wine-semicolon")
        self.refuse(BAD_DATA, r"in\.csv:1:1: .*--delim ';'", *TRAIN, "--data", "in.csv", "--regression")
        self.succeed(*TRAIN, "--data", "in.csv", "--regression", "--delim", ";", "--layers", "1,2,1", "--batch", "1")

    def test_03_air_decimal_comma(self):
        self.copy("03-air-decimal-comma")
        self.refuse(BAD_DATA, r"tail\.csv:2:1: column 1 \('when'\).*10/03/2004'; column 1 holds dates or times: leave it out with --ignore 1",
                    *TRAIN, "--data", "tail.csv", "--delim", ";", "--target", "t", "--regression")
        self.refuse(BAD_DATA, r"commas\.csv:1: only one column.*--delim ','",
                    *TRAIN, "--data", "commas.csv", "--delim", ";", "--regression")

    def test_05_whitespace_tables(self):
        self.copy("05-whitespace-tables")
        self.refuse(BAD_DATA, r"blanks\.data:1: only one column.*--delim blanks",
                    *TRAIN, "--data", "blanks.data", "--regression")
        self.succeed(*TRAIN, "--data", "blanks.data", "--regression", "--delim", "blanks", "--layers", "1,2,1",
                     "--batch", "1")
        self.refuse(BAD_DATA, r"tabs\.txt:2: .*expected 3 cells, got 4; two tabs in a row make an empty cell",
                    *TRAIN, "--data", "tabs.txt", "--delim", "tab")

    def test_06_missing_spellings(self):
        self.copy("06-missing-spellings")
        self.refuse(BAD_DATA, r"in\.csv:4:1: .*'-'; a missing value is spelled as an empty cell, .*NaN",
                    *TRAIN, "--data", "in.csv", "--regression", "--missing", "mean", "--layers", "1,2,1")

    def test_07_label_first(self):
        self.copy("07-label-first")
        self.succeed(*TRAIN, "--data", "train.csv", "--target", "1", "--layers", "1,4,2", "--save", "h.safetensors")
        self.succeed("eval", "--model", "h.safetensors", "--data", "eval.csv", "--target", "1")
        result = self.succeed(*TRAIN, "--data", "names.csv", "--layers", "3,4,3", "--batch", "1")
        self.assertRegex(result.stderr, r"class '3' occurs once, in row 1: if that row is a header, say --header yes")

    def test_08_emnist_qmnist_labels(self):
        self.copy("08-emnist-qmnist-labels")
        result = self.succeed(*TRAIN, "--data", "images-idx3-ubyte", "--labels", "labels-idx2-int")
        self.assertRegex(result.stderr, r"labels-idx2-int: 8 numbers in each row, as in QMNIST; the first is taken")

    def test_09_mnist_folder(self):
        self.copy("09-mnist-folder")
        self.succeed(*TRAIN, "--data", "dots", "--batch", "1")
        self.refuse(BAD_DATA, r"page/train-images-idx3-ubyte: a web page", *TRAIN, "--data", "page")

    def test_10_nan_and_inf_losses(self):
        self.copy("10-nan-and-inf-losses")
        self.succeed("train", "--data", "houses.csv", "--regression", "--layers", "3,16,1", "--epochs", "50", "--quiet",
                     "--init", "he-uniform", "--seed", "2", "--save", "p.safetensors")
        result = self.run_gradmill("eval", "--model", "p.safetensors", "--data", "far.csv", "--json")
        self.assertEqual(result.returncode, DIVERGED, result.stderr)
        told = json.loads(result.stdout)
        self.assertEqual((told["rows"], told["loss"]), (1, None))
        self.assertRegex(self.errors(result)[0], r"not finite")
        result = self.succeed("eval", "--model", "p.safetensors", "--data", "houses.csv")
        self.assertRegex(result.stderr, r"note: .*mean of the targets has the rmse 1\.5234e\+05")

    def test_13_multi_output(self):
        self.copy("13-multi-output")
        told = self.succeed(*TRAIN, "--data", "in.csv", "--regression", "--target", "y1,y2", "--batch", "1").stderr
        self.assertIn("note: header found: 1 feature, 2 targets", told)

    def test_15_resume_and_best_epoch(self):
        self.copy("15-resume-and-best-epoch")
        arguments = ["train", "--data", "noisy.csv", "--valid", "valid.csv", "--layers", "4,64,64,2", "--epochs", "100",
                     "--schedule", "constant", "--init", "he-normal", "--threads", "1"]
        result = self.succeed(*arguments, "--monitor", "loss", "--save", "n.safetensors", "--json")
        report = json.loads(result.stdout)
        losses = [epoch["valid_loss"] for epoch in report["epochs"]]
        best = min(losses)
        self.assertLess(best, losses[-1] / 1.5)
        self.assertEqual(report["kept_epoch"], losses.index(best) + 1)
        judged = self.succeed("eval", "--json", "--model", "n.safetensors", "--data", "valid.csv")
        self.assertAlmostEqual(json.loads(judged.stdout)["loss"], best, 5)
        result = self.succeed(*arguments, "--quiet", "--keep", "last")
        self.assertRegex(result.stderr, r"note: epoch \d+ was better: its valid loss was 0\.\d+, that of the last epoch")

    def test_18_threads_above_processors(self):
        """On few processors four threads may take no more processor time than two; the seconds are not tested."""
        self.copy("18-threads-above-processors")
        processors = len(os.sched_getaffinity(0))
        result = self.succeed("train", "--data", "d60.csv", "--regression", "--layers", "60,60,60,60,15,1",
                              "--batch", "10", "--epochs", "2", "--quiet", "--threads", str(processors + 2))
        self.assertRegex(result.stderr, rf"--threads {processors + 2}: only \d+ processors? may run here, and no more threads")

    def test_21_foreign_state_dict(self):
        self.copy("21-foreign-state-dict")
        for name in ("plain", "bf16", "module-prefix"):
            self.refuse(BAD_MODEL, name + r"\.safetensors: not a model of gradmill", "predict",
                        "--model", name + ".safetensors", "--data", "x.csv")
        result = self.succeed("predict", "--model", "meta-plain.safetensors", "--data", "x.csv")
        self.assertEqual(result.stdout.splitlines(), ["class", "a", "a", "a", "a"])

    def test_23_bench_json(self):
        self.copy("23-bench-json")
        result = self.run_gradmill("bench", "gate", "a.json", "b.json")
        self.assertEqual(result.returncode, CHECK, result.stderr)
        self.assertRegex(self.errors(result)[0], r"nothing to compare: a\.json and b\.json have no row in common")

    def test_x1_columns_by_name(self):
        self.copy("x1-columns-by-name")
        for source, other in (("abt.csv", "bat.csv"), ("tab.csv", "tab.csv")):
            target = ["--target", "t"] if source == "tab.csv" else []
            self.succeed("train", "--quiet", "--threads", "1", "--data", source, "--regression", "--layers", "2,16,1",
                         "--save", "m.safetensors", *target)
            result = self.succeed("eval", "--model", "m.safetensors", "--data", other)
            self.assertLess(float(re.search(r"rmse +(\S+)", result.stdout)[1]), 0.1)

    def test_x12_comment_and_pipe(self):
        self.copy("x12-comment-and-pipe")
        self.refuse(BAD_DATA, r"comment\.csv:1: .*line 1 is a comment", *TRAIN, "--data", "comment.csv")
        self.refuse(BAD_DATA, r"pipe\.csv:1: .*--delim '\|'", *TRAIN, "--data", "pipe.csv")

    def test_x2_missing_at_predict(self):
        self.copy("x2-missing-at-predict")
        self.succeed(*TRAIN, "--data", "abt.csv", "--regression", "--layers", "2,16,1", "--save", "m.safetensors")
        answers = [self.succeed("predict", "--model", "m.safetensors", "--data", name, "--missing", "mean").stdout
                   .splitlines()[-1] for name in ("p1.csv", "p2.csv", "p3.csv")]
        self.assertEqual(len(set(answers)), 1, answers)

    def test_x3_save_over_data(self):
        self.copy("x3-save-over-data")
        with open(self.path("data.csv"), "rb") as file:
            old = file.read()
        os.symlink("data.csv", self.path("link.csv"))
        os.link(self.path("data.csv"), self.path("other.csv"))
        for place in ("data.csv", "link.csv", "other.csv"):
            self.refuse(USAGE, r"--save .*same file", *TRAIN, "--data", "data.csv", "--regression",
                        "--layers", "2,4,1", "--save", place)
        with open(self.path("data.csv"), "rb") as file:
            self.assertEqual(file.read(), old)

    def test_x4_unscaled_targets(self):
        self.copy("x4-unscaled-targets")
        arguments = ["train", "--quiet", "--data", "made.csv", "--regression", "--save", "d.safetensors"]
        for layers in (["--layers", "10,32,1"], [])[:1 if PLACES.sanitized else 2]:
            result = self.succeed(*arguments, *layers)
            self.assertNotRegex(result.stderr, r"worse than no model")
            told = json.loads(self.succeed("eval", "--model", "d.safetensors", "--data", "made.csv", "--json").stdout)
            self.assertLess(told["rmse"], 55)  # the mean has 73.7, a straight line 51.3
            self.assertAlmostEqual(told["loss"], told["rmse"] ** 2, delta=1e-6 * told["loss"])
        if PLACES.sanitized:
            return
        result = self.succeed(*arguments, "--layers", "10,32,1", "--target-scaling", "none")
        self.assertRegex(result.stderr, r"note: the model does worse than no model: .* on the validation rows")
        result = self.succeed("eval", "--model", "d.safetensors", "--data", "made.csv")
        self.assertRegex(result.stderr, r"note: the model does worse than no model: .* has the rmse 73\.688 on these rows")

    def test_x5_loss_and_target(self):
        self.copy("x5-loss-and-target")
        arguments = [*TRAIN, "--data", "abt.csv", "--regression", "--layers", "2,4,1"]
        self.refuse(USAGE, r"abt\.csv: loss cross-entropy needs at least 2 outputs", *arguments, "--loss", "cross-entropy")
        self.refuse(USAGE, r"abt\.csv: loss logistic needs targets from 0 to 1", *arguments, "--loss", "logistic")

    def test_x6_quiet_options(self):
        self.copy("x6-quiet-options")
        arguments = [*TRAIN, "--data", "abt.csv", "--regression", "--layers", "2,4,1"]
        self.refuse(USAGE, r"--momentum has no effect with --optimizer sgd", *arguments, "--optimizer", "sgd", "--momentum", "0.9")
        self.refuse(USAGE, r"--valid-share has no effect with --valid", *arguments, "--valid", "abt.csv", "--valid-share", "0.5")

    def test_x7_data_dash(self):
        self.copy("x7-data-dash")
        with open(self.path("abt.csv"), "rb") as file:
            self.succeed(*TRAIN, "--data", "-", "--regression", "--layers", "2,4,1", stdin=file)

    def test_x8_long_path(self):
        path = "d" * 240 + "/" + "e/" * 500 + "x.csv"
        self.refuse(IO, r"cannot open: No such file or directory$", *TRAIN, "--data", path)

    def test_every_folder_has_a_test(self):
        for folder in sorted((PLACES.source / "tests" / "cases").iterdir()):
            if folder.is_dir():
                self.assertTrue(hasattr(self, "test_" + folder.name.replace("-", "_")), folder.name)
