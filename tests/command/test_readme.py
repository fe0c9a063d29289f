"""The commands of README.md are run as they stand there.

Every block marked sh is looked at, except one with <!-- not run: reason --> on the line before it. Of a block, the
lines that call gradmill are run, in order and in one copy of the sources' data; lines that build, install, download
or call scripts/ are left out, because they are what leads to this test.
"""
import os
import re
import shutil
import subprocess

from common import PLACES, CommandTest, environment, patience

BLOCK = re.compile(r"(?:^<!-- not run: (?P<reason>.*?) -->\n+)?^```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ +)*(?P<program>(?:\./)?(?:build/\S*?)?gradmill)(?= )")


def blocks(text):
    """Pairs of the reason not to run it, or None, and the text of each sh block."""
    return [(match["reason"], match["text"]) for match in BLOCK.finditer(text)]


def commands(block):
    """The lines of a block that call gradmill; a prompt is dropped and continued lines are joined."""
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    lines = [re.sub(r"\s+#.*$", "", line.strip().removeprefix("$ ")) for line in lines]
    return [line for line in lines if COMMAND.match(line)]


FENCES = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(gradmill [^`]+)`")


def outputs(text):
    """Pairs of the commands of an sh block and the lines of the block behind it, which shows what they print."""
    fences = [(match["kind"], match["text"]) for match in FENCES.finditer(text)]
    return [(commands(before[1]), behind[1].splitlines()) for before, behind in zip(fences, fences[1:])
            if before[0] == "sh" and behind[0] == "" and commands(before[1])]


def shape(line):
    """A line without its numbers, whose last digits differ from machine to machine."""
    return " ".join(re.sub(r"[\d.,]*\d(?:e[-+]?\d+)?", "#", line).split())


class Extractor(CommandTest):
    def test_blocks_and_commands(self):
        text = (
            "```sh\nsudo apt install x\nscripts/test.sh\nbuild/src/cli/gradmill train \\\n    --data x  # quick\n```\n"
            "<!-- not run: needs a download -->\n```sh\ngradmill eval\n```\n"
            "```c\ngradmill train\n```\n```sh\n$ OMP_X=1 gradmill doctor\nmygradmill x\n```\n"
        )
        found = blocks(text)
        self.assertEqual([reason for reason, _ in found], [None, "needs a download", None])
        self.assertEqual(commands(found[0][1]), ["build/src/cli/gradmill train --data x"])
        self.assertEqual(commands(found[2][1]), ["OMP_X=1 gradmill doctor"])


    def test_outputs(self):
        text = "```sh\ngradmill eval\n```\n\n```\nloss  0.5\n```\n```c\nint x;\n```\n```sh\nscripts/x.sh\n```\n```\ny\n```\n"
        self.assertEqual(outputs(text), [(["gradmill eval"], ["loss  0.5"])])
        self.assertEqual(shape("loss   0.5 at 1,024: 3.3e-09"), "loss # at #: #")


class Readme(CommandTest):
    def test_commands_of_the_README(self):
        readme = PLACES.source / "README.md"
        if not readme.exists():
            self.skipTest("no README.md yet")
        place = self.folder / "copy"
        place.mkdir()
        for name in ("data", "examples"):
            if (PLACES.source / name).exists():
                shutil.copytree(PLACES.source / name, place / name)
        tools = self.folder / "tools"
        tools.mkdir()
        os.symlink(PLACES.gradmill, tools / "gradmill")
        env = environment(PATH=f"{tools}:{os.environ['PATH']}")
        for reason, block in blocks(readme.read_text(encoding="utf-8")):
            for line in commands(block):
                with self.subTest(line):
                    if reason:
                        self.skipTest(reason)
                    begin, end = COMMAND.match(line).span("program")
                    result = subprocess.run(["sh", "-c", line[:begin] + "gradmill" + line[end:]], cwd=place, env=env,
                                            capture_output=True, text=True, timeout=patience(120))
                    self.assertEqual(result.returncode, 0, result.stderr[-500:])

    def test_output_that_the_README_shows(self):
        """Every line of it is printed, but for its numbers. What was measured, and may be shortened, is left out."""
        env = environment(PATH=f"{os.path.dirname(PLACES.gradmill)}:{os.environ['PATH']}")
        place = self.folder / "copy"
        place.mkdir()
        shutil.copytree(PLACES.source / "data", place / "data")
        checked = 0
        for lines, shown in outputs((PLACES.source / "README.md").read_text(encoding="utf-8")):
            if any(" bench " in line for line in lines):
                continue
            printed = "".join(subprocess.run(["sh", "-c", line], cwd=place, env=env, capture_output=True, text=True,
                                             timeout=patience(120)).stdout for line in lines)
            shapes = {shape(line) for line in printed.splitlines()}
            for line in shown:
                checked += 1
                with self.subTest(line):
                    self.assertIn(shape(line), shapes)
        self.assertGreater(checked, 5)

    def test_options_beside_the_figures_exist(self):
        """Commands in tables measure for minutes: they are not run, but what they ask for is there."""
        for page in ("README.md", "docs/results.md", "docs/kernels.md"):
            text = (PLACES.source / page).read_text(encoding="utf-8")
            for line in INLINE.findall(text):
                words = line.split()[1:]
                if words[0] == "VERB":
                    continue
                with self.subTest(f"{page}: {line}"):
                    help_text = self.run_gradmill(words[0], "--help").stdout
                    for word in words[1:]:
                        if word.startswith("--"):
                            self.assertRegex(help_text, rf"{word.split('=')[0]}\b")
