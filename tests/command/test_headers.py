"""Checks that every public header can be compiled alone, in C and in C++."""
import shutil
import subprocess

from common import PLACES, CommandTest, patience

WARNINGS = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


class Headers(CommandTest):
    def check(self, compiler, standard, suffix):
        if not shutil.which(compiler):
            self.skipTest(f"no {compiler}")
        include = PLACES.source / "include"
        headers = sorted(include.rglob("*.h"))
        self.assertGreater(len(headers), 5)
        for header in headers:
            name = header.relative_to(include)
            with self.subTest(f"{name} by {compiler}"):
                # Included twice, to test the include guard.
                path = self.write(f"alone.{suffix}", f"#include <{name}>\n#include <{name}>\nint main(void) {{ return 0; }}\n")
                result = subprocess.run([compiler, f"-std={standard}", *WARNINGS, f"-I{include}", path],
                                        capture_output=True, text=True, timeout=patience(60))
                self.assertEqual(result.returncode, 0, result.stderr[:1000])

    def test_C(self):
        self.check("cc", "c17", "c")

    def test_Cplusplus(self):
        self.check("c++", "c++17", "cc")
