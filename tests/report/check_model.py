#!/usr/bin/env python3
"""Opens the report pages of train and eval in a browser without a screen, and compares what they show with the JSON output of
the same runs.

usage: check_model.py GRADMILL SOURCE

Without chromium and chromedriver the test is skipped (exit 77), as check.py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error

from check import expect, failures, open_browser

TRAIN_CHARTS = ["Loss", "Accuracy", "Learning rate", "Gradient norm", "Update of the weights by the weights", "Dead units",
                "Calibration"]


def run(gradmill, *arguments):
    result = subprocess.run([gradmill, *arguments], capture_output=True, text=True, check=False)
    return result.returncode, json.loads(result.stdout) if result.stdout.startswith("{") else None


def texts(browser, selector):
    return browser.run(f"return [...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)")


def rows(browser, table):
    return browser.run(f"""return [...document.querySelectorAll({json.dumps(table)} + " tbody tr")].map(
        (tr) => [...tr.cells].map((cell) => cell.textContent))""")


def percent(share):
    return "-" if share is None else f"{100 * share:.2f} %"


def check_frame(browser, name):
    """Of every page: it is alone, without errors, and as wide as the screen."""
    expect(f"{name}: nothing is fetched", browser.run("return performance.getEntriesByType('resource').length"), 0)
    for width in (1280, 800, 500):  # a window cannot be narrower
        browser.do("window/rect", width=width, height=900)
        time.sleep(0.2)
        expect(f"{name}: wider than {width}", browser.run("return document.documentElement.scrollWidth > innerWidth + 1"),
               False)
    browser.do("goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride",
               params={"width": 400, "height": 800, "deviceScaleFactor": 2, "mobile": True})
    time.sleep(0.2)
    expect(f"{name}: wider than a phone", browser.run("return document.documentElement.scrollWidth > 401"), False)
    browser.do("goog/cdp/execute", cmd="Emulation.clearDeviceMetricsOverride", params={})
    paper = {}
    for scheme in ("light", "dark"):
        browser.do("goog/cdp/execute", cmd="Emulation.setEmulatedMedia",
                   params={"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        time.sleep(0.2)
        paper[scheme] = browser.run("return getComputedStyle(document.body).backgroundColor")
    expect(f"{name}: dark is not light", paper["dark"] != paper["light"], True)
    errors = [e["message"] for e in browser.do("se/log", type="browser") if e["level"] == "SEVERE"]
    expect(f"{name}: errors", errors, [])


def check_classes(browser, name, evaluation):
    """The two tables are those of eval --json."""
    classes = [[c["name"], f"{c['rows']:,}", f"{c['predicted']:,}", *(percent(c[k]) for k in ("precision", "recall", "f1"))]
               for c in evaluation["classes"]]
    expect(f"{name}: classes", rows(browser, "#figures table"), classes)
    matrix = [[c["name"], *map(str, counts)] for c, counts in zip(evaluation["classes"], evaluation["confusion"])]
    expect(f"{name}: confusion matrix", rows(browser, "#confusion table"), matrix)
    expect(f"{name}: accuracy", percent(evaluation["accuracy"]) in "".join(texts(browser, "#summary dd")), True)


def check_training(browser, folder, gradmill, iris):
    page = folder / "train.html"
    run_of = ["train", "--data", iris, "--layers", "4,8,3", "--epochs", "30", "--threads", "1", "--rate", "0.02", "--json",
              "--quiet"]
    code, told = run(gradmill, *run_of, "--report", str(page))
    expect("train: exit code", code, 0)
    browser.do("url", url=page.as_uri())
    captions = browser.run("return [...document.querySelectorAll('figcaption')].map((f) => f.firstChild.textContent)")
    expect("train: charts", captions, TRAIN_CHARTS)
    points = browser.run("return gradmill.points")
    # Per epoch: 3 of the loss, 2 of the accuracy, rate, 3 norms, 2 ratios, 1 share of dead units; and the calibration.
    expect("train: points", 12 * 30 < points <= 12 * 30 + 10, True)
    expect("train: the kept epoch is marked", browser.run("return gradmill.kept"), told["kept_epoch"])
    expect("train: options", texts(browser, "#options pre"), [told["options"]])
    expect("train: command", texts(browser, ".command")[0].endswith(f"--report {page}"), True)
    table = rows(browser, "#epochs table")
    expect("train: epochs", [row[0] for row in table], [str(n) for n in range(1, 31)])
    for row, epoch in zip(table, told["epochs"]):
        expect("train: validation loss of an epoch", abs(float(row[3]) - epoch["valid_loss"]) < 1e-4, True)
    expect("train: kept row", texts(browser, "tr.kept th"), [str(told["kept_epoch"])])
    figures = rows(browser, "#figures table")
    expect("train: classes", [row[0] for row in figures], ["setosa", "versicolor", "virginica"])
    expect("train: rows of the classes", [row[1] for row in figures], ["5", "5", "5"])
    check_frame(browser, "train")


def check_evaluation(browser, folder, gradmill, iris):
    page, model = folder / "eval.html", str(folder / "m.safetensors")
    run(gradmill, "train", "--data", iris, "--layers", "4,8,3", "--epochs", "30", "--threads", "1", "--quiet", "--save", model)
    _, told = run(gradmill, "eval", "--model", model, "--data", iris, "--json", "--report", str(page))
    browser.do("url", url=page.as_uri())
    check_classes(browser, "eval", told)
    expect("eval: charts", browser.run("return gradmill.charts"), 1)
    expect("eval: no epochs", browser.run("return document.getElementById('epochs').hidden"), True)
    check_frame(browser, "eval")


def check_numbers(browser, folder, gradmill):
    """A regression without validation, and class names or paths that look like HTML."""
    table, page = folder / "a<b>&.csv", folder / "numbers.html"
    table.write_text("x,y\n" + "".join(f"{i % 7},{3 * (i % 7) + 1}\n" for i in range(60)))
    run(gradmill, "train", "--data", str(table), "--regression", "--layers", "1,4,1", "--epochs", "5", "--threads", "1", "--quiet",
        "--valid-share", "0", "--report", str(page))
    browser.do("url", url=page.as_uri())
    expect("numbers: title", browser.run("return document.querySelector('h1').textContent"), "Training of 1-4-1 on a<b>&.csv")
    expect("numbers: targets", len(rows(browser, "#figures table")), 1)
    expect("numbers: no matrix", browser.run("return document.getElementById('confusion').hidden"), True)
    expect("numbers: no validation", "validation" in "".join(texts(browser, ".u-legend")), False)
    check_frame(browser, "numbers")


def check_diverged(browser, folder, gradmill):
    table, page = folder / "n.csv", folder / "diverged.html"
    table.write_text("x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
    code, told = run(gradmill, "train", "--data", str(table), "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate",
                     "0.0032", "--scaling", "none", "--target-scaling", "none", "--schedule", "constant", "--epochs", "5000",
                     "--batch", "36", "--valid-share", "0", "--json", "--report", str(page))
    expect("diverged: exit code", code, 7)
    browser.do("url", url=page.as_uri())
    expect("diverged: says so", "training diverged" in "".join(texts(browser, "#warnings")), True)
    expect("diverged: epochs", len(rows(browser, "#epochs table")) > 0, True)
    check_frame(browser, "diverged")


def main():
    gradmill, source = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="gradmill-report-") as name:
        folder, iris = pathlib.Path(name), str(source / "data" / "iris.csv")
        browser = open_browser(name)
        if not browser:
            return 77
        try:
            check_training(browser, folder, gradmill, iris)
            check_evaluation(browser, folder, gradmill, iris)
            check_numbers(browser, folder, gradmill)
            check_diverged(browser, folder, gradmill)
        except urllib.error.HTTPError as error:
            failures.append(error.read().decode()[:500])
        finally:
            browser.close()
    print("\n".join(failures) or "4 pages are fine")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
