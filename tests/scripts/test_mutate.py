#!/usr/bin/env python3
"""Tests scripts/mutate.py: the changes that it makes to a source, that it changes nothing else, and the lists it reads."""
import importlib.util
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location("mutate", SCRIPTS / "mutate.py")
mutate = importlib.util.module_from_spec(SPEC)
sys.modules["mutate"] = mutate
SPEC.loader.exec_module(mutate)

SOURCE = r'''
#define LIMIT (1 + 2) /* a macro \
    of two lines */
struct point { int x, y; };
/* a < b in a comment */
static double area(const struct point *a, size_t n)
{
    const char *text = "x < 1 + 2"; // and - here
    int count = 0;
    if (n > 8 && a->x != 0)
        count += take(a->x, n);
    open(text, O_CREAT | O_EXCL | O_CLOEXEC);
    use(count++, 1.5);
    return n < 3 ? first(a) * 2 : -count;
}
'''


class Strays(unittest.TestCase):
    def test_programs_of_the_build_are_killed_and_no_others(self):
        with tempfile.TemporaryDirectory() as folder:
            inside, outside = pathlib.Path(folder).resolve() / "build", pathlib.Path(folder).resolve() / "builder"
            processes = []
            for place in (inside, outside):
                place.mkdir()
                program = shutil.copy(shutil.which("sleep"), place / "program")
                processes.append(subprocess.Popen([program, "60"], start_new_session=True))
            mutate.kill_programs_in(inside)
            try:
                self.assertEqual(processes[0].wait(10), -signal.SIGKILL)
                self.assertIsNone(processes[1].poll())
            finally:
                processes[1].kill()
                processes[1].wait()


class Suites(unittest.TestCase):
    def test_the_table_names_files_and_tests_that_exist(self):
        known = mutate.existing_suites()
        for prefix, suites in mutate.SUITES.items():
            self.assertTrue(any(mutate.ROOT.glob(f"{prefix}*")), prefix)
            self.assertEqual(set(suites.split()) - known, set(), prefix)

    def test_every_file_has_tests(self):
        for file in mutate.files_of([]):
            self.assertTrue(mutate.suites_of(file, mutate.existing_suites()), file)
        self.assertEqual(mutate.meson_name("command/test_plan"), "command_plan")
        self.assertEqual(mutate.meson_name("data"), "data")


class Mutants(unittest.TestCase):
    def setUp(self):
        self.changes = {mutant.lines(SOURCE) for mutant in mutate.mutants_of("a.c", SOURCE)}

    def expect(self, before, after):
        self.assertIn((before, after), self.changes)

    def test_comparisons_conditions_and_logic(self):
        line = "if (n > 8 && a->x != 0)"
        for after in ("if (n >= 8 && a->x != 0)", "if (n > 9 && a->x != 0)", "if (n > 7 && a->x != 0)",
                      "if (n > 8 || a->x != 0)", "if (n > 8 && a->x == 0)", "if (!(n > 8 && a->x != 0))"):
            self.expect(line, after)

    def test_arithmetic_and_choices(self):
        line = "return n < 3 ? first(a) * 2 : -count;"
        for after in ("return n < 3 ? first(a) / 2 : -count;", "return n < 3 ? first(a) * 2 : count;",
                      "return n < 3 ? (-count) : (first(a) * 2);"):
            self.expect(line, after)

    def test_arguments_flags_and_counters(self):
        self.expect("count += take(a->x, n);", "count += take(n, a->x);")
        self.expect("count += take(a->x, n);", "count -= take(a->x, n);")
        self.expect("open(text, O_CREAT | O_EXCL | O_CLOEXEC);", "open(text, O_CREAT | O_CLOEXEC);")
        self.expect("use(count++, 1.5);", "use(count++ + 1, 1.5);")
        self.expect("use(count++, 1.5);", "use(count++, (1.5 * 1.5));")

    def test_statements_are_dropped(self):
        self.expect("use(count++, 1.5);", ";")
        self.expect("count += take(a->x, n);", ";")

    def test_nothing_else_is_touched(self):
        for before, _ in self.changes:
            for untouched in ("define", "of two lines", "struct point {", "in a comment", "static double"):
                self.assertNotIn(untouched, before)
        for _, after in self.changes:
            self.assertFalse("text =" in after and '"x < 1 + 2"' not in after, after)
        self.assertFalse(any(before == after for before, after in self.changes))

    def test_every_file_has_suites_that_exist(self):
        existing = mutate.existing_suites()
        for file in mutate.files_of([]):
            self.assertTrue(mutate.suites_of(file, existing), file)


class Lists(unittest.TestCase):
    def test_both_lists_can_be_read(self):
        for name in ("mutants.txt", "survivors.txt"):
            known = mutate.read_list(SCRIPTS.parent / "tests" / name)
            self.assertTrue(known, name)
            self.assertTrue(all(reason for reason in known.values()), name)

    def test_a_list_without_a_reason_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("a.c\n- x\n+ y\n")
            file.flush()
            with self.assertRaises(SystemExit):
                mutate.read_list(pathlib.Path(file.name))


if __name__ == "__main__":
    unittest.main()
