"""Memory and threads that are refused: one clear line, a documented code, no crash, no hang."""
import os

from common import LIMIT, OK, PLACES, CommandTest, data, environment

MOST_RUNS = 120


def sample(count):
    """Up to MOST_RUNS of 1 to count: the first ones all, the rest evenly."""
    if count <= MOST_RUNS:
        return range(1, count + 1)
    first = MOST_RUNS // 3
    rest = MOST_RUNS - first
    return [*range(1, first + 1), *(first + (count - first) * i // rest for i in range(1, rest + 1))]


class Memory(CommandTest):
    def setUp(self):
        super().setUp()
        if not PLACES.shim:
            self.skipTest("needs --shim")

    def count(self, arguments):
        report = self.path("count")
        env = environment(LD_PRELOAD=PLACES.shim, GM_FAIL_COUNT=report, GM_FAIL_AT="0")
        good = self.succeed(*arguments, env=env)
        with open(report, encoding="ascii") as file:
            return int(file.read()), good

    def judge(self, result, good, n):
        """What is wrong, if anything: it refuses, or does as if nothing had happened (a file can be read without
        a buffer)."""
        where = f"request {n}: code {result.returncode}, {result.stderr[-200:]!r}"
        if result.returncode not in (OK, LIMIT):
            return [where]
        if result.returncode == OK:
            return [] if result.stdout == good.stdout else [f"{where}: success with other output"]
        return [] if len(self.errors(result)) == 1 else [f"{where}: not one line"]

    def check_all(self, *arguments, before=None, after=None):
        if before:
            before()
        count, good = self.count(arguments)
        self.assertGreater(count, 10)
        wrong = []
        for n in sample(count):
            if before:
                before()
            env = environment(LD_PRELOAD=PLACES.shim, GM_FAIL_AT=str(n))
            result = self.run_gradmill(*arguments, env=env)
            wrong += self.judge(result, good, n)
            if after:
                wrong += after(result, n)
        self.assertFalse(wrong, f"{len(wrong)} of {count} requests\n" + "\n".join(wrong[:20]))

    def test_train(self):
        model = self.trained()
        with open(model, "rb") as file:
            old = file.read()

        def restore():
            with open(model, "wb") as file:
                file.write(old)

        def intact(result, n):
            with open(model, "rb") as file:
                kept = file.read() == old
            left = sorted(set(os.listdir(self.folder)) - {"model.safetensors", "count"})
            if left or kept != (result.returncode != OK):
                return [f"request {n}: code {result.returncode}, old file kept: {kept}, left behind: {left}"]
            return []

        self.check_all(*self.train("--threads", "2", "--seed", "7", "--save", model), before=restore, after=intact)

    def test_train_json(self):
        arguments = self.train("--json")
        count, _ = self.count(arguments)
        wrong = []
        for n in sample(count)[::2]:
            result = self.run_gradmill(*arguments, env=environment(LD_PRELOAD=PLACES.shim, GM_FAIL_AT=str(n)))
            # Times differ from run to run, so the output is not compared.
            whole = result.returncode == OK and '"epochs"' in result.stdout
            if not whole and result.returncode != LIMIT:
                wrong.append(f"request {n}: code {result.returncode}, {result.stderr[-200:]!r}, {result.stdout[:60]!r}")
        self.assertFalse(wrong, f"{len(wrong)} of {count} requests\n" + "\n".join(wrong[:20]))

    def test_eval(self):
        model = self.trained()
        self.check_all("eval", "--model", model, "--data", data("iris.csv"), "--threads", "1", "--json")

    def test_predict(self):
        model = self.trained()
        self.check_all("predict", "--model", model, "--data", data("iris.csv"), "--target", "species",
                       "--threads", "1", "--outputs")

    def test_explain(self):
        self.check_all("explain", data("mazur.json"))

    def test_explain_json(self):
        self.check_all("explain", data("mazur.json"), "--json")

    def test_plan(self):
        arguments = ["plan", "--layers", "4,8,3", "--threads", "2", "--rows", "100", "--json"]
        count, _ = self.count(arguments)
        for n in sample(count)[::2]:
            result = self.run_gradmill(*arguments, env=environment(LD_PRELOAD=PLACES.shim, GM_FAIL_AT=str(n)))
            self.assertIn(result.returncode, (OK, LIMIT), f"request {n}: {result.stderr[-200:]}")
            self.assertTrue(result.returncode or '"training"' in result.stdout, f"request {n}")
            self.assertEqual(len(self.errors(result)), result.returncode != OK, f"request {n}: {result.stderr[-200:]}")

    def test_doctor(self):
        arguments = ["doctor", "--quick", "--json"]
        count, _ = self.count(arguments)
        for n in sample(count)[::10]:
            result = self.run_gradmill(*arguments, env=environment(LD_PRELOAD=PLACES.shim, GM_FAIL_AT=str(n)))
            self.assertIn(result.returncode, (OK, LIMIT), f"request {n}: {result.stderr[-200:]}")
            self.assertTrue(result.returncode or '"findings"' in result.stdout, f"request {n}")
