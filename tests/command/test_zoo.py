"""Goes the way of a new user with files as people have them: look, train with the printed command, judge, predict."""
import json
import shlex

from common import PLACES, CommandTest

ZOO = PLACES.source / "tests" / "data-zoo"

# What the user has to say, which no program can know, and the least figure that shows that the file was understood:
# accuracy of classes, R^2 of numbers, of which a model that has learned nothing has about the share of the largest class, or 0.
FILES = {
    "adult.data": ([], 0.85),
    "winequality.csv": (["--target", "quality", "--regression"], 0.8),
    "AirQualityUCI.csv": (["--target", "C6H6(GT)"], 0.9),
    "covtype.data": ([], 0.8),
    "titanic.csv": (["--target", "Survived"], 0.85),
    "breast-cancer-wisconsin.data": (["--ignore", "1"], 0.95),
    "mnist_train.csv": ([], 0.95),
    "emnist-letters-train.csv": ([], 0.95),
    "HIGGS.csv": (["--target", "1"], 0.85),
    "housing.data": ([], 0.85),
    "auto-mpg.data": ([], 0.9),
    "bank.csv": ([], 0.85),
}
QUICK = ["--epochs", "80", "--threads", "1", "--quiet", "--save", "m.safetensors"]
# Options of train that say how a file is read are those of eval and predict, too.
READING = ("--delim", "--decimal", "--header", "--comment", "--ignore")


class ZooTest(CommandTest):
    def printed_command(self, path, *options):
        """The last lines of `gradmill data`: the command that would train on the file."""
        told = self.succeed("data", path, *options).stdout
        command = told[told.index("\nTo train on it:"):].replace("\\\n", " ")
        words = shlex.split(command.split("\n", 2)[2])
        self.assertEqual(words[:2], ["gradmill", "train"])
        return words[1:]

    def use(self, name, options, least):
        path = str(ZOO / name)
        command = self.printed_command(path, *options)
        self.succeed(*command, *QUICK)
        reading = [word for i, word in enumerate(command) if word in READING or i > 0 and command[i - 1] in READING]
        use = ["--model", "m.safetensors", "--data", path, "--threads", "1", *reading]
        figures = json.loads(self.succeed("eval", "--json", *use).stdout)
        self.assertGreater(figures["r2" if "--regression" in command else "accuracy"], least)
        with open(path, encoding="utf-8") as file:
            lines = sum(1 for line in file if line.strip())
        rows = len(self.succeed("predict", *use).stdout.splitlines()) - 1
        self.assertIn(lines - rows, (0, 1), "a header at most")

    def test_every_file_has_a_line(self):
        self.assertEqual({path.name for path in ZOO.iterdir() if path.suffix not in (".md", ".py")}, set(FILES))


def add_test(name, options, least):
    def test(self):
        self.use(name, options, least)

    setattr(ZooTest, "test_" + name.replace(".", "_").replace("-", "_").lower(), test)


for file_name, (said, figure) in FILES.items():
    add_test(file_name, said, figure)
