"""The node's page in Debian's Chromium, without a screen: what it says, pressing its keys, pictures of it.

Needs Debian's packages chromium, chromium-driver and python3-selenium, so it is run by Debian's python.
"""
import os
import shutil
import time

import e2e
from e2e import check


def browser(processes):
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service
    except ImportError as e:
        raise e2e.Unusable(f"{e} (Debian's package python3-selenium)") from None
    for tool in "chromium", "chromedriver":
        check(shutil.which(tool), f"{tool} is not installed (Debian's packages chromium and chromium-driver)")
    options = Options()
    options.binary_location = shutil.which("chromium")
    flags = ["--headless=new", "--disable-gpu", "--window-size=1440,900", "--hide-scrollbars", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--user-data-dir=" + processes.make_folder("chromium")]
    for flag in flags + (["--no-sandbox"] if os.geteuid() == 0 else []):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver"), log_output=processes.path("chromedriver.log")), options=options)


class Page:
    def __init__(self, driver, base, keep):
        self.driver, self.base, self.keep = driver, base, keep

    def open(self, fragment=""):
        self.driver.get("about:blank")
        self.driver.get(f"{self.base}/{fragment}")
        self.wait("return document.body.classList.contains('ready')", "the page is put together")

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, script, what, seconds=90, *arguments):
        until = time.monotonic() + seconds
        while not (found := self.js(script, *arguments)):
            check(time.monotonic() < until, f"{what}: not within {seconds} s\n{script}\n{self.driver.get_log('browser')}")
            time.sleep(0.1)
        return found

    def press(self, keys):
        from selenium.webdriver.common.action_chains import ActionChains
        ActionChains(self.driver).send_keys(keys).perform()

    def find(self, selector):
        from selenium.webdriver.common.by import By
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def picture(self, name, full=False):
        if not self.keep:
            return
        os.makedirs(self.keep, exist_ok=True)
        if full:
            height = self.js("return document.documentElement.scrollHeight")
            width = self.js("return innerWidth")
            self.size(width, min(height, 5000))
            time.sleep(2.5)
        self.driver.save_screenshot(os.path.join(self.keep, name + ".png"))
        if full:
            self.size(None, None)

    def size(self, width, height, phone=False):
        if width is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                        {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone})
        time.sleep(0.5)

    def drain(self):
        self.driver.get_log("browser")

    def quiet(self, when):
        said = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        check(not said, f"{when}: the console says {said}")

    def only_here(self):
        loaded = self.js("return performance.getEntriesByType('resource').map((e) => e.name)")
        foreign = [name for name in loaded if not name.startswith(self.base + "/") and not name.startswith("data:")]
        check(loaded and not foreign, f"asked of others: {foreign}")

    def chart(self, name):
        """What a chart has drawn: {window, rows: [[ms, [lowest, mean, highest] or null, ...]], labels}."""
        return self.js("const c = tacho.charts.find((c) => c.what.id === arguments[0]); if (!c) return null; "
                       "const d = c.drawn; return {window: d.window, rows: d.rows, labels: d.labels, step: c.query.buffer.step}", name)

    def show(self, name):
        self.js("document.querySelector(`[data-chart=${arguments[0]}]`).scrollIntoView({block: 'center'})", name)
        self.wait("const c = tacho.charts.find((c) => c.what.id === arguments[0]); return c.visible && c.drawn.rows.length > 0", f"the chart {name}", 90, name)
