"""Tests reading from standard input, pipes and gzip, and of files that are larger than the memory."""
import gzip
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import zlib

from common import BAD_DATA, IO, LIMIT, PLACES, USAGE, CommandTest, data, environment, patience

TRAIN = ["train", "--quiet", "--epochs", "1", "--threads", "1"]
IMAGES = struct.pack(">IIII", 0x803, 2, 2, 2) + bytes(range(8))
LABELS = struct.pack(">II", 0x801, 2) + bytes([0, 1])


class StandardInput(CommandTest):
    def test_a_dash_is_standard_input(self):
        shutil.copy(PLACES.source / "tests" / "cases" / "x7-data-dash" / "abt.csv", self.folder)
        content = pathlib.Path(self.path("abt.csv")).read_bytes()
        arguments = [*TRAIN, "--regression", "--layers", "2,4,1", "--save"]
        self.succeed(*arguments, "file", "--data", "abt.csv")
        expected = pathlib.Path(self.path("file")).read_bytes()
        for name, content_given in (("plain", content), ("gzip", gzip.compress(content))):
            given = self.write("given", content_given)
            for place in ("-", "/dev/stdin"):
                with self.subTest(f"{name}, {place}, file"), open(given, "rb") as file:
                    self.succeed(*arguments, "model", "--data", place, stdin=file)
                    self.assertEqual(pathlib.Path(self.path("model")).read_bytes(), expected)
                with self.subTest(f"{name}, {place}, pipe"):
                    cat = subprocess.Popen(["cat", given], stdout=subprocess.PIPE)
                    self.succeed(*arguments, "model", "--data", place, stdin=cat.stdout)
                    cat.stdout.close()
                    cat.wait()
                    self.assertEqual(pathlib.Path(self.path("model")).read_bytes(), expected)

    def test_images_and_labels(self):
        images, labels = self.write("images", IMAGES), self.write("labels", gzip.compress(LABELS))
        arguments = [*TRAIN, "--layers", "4,2", "--batch", "1"]
        with open(images, "rb") as file:
            self.succeed(*arguments, "--data", "-", "--labels", labels, stdin=file)
        with open(labels, "rb") as file:
            self.succeed(*arguments, "--data", images, "--labels", "-", stdin=file)
        self.refuse(USAGE, r"--data - and --labels -: standard input can be read once only",
                    *TRAIN, "--data", "-", "--labels", "-")
        self.refuse(USAGE, r"--data - and --valid -", *TRAIN, "--data", "-", "--valid", "-")

    def test_errors_call_it_by_its_name(self):
        with open(self.write("bad.csv", "1,2,0\n1,x,1\n"), "rb") as file:
            self.refuse(BAD_DATA, r"standard input:2:3: ", *TRAIN, "--data", "-", stdin=file)
        self.refuse(BAD_DATA, r"standard input: no rows; the file is empty", *TRAIN, "--data", "-")

    def test_a_directory_of_that_name_is_not_meant(self):
        os.mkdir(self.path("-"))
        with open(data("iris.csv"), "rb") as file:
            self.succeed(*TRAIN, "--data", "-", stdin=file)

    def test_closed_standard_streams(self):
        """Files that are opened must not take the numbers of streams that are closed."""
        def run(redirection, *arguments):
            return subprocess.run(["sh", "-c", f'"$0" "$@" {redirection}', PLACES.gradmill, *arguments],
                                  cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=patience(60))
        loud = ["train", "--data", data("iris.csv"), "--epochs", "2", "--threads", "1", "--save", "model"]
        self.assertEqual(run(">&-", *loud).returncode, IO)
        self.assert_loads(self.path("model"))
        self.assertEqual(run("2>&-", *loud).returncode, 0)
        self.assert_loads(self.path("model"))
        self.assertEqual(run("<&- >&- 2>&-", *loud).returncode, IO)
        self.assert_loads(self.path("model"))
        self.assertEqual(run(">&-", *loud, "--quiet").returncode, 0)
        result = run("<&-", *TRAIN, "--data", "-")
        self.assertEqual(result.returncode, IO)
        self.assertRegex(result.stderr, r"^gradmill: standard input: cannot read: Bad file descriptor\n$")
        self.assertEqual(run("2>&-", "train", "--data", "none").returncode, IO)
        self.assertEqual(run("2>&-", "train", "--nonsense").returncode, USAGE)


class Gzip(CommandTest):
    """Accepted is what a plain file with the same contents would be, and nothing behind it."""

    def refuse_data(self, content, pattern):
        self.refuse(BAD_DATA, rf"data\.gz: {pattern}", *TRAIN, "--data", self.write("data.gz", content))

    def test_refused(self):
        with open(data("iris.csv"), "rb") as file:
            whole = gzip.compress(file.read())
        wrong_crc = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
        wrong_size = whole[:-4] + bytes([whole[-4] ^ 1]) + whole[-3:]
        for name, content, pattern in (
            ("garbage", whole + b"garbage", r"the gzip file goes on behind its end"),
            ("zeros", whole + bytes(512), r"the gzip file goes on behind its end"),
            ("half a second member", whole + whole[: len(whole) // 2], r"the gzip file is cut short"),
            ("checksum", wrong_crc, r"the gzip file is damaged: incorrect data check"),
            ("length", wrong_size, r"the gzip file is damaged: incorrect length check"),
            ("no foot", whole[:-8], r"the gzip file is cut short"),
            ("half", whole[: len(whole) // 2], r"the gzip file is cut short"),
            ("head only", whole[:10], r"the gzip file is cut short"),
            ("twice", gzip.compress(whole), r"a gzip file; expected CSV, LIBSVM, NPY, NPZ or IDX; gzip within gzip is not read"),
        ):
            with self.subTest(name):
                self.refuse_data(content, pattern)

    def test_members_of_text(self):
        with open(data("iris.csv"), "rb") as file:
            content = file.read()
        members = b"".join(gzip.compress(content[i : i + 1000]) for i in range(0, len(content), 1000))
        self.succeed(*TRAIN, "--data", self.write("data.gz", members + gzip.compress(b"")))

    def test_members_of_images(self):
        labels = ["--labels", self.write("labels", LABELS), "--layers", "4,2", "--batch", "1"]
        for name, content in (("head and rows", gzip.compress(IMAGES[:16]) + gzip.compress(IMAGES[16:])),
                              ("within a row", gzip.compress(IMAGES[:19]) + gzip.compress(IMAGES[19:]))):
            with self.subTest(name):
                self.succeed(*TRAIN, "--data", self.write("images", content), *labels)
        self.refuse(BAD_DATA, r"images: more data than declared", *TRAIN, *labels,
                    "--data", self.write("images", gzip.compress(IMAGES) + gzip.compress(b"\0")))


def zeros(head, total, line=b"0,0,0,0\n"):
    """gzip of `head` and about `total` bytes of lines, without ever having them all."""
    compress = zlib.compressobj(1, zlib.DEFLATED, 31)
    part = line * (1 << 17)
    return b"".join([compress.compress(head), *(compress.compress(part) for _ in range(total // len(part))),
                     compress.flush()])


class Bombs(CommandTest):
    """A small file that inflates to more than there is: one line, exit code 6, not killed."""

    def refuse_bomb(self, code, pattern, content, limit, **options):
        path = self.write("bomb.gz", content)
        self.assertLess(os.path.getsize(path), 8 << 20)
        self.refuse(code, pattern, *TRAIN, "--data", path, preexec_fn=limit, **options)

    def test_address_space(self):
        if PLACES.sanitized:
            self.skipTest("the sanitizer itself needs more address space")
        self.refuse_bomb(LIMIT, r"(bomb\.gz: )?no memory for .*; needed", zeros(b"", 512 << 20),
                         lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)))

    def test_tiny_dimensions(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

        bomb = zeros(IMAGES, 256 << 20, bytes(8))
        self.refuse_bomb(BAD_DATA, r"bomb\.gz: more data than declared", bomb, limit)

    def test_control_group(self):
        group = make_group(200 << 20)
        if not group:
            self.skipTest("cannot make a control group with a limit of memory")
        self.addCleanup(os.rmdir, group)
        if PLACES.sanitized:
            self.skipTest("the sanitizer itself needs more memory")

        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))

        self.refuse_bomb(LIMIT, r"(bomb\.gz: )?no memory for .*; needed", zeros(b"", 512 << 20), enter)


def make_group(limit):
    """A control group of version 1 or 2 whose members have `limit` bytes of memory; None where that is forbidden."""
    name = f"gradmill-test-{os.getpid()}"
    for root, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        own = own_group(root == "/sys/fs/cgroup")
        group = pathlib.Path(root + own) / name if own is not None else None
        if not group:
            continue
        try:
            group.mkdir()
            (group / file).write_text(str(limit))
            return group
        except OSError:
            if group.is_dir():
                group.rmdir()
    return None


def own_group(second):
    """The path of this process's group: of version 2, or of the memory controller of version 1."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if (second and not controllers) or (not second and "memory" in controllers.split(",")):
                return path
    return None
