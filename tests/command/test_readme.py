"""The commands of README.md are run as they stand there.

Every block marked sh is looked at, except one with <!-- not run: reason --> on the line before it. Of a block, the
lines that call gradmill are run, in order and in one copy of the sources' data; lines that build, install, download
or call scripts/ are left out, because they are what leads to this test.
"""
import os
import re
import shutil
import subprocess

from common import PATIENCE, PLACES, CommandTest, environment

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
                                            capture_output=True, text=True, timeout=2 * PATIENCE)
                    self.assertEqual(result.returncode, 0, result.stderr[-500:])
