"""What `meson install` puts down is complete: a program outside finds, links and runs it."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

from common import IO, PLACES, CommandTest, environment

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


class Install(CommandTest):
    def call(self, *command, **options):
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.folder, **options)
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
        # And those are what the headers declare: nothing missing, nothing from inside.
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


class Examples(CommandTest):
    def test_every_example_runs(self):
        folder = pathlib.Path(PLACES.build or "") / "examples"
        found = [path for path in sorted(folder.glob("*")) if path.is_file() and os.access(path, os.X_OK)]
        if not PLACES.build or not found:
            self.skipTest("no examples built")
        for path in found:
            with self.subTest(path.name):
                result = subprocess.run([str(path)], cwd=PLACES.source, env=environment(), capture_output=True,
                                        text=True, timeout=120)
                self.assertEqual(result.returncode, 0, result.stderr[-500:])
