"""Checks that `meson install` is complete: a program outside of the project finds, links and uses the library."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

from common import IO, PLACES, CommandTest, environment, patience

PROGRAM = r"""
#include <gradmill.h>
#include <stdio.h>
#if GM_VERSION_NUMBER < GM_VERSION_OF(0, 1, 0) || GM_VERSION_NUMBER >= GM_VERSION_OF(1000, 0, 0)
#error "the macros of the version do not work in the preprocessor"
#endif
int main(void)
{
    const gm_layer_options layers[] = {{3, GM_TANH}, {1, GM_IDENTITY}};
    gm_network_options options = gm_network_options_default();
    gm_network *network = NULL;
    gm_error error = {0};
    options.inputs = 2;
    options.layer_count = 2;
    options.layers = layers;
    options.loss = GM_MEAN_SQUARES;
    if (gm_network_create(&network, &options, &error) != GM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%s %zu\n", gm_version(), gm_network_parameter_count(network));
    printf("%s %d.%d.%d %d %d\n", GM_VERSION_STRING, GM_VERSION_MAJOR, GM_VERSION_MINOR, GM_VERSION_PATCH,
           GM_VERSION_NUMBER, gm_version_number());
    gm_network_destroy(network);
    return 0;
}
"""

BACKENDS = r"""
#include <gradmill.h>
#include <stdio.h>
int main(void)
{
    const gm_layer_options layer = {1, GM_IDENTITY};
    const char *const backends[] = {"packed", "blas"};
    gm_network_options options = gm_network_options_default();
    options.inputs = 2, options.layer_count = 1, options.layers = &layer, options.loss = GM_MEAN_SQUARES;
    for (int i = 0; i < 2; i++) {
        gm_error error = {0};
        gm_network *network = NULL;
        gm_engine *engine = NULL;
        gm_engine_options compute = gm_engine_options_default();
        compute.backend = backends[i];
        if (gm_network_create(&network, &options, &error) == GM_OK)
            gm_engine_create(&engine, network, &compute, &error);
        printf("%s: %d %s\n", backends[i], (int)error.status, error.message);
        gm_engine_destroy(engine);
        gm_network_destroy(network);
    }
    return 0;
}
"""


class Installed(CommandTest):
    """The files that `meson install` writes, in a folder of their own."""

    def call(self, *command, **options):
        result = subprocess.run(command, capture_output=True, text=True, timeout=patience(120), cwd=self.folder, **options)
        self.assertEqual(result.returncode, 0, f"{shlex.join(map(str, command))}: {result.stderr[-800:]}")
        return result.stdout

    def setUp(self):
        super().setUp()
        if not PLACES.build:
            self.skipTest("needs --build")
        if PLACES.sanitized or self.counts_lines():
            self.skipTest("an outside program would need the runtime of a sanitizer or of gcov")
        for tool in ("meson", "pkg-config", "cc"):
            if not shutil.which(tool):
                self.skipTest(f"no {tool}")
        self.root = self.folder / "root"
        self.call("meson", "install", "-C", str(PLACES.build), "--destdir", str(self.root), "--no-rebuild", "--quiet")
        [pc] = self.root.rglob("gradmill.pc")
        self.env = environment(PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(self.root))
        self.library = pc.parent.parent

    def counts_lines(self):
        known = json.loads((PLACES.build / "meson-info" / "intro-buildoptions.json").read_text(encoding="utf-8"))
        return any(option["name"] == "b_coverage" and option["value"] for option in known)

    def flags(self, *options):
        return shlex.split(self.call("pkg-config", *options, "gradmill", env=self.env))

    def system_flags(self, flags):
        """pkg-config puts the sysroot before paths of the system's own libraries, too: those are outside of it."""
        return [flag for flag in flags if not flag.startswith(("-I", "-L")) or os.path.isdir(flag[2:])]


class Install(Installed):
    def build(self, name, *flags):
        source = self.write("outside.c", PROGRAM)
        self.call("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", source, "-o", self.path(name), *flags)
        env = self.env | {"LD_LIBRARY_PATH": str(self.library)}
        return self.call(self.path(name), env=env)

    def test_shared(self):
        said = self.build("shared", *self.system_flags(self.flags("--cflags", "--libs")))
        self.assertRegex(said, r"^\d+\.\d+\.\d+ 13\n")
        self.assertIn("libgradmill.so.0", self.call("ldd", self.path("shared"), env=self.env))

    def test_every_place_says_the_same_version(self):
        first, macros = self.build("versions", *self.system_flags(self.flags("--cflags", "--libs"))).splitlines()
        version = self.call("pkg-config", "--modversion", "gradmill", env=self.env).strip()
        major, minor, patch = map(int, version.split("."))
        number = major * 10000 + minor * 100 + patch
        self.assertEqual(first, f"{version} 13")
        self.assertEqual(macros, f"{version} {version} {number} {number}")
        self.assertEqual(self.call(PLACES.gradmill, "--version"), f"gradmill {version}\n")
        self.assertTrue((self.library / f"libgradmill.so.{version}").exists())

    def test_static(self):
        flags = self.system_flags(self.flags("--cflags", "--libs", "--static"))
        flags = [str(self.library / "libgradmill.a") if flag == "-lgradmill" else flag for flag in flags]
        self.assertRegex(self.build("static", *flags), r" 13\n")
        self.assertNotIn("libgradmill", self.call("ldd", self.path("static"), env=self.env))

    def test_without_a_shared_library(self):
        """Linked with -static a program has no BLAS library: it is told so, and all else works."""
        for name in ("c", "m", "jansson", "z"):
            if not os.path.isabs(self.call("cc", f"-print-file-name=lib{name}.a").strip()):
                self.skipTest(f"no lib{name}.a")
        source = self.write("backends.c", BACKENDS)
        include = self.system_flags(self.flags("--cflags"))
        self.call("cc", "-static", source, "-o", self.path("backends"), *include, str(self.library / "libgradmill.a"),
                  "-ljansson", "-lz", "-lm", "-pthread")
        said = self.call(self.path("backends"), env=self.env).splitlines()
        self.assertEqual(said[0], "packed: 0 ")
        self.assertRegex(said[1], rf"blas: {IO} no BLAS library: .* linked with -static")

    def test_no_BLAS_is_linked(self):
        """The library loads one at run time: pkg-config must not ask for the development files of any."""
        for options in (["--print-requires-private"], ["--libs", "--static"]):
            self.assertNotRegex(self.call("pkg-config", *options, "gradmill", env=self.env), r"(?i)blas")

    def test_soname(self):
        library = self.library / "libgradmill.so"
        self.assertRegex(self.call("readelf", "-d", str(library)), r"SONAME.*\[libgradmill\.so\.0\]")

    def test_only_public_names_are_exported(self):
        listed = self.call("nm", "-D", "--defined-only", "--format=posix", str(self.library / "libgradmill.so"))
        exported = {line.split()[0].partition("@")[0] for line in listed.splitlines()}
        self.assertEqual([name for name in exported if not name.startswith("gm_")], [])
        # The symbols are exactly those that the headers declare.
        include = PLACES.source / "include" / "gradmill"
        text = "".join(path.read_text(encoding="utf-8") for path in include.glob("*.h"))
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        declared = set(re.findall(r"GM_API[^;(]*?\b(gm_\w+)\(", text))
        self.assertEqual(exported, declared)

    def test_command_runs_where_it_was_put(self):
        [command] = [path for path in self.root.rglob("bin/gradmill")]
        self.assertRegex(self.call(str(command), "--version", env=self.env), r"^gradmill ")

    def test_headers_are_there(self):
        installed = {path.name for path in self.root.rglob("include/**/*.h")}
        self.assertEqual(installed, {path.name for path in (PLACES.source / "include").rglob("*.h")})

    def test_manual_page(self):
        if not (PLACES.source / "man" / "gradmill.1").exists():
            self.skipTest("no manual page yet")
        self.assertTrue(list(self.root.rglob("man1/gradmill.1*")))

    def test_completion(self):
        self.assertTrue(list(self.root.rglob("bash-completion/completions/gradmill")))


class Examples(Installed):
    """Every program of examples/, compiled as a user would, against what was installed. What they print is checked
    against numbers from outside: the worked example's, or those that the program prints beside its own."""

    MAZUR = {  # the first step of Mazur's 2-2-2 network, recomputed in double precision
        "out": [0.7513650695523157, 0.7729284653214625],
        "loss": [0.2983711087600027],
        "delta 2": [0.13849856162855695, -0.038098236516556236],
        "delta 1": [0.00877135468948693, 0.009954254705217196],
        "dC/db 2": [0.13849856162855695, -0.038098236516556236],
        "dC/db 1": [0.00877135468948693, 0.009954254705217196],
        "dC/dW 2": [0.08216704056423077, 0.08266762784753325, -0.02260254047747507, -0.022740242215978222],
        "dC/dW 1": [0.0004385677344743465, 0.000877135468948693, 0.0004977127352608599, 0.0009954254705217198],
        "new W 2": [0.35891647971788465, 0.4086661860762334, 0.5113012702387375, 0.5613701211079891],
        "new W 1": [0.1497807161327628, 0.19956143226552567, 0.24975114363236958, 0.29950228726473915],
    }

    def run_example(self, name, *arguments):
        if not os.path.exists(self.path(name)):
            flags = self.system_flags(self.flags("--cflags", "--libs"))
            self.call("cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2",
                      str(PLACES.source / "examples" / f"{name}.c"), "-o", self.path(name), *flags, "-lm", "-pthread")
        if not os.path.exists(self.path("data")):
            shutil.copytree(PLACES.source / "data", self.path("data"))
        return self.call(self.path(name), *arguments, env=self.env | {"LD_LIBRARY_PATH": str(self.library)})

    def check_custom_loop(self):
        error = re.search(r"^root mean square error on 256 other points: ([\d.]+)$", self.run_example("custom_loop"),
                          re.MULTILINE)
        self.assertLess(float(error[1]), 0.02)

    def check_four_equations(self):
        for arguments in ([], ["naive"], ["blas"]):
            lines = self.run_example("four_equations", *arguments).splitlines()
            said = {line[:8].strip(): [float(number) for number in line[8:].split()] for line in lines}
            self.assertEqual(list(said), list(self.MAZUR))
            for name, expected in self.MAZUR.items():
                self.assertEqual(len(said[name]), len(expected))
                for number, right in zip(said[name], expected):
                    self.assertLess(abs(number - right), 1e-13 * abs(right), f"{arguments}: {name}")
        wrong = subprocess.run([self.path("four_equations"), "magic"], capture_output=True, text=True, timeout=patience(60),
                               env=self.env | {"LD_LIBRARY_PATH": str(self.library)})
        self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
        self.assertEqual(wrong.stderr,
                         "four_equations: 'magic' does not multiply single matrices; expected naive or blas\n")

    def check_regression(self):
        pairs = re.findall(r"([\d.-]+) m(?:/s)? \(([\d.-]+)\)", self.run_example("regression"))
        self.assertEqual(len(pairs), 3)
        for predicted, right in pairs:
            self.assertLess(abs(float(predicted) - float(right)), 0.1, pairs)

    def check_serve(self):
        lines = self.run_example("serve").splitlines()
        self.assertEqual(lines, [f"thread {i}: setosa versicolor virginica setosa" for i in (1, 2, 3, 4)])

    def check_train_iris(self):
        self.assertRegex(self.run_example("train_iris"), r"^30 test rows, 9\d\.\d % right\n$")
        self.assertTrue(os.path.exists(self.path("iris.safetensors")))

    def test_every_example(self):
        for path in sorted((PLACES.source / "examples").glob("*.c")):
            with self.subTest(path.stem):
                getattr(self, f"check_{path.stem}")()


class BuiltExamples(CommandTest):
    def test_every_example_runs(self):
        folder = pathlib.Path(PLACES.build or "") / "examples"
        found = [path for path in sorted(folder.glob("*")) if path.is_file() and os.access(path, os.X_OK)]
        if not PLACES.build or not found:
            self.skipTest("no examples built")
        for path in found:
            with self.subTest(path.name):
                result = subprocess.run([str(path)], cwd=PLACES.source, env=environment(), capture_output=True,
                                        text=True, timeout=patience(120))
                self.assertEqual(result.returncode, 0, result.stderr[-500:])
