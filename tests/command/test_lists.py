"""Compares the man page and the bash completion with the program's own tables, which `gradmill complete` prints."""
import re
import shutil
import subprocess

from common import OK, PLACES, CommandTest, patience

OWN = {"--help", "--usage", "--version"}  # of argp, and of the command itself


def plain(text):
    """A piece of the man page without escapes of its hyphens and spaces, and without changes of font."""
    return re.sub(r"\\f[BIR]", "", text.replace("\\-", "-").replace("\\ ", " "))


def paragraphs(page):
    """(section, options of the head, body) of each tagged paragraph whose head names options."""
    section = ""
    for part in re.split(r"^(?=\.TP|\.S[HS] )", page, flags=re.MULTILINE):
        if part.startswith((".SH", ".SS")):
            section = part.splitlines()[0][4:].strip().strip('"')
            continue
        lines = part.splitlines()
        options = re.findall(r"--[a-z][a-z0-9-]*", plain(lines[1])) if len(lines) > 1 else []
        if options and lines[1].startswith(".B"):
            yield section, options, lines[1:]


def bold(lines):
    """The words that a paragraph sets in bold: what a user may type."""
    words = set()
    for line in lines:
        request, _, rest = line.partition(" ")
        parts = re.findall(r'"[^"]*"|\S+', plain(rest))
        if request == ".B":
            words.add(" ".join(parts))
        elif request in (".BR", ".BI"):
            words.update(part.strip('" ') for part in parts[::2])
        elif request == ".RB":
            words.update(part.strip('" ') for part in parts[1::2])
    return words


class Lists(CommandTest):
    def complete(self, *arguments):
        return self.succeed("complete", *arguments).stdout.split()

    def setUp(self):
        super().setUp()
        self.page = (PLACES.source / "man" / "gradmill.1").read_text(encoding="utf-8")
        self.verbs = [word for word in self.complete() if not word.startswith("-")]
        self.options = {verb: set(self.complete(verb)) - OWN for verb in self.verbs}

    def test_the_tables_are_those_of_the_help(self):
        self.assertEqual(set(self.complete()) - set(self.verbs), {"--help", "--version"})
        for verb in self.verbs:
            with self.subTest(verb):
                told = self.succeed(verb, "--help").stdout
                heads = set(re.findall(r"^ {2,6}(?:-\S, +)?(--[a-z][a-z0-9-]*)", told, re.MULTILINE))
                self.assertEqual(set(self.complete(verb)), heads)
                self.assertNotRegex(told, r"\{[a-z-]+\}", "a list that has no name")

    def test_the_defaults_of_the_optimizers_are_those_of_pytorch(self):
        """Each setting with its readers, the default of the first of them, and those that differ from it."""
        for verb in ("train", "plan"):
            told = " ".join(self.succeed(verb, "--help").stdout.split())
            for option, readers, defaults in (
                ("--momentum", "momentum and nesterov", "0.9"),
                ("--beta1", "adam and adamw", "0.9"),
                ("--beta2", "adam, adamw and rmsprop", "0.999; rmsprop 0.99"),
                ("--epsilon", "adam, adamw, rmsprop and adagrad", "1e-08; adagrad 1e-10"),
            ):
                with self.subTest(f"{verb} {option}"):
                    self.assertRegex(told, rf"{option}=X {readers}: [^()]*\(default {re.escape(defaults)}\)")
            self.assertRegex(told, r"--decay=X [^()]*\(default 0; adamw 0\.01\)")

    def test_an_unknown_word_is_no_fault_of_the_shell(self):
        for arguments in (["nonsense"], ["train", "--nonsense"], ["train", "--rate"], ["train", "{nonsense}"]):
            self.assertEqual(self.complete(*arguments), [])

    def test_every_word_of_a_list_is_taken(self):
        """The message that refuses another word has the same list."""
        for verb, options in self.options.items():
            for option in sorted(options):
                words = self.complete(verb, option)
                if not words or option in ("--net", "--blas", "--freeze-bias"):
                    continue  # a name is not all that these take
                with self.subTest(f"{verb} {option}"):
                    listed = ", ".join(words[:-1]) + " or " + words[-1]
                    self.assertIn(listed, self.fails(verb, f"{option}=fast"))

    def fails(self, *arguments):
        result = self.run_gradmill(*arguments)
        self.assertNotEqual(result.returncode, OK)
        return result.stderr

    def test_verbs_of_the_man_page(self):
        synopsis = self.page.split(".SH SYNOPSIS")[1].split(".SH DESCRIPTION")[0]
        self.assertEqual(set(re.findall(r"^\.B gradmill (\w+)", synopsis, re.MULTILINE)), set(self.verbs))
        told = set(re.findall(r"^\.TP\n\.B (\w+)$", self.page, re.MULTILINE))
        self.assertLessEqual(set(self.verbs), told)

    def test_options_of_the_man_page(self):
        told = {option for _, options, _ in paragraphs(self.page) for option in options}
        known = set().union(*self.options.values())
        self.assertEqual(known - told, set(), "missing in the man page")
        mentioned = set(re.findall(r"--[a-z][a-z0-9-]*[a-z0-9]", plain(self.page))) - OWN
        self.assertEqual(mentioned - known, set(), "the command does not know them")

    def test_an_argument_may_be_left_out_of_one_option_only(self):
        """Otherwise the next word would not be its argument: `--net xor`."""
        for verb in self.verbs:
            found = re.findall(r"(--[\w-]+)\[=", self.succeed(verb, "--help").stdout)
            self.assertEqual(found, ["--freeze-bias"] if verb == "explain" else [], verb)

    def test_the_groups_of_the_help_stand_in_the_order_of_the_man_page(self):
        headings = re.findall(r"(?m)^\.SS (.*)$", self.page)
        for verb in ("train", "plan"):
            told = re.findall(r"(?m)^ ([A-Z].*):$", self.succeed(verb, "--help").stdout)
            told = [heading for heading in told if heading in headings]
            self.assertGreater(len(told), 2)
            self.assertEqual(told, [heading for heading in headings if heading in told])

    def test_options_of_a_verb_stand_under_its_heading(self):
        for section, options, _ in paragraphs(self.page):
            verbs = [verb for verb in self.verbs if re.search(rf"Options of .*\b{verb}\b", section)]
            for verb in verbs[:1] if len(verbs) == 1 else []:
                self.assertLessEqual(set(options), self.options[verb], section)

    def test_words_of_the_man_page(self):
        """Each paragraph names every word of its option's list, and sets no other word in bold."""
        numbers = 0
        for section, options, lines in paragraphs(self.page):
            own = [verb for verb in ("bench", "explain") if section == f"Options of {verb}"]
            of = own or [verb for verb in self.verbs if verb not in ("bench", "explain")]
            words = {word for verb in of for option in options if option in self.options[verb]
                     for word in self.complete(verb, option)}
            if not words:
                continue
            numbers += 1
            with self.subTest(f"{section}: {options[0]}"):
                told = {word for part in bold(lines) | {plain(lines[0]).partition("=")[2]}
                        for word in re.findall(r"(?<![\w-])[a-z][\w-]*", part)}
                told -= {*self.verbs, *self.complete("bench", "{cases}")} - words
                self.assertEqual(told - words, set(), "not in the list")
                self.assertEqual({word for word in words if word not in told}, set(), "missing in the man page")
        self.assertGreater(numbers, 15)

    def replies(self, *words):
        """What bash offers for the last of the words."""
        if not shutil.which("bash"):
            self.skipTest("no bash")
        script = (f"source {PLACES.source}/completions/gradmill; complete -p gradmill >/dev/null || exit 1\n"
                  'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gradmill; printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-c", script, "bash", PLACES.gradmill, *words], capture_output=True, text=True,
                                timeout=patience(60), cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split()

    def test_completion(self):
        for words, expected in (
            (["tr"], ["train"]),
            (["--v"], ["--version"]),
            (["train", "--opt"], ["--optimizer"]),
            (["train", "--optimizer", "ada"], ["adam", "adamw", "adagrad"]),
            (["train", "--optimizer", "=", "ne"], ["nesterov"]),
            (["plan", "--precision", ""], ["f32", "f64"]),
            (["train", "--activation", "relu,ta"], ["relu,tanh"]),
            (["train", "--rate", "a"], []),
            (["bench", "sc"], ["scaling"]),
            (["bench", "--net", "mn"], ["mnist"]),
            (["eval", "--mod"], ["--model"]),
            (["nonsense", "--mod"], []),
        ):
            with self.subTest(" ".join(words)):
                self.assertEqual(self.replies(*words), expected)
        self.assertEqual(self.replies("train", "--optimizer", "="), self.complete("train", "--optimizer"))
