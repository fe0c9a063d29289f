"""The folders of tests/cases: inputs that once went wrong, each standing for a kind of fault."""
import shutil

from common import BAD_DATA, PLACES, CommandTest

TRAIN = ["train", "--quiet", "--epochs", "1", "--threads", "1"]


class Cases(CommandTest):
    """One method for each folder, in the order of their names."""

    def copy(self, name):
        """Copies the files of a case into the folder in which the command runs."""
        shutil.copytree(PLACES.source / "tests" / "cases" / name, self.folder, dirs_exist_ok=True)

    def test_01_adult_dots(self):
        self.copy("01-adult-dots")
        self.succeed(*TRAIN, "--data", "train.csv", "--layers", "2,4,2", "--save", "m.safetensors")
        self.refuse(BAD_DATA, r"dots\.csv:1:7: .*'<=50K\.'", "eval", "--model", "m.safetensors", "--data", "dots.csv")

    def test_03_air_decimal_comma(self):
        self.copy("03-air-decimal-comma")
        self.refuse(BAD_DATA, r"tail\.csv:2:1: column 1 \('when'\).*10/03/2004",
                    *TRAIN, "--data", "tail.csv", "--delim", ";", "--target", "t", "--regression")

    def test_05_whitespace_tables(self):
        self.copy("05-whitespace-tables")
        self.refuse(BAD_DATA, r"tabs\.txt:2: .*expected 3 cells, got 4",
                    *TRAIN, "--data", "tabs.txt", "--delim", "tab")
