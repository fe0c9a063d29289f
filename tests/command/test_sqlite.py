"""Tests SQLite databases as data. Skipped if the command was built without SQLite."""
import csv
import gzip
import sqlite3

from common import BAD_DATA, USAGE, CommandTest, data

TRAIN = ["train", "--quiet", "--epochs", "3", "--threads", "1", "--layers", "4,8,3"]


class Sqlite(CommandTest):
    def setUp(self):
        super().setUp()
        with open(data("iris.csv"), encoding="utf-8") as file:
            self.header, *self.rows = csv.reader(file)
        self.database("iris.db", f"create table iris({', '.join(self.header)})")
        with sqlite3.connect(self.path("iris.db")) as connection:
            connection.executemany("insert into iris values(?, ?, ?, ?, ?)", [[*map(float, row[:4]), row[4]] for row in self.rows])
        connection.close()
        if "was built without SQLite" in self.run_gradmill("convert", "--data", "iris.db", "--out", "a.csv").stderr:
            self.skipTest("the command was built without SQLite")

    def database(self, name, *commands):
        connection = sqlite3.connect(self.path(name))
        for command in commands:
            connection.execute(command)
        connection.commit()
        connection.close()

    def test_the_model_is_that_of_the_same_rows_in_csv(self):
        self.succeed(*TRAIN, "--data", data("iris.csv"), "--save", "csv.safetensors")
        result = self.succeed(*TRAIN, "--data", "iris.db", "--save", "sqlite.safetensors")
        self.assertRegex(result.stderr, r"note: all rows of the table 'iris'")
        self.assertEqual((self.folder / "csv.safetensors").read_bytes(), (self.folder / "sqlite.safetensors").read_bytes())
        told = [self.succeed("eval", "--model", "csv.safetensors", "--threads", "1", *source).stdout
                for source in (["--data", data("iris.csv")], ["--data", "iris.db", "--query", "select *, 1 as one from iris"])]
        self.assertEqual(told[0], told[1])
        answers = self.succeed("predict", "--model", "csv.safetensors", "--data", "iris.db", "--query",
                               "select rowid as id, * from iris where rowid > 147 order by id desc", "--keep-columns", "id").stdout
        self.assertEqual([line.split(",")[0] for line in answers.splitlines()], ["id", "150", "149", "148"])

    def test_values_come_through_whole(self):
        self.database("t.db", "create table t(a, b, class)",
                      "insert into t values(0.1, 'a, \"b\"', 'x'), (null, 'c' || char(10) || 'd', 'y'), (1e-300, '', 'x')")
        self.succeed("convert", "--data", "t.db", "--out", "t.csv")
        with open(self.folder / "t.csv", newline="", encoding="utf-8") as file:
            self.assertEqual(list(csv.reader(file)), [["a", "b", "class"], ["0.1", 'a, "b"', "x"], ["", "c\nd", "y"],
                                                      ["1e-300", "", "x"]])

    def test_only_one_select_is_run(self):
        with open(self.folder / "iris.db", "rb") as file:
            before = file.read()
        for query, pattern in (
            ("drop table iris", r"is to be one SELECT: not authorized"),
            ("insert into iris values(1, 2, 3, 4, 5)", r"not authorized"),
            ("attach 'other.db' as other", r"not authorized"),
            ("pragma table_info(iris)", r"not authorized"),
            ("select 1; drop table iris", r"expected one SELECT, got more behind it"),
            ("", r"the query is no SELECT"),
            ("selec 1", r"syntax error"),
            ("select nosuch from iris", r"no such column: nosuch"),
            ("select load_extension('x')", r"not authorized"),
            ("select * from iris where 0", r"no rows"),
            ("select x'00' as picture, species from iris", r"row 1 of the result, column 'picture': a blob"),
            ("select sepal_length, json(case when rowid = 3 then '{' else '1' end), species from iris",
             r"the query fails: malformed JSON"),
        ):
            with self.subTest(query):
                self.refuse(BAD_DATA, r"iris\.db: .*" + pattern, *TRAIN, "--data", "iris.db", "--query", query)
        self.assertEqual((self.folder / "iris.db").read_bytes(), before)
        self.assertFalse((self.folder / "other.db").exists())

    def test_a_view_that_fails_half_way(self):
        self.database("v.db", "create table t(a, class)", "insert into t values('1', 'x'), ('2', 'y'), ('{', 'x')",
                      "create view v as select json(a) as a, class from t")
        self.refuse(BAD_DATA, r"v\.db: the query fails: malformed JSON", *TRAIN, "--data", "v.db", "--query", "select * from v")

    def test_which_rows_is_asked(self):
        self.database("iris.db", "create table other(a)")
        self.refuse(BAD_DATA, r"iris\.db: it has the tables iris, other; say which rows with --query", *TRAIN, "--data", "iris.db")
        self.database("none.db", "create table t(a)", "drop table t")
        self.refuse(BAD_DATA, r"none\.db: it has no tables; say", *TRAIN, "--data", "none.db")

    def test_damaged_and_compressed(self):
        with open(self.folder / "iris.db", "rb") as file:
            whole = file.read()
        self.refuse(BAD_DATA, r"cut\.db: .*malformed|cut\.db: .*not a database", *TRAIN, "--data", self.write("cut.db", whole[:4096]))
        self.refuse(BAD_DATA, r"is read from a file of its own, which is not compressed", *TRAIN, "--data",
                    self.write("iris.db.gz", gzip.compress(whole)))

    def test_options_without_effect(self):
        self.refuse(USAGE, r"--delim has no effect with an SQLite database; it is for CSV", *TRAIN, "--data", "iris.db", "--delim",
                    ";")
        self.refuse(USAGE, r"--query has no effect with a CSV file; it is for SQLite", *TRAIN, "--data", data("iris.csv"),
                    "--query", "select 1")
