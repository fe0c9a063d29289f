#!/usr/bin/env python3
"""Opens report pages in a browser without a screen: no errors, charts with the data, a table that sorts.

usage: check.py MAKE_PAGES

Drives chromium by chromedriver over plain HTTP (WebDriver). Where they are missing, or chromium does not start (as in some
chroots), the test is skipped and says why (exit 77).
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# case: charts, points. Crossover: 11 widths of blas twice, 9 of the loops twice; the step: 6 rows; scaling: 3 nets
# on 1 to 8 threads; anatomy: 16 parts in the bars, 10 with an intensity in the roofline.
EXPECTED = {"crossover": (1, 40), "anatomy": (2, 16 + 10), "scaling": (1, 24), "step": (1, 6)}
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions""".split()


class NoBrowser(RuntimeError):
    pass


class Browser:
    def __init__(self, chromium, driver, profile):
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.session = None
        for line in self.process.stdout:
            if "started successfully on port" in line:
                self.base = "http://127.0.0.1:" + line.rstrip().rstrip(".").split()[-1]
                break
        else:
            raise NoBrowser("chromedriver does not start")
        options = {"binary": chromium, "args": FLAGS + [f"--user-data-dir={profile}"]}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        try:
            self.session = self.ask("/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        except urllib.error.HTTPError as error:
            self.close()
            message = json.load(error)["value"]["message"].splitlines()[0]
            raise NoBrowser(f"chromium does not start: {message}") from None

    def ask(self, path, body):
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def do(self, command, **body):
        return self.ask(f"/session/{self.session}/{command}", body)

    def run(self, script):
        return self.do("execute/sync", script=script, args=[])

    def close(self):
        if self.session:
            request = urllib.request.Request(f"{self.base}/session/{self.session}", method="DELETE")
            urllib.request.urlopen(request, timeout=60).close()
        self.process.terminate()
        self.process.wait(10)


def open_browser(folder):
    """A browser whose profile is in the folder; or None, and the reason has been printed."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        print("skipped: the packages chromium and chromium-driver are not installed")
        return None
    try:
        return Browser(chromium, driver, f"{folder}/profile")
    except NoBrowser as error:
        print(f"skipped: {error}")
        return None


failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: got {got!r}, wanted {wanted!r}")


def column(browser, key):
    return browser.run(f"""
        const heads = [...document.querySelectorAll("#results th")];
        const i = heads.findIndex((th) => th.dataset.key === "{key}");
        return [...document.querySelectorAll("#results tbody tr")].map((tr) => tr.cells[i].textContent);""")


def click(browser, key):
    browser.run(f"""document.querySelector('#results th[data-key="{key}"] button').click()""")
    return browser.run(f"""return document.querySelector('#results th[data-key="{key}"]').ariaSort""")


def numbers(texts):
    return [float(t.replace(",", "")) for t in texts if t]


def check_sorting(browser, case, key):
    before = numbers(column(browser, key))
    expect(f"{case}: first click", click(browser, key), "ascending")
    expect(f"{case}: ascending {key}", numbers(column(browser, key)), sorted(before))
    expect(f"{case}: second click", click(browser, key), "descending")
    texts = column(browser, key)
    expect(f"{case}: descending {key}", numbers(texts), sorted(before, reverse=True))
    expect(f"{case}: empty cells come last", "" in texts[: len(before)], False)


def check_faults(browser, case):
    """The page of the step has one row that failed: it says why, and the charts leave it out."""
    titles = browser.run("return [...document.querySelectorAll('#results tr.failed')].map((tr) => tr.title)")
    expect(f"{case}: failed rows", titles,
           ["step/784-10/batch:64/missing: not installed </script>"] if case == "step" else [])


def check_page(browser, path):
    case = path.stem
    browser.do("url", url=path.as_uri())
    expect(f"{case}: charts", browser.run("return [gradmill.charts, gradmill.points]"), list(EXPECTED[case]))
    expect(f"{case}: figures", browser.run("return document.querySelectorAll('figure').length"), EXPECTED[case][0])
    expect(f"{case}: the title is its own", browser.run("return document.title.includes('broken')"), False)
    expect(f"{case}: nothing is fetched", browser.run("return performance.getEntriesByType('resource').length"), 0)
    check_faults(browser, case)
    check_sorting(browser, case, "milliseconds" if case != "anatomy" else "gflops")
    for width in (1200, 390):
        browser.do("window/rect", width=width, height=900)
        time.sleep(0.2)
        expect(f"{case}: page wider than {width}",
               browser.run("return document.documentElement.scrollWidth > innerWidth + 1"), False)
    errors = [e["message"] for e in browser.do("se/log", type="browser") if e["level"] == "SEVERE"]
    expect(f"{case}: errors", errors, [])


def main():
    with tempfile.TemporaryDirectory(prefix="gradmill-report-") as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        pages = sorted(pathlib.Path(folder).glob("*.html"))
        expect("pages", [p.stem for p in pages], sorted(EXPECTED))
        browser = open_browser(folder)
        if not browser:
            return 77
        try:
            for path in pages:
                check_page(browser, path)
        except urllib.error.HTTPError as error:
            failures.append(f"{path.stem}: {error.read().decode()[:500]}")
        finally:
            browser.close()
    print("\n".join(failures) or f"{len(pages)} pages are fine")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
