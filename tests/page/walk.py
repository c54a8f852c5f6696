#!/usr/bin/python3
"""Walks through the page with a real browser and prints "ok - ..." or "not ok - ..." for each test.

usage: walk.py BASE [--accounts FILE] [--invented | --contain SOURCE] [--axe FILE] [--shots FOLDER]

BASE is the page's address, such as http://127.0.0.1:8080/. FILE has a line "operator NAME PASSWORD" and one
"reader NAME PASSWORD"; without it those of server.py are used. --invented: it is server.py, whose scenes can be
changed, and all tests are done; else only those that change nothing, but that SOURCE, which has to wait for a
person, is contained. --axe: axe.min.js of axe-core, by which each
view is looked at for what keeps people out. --shots: where pictures go.
"""
import argparse
import json
import pathlib
import re
import signal
import sys
import time
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FIRST_VIEW_MOST = 150 * 1024  # bytes over the wire, with the plots
VIEWS = ['now', 'incidents', 'incidents?all=1', 'queue', 'holds', 'exemptions', 'blocklists', 'journal', 'replays']
WIDE, MIDDLE, NARROW = (1280, 1000), (1030, 1000), (360, 740)

failures = 0


def ok(name):
    print(f'ok - {name}', flush=True)


def not_ok(name, *words):
    global failures
    failures += 1
    print(f'not ok - {name}', flush=True)
    for word in words:
        print('    ' + ascii(str(word))[:400], flush=True)


def check(name, is_so, *words):
    if is_so:
        ok(name)
    else:
        not_ok(name, *words)


def skip(name):
    print(f'skip - {name}', flush=True)


class Browser:
    """One browser that asks nobody but the page's server."""

    def __init__(self, base):
        self.base = base
        options = webdriver.ChromeOptions()
        host = urllib.parse.urlsplit(base).hostname
        for argument in ('--headless=new', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-default-apps',
                         '--disable-dev-shm-usage', '--disable-extensions', '--disable-gpu', '--hide-scrollbars', '--lang=en',
                         '--proxy-server=http://127.0.0.1:9', f'--proxy-bypass-list={host}'):
            options.add_argument(argument)
        if pathlib.os.geteuid() == 0:
            options.add_argument('--no-sandbox')
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        options.set_capability('unhandledPromptBehavior', 'ignore')
        self.driver = webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)
        self.driver.set_page_load_timeout(90)
        self.driver.set_script_timeout(60)
        self.requests, self.bytes, self.console = [], 0, []
        self.size(WIDE)

    def size(self, size):
        self.command('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)

    def dark(self, is_dark):
        self.command('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if is_dark else 'light'}])

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector='main'):
        return self.run('return document.querySelector(arguments[0])?.innerText ?? ""', selector)

    def count(self, selector):
        return self.run('return document.querySelectorAll(arguments[0]).length', selector)

    def wait(self, script, seconds=20, *arguments):
        """Until the script gives something true; what it gave."""
        end = time.monotonic() + seconds
        while True:
            found = self.run(script, *arguments)
            if found or time.monotonic() > end:
                return found
            time.sleep(0.1)

    def press(self, *keys):
        active = self.driver.switch_to.active_element
        active.send_keys(*keys)

    def hear(self):
        """Takes over what the browser wrote down meanwhile."""
        self.console += self.driver.get_log('browser')
        for entry in self.driver.get_log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.requestWillBeSent':
                self.requests.append(message['params']['request']['url'])
            elif message['method'] == 'Network.loadingFinished':
                self.bytes += message['params']['encodedDataLength']

    def complaints(self):
        """What the console has that should not be there. That nobody is logged in yet, or a message has left the
        queue, is told there by the browser."""
        self.hear()
        found = [e['message'] for e in self.console if e['level'] in ('SEVERE', 'WARNING') and not (e['source'] == 'network' and ('status of 401' in e['message'] or '/api/message?' in e['message'] and 'status of 404' in e['message']))]
        self.console = []
        return found

    def has_dialog(self):
        try:
            _ = self.driver.switch_to.alert.text
            self.driver.switch_to.alert.dismiss()
            return True
        except NoAlertPresentException:
            return False

    def go(self, route):
        """Shows a view; whether its heading came and has the focus."""
        self.run('window.before_view = document.querySelector("main h1"); if (location.hash === "#/" + arguments[0]) dispatchEvent(new HashChangeEvent("hashchange")); else location.hash = "#/" + arguments[0]', route)
        return self.wait('const h = document.querySelector("main h1"); return h !== null && h !== window.before_view && document.activeElement === h', 15)

    def log_in(self, name, password):
        self.driver.get(self.base)
        self.wait('return document.querySelector("#name, #person button")')
        if self.count('#person button') and self.run('return !document.getElementById("person").hidden'):
            self.run('[...document.querySelectorAll("#person button")].find((b) => b.dataset.do === "log-out").click()')
            self.wait('return document.getElementById("name")')
        self.driver.find_element(By.ID, 'name').send_keys(name)
        self.driver.find_element(By.ID, 'password').send_keys(password + Keys.ENTER)
        return self.wait('return !document.getElementById("person").hidden && document.querySelector("main h1")?.textContent !== "Log in"')


class Walk:
    def __init__(self, browser, options):
        self.b, self.options = browser, options
        self.accounts = {'operator': ('ann', 'a secret'), 'reader': ('bob', 'a secret')}
        if options.accounts:
            for line in options.accounts.read_text().splitlines():
                role, name, password = line.split(' ', 2)
                self.accounts[role] = (name, password)

    def scene(self, name):
        with urllib.request.urlopen(f'{self.b.base}test/scene?name={name}', timeout=10):
            pass

    def ask_test(self, what):
        with urllib.request.urlopen(f'{self.b.base}test/{what}', timeout=10):
            pass

    def shoot(self, name):
        if self.options.shots:
            time.sleep(0.4)
            self.b.driver.save_screenshot(str(self.options.shots / f'{name}.png'))

    def log_in(self, role):
        check(f'a person who is {role} logs in', self.b.log_in(*self.accounts[role]), self.b.text())

    # ---- what holds for every view ----

    def inert(self, where):
        """Nothing in the page came from a foreign text."""
        found = self.b.run(r'''
            const bad = [];
            for (const e of document.querySelectorAll('*')) {
                if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FRAME', 'VIDEO', 'AUDIO'].includes(e.nodeName.toUpperCase())) bad.push(e.nodeName);
                if (e.nodeName === 'SCRIPT' && !(e.src === location.origin + '/page.js' || e.src === location.origin + '/chart.js')) bad.push('script ' + e.src);
                if (e.nodeName === 'IMG' && e.getAttribute('src') !== '/icon.svg') bad.push('img ' + e.src);
                if (e.nodeName === 'A' && !/^#/.test(e.getAttribute('href') ?? '')) bad.push('link to ' + e.getAttribute('href'));
                for (const {name} of e.attributes) if (/^on/.test(name) || name === 'srcdoc') bad.push(e.nodeName + ' ' + name);
            }
            const words = document.body.innerText + document.title;
            if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\ufeff]/.test(words)) bad.push('a control or a mark of direction');
            return bad''')
        check(f'{where}: nothing in the page was made by foreign text', not found, *found)
        check(f'{where}: no dialog opens by itself', not self.b.has_dialog())

    def fits(self, where):
        wide = self.b.run('return [document.documentElement.scrollWidth, innerWidth]')
        check(f'{where}: it does not scroll sideways', wide[0] <= wide[1], wide, self.b.run('''
            return [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((e) => e.nodeName + "." + e.className + " " + e.textContent.slice(0, 60))'''))

    def accessible(self, where):
        if not self.options.axe:
            return
        self.b.run(self.options.axe.read_text())
        found = self.b.driver.execute_async_script('''
            const done = arguments[0];
            axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}, resultTypes: ['violations']})
                .then((r) => done(r.violations.map((v) => v.id + ": " + v.help + " -- " + v.nodes.slice(0, 4).map((n) => n.html.slice(0, 140) + " " + (n.any[0]?.message ?? "")).join(" | "))), (e) => done(["axe failed: " + e]))''')
        check(f'{where}: axe finds nothing against WCAG A and AA', not found, *found)

    def quiet(self, where):
        found = self.b.complaints()
        check(f'{where}: the console is silent', not found, *found)

    # ---- the parts of the walk ----

    def first_view(self):
        self.b.command('Network.enable')
        self.b.command('Network.setCacheDisabled', cacheDisabled=True)
        self.b.driver.get(self.b.base)
        self.b.wait('return document.getElementById("name")')
        check('without a session one has to log in, and the field for the name has the focus', self.b.run('return document.activeElement.id') == 'name')
        self.accessible('log in')
        if self.options.invented:
            self.b.driver.find_element(By.ID, 'name').send_keys('ann')
            self.b.driver.find_element(By.ID, 'password').send_keys('wrong' + Keys.ENTER)
            said = self.b.wait('return document.getElementById("login-wrong").textContent')
            check('a wrong password is a sentence', 'wrong' in (said or ''), said)
        self.b.complaints()
        self.b.bytes, self.b.requests = 0, []
        self.log_in('operator')
        self.b.wait('return window.Chart !== undefined', 10)
        self.b.wait('return document.querySelectorAll("[data-plot]").length > 0', 10)
        self.b.hear()
        check(f'the first view is {self.b.bytes // 1024} KiB over the wire, at most 150', 0 < self.b.bytes <= FIRST_VIEW_MOST, self.b.requests)
        self.b.command('Network.setCacheDisabled', cacheDisabled=False)

    def policy(self):
        fields = urllib.request.urlopen(self.b.base, timeout=10).headers
        check('the page has a policy that lets nothing in', "default-src 'none'" in fields.get('Content-Security-Policy', '') and 'unsafe' not in fields.get('Content-Security-Policy', ''), fields)
        self.b.run('const s = document.createElement("script"); s.textContent = "window.let_in = 1"; document.head.append(s); s.remove()')
        seen = self.b.complaints()
        check('and the browser keeps it: an inline script is refused, and that is seen in the console', self.b.run('return window.let_in === undefined') and any('Content Security Policy' in s for s in seen), *seen)

    def views(self, name, routes):
        for route in routes:
            where = f'{name}, {urllib.parse.unquote(route)[:40]!a}'
            check(f'{where}: it is there, and its heading has the focus', self.b.go(route), self.b.text()[:200])
            time.sleep(0.5)
            title = self.b.run('return document.title')
            check(f'{where}: it has a title', 'stanch' in title and len(title) > 8, title)
            check(f'{where}: nothing went wrong', self.b.count('main [role=alert]') == 0, self.b.text('main [role=alert]'))
            self.inert(where)
            self.fits(where)
            self.accessible(where)
            for width, size in (('narrow', NARROW), ('neither wide nor narrow', MIDDLE)):
                self.b.size(size)
                time.sleep(0.2)
                self.fits(f'{where}, {width}')
            self.b.size(WIDE)
            self.quiet(where)

    def found_routes(self):
        """An incident, a source and a message, as the page itself links to them."""
        routes = []
        for view, pattern in (('incidents?all=1', '#/incidents/'), ('incidents?all=1', '#/source/'), ('queue', '#/message/')):
            self.b.go(view)
            found = self.b.wait('return [...document.querySelectorAll("main a")].map((a) => a.getAttribute("href")).find((h) => h.startsWith(arguments[0]))', 5, pattern)
            if found:
                routes.append(found[2:])
        return routes

    def dark(self):
        self.b.go('now')
        light = self.b.run('return getComputedStyle(document.body).backgroundColor')
        self.b.dark(True)
        time.sleep(0.5)
        dark = self.b.run('return getComputedStyle(document.body).backgroundColor')
        check('it is dark where dark is wanted', dark != light and sum(map(int, dark[4:-1].split(','))) < 150, light, dark)
        for route in ['now', *self.found_routes()[:1], 'queue']:
            self.b.go(route)
            time.sleep(0.5)
            self.accessible(f'dark, {route}')
        self.b.dark(False)

    def keys(self):
        self.b.go('now')
        self.b.press('g', 'i')
        check('"g i" shows the incidents', self.b.wait('return document.querySelector("main h1")?.textContent === "Incidents"'))
        self.b.press('g', 'q')
        check('"g q" shows the queue', self.b.wait('return document.querySelector("main h1")?.textContent === "Queue"'))
        self.b.press('g', 'n')
        self.b.wait('return document.querySelector("main h1")?.textContent === "Now"')
        self.b.press('/')
        check('"/" goes to the search', self.b.wait('return document.activeElement?.id === "q"'))
        self.b.press('no such thing' + Keys.ENTER)
        check('a search that finds nothing says so', self.b.wait('return document.querySelector("main [role=status]")?.textContent.startsWith("0 messages fit")'), self.b.text())
        check('and it is in the address, so that it can be kept', 'q=no+such+thing' in self.b.run('return location.hash'))
        self.b.press('?')
        check('"?" shows the keys', self.b.wait('return document.querySelector("dialog[open]")?.innerText.includes("search the queue")'))
        self.accessible('keys')
        self.b.press(Keys.ESCAPE)
        check('Escape closes them', self.b.wait('return document.querySelector("dialog[open]") === null'))
        self.b.run('history.back()')
        check('"back" goes back', self.b.wait('return location.hash !== "" && !location.hash.includes("no+such")'))
        self.b.go('now')
        self.b.run('document.getElementById("skip").focus()')
        self.b.press(Keys.ENTER)
        check('the first link skips to the content', self.b.wait('return document.activeElement?.nodeName === "H1"'))
        seen = set()
        self.b.run('document.getElementById("skip").focus()')
        for _ in range(200):
            self.b.press(Keys.TAB)
            seen.add(self.b.run('const e = document.activeElement; e.seen_by_tab = true; return e.nodeName'))
        missed = self.b.run('''return [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
            .filter((e) => e.checkVisibility() && !e.disabled && !e.seen_by_tab && e.id !== "skip").map((e) => e.outerHTML.slice(0, 100))''')
        check('all that can be used is reached by Tab', not missed, *missed)

    def still(self):
        """What does not change stays the very same element, with its focus, while the state goes on."""
        self.b.go('now')
        self.b.wait('return document.querySelectorAll("main table a").length > 0')
        self.b.run('''
            window.marked = document.querySelector("main table a"); window.marked.focus(); document.querySelector("main details").open = true;
            window.scrollTo(0, 300); window.heard_before = document.getElementById("foot").textContent; window.changes = 0;
            window.watching = new MutationObserver((list) => { for (const m of list) window.changes += m.addedNodes.length + m.removedNodes.length; });
            window.watching.observe(document.querySelector("main"), {childList: true, subtree: true})''')
        heard = self.b.wait('return document.getElementById("foot").textContent !== window.heard_before', 10)
        time.sleep(2.5)
        state = self.b.run('return [window.marked.isConnected, document.activeElement === window.marked, document.querySelector("main details").open, Math.round(scrollY), window.changes]')
        check('the state goes on', heard)
        check('and focus, scrolling and what is folded open stay', state[:4] == [True, True, True, 300], state)
        check('no part of the page is made anew for it', state[4] <= 4, state)

    def answers_to(self, script, *arguments):
        return self.b.driver.execute_async_script('const done = arguments[arguments.length - 1]; ' + script, *arguments)

    def post(self, csrf, body):
        return self.answers_to('''
            const fields = {"Content-Type": "application/json"};
            if (arguments[0] !== null) fields["X-Stanch-CSRF"] = arguments[0];
            fetch("/api/actions", {method: "POST", headers: fields, body: JSON.stringify(arguments[1])}).then((a) => done(a.status), (e) => done(String(e)))''', csrf, body)

    def forged(self):
        csrf = self.answers_to('fetch("/api/session").then((a) => a.json()).then((s) => done(s.csrf))')
        body = dict(action='contain', source='mailbox:nobody@invalid.example', reason='a test', dry_run=True)
        check('an action without the token of the session is refused', self.post(None, body) == 403)
        check('and with a wrong one', self.post('0' * len(csrf), body) == 403)
        check('with the right one it is not', self.post(csrf, body) == 200)
        check('a cookie that scripts can read there is none', self.b.run('return document.cookie') == '')
        self.b.complaints()

    def act(self):
        self.b.go('now')
        self.b.wait('return document.querySelector("[data-action=contain]")')
        self.shoot('now-flood')
        self.b.run('document.querySelector("[data-action=contain]").focus()')
        self.b.press(Keys.ENTER)
        opened = self.b.wait('return document.querySelector("dialog[open] [data-part=would] li, dialog[open] [data-part=would] dl")')
        check('a button opens a dialog that says what would be done', opened, self.b.text('dialog'))
        check('whose first field has the focus', self.b.run('return document.activeElement.id') == 'deed-reason')
        self.accessible('dialog')
        self.shoot('dialog')
        self.b.size(NARROW)
        time.sleep(0.3)
        self.shoot('phone-dialog')
        check('the dialog fits a narrow screen', self.b.run('const r = document.querySelector("dialog").getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth'))
        self.b.size(WIDE)
        for _ in range(8):
            self.b.press(Keys.TAB)
        check('Tab stays in the dialog', self.b.run('const e = document.activeElement; return e === document.body || e.closest("dialog") !== null'), self.b.run('return document.activeElement.outerHTML.slice(0, 200)'))
        self.b.press(Keys.ESCAPE)
        check('Escape closes it, and the focus is where it was', self.b.wait('return document.querySelector("dialog") === null && document.activeElement?.dataset.action === "contain"'))
        check('and nothing was done', self.b.count('[data-action=contain]') == 1)
        self.b.press(Keys.ENTER)
        self.b.wait('return document.querySelector("dialog[open] [data-part=would] li")')
        self.b.press(Keys.ENTER)
        check('without a reason nothing is done', self.b.count('dialog[open] [data-part=go]') == 1 and self.b.run('return document.activeElement.id') == 'deed-reason')
        self.b.press('seen by a person' + Keys.ENTER)
        done = self.b.wait('return document.querySelector("dialog [data-part=result] .badge")?.textContent')
        check('with a reason it is done, and said', done == 'Done.', done, self.b.text('dialog'))
        check('to those who cannot see it, too', self.b.wait('return document.getElementById("said").textContent.includes("Contain: done")'), self.b.text('#said'))
        self.b.press(Keys.ENTER)
        check('and nothing waits any more', self.b.wait('return document.querySelector("[data-action=contain]") === null && document.querySelector("main .notice.good") !== null'), self.b.text()[:300])
        self.quiet('an action')

    def contain(self, source):
        """With a server that is not invented."""
        self.b.go('now')
        button = f'[data-action=contain][data-source="{source}"]'
        check('what waits for a person is there, with a button', self.b.wait('return document.querySelector(arguments[0])', 20, button), self.b.text()[:400])
        self.shoot('real-now')
        self.b.run('document.querySelector(arguments[0]).focus()', button)
        self.b.press(Keys.ENTER)
        foreseen = self.b.wait('const e = document.querySelector("dialog[open] [data-part=would]"); return e !== null && !e.textContent.includes("Asking") && e.textContent', 40)
        check('it is said what would be done', foreseen and 'could not be asked' not in foreseen, foreseen)
        self.shoot('real-dialog')
        self.b.run('document.getElementById("deed-reason").focus()')
        self.b.press('seen in the browser' + Keys.ENTER)
        done = self.b.wait('return document.querySelector("dialog [data-part=result] .badge, dialog [data-part=result] .wrong")?.textContent', 60)
        check('with a reason it is done, and said', done == 'Done.', done, self.b.text('dialog'))
        self.shoot('real-done')
        self.b.press(Keys.ENTER)
        check('and it waits no more', self.b.wait('return document.querySelector(arguments[0]) === null', 20, button), self.b.text()[:400])
        for route in ('journal', 'holds', 'now'):
            self.b.go(route)
            time.sleep(1)
            self.shoot(f'real-{route}')
        self.quiet('containing')

    def reader(self):
        self.log_in('reader')
        for route in ['now', *self.found_routes()[:2], 'holds', 'exemptions']:
            self.b.go(route)
            time.sleep(0.4)
            check(f'a reader has no button that acts: {route[:40]!a}', self.b.count('[data-do=deed]') == 0)
        check('and is told so', 'You are a reader' in self.b.text())
        csrf = self.answers_to('fetch("/api/session").then((a) => a.json()).then((s) => done(s.csrf))')
        status = self.post(csrf, dict(action='contain', source='mailbox:nobody@invalid.example', reason='a test', dry_run=True))
        check('and the server refuses what a reader would do', status == 403, status)
        self.b.complaints()

    def doubt(self):
        self.b.go('now')
        self.ask_test('silence?on=1')
        said = self.b.wait('return [...document.querySelectorAll("#banner .bad")].some((e) => e.textContent.includes("is old"))', 25)
        check('when the daemon is silent, the page says that what it shows is old', said, self.b.text('#banner'))
        check('and is not green', self.b.count('main .notice.good.big') == 0)
        self.shoot('old')
        self.ask_test('silence?on=0')
        check('and no longer when it speaks again', self.b.wait('return document.querySelector("#banner .bad") === null', 15), self.b.text('#banner'))
        self.scene('unknown')
        self.b.go('now')
        self.b.wait('return document.querySelector("main .tile .unknown")')
        tiles = self.b.run('return [...document.querySelectorAll("main .tile .value")].map((e) => e.textContent)')
        check('what is not known is a question mark and never 0', len(tiles) == 7 and all(t.startswith('?') for t in tiles), tiles)
        zeros = re.findall(r'.{0,30}(?<![\d:.,])0(?![\d:.,]).{0,30}', self.b.text('body'))
        check('nor 0 in any sentence or table', not zeros, *zeros)
        check('and all is not said to be well', self.b.count('main .notice.good') == 0 and 'not all is known' in self.b.text(), self.b.text())
        check('and it is said what is wrong', 'journal cannot be read' in self.b.text('#banner') and 'is silent' in self.b.text('#banner'), self.b.text('#banner'))
        self.accessible('unknown')
        self.b.complaints()

    def without(self):
        """The page where something is kept from it: the plots, and what is told as it happens."""
        self.scene('flood')
        self.b.go('now')
        self.b.command('Network.setBlockedURLs', urls=['*/chart.js', '*/api/events'])
        self.b.driver.refresh()
        self.b.wait('return document.querySelectorAll("[data-plot]").length > 0')
        said = self.b.wait('return [...document.querySelectorAll("[data-plot]")].every((e) => e.textContent.includes("could not be loaded"))')
        check('without the plots their numbers are there, and it is said', said and self.b.count('main details tbody tr') > 20, self.b.text()[:300])
        heard = self.b.text('#foot')
        check('without the stream the state is asked for', self.b.wait('return document.getElementById("foot").innerText !== arguments[0]', 20, heard) and self.b.count('#banner .bad') == 0, self.b.text('#banner'))
        self.b.command('Network.setBlockedURLs', urls=[])
        self.b.driver.refresh()
        self.b.wait('return window.Chart !== undefined')
        self.b.complaints()

    def end(self):
        self.scene('flood')
        self.b.go('incidents')
        self.ask_test('end-sessions')
        self.b.go('holds')
        check('when the session is over, one has to log in again', self.b.wait('return document.getElementById("name") !== null && document.getElementById("views").hidden', 15), self.b.text())
        self.b.complaints()

    def asked(self):
        self.b.hear()
        own = urllib.parse.urlsplit(self.b.base).netloc
        foreign = [u for u in self.b.requests if urllib.parse.urlsplit(u).scheme not in ('data', 'blob', 'about') and urllib.parse.urlsplit(u).netloc != own]
        check(f'nobody but the server was asked, in {len(self.b.requests)} requests', self.b.requests and not foreign, *foreign[:10])

    def pictures(self):
        if not self.options.shots or not self.options.invented:
            return
        self.scene('flood')
        self.log_in('operator')
        for name, route, size, is_dark in (('incident', 'incidents/41', (1280, 1350), False), ('dark', 'now', (1280, 900), True), ('phone', 'now', (360, 900), False), ('queue', 'queue?q=parcel', (1280, 700), False),
                                           ('source', 'source/' + urllib.parse.quote('mailbox:sales@shop.example', safe=''), (1280, 1000), True)):
            self.b.size(size)
            self.b.dark(is_dark)
            self.b.go(route)
            time.sleep(1.5)
            self.shoot(name)
        self.b.dark(False)
        self.b.size((1280, 900))
        self.scene('calm')
        self.b.go('now')
        self.b.driver.refresh()  # the incidents of the flood were another server's
        time.sleep(3)
        self.shoot('now-calm')
        self.b.size(WIDE)

    def walk(self):
        if not self.options.axe:
            skip('whether people are kept out of the page: axe-core is not there')
        if self.options.invented:
            self.scene('calm')
        self.first_view()
        self.policy()
        self.quiet('the first view')
        if self.options.invented:
            check('when all is well, it says so', 'All is well: ' in self.b.text('main .notice.good'), self.b.text())
            self.views('calm', ['now', 'incidents', 'holds', 'exemptions', 'replays'])
            self.scene('flood')
            self.b.driver.refresh()
        self.views('flood' if self.options.invented else 'as it is', [*VIEWS, *self.found_routes()])
        self.dark()
        self.keys()
        self.forged()
        if self.options.invented:
            self.still()
            self.act()
            self.scene('hostile')
            self.b.driver.refresh()
            self.views('hostile', [*VIEWS, *self.found_routes(), 'incidents/41', 'incidents/38', 'source/' + urllib.parse.quote('mailbox:"><img src=x onerror=alert(6)>', safe=''),
                                   'queue?q=' + urllib.parse.quote('"><script>alert(7)</script>'), 'incidents?source=' + urllib.parse.quote('<img src=x onerror=alert(8)>')])
            self.shoot('hostile')
            self.scene('flood')
        if self.options.contain:
            self.contain(self.options.contain)
        if 'reader' in self.accounts:
            self.reader()
        if self.options.invented:
            self.without()
            self.doubt()
            self.end()
        self.asked()
        self.pictures()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('base')
    parser.add_argument('--accounts', type=pathlib.Path)
    parser.add_argument('--invented', action='store_true')
    parser.add_argument('--contain')
    parser.add_argument('--axe', type=pathlib.Path)
    parser.add_argument('--shots', type=pathlib.Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the browser is ended, too
    browser = Browser(options.base)
    try:
        Walk(browser, options).walk()
    except WebDriverException as failure:
        not_ok('the walk comes to its end', failure.msg, browser.text()[:300])
    finally:
        browser.driver.quit()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
