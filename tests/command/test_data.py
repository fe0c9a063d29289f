"""Tests `gradmill data`: its figures against pandas, what it finds out about files as people have them, that the command
which it prints works, and that the output fits the terminal."""
import fcntl
import gzip
import json
import os
import pty
import random
import re
import shlex
import shutil
import sqlite3
import struct
import subprocess
import termios
import unicodedata

from common import BAD_DATA, IO, OK, PLACES, USAGE, CommandTest, data, environment, patience

FIXTURES = PLACES.source / "tests" / "fixtures" if PLACES.source else None


def columns_of(line):
    """The columns of a terminal that a line takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def lines_of(rows, head=None, separator=","):
    return "".join(separator.join(map(str, row)) + "\n" for row in ([head] if head else []) + rows)


def wine(draw):
    head = ['"fixed acidity"', '"volatile acidity"', '"pH"', '"quality"']
    return lines_of([[f"{draw.uniform(4, 15):.1f}", f"{draw.uniform(0.1, 1.5):.2f}", f"{draw.uniform(2.8, 4):.2f}",
                      draw.choice([5, 5, 6, 6, 7])] for _ in range(60)], head, ";")


def adult(draw):
    """No header, blanks behind the commas, ? for what is missing, an empty last line."""
    return "".join(f"{draw.randint(17, 90)}, {draw.choice(['Private', 'Private', '?', 'State-gov'])}, "
                   f"{draw.randint(10000, 900000)}, {draw.choice(['Male', 'Female'])}, {draw.choice([0, 0, 2174])}, "
                   f"{draw.choice(['<=50K', '<=50K', '>50K'])}\n" for _ in range(60)) + "\n"


def titanic(draw):
    """Names with commas and quotes, an identifier, missing ages, tickets that are numbers and texts."""
    return lines_of([[i + 1, draw.randint(0, 1), draw.randint(1, 3), f'"Smith{i}, Mr. John ""J{i}"""',
                      draw.choice(["male", "female"]), "" if i % 5 == 1 else draw.randint(1, 80), draw.randint(0, 3),
                      f"{draw.uniform(5, 500):.4f}", draw.choice(["", "PC ", "A/5 "]) + str(1000 + 17 * i),
                      "" if i == 7 else draw.choice("SCQ")] for i in range(60)],
                    ["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "Parch", "Fare", "Ticket", "Embarked"])


def air(draw, times=False):
    """Decimal commas, empty columns at the end, and -200 for what was not measured; perhaps dates and times first."""
    comma = lambda low, high: f"{draw.uniform(low, high):.2f}".replace(".", ",")
    return lines_of([[*([f"{10 + i // 24}/03/2004", f"{i % 24:02}.00.00"] if times else []), comma(0, 9) if draw.random() > 0.1 else "-200", draw.randint(700, 2000), comma(-1, 40), comma(0, 2),
                      "", ""] for i in range(60)], [*(["Date", "Time"] if times else []), "CO(GT)", "PT08.S1(CO)", "T", "AH", "", ""], ";")


def mpg(draw):
    """Blanks, no header, the target first, a mark for what is missing."""
    return "".join(f"{draw.uniform(9, 46):.1f}   {draw.choice([4, 6, 8])}   {draw.uniform(68, 455):.1f}      "
                   f"{'?' if i % 20 == 7 else format(draw.uniform(46, 230), '.1f'):10} {draw.uniform(1600, 5100):.0f}.\n"
                   for i in range(60))


def mnist(draw):
    return lines_of([[i % 10, *(draw.choice([0, 0, draw.randint(0, 255)]) for _ in range(30))] for i in range(60)],
                    ["label", *(f"pixel{i}" for i in range(30))])


def samples():
    """Files that train can read as they are: name -> (content, what the command must have)."""
    draw = random.Random(3)
    return {
        "wine quality.csv": (wine(draw), ["--delim ';'"]),
        "air.csv": (air(draw), ["--delim ';'", "--decimal ,", "--regression"]),
        "mpg.data": (mpg(draw), ["--delim blanks", "--regression", "--missing mean"]),
        "mnist.csv": (mnist(draw), []),
        "mnist.csv.gz": (gzip.compress(mnist(draw).encode()), []),
        "tabs.tsv": ("a\tb\tc\n" + "1\t2.5\tx\n3\t4.5\ty\n" * 20, ["--delim tab"]),
        "pipes.txt": ("a|b|c\n" + "1|2.5|x\n3|4.5|y\n" * 20, ["--delim '|'"]),
        "comments.csv": ("# made by hand\na,b,c\n" + "1,2.5,x\n# again\n3,4.5,y\n" * 20, ["--comment '#'"]),
        "percent.txt": ("% made by hand\n" + "1 2.5 0\n3 4.5 1\n" * 20, ["--comment %", "--delim blanks"]),
        "latin1.csv": (("größe,länge,klasse\n" + "1.5,2,früh\n2.5,3,spät\n" * 20).encode("latin-1"), ["iconv -f latin1"]),
        "latin1.csv.gz": (gzip.compress(("größe,b,klasse\n" + "1.5,2,a\n2.5,3,b\n" * 20).encode("latin-1")), ["zcat", "iconv"]),
        "mark.csv": ("\ufeffa,b,c\r\n" + "1,2.5,x\r\n3,4.5,y\r\n" * 20, []),
        "no label.csv": ("a,b,c\n" + "1,2.5,x\n3,4.5,y\n2,3,\n" * 20, ["--missing drop"]),
        "it's.csv": ("a,b,c\n" + "1,2.5,x\n3,4.5,y\n" * 20, []),
        "years.csv": (lines_of([[i * i % 37, 1900 + i] for i in range(60)], ["x", "year"]), ["--regression"]),
        "points.csv": ("a;b;c\n" + "1.5;2;x\n3.25;4;y\n" * 20, ["--delim ';'"]),
        "sparse.txt": ("-1 1:0.5 3:1\n1 2:1 3:2.5\n" * 20, []),
        "bare.csv": ("1,5;2,25;0\n2,5;3,25;1\n" * 20, ["--delim ';'", "--decimal ,"]),
        "adult.data": (adult(draw), ["--missing mean"]),
        "titanic.csv": (titanic(draw), ["--missing drop", "--ignore 1,4,9"]),
        "air with times.csv": (air(draw, True), ["--delim ';'", "--decimal ,", "--regression", "--ignore 1,2"]),
        "late text.csv": ("a,b,c\n" + "1,2,x\n3,2,y\n" * 15 + "red,2,x\nblue,2,y\n" * 15, ["--categorical 1"]),
        "named 1.csv": ("when,b,1,c\n" + "2004-03-10,2.5,3,x\n2004-03-10,1.5,2,y\n" * 15, ["--ignore when"]),
        "empty column.csv": ("a,b,c\n" + "1,,x\n2,NA,y\n" * 15, ["--ignore 2"]),
        "\u540d\u524d.csv": ("\u540d\u524d,\u5e74\u9f62,\u30af\u30e9\u30b9\n" + "1,2,\u732b\n2,3,\u72ac\n" * 20, []),
    }


class Figures(CommandTest):
    """Against pandas and numpy, by the fixture that they made."""

    def test_columns(self):
        told = json.loads((FIXTURES / "survey.json").read_text(encoding="utf-8"))
        found = json.loads(self.succeed("data", FIXTURES / "survey.csv", "--json").stdout)
        self.assertEqual((found["rows"], found["duplicate_rows"], found["complete_rows"]),
                         (told["rows"], told["duplicates"], told["complete"]))
        self.assertEqual([column["name"] for column in found["columns"]], list(told["columns"]))
        for column in found["columns"]:
            with self.subTest(column["name"]):
                expected = told["columns"][column["name"]]
                self.assertEqual(column["missing"], expected["missing"])
                self.assertEqual(column["distinct"], expected["distinct"])
                if "values" in expected:
                    self.assertEqual({v["value"]: v["rows"] for v in column["values"]}, expected["values"])
                    continue
                self.assertEqual(column["histogram"], expected["histogram"])
                self.assertEqual((column["least"], column["most"]), (expected["least"], expected["most"]))
                self.assertAlmostEqual(column["mean"], expected["mean"], delta=1e-14 * abs(expected["most"]))
                self.assertAlmostEqual(column["deviation"] / expected["deviation"], 1, delta=1e-9)

    def test_numbers_that_json_does_not_have_are_null(self):
        found = json.loads(self.succeed("data", self.write("x.csv", "a,b,c\nx,1,x\ny,2,y\nx,,x\n"), "--json").stdout)
        self.assertIsNone(found["columns"][0]["mean"])
        self.assertEqual(found["columns"][0]["histogram"], [])
        self.assertIsNotNone(found["command"])
        self.assertIsNone(found["why_no_command"])


class Command(CommandTest):
    """The command that is printed last is run by a shell, as a user would."""

    def run_shell(self, command, **options):
        os.makedirs(self.path("bin"), exist_ok=True)
        if not os.path.exists(self.path("bin/gradmill")):
            os.symlink(os.path.abspath(PLACES.gradmill), self.path("bin/gradmill"))
        env = environment()
        env["PATH"] = self.path("bin") + os.pathsep + env["PATH"]
        return subprocess.run(["sh", "-e", "-c", command], cwd=self.folder, env=env, capture_output=True, text=True,
                              timeout=patience(60), **options)

    def printed_command(self, *arguments):
        text = self.succeed("data", *arguments).stdout
        self.assertIn("\nTo train on it:\n", text)
        return text.split("\nTo train on it:\n")[1].strip()

    def check(self, name, *options):
        """The command works, and the JSON has it as well, in one line."""
        command = self.printed_command(name, *options)
        told = json.loads(self.succeed("data", name, *options, "--json").stdout)["command"]
        self.assertEqual(re.sub(r" \\\n +", " ", command), told)
        result = self.run_shell(command + " --epochs 1 --threads 1")
        self.assertEqual(result.returncode, OK, f"{command}\n{result.stderr}")
        return told

    def test_samples(self):
        for name, (content, parts) in samples().items():
            with self.subTest(name):
                self.write(name, content)
                command = self.check(name)
                for part in parts:
                    self.assertIn(part, command)
                for option in ("--delim", "--decimal", "--comment", "--regression", "--missing", "--ignore", "--categorical",
                               "iconv"):
                    self.assertEqual(option in command, any(option in part for part in parts), command)

    def test_iris(self):
        shutil.copy(data("iris.csv"), self.folder)
        self.assertEqual(self.check("iris.csv"), "gradmill train --data iris.csv")

    def test_options_that_were_given_are_in_it(self):
        self.write("x.csv", "a;b;c\n" + "1;2;0\n3;4;1\n;5;1\n" * 20)
        command = self.check("x.csv", "--target", "b", "--regression", "--missing=drop")
        for part in ("--target b", "--regression", "--missing drop", "--delim ';'"):
            self.assertEqual(command.count(part), 1, command)

    def test_several_files(self):
        for part in range(3):
            self.write(f"part {part}.csv", "a;b;c\n" + f"1,5;{part};x\n2,5;{part};y\n" * 10)
        names = [f"part {part}.csv" for part in range(3)]
        command = self.printed_command(*names)
        self.assertIn("--data 'part 0.csv' 'part 1.csv' 'part 2.csv'", command)
        self.assertEqual(self.run_shell(command + " --epochs 1").returncode, OK)
        told = json.loads(self.succeed("data", names[0], "--json", *names[1:]).stdout)
        self.assertEqual((told["rows"], told["columns"][1]["mean"]), (60, 1))
        self.write("part 1.csv", "a;b;d\n1,5;1;x\n")
        self.refuse(BAD_DATA, "part 1.csv:1: another header", "data", *names)
        self.refuse(IO, "nowhere", "data", names[0], "nowhere")

    def test_standard_input(self):
        content = wine(random.Random(1))
        with open(self.write("x.csv", content), "rb") as file:
            command = self.succeed("data", "-", "--json", stdin=file)
        self.assertEqual(json.loads(command.stdout)["command"], "gradmill train --data - --delim ';'")
        with open(self.path("x.csv"), "rb") as file:
            result = self.run_shell(json.loads(command.stdout)["command"] + " --epochs 1", stdin=file)
        self.assertEqual(result.returncode, OK, result.stderr)

    def test_an_idx_file_of_more_than_255_rows(self):
        """All four bytes of a size count."""
        for rows in (255, 256, 66000):
            self.write("x-idx3-ubyte", struct.pack(">IIII", 0x803, rows, 2, 1) + bytes(2 * rows))
            self.write("y-idx1-ubyte", struct.pack(">II", 0x801, rows) + bytes([0, 1] * (rows // 2) + [0] * (rows % 2)))
            told = json.loads(self.succeed("data", "x-idx3-ubyte", "--labels", "y-idx1-ubyte", "--json").stdout)
            self.assertEqual((told["rows"], told["shape"]), (rows, [rows, 2, 1]))

    def test_idx(self):
        draw = random.Random(2)
        images = struct.pack(">IIII", 0x803, 40, 6, 4) + bytes(draw.randrange(256) for _ in range(40 * 24))
        labels = struct.pack(">II", 0x801, 40) + bytes(i % 4 for i in range(40))
        for part in ("train", "t10k"):
            os.makedirs(self.path("dots"), exist_ok=True)
            self.write(f"dots/{part}-images-idx3-ubyte", images)
            self.write(f"dots/{part}-labels-idx1-ubyte", labels)
        self.assertEqual(self.check("dots"), "gradmill train --data dots")
        told = json.loads(self.succeed("data", "dots", "--json").stdout)
        self.assertEqual((told["format"], told["shape"], told["classes"]), ("IDX", [40, 6, 4], 4))
        self.assertEqual(told["test_part"]["rows"], 40)
        pixel = images[16 + 5::24]
        self.assertAlmostEqual(told["columns"][5]["mean"], sum(pixel) / 40, 10)
        self.assertEqual(told["columns"][5]["least"], min(pixel))
        text = self.succeed("data", "dots").stdout
        self.assertRegex(text, r"shape +40 x 6 x 4, bytes from \d+ to 255\n")
        self.assertRegex(text, r"\nThe first row, of class 0\n(.{4}\n){3}\n")
        self.check("dots/train-images-idx3-ubyte", "--labels", "dots/train-labels-idx1-ubyte")
        self.assertRegex(self.succeed("data", "dots/train-images-idx3-ubyte").stdout, "there are no targets: give them with --labels")
        self.refuse(USAGE, "--delim has no effect with a folder", "data", "dots", "--delim", ";")

    def test_numpy(self):
        def npy(kind, shape, content):
            head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
            head += " " * (63 - (10 + len(head)) % 64) + "\n"
            return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + content
        draw = random.Random(4)
        numbers = [draw.gauss(0, 1) for _ in range(80)]
        numbers[5] = float("nan")
        self.write("x.npy", npy("<f8", (40, 2), struct.pack("<80d", *numbers)))
        self.write("y.npy", npy("<i8", (40,), struct.pack("<40q", *(i % 3 for i in range(40)))))
        self.write("z.npy", npy("<f8", (40,), struct.pack("<40d", *numbers[40:])))
        self.assertEqual(self.check("x.npy", "--labels", "y.npy"),
                         "gradmill train --data x.npy --labels y.npy --missing mean")
        self.assertEqual(self.check("x.npy", "--labels", "z.npy"),
                         "gradmill train --data x.npy --labels z.npy --regression --missing mean")
        told = json.loads(self.succeed("data", "x.npy", "--json").stdout)
        self.assertEqual((told["format"], told["shape"], told["columns"][1]["missing"]), ("NPY", [40, 2], 1))
        self.assertAlmostEqual(told["columns"][0]["mean"], sum(numbers[::2]) / 40, 6)
        self.assertRegex(told["why_no_command"], "--labels")

    def test_several_targets(self):
        draw = random.Random(6)
        self.write("x.csv", lines_of([[draw.gauss(0, 1), draw.gauss(1, 2), "" if i == 3 else draw.gauss(0, 1)]
                                      for i in range(60)], ["a", "u", "v"]))
        self.assertEqual(self.check("x.csv", "--target", "u,v", "--regression"),
                         "gradmill train --data x.csv --target u,v --regression --missing drop")
        told = json.loads(self.succeed("data", "x.csv", "--target", "u,v", "--regression", "--json").stdout)
        self.assertEqual([column["role"] for column in told["columns"]], ["feature", "target", "target"])
        self.assertRegex(self.succeed("data", "x.csv", "--target", "u,v", "--regression").stdout,
                         r"target +2 columns of numbers, marked with \*\n(.*\n)*2\* u .*\n3\* v ")

    def test_database(self):
        database = sqlite3.connect(self.path("x.db"))
        database.execute("create table t (id integer, colour text, size real, class text)")
        rows = [(i, "red" if i % 3 else "blue", None if i == 4 else i / 7, "ab"[i % 2]) for i in range(40)]
        database.executemany("insert into t values (?, ?, ?, ?)", rows)
        database.commit()
        database.close()
        result = self.run_gradmill("data", "x.db", "--json")
        if "built without SQLite" in result.stderr:
            self.skipTest("this program has no SQLite")
        told = json.loads(result.stdout)
        self.assertEqual((told["format"], told["rows"], told["columns"][2]["missing"]), ("SQLite", 40, 1))
        self.assertEqual(self.check("x.db"), "gradmill train --data x.db --missing mean --ignore 1")
        self.assertIn("--query 'select size, class from t'", self.check("x.db", "--query", "select size, class from t"))

    def test_no_command(self):
        for content, why in (("a,c\n" + "2004-03-10,x\n2004-03-11,y\n" * 3, "no column is left that can be a feature"),
                             ("a,b\n1,x\n2,x\n", "the target has one value only"),
                             ("a,b,c\n,1,x\n2,,y\n3,4,\n,5,\n", "no row is complete"),
                             ("x\n1\n2\n", "there are no targets: name")):
            with self.subTest(why):
                text = self.succeed("data", self.write("x.csv", content)).stdout
                self.assertRegex(text, "No command trains on it as it is: " + why)


class Reading(CommandTest):
    def test_all_cases(self):
        """Each file of tests/cases ends with an exit code of its own, and one line if it is refused."""
        for path in sorted((PLACES.source / "tests" / "cases").glob("*/*")):
            result = self.run_gradmill("data", path)
            with self.subTest(path.name):
                self.assertIn(result.returncode, (OK, BAD_DATA), result.stderr)
                self.assertEqual(len(self.errors(result)), 0 if result.returncode == OK else 1, result.stderr)

    def test_faults(self):
        """The table of CSV in tests/FAULTS.md, and what each of its rows gives here."""
        for content, code, pattern in (
            (b"", BAD_DATA, "no rows"), (b"\n \n", BAD_DATA, "no rows"), (b"a,b\n", BAD_DATA, "there is a header only"),
            (b"\xff\xfea\0,\0b\0\n\0", BAD_DATA, "UTF-16"), ("a,b\n1,2\n".encode("utf-16-le"), BAD_DATA, "UTF-16"),
            (b"a,b\n1,\0\n", BAD_DATA, "NUL"), (b"a,b\r1,2\r", BAD_DATA, "carriage return"),
            (b'a,b\n1,"x\n2,y\n', BAD_DATA, r":2:3: this quote is never closed"),
            (b'a,b\n1,"x"y\n', BAD_DATA, "behind the quoted cell"), (b'a,b\n1,x"y\n', BAD_DATA, "a quote within a cell"),
            (b"a,b\n1,x\n2,y,3\n", BAD_DATA, r":3: a row of another length"), (b"a,b\n1,x\n2\n", BAD_DATA, "got 1"),
            (b"@relation x\n@data\n1,2\n", BAD_DATA, "ARFF"),
            (b"<!DOCTYPE html><html>", BAD_DATA, "web page"), (b"a;b\n1;x\n2;y,z\n", OK, ""),
        ):
            path = self.write("x.csv", content)
            with self.subTest(content):
                if code == OK:
                    self.succeed("data", path)
                else:
                    self.refuse(code, pattern, "data", path)
                    self.refuse(code, pattern, "data", path, "--json")
        self.refuse(IO, "cannot open", "data", "nowhere.csv")

    def test_cells_that_are_no_numbers(self):
        for cell, kind, pattern in (("-inf", "cells", "'-inf'"), ("0x10", "cells", "'0x10'"), ("1_0", "cells", "'1_0'"),
                                    ("1e400", "cells", "'1e400'"), ("1e300", "large", "3.4e38"), ("-", "unread", "'-'"),
                                    ("None", "unread", "'None'")):
            content = "a,b,c\n" + "1,2,x\n2,3,y\n" * 10 + f"{cell},2,x\n"
            self.write("x.csv", content)
            told = json.loads(self.succeed("data", "x.csv", "--json").stdout)
            with self.subTest(cell):
                warnings = {warning["kind"]: warning for warning in told["warnings"]}
                self.assertEqual(warnings[kind]["column"], 1)
                self.assertRegex(warnings[kind]["text"], pattern)
                self.assertEqual(told["command"], "gradmill train --data x.csv --ignore 1")
        for cell in ("1e-400", " 1", "1 ", "+1", ".5", "1e5"):
            told = json.loads(self.succeed("data", self.write("x.csv", f"a,c\n1,x\n{cell},y\n"), "--json").stdout)
            self.assertIsNotNone(told["command"], cell)

    def test_arguments(self):
        self.refuse(USAGE, "expected the name of a file", "data")
        self.refuse(USAGE, "the file is named twice: 'a' and 'b'", "data", "--data", "a", "--all", "b")
        self.refuse(USAGE, "--rows", "data", "a", "--rows", "-1")
        self.refuse(USAGE, "--x-member has no effect with a CSV file", "data", data("iris.csv"), "--x-member", "a")
        self.refuse(USAGE, "--labels|a file of labels has no effect", "data", data("iris.csv"), "--labels", "a")
        self.refuse(USAGE, "--decimal x: expected", "data", "a", "--decimal", "x")
        self.refuse(USAGE, "--comment: expected the text", "data", "a", "--comment", "")
        self.refuse(BAD_DATA, "no target column 'speces'.*did you mean 'species'",
                    "data", data("iris.csv"), "--target", "speces")

    def test_decimal_comma_from_train_to_predict(self):
        """The separator alone leads to the decimals; both lead to a model, which reads such files again."""
        name = self.write("air.csv", air(random.Random(5)))
        self.refuse(BAD_DATA, "--delim ';'", "train", "--data", name, "--regression")
        self.refuse(BAD_DATA, "say --decimal ,", "train", "--data", name, "--regression", "--delim", ";")
        read = ["--data", name, "--delim", ";", "--decimal", ","]
        self.succeed("train", "--quiet", "--epochs", "1", "--regression", "--save", "m", *read)
        self.succeed("eval", "--model", "m", *read)
        predicted = self.succeed("predict", "--model", "m", *read).stdout.splitlines()
        self.assertEqual(len(predicted), 61)
        self.refuse(BAD_DATA, "say --decimal ,", "predict", "--model", "m", "--data", name, "--delim", ";")

    def test_rows_and_columns(self):
        content = lines_of([[*(i + j for j in range(99)), "xy"[i % 2]] for i in range(9)],
                           [*(f"c{j}" for j in range(99)), "c"])
        name = self.write("x.csv", content)
        text = self.succeed("data", name).stdout
        self.assertRegex(text, r"\n\.\.\. +\(60 more; --all shows them\)\n")
        self.assertEqual(len(re.findall(r"(?m)^ *\d+\*? +c\d* ", text)), 40)
        self.assertEqual(len(re.findall(r"(?m)^ *\d+\*? +c\d* ", self.succeed("data", name, "--all").stdout)), 100)
        told = json.loads(self.succeed("data", name, "--json", "--rows", "7").stdout)
        self.assertEqual(len(told["columns"]), 100)
        self.assertEqual(told["first_rows"], [[*(str(i + j) for j in range(99)), "xy"[i % 2]] for i in range(7)])
        self.assertNotIn("The first rows", self.succeed("data", name, "--rows", "0").stdout)
        self.assertIn("All rows", self.succeed("data", name, "--rows", "1000000").stdout)

    def test_many_warnings(self):
        """Of each kind some are shown; all of them are in the JSON."""
        name = self.write("x.csv", lines_of([["2004-03-10"] * 20 + [i % 5, "xy"[i % 2]] for i in range(20)]))
        self.assertEqual(self.succeed("data", name).stdout.count("holds dates"), 6)
        told = json.loads(self.succeed("data", name, "--json").stdout)
        self.assertEqual([warning["kind"] for warning in told["warnings"]].count("date"), 20)

    def test_long_rows(self):
        self.write("cell.csv", "a,b,c\n1,2,x\n3,4," + "y" * 1000000 + "\n5,6,x\n")
        self.write("row.csv", lines_of([[*range(100000), "x"], [*range(100000), "y"]]))
        for name in ("cell.csv", "row.csv"):
            text = self.succeed("data", name).stdout
            self.assertLessEqual(max(map(columns_of, text.splitlines())), 80)


class Screen(CommandTest):
    """Lines are never longer than the terminal, and hold no control characters."""

    def on_terminal(self, name, columns, **changes):
        """What it prints on a terminal of this width."""
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = self.start("data", name, stdout=secondary, env=environment(COLUMNS=None, **changes))
        os.close(secondary)
        text = b""
        while True:
            try:
                part = os.read(primary, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            text += part
        os.close(primary)
        process.communicate()
        self.assertEqual(process.returncode, OK)
        return text.decode().replace("\r\n", "\n")

    def files(self):
        """Their names in the folder of the test, because a path may be as long as it likes."""
        for name, (content, _) in samples().items():
            self.write(name, content)
            yield name
        shutil.copy(FIXTURES / "survey.csv", self.folder)
        yield "survey.csv"
        self.write("long.csv", f"{'n' * 300},{'m' * 60},class\n" + f"1e-300,{'t' * 200},yes\n-1e300,b,no\n" * 9)
        yield "long.csv"

    def test_lines_fit(self):
        for name in self.files():
            for given, most in ((20, 80), (80, 80), (100, 100), (120, 120), (400, 120)):
                text = self.succeed("data", name, env=environment(COLUMNS=str(given), LC_ALL="C.UTF-8", TERM="xterm")).stdout
                with self.subTest(f"{name}, {given}"):
                    self.assertEqual([line for line in text.splitlines() if columns_of(line) > most], [])
                    self.assertEqual([line for line in text.splitlines() if line.rstrip() != line], [])

    def test_the_height_of_a_block_is_the_share_of_the_fullest(self):
        """Of 16 rows all blocks, of 1 to 16 rows so many eighths, rounded up."""
        for count in (1, 2, 3, 8, 9, 15, 16):
            rows = "".join(f"{value},{row % 2}\n" for row, value in enumerate([0] * 16 + [10] * count))
            name = self.write("h.csv", "x,class\n" + rows)
            for letters, locale in (("▁▂▃▄▅▆▇█", "C.UTF-8"), (".:-=+*#@", "C")):
                text = self.succeed("data", name, env=environment(LC_ALL=locale)).stdout
                line = next(line for line in text.splitlines() if line.startswith("1  x"))
                self.assertEqual(line.split()[-2:], [letters[7], letters[(count + 1) // 2 - 1]], line)

    def test_the_width_of_the_terminal_is_used(self):
        shutil.copy(data("iris.csv"), self.folder)
        widths = [max(map(len, self.on_terminal("iris.csv", columns).splitlines())) for columns in (40, 80, 120, 200)]
        self.assertLessEqual(widths[0], 80)
        self.assertEqual(widths[0], widths[1])
        self.assertGreater(widths[2], 80)
        self.assertEqual(widths[2], widths[3])
        self.assertEqual(self.on_terminal("iris.csv", 80), self.succeed("data", "iris.csv").stdout)

    def test_blocks_only_where_they_can_be_shown(self):
        shutil.copy(data("iris.csv"), self.folder)
        for locale, terminal, blocks in (("C.UTF-8", "xterm", True), ("de_DE.utf8", "xterm", True), ("C", "xterm", False),
                                         ("en_US.UTF-8", "dumb", False), ("de_DE.ISO-8859-1", "xterm", False),
                                         ("C.UTF-8", "linux", False)):
            text = self.succeed("data", "iris.csv", env=environment(LC_ALL=locale, TERM=terminal)).stdout
            with self.subTest(f"{locale} {terminal}"):
                self.assertEqual(not text.isascii(), blocks)

    def test_control_characters(self):
        name = self.write("x.csv", 'a\x1b[31m,"b\nc",d\r\n1,2,\x07x\n3,4,y\n1,\x1b]0;t\x07,\xe9\n' + "1,2,y\x85\x1b[0m\n" * 20)
        for arguments in ((), ("--json",)):
            text = self.succeed("data", name, *arguments).stdout
            self.assertEqual([c for c in text if unicodedata.category(c) == "Cc" and c != "\n"], [])

    def test_notes_go_to_stderr(self):
        result = self.succeed("data", data("iris.csv"))
        self.assertEqual(result.stderr, "")
        os.makedirs(self.path("d"))
        self.write("d/train-images-idx3-ubyte", struct.pack(">IIII", 0x803, 4, 2, 2) + bytes(16))
        self.write("d/train-labels-idx1-ubyte", struct.pack(">II", 0x801, 4) + bytes([1, 2, 1, 2]))
        self.assertRegex(self.succeed("data", "d").stderr, "note: .*labels begin at 1")

    def test_quoting_is_that_of_a_shell(self):
        name = "a b'c\"d$e`f.csv"
        self.write(name, "a,b\n1,x\n2,y\n")
        told = json.loads(self.succeed("data", name, "--json").stdout)["command"]
        self.assertEqual(shlex.split(told), ["gradmill", "train", "--data", name])
