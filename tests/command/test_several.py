"""Tests --data with several files, as a shell makes them of a pattern, or as a pattern in quotes."""
from common import BAD_DATA, IO, USAGE, CommandTest, data

TRAIN = ["train", "--quiet", "--epochs", "3", "--threads", "1", "--layers", "4,8,3"]


class Several(CommandTest):
    def setUp(self):
        super().setUp()
        with open(data("iris.csv"), encoding="utf-8") as file:
            self.header, *rows = file.read().splitlines()
        (self.folder / "parts").mkdir()
        for i in range(3):
            self.write(f"parts/part-{i}.csv", "\n".join([self.header, *rows[50 * i : 50 * i + 50]]) + "\n")
        self.parts = [f"parts/part-{i}.csv" for i in range(3)]

    def weights(self, *arguments):
        self.succeed(*TRAIN, "--save", "m.safetensors", *arguments)
        return (self.folder / "m.safetensors").read_bytes()

    def test_each_way_to_name_them_gives_the_model_of_one_file(self):
        expected = self.weights("--data", data("iris.csv"))
        self.assertEqual(self.weights("--data", *self.parts), expected)
        self.assertEqual(self.weights("--data=" + self.parts[0], *self.parts[1:], "--seed", "1"), expected)
        self.assertEqual(self.weights("--data", "parts/*.csv"), expected)
        self.write("options.txt", "data = parts/part-[0-2].csv\n")
        self.assertEqual(self.weights("--config", "options.txt"), expected)
        one = self.succeed("eval", "--model", "m.safetensors", "--data", data("iris.csv"), "--threads", "1").stdout
        self.assertEqual(self.succeed("eval", "--model", "m.safetensors", "--data", *self.parts, "--threads", "1").stdout, one)
        answers = self.succeed("predict", "--model", "m.safetensors", "--data", *self.parts).stdout
        self.assertEqual(len(answers.splitlines()), 151)

    def test_a_run_is_resumed_with_all_of_them(self):
        self.succeed(*TRAIN, "--data", *self.parts, "--checkpoint", "c")
        self.succeed("train", "--resume", "c", "--epochs", "4", "--quiet")
        self.write("parts/part-1.csv", self.header + "\n1,2,3,4,setosa\n")
        result = self.run_gradmill("train", "--resume", "c", "--epochs", "5", "--quiet")
        self.assertNotEqual(result.returncode, 0)

    def test_errors_name_the_file(self):
        self.write("parts/part-3.csv", self.header + "\n1,2,x,4,setosa\n")
        self.refuse(BAD_DATA, r"parts/part-3\.csv:2:5: column 3", *TRAIN, "--data", "parts/*.csv")
        self.write("parts/part-3.csv", self.header.replace("petal_length", "length") + "\n1,2,3,4,setosa\n")
        self.refuse(BAD_DATA, r"part-3\.csv:1: another header than that of the first file; column 3 is 'length'", *TRAIN,
                    "--data", "parts/*.csv")
        self.refuse(IO, r"nowhere\.csv: cannot open", *TRAIN, "--data", *self.parts, "nowhere.csv")
        self.refuse(IO, r"cannot open", *TRAIN, "--data", "parts/*.txt")

    def test_none_of_them_is_written(self):
        self.refuse(USAGE, r"--save parts/part-1\.csv: the same file as --data parts/part-1\.csv", *TRAIN, "--data",
                    *self.parts, "--save", "parts/part-1.csv")
        self.refuse(USAGE, r"--log parts/part-2\.csv: the same file", *TRAIN, "--data", "parts/*.csv", "--log",
                    "parts/part-2.csv")

    def test_other_options_take_one_value(self):
        self.refuse(USAGE, r"unexpected argument 'b'", *TRAIN, "--data", *self.parts, "--save", "a", "b")
        self.refuse(USAGE, r"unexpected argument 'iris\.csv'", "train", "iris.csv")

    def test_a_name_with_wildcards(self):
        with open(data("iris.csv"), "rb") as file:
            self.write("a[1]*.csv", file.read())
        self.succeed(*TRAIN, "--data", "a[1]*.csv")
