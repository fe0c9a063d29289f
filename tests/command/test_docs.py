"""Checks that the functions, files and build options that docs/ names exist."""
import re

from common import PLACES, CommandTest

PAGES = ("architecture.md", "kernels.md", "quality.md")
QUOTED = re.compile(r"`([^`\n]+)`")
# A diagram has names without quotes: public and inner functions begin with gm_, files with the name of a room.
NAME = re.compile(r"\b(?:gm|cli)_[a-z0-9_]+\b")
PATH = re.compile(r"\b(?:src|bench|tests|scripts|include|docs|examples)/[\w./-]*\w")
FUNCTION = re.compile(r"^[a-z]+(?:_[a-z0-9]+)+$")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)?(?:#([^)]+))?\)")


def names(text):
    """Names of functions, types and fields on a page: everything that the source must have."""
    quoted = {word for word in QUOTED.findall(text) if FUNCTION.match(word)}
    return quoted | set(NAME.findall(text))


def anchors(text):
    """What GitHub makes of the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


class Docs(CommandTest):
    def setUp(self):
        super().setUp()
        folders = [PLACES.source / top for top in ("src", "include", "bench", "tests")]
        self.source = "\n".join(path.read_text(encoding="utf-8") for folder in folders
                                for path in sorted(folder.rglob("*.[ch]")))
        self.pages = {name: (PLACES.source / "docs" / name).read_text(encoding="utf-8") for name in PAGES
                      if (PLACES.source / "docs" / name).exists()}

    def test_a_name_that_is_gone_is_seen(self):
        self.assertEqual(names("`gm_gone` calls `was_here` and gm_old, not `f32`"), {"gm_gone", "was_here", "gm_old"})
        self.assertEqual(anchors("# How it is built\n## Where, and what"), {"how-it-is-built", "where-and-what"})

    def test_names_that_the_pages_use_exist(self):
        self.assertTrue(self.pages)
        for page, text in self.pages.items():
            with self.subTest(page):
                words = set(re.findall(r"\w+", self.source))
                gone = sorted(name for name in names(text) if name not in words
                              and not any(word.startswith(name) for word in words if name.endswith("_")))
                self.assertEqual(gone, [])

    def test_files_that_the_pages_name_exist(self):
        for page, text in self.pages.items():
            with self.subTest(page):
                gone = sorted(path for path in set(PATH.findall(text))
                              if "NAME" not in path and not (PLACES.source / path).exists())
                self.assertEqual(gone, [])

    def test_links_lead_somewhere(self):
        for page, text in self.pages.items():
            with self.subTest(page):
                for target, anchor in LINK.findall(text):
                    file = PLACES.source / "docs" / target if target else PLACES.source / "docs" / page
                    self.assertTrue(file.exists(), target)
                    if anchor:
                        self.assertIn(anchor, anchors(file.read_text(encoding="utf-8")))
