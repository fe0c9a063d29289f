"""Tests predictions in a file, and columns of the data that are put before them."""
import csv
import io

from common import BAD_DATA, USAGE, CommandTest, data


class PredictFile(CommandTest):
    def setUp(self):
        super().setUp()
        self.model = self.trained()
        with open(data("iris.csv"), encoding="utf-8") as file:
            self.header, *self.rows = csv.reader(file)
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["id", *self.header, "note"])
        for i, row in enumerate(self.rows):
            writer.writerow([f"r{i}", *row, f'a "quoted", {i}'])
        self.table = self.write("table.csv", table.getvalue())

    def predict(self, *arguments):
        return self.succeed("predict", "--model", self.model, "--data", self.table, *arguments)

    def read(self, text):
        return list(csv.reader(io.StringIO(text)))

    def test_the_file_has_what_would_be_printed(self):
        for more in ([], ["--outputs"], ["--keep-columns", "id"]):
            printed = self.predict(*more).stdout
            for _ in range(2):  # the second time it replaces its own file
                self.assertEqual(self.predict(*more, "--out", "p.csv").stdout, "")
            self.assertEqual((self.folder / "p.csv").read_text(), printed)

    def test_columns_before_the_predictions(self):
        told = self.read(self.predict("--keep-columns", "note,id,species").stdout)
        answers = self.read(self.predict().stdout)
        self.assertEqual(told[0], ["id", "species", "note", "class"])
        for i, row in enumerate(self.rows):
            self.assertEqual(told[i + 1], [f"r{i}", row[4], f'a "quoted", {i}', answers[i + 1][0]])

    def test_a_kept_column_with_the_name_of_a_prediction(self):
        with open(self.table, encoding="utf-8") as file:
            self.write("table.csv", file.read().replace("species", "class", 1))
        self.assertEqual(self.read(self.predict("--keep-columns", "class").stdout)[0], ["class", "predicted class"])

    def test_wrong_usage(self):
        use = ["predict", "--model", self.model, "--data", self.table]
        self.refuse(BAD_DATA, r"table\.csv:1: no kept column 'nam'; .*", *use, "--keep-columns", "nam")
        self.refuse(USAGE, r"--out table\.csv: the same file as --data", *use, "--out", "table.csv")
        self.refuse(USAGE, r"--out model\.safetensors: the same file as --model", *use, "--out", "model.safetensors")
        notes = self.write("notes", "remember the milk\n")
        self.refuse(USAGE, r"notes: is a text file; only a CSV file or an empty file may be replaced", *use, "--out", notes)
        self.assertEqual((self.folder / "notes").read_text(), "remember the milk\n")

    def test_nothing_is_left_when_the_data_is_bad(self):
        self.write("bad.csv", ",".join(self.header) + "\n1,2,x,4,setosa\n")
        self.refuse(BAD_DATA, r"bad\.csv:2:5", "predict", "--model", self.model, "--data", "bad.csv", "--out", "p.csv")
        self.assertFalse((self.folder / "p.csv").exists())
