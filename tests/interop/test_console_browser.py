"""The console in a real browser: create, scan, download, enable, and read the session's verdicts."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.lab import CliLab, new_lab

WIDTHS = (360, 1280, 1920)
SCHEMES = ("light", "dark")


class Console:
    """A lab with its console, a browser, and whatever the browser complains about."""

    def __init__(self, lab: CliLab, url: str, key: str, chromium: Any) -> None:
        self.lab = lab
        self.url = url
        self.key = key
        self.chromium = chromium
        self.complaints: list[str] = []
        self.signed_in: Any = None

    def page(self, **options: Any) -> Any:
        """A page of a fresh browser context, signed in."""
        if self.signed_in is None:
            page = self.stranger()
            page.goto(f"{self.url}/profiles?state=ENABLED")
            page.get_by_label("API key").fill(self.key)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/profiles?state=ENABLED")
            self.signed_in = page.context.storage_state()
        return self.stranger(storage_state=self.signed_in, **options)

    def stranger(self, **options: Any) -> Any:
        """The same without signing in."""
        page = self.chromium.new_context(**options).new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with browser() as chromium:
        lab = new_lab(tmp_path_factory.mktemp("console") / "lab")
        key = lab.json("key", "create", "tests", "--role", "admin")["key"]
        with lab.serving("--api-port", "0") as server:
            yield Console(lab, server.ready["api"], key, chromium)


@pytest.fixture(scope="module")
def story(console: Console) -> dict[str, Any]:
    """A profile from the form to the card, in one page; what was seen on the way."""
    seen: dict[str, Any] = {}
    page = console.page(viewport={"width": 1280, "height": 900})
    page.goto(f"{console.url}/devices")
    page.get_by_label("Model").fill("Probe")
    seen["eid"] = page.get_by_label("EID", exact=True).input_value()
    page.get_by_role("button", name="Register").click()
    page.get_by_role("heading", name="rsplab Probe").wait_for()
    seen["card_path"] = page.url.removeprefix(console.url)

    page.goto(f"{console.url}/profiles/new")
    seen["iccid"] = page.get_by_label("ICCID").input_value()
    page.get_by_label("Name").fill("Browser plan")
    page.get_by_label("EID of the device").fill(seen["eid"])
    page.get_by_label("Confirmation code").fill("4711")
    page.get_by_role("button", name="Create and order").click()
    page.get_by_role("heading", name="Activation code").wait_for()
    seen["code"] = page.locator("#code").inner_text()
    seen["screenshot"] = page.screenshot()
    seen["state before"] = page.locator("h1 .state").inner_text()

    page.locator("#dl-code").fill("4711")
    page.get_by_role("button", name="Download").click()
    page.wait_for_url("**/operations/**")
    page.get_by_role("heading", name="Download SUCCEEDED").wait_for()
    seen["session"] = page.get_by_role("link", name="Time line of").get_attribute("href")

    page.goto(f"{console.url}/profiles/{seen['iccid']}")
    page.get_by_role("button", name="Enable").click()
    page.get_by_role("heading", name="Enable SUCCEEDED").wait_for()
    page.goto(f"{console.url}/profiles/{seen['iccid']}")
    seen["state after"] = page.locator("h1 .state").inner_text()
    seen["history"] = page.locator("td[data-label=Event]").all_inner_texts()
    return seen


def test_the_qr_code_scans_from_the_screen(story: dict[str, Any]) -> None:
    zxingcpp = pytest.importorskip("zxingcpp")
    image = pytest.importorskip("PIL.Image")
    found = zxingcpp.read_barcodes(image.open(io.BytesIO(story["screenshot"])).convert("L"))
    assert [code.text for code in found] == [story["code"]]
    assert re.fullmatch(r"LPA:1\$localhost:\d+\$[A-Z0-9-]+\$\$1", story["code"])


def test_a_profile_goes_from_the_form_to_the_card(console: Console, story: dict[str, Any]) -> None:
    assert (story["state before"], story["state after"]) == ("CREATED", "ENABLED")
    assert [name for name in reversed(story["history"]) if name.startswith("profile.")] == [
        "profile.created",
        "profile.downloaded",
        "profile.installed",
        "profile.enabled",
    ]
    on_card = console.lab.lpa("profile", "list", card=story["eid"]).json
    assert [(one["iccid"], one["state"]) for one in on_card] == [(story["iccid"], "enabled")]


def test_the_time_line_shows_the_verdicts(console: Console, story: dict[str, Any]) -> None:
    page = console.page()
    page.goto(console.url + story["session"])
    macs = page.locator(".timeline .verdicts .check-mac")
    assert macs.count() >= 4
    assert {text.split()[0] for text in macs.all_inner_texts()} == {"✔"}
    assert {text.split()[-1] for text in macs.all_inner_texts()} >= {
        "ConfigureISDP",
        "StoreMetadata",
        "ReplaceSessionKeys",
        "LoadProfileElements",
    }
    lanes = page.locator(".timeline .verdicts").evaluate_all("all => all.map(one => one.className.split(' ')[2])")
    assert set(lanes) == {"on-card", "on-lpa", "on-server"}
    assert page.locator(".timeline .bad").count() == 0


def test_a_message_opens_decoded_with_its_octets(console: Console, story: dict[str, Any]) -> None:
    page = console.page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(console.url + story["session"])
    row = page.locator("details.message", has_text="ES10b.AuthenticateServer").first
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    assert row.get_by_text("serverChallenge").is_visible()
    raw = row.locator(".raw").first
    raw.get_by_role("button", name="Copy").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == raw.locator("pre").inner_text()
    assert bytes.fromhex(copied)[:2] == b"\xbf\x38"


def test_identities_are_redacted_until_asked_for(console: Console, story: dict[str, Any]) -> None:
    page = console.page()
    forms = [story["eid"], story["iccid"], story["eid"].encode().hex().upper()]
    swapped = story["iccid"].ljust(20, "F")
    forms.append("".join(swapped[at + 1] + swapped[at] for at in range(0, 20, 2)))
    page.goto(console.url + story["session"])
    redacted = page.content()
    assert not [form for form in forms if form in redacted]
    page.get_by_role("link", name="Show identities").click()
    shown = page.content()
    assert all(form in shown for form in forms)


def test_the_export_stands_by_itself(console: Console, story: dict[str, Any], tmp_path: Any) -> None:
    page = console.page()
    page.goto(console.url + story["session"])
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export as HTML").click()
    file = tmp_path / "session.html"
    downloading.value.save_as(file)
    text = file.read_text("utf-8")
    assert not re.search(r"<script|<link|src=|@import|url\(|https?://(?!localhost)", text)
    assert story["eid"] not in text
    assert story["iccid"] not in text
    alone = console.stranger()
    alone.goto(file.as_uri())
    row = alone.locator("details.message", has_text="ES9+.AuthenticateClient").first
    row.locator("summary").click()
    assert row.get_by_text("euiccSigned1").first.is_visible()
    assert alone.locator(".check-mac").count() >= 4
    assert alone.locator(".timeline").evaluate("one => getComputedStyle(one).position") == "relative"


def test_the_card_is_shown_beside_what_the_operator_believes(console: Console, story: dict[str, Any]) -> None:
    page = console.page()
    page.goto(console.url + story["card_path"])
    row = page.locator("tr", has_text="Browser plan")
    assert row.locator("td[data-label='On the card']").inner_text() == "enabled"
    assert row.locator("td[data-label=Order]").inner_text() == "Installed"
    assert row.locator("td[data-label='Last notification']").inner_text() == "Enabled"
    assert row.locator("td[data-label=Agree]").inner_text().startswith("✔")
    row.get_by_role("link", name="Files").click()
    assert page.get_by_text("EF-IMSI").or_(page.get_by_text("EF.IMSI")).first.is_visible()


def test_a_disabled_and_deleted_profile_is_gone_from_card_and_list(console: Console, story: dict[str, Any]) -> None:
    page = console.page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{console.url}/profiles/new?eid={story['eid']}")
    iccid = page.get_by_label("ICCID").input_value()
    page.get_by_role("button", name="Create and order").click()
    page.get_by_label("Ask me before it is installed").check()
    page.get_by_role("button", name="Download").click()
    page.get_by_role("heading", name="Install this profile?").wait_for()
    page.get_by_role("button", name="Install", exact=True).click()
    page.get_by_role("heading", name="Download SUCCEEDED").wait_for()
    page.goto(console.url + story["card_path"])
    page.locator("tr", has_text=iccid).get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Delete SUCCEEDED").wait_for()
    page.goto(f"{console.url}/profiles/{iccid}")
    assert page.locator("h1 .state").inner_text() == "DELETED"
    assert iccid not in [one["iccid"] for one in console.lab.lpa("profile", "list", card=story["eid"]).json]


def test_nothing_sticks_out_and_nothing_is_refused_by_the_policy(console: Console, story: dict[str, Any]) -> None:
    paths = [
        "/", "/profiles", "/profiles/new", f"/profiles/{story['iccid']}", "/devices", story["card_path"],
        f"{story['card_path']}/files", "/sessions", story["session"], "/operations", "/webhooks", "/keys", "/audit",
        "/certificates",
    ]  # fmt: skip
    backgrounds = {}
    for scheme in SCHEMES:
        page = console.page(color_scheme=scheme)
        for path in paths:
            answer = page.goto(console.url + path)
            assert answer.status == 200, path
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert excess <= 0, f"{path} sticks out by {excess} px at {width} px"
        backgrounds[scheme] = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        page.context.close()
    assert backgrounds["light"] != backgrounds["dark"]
    assert console.complaints == []


def test_the_theme_is_chosen_and_kept(console: Console) -> None:
    page = console.page(color_scheme="light")
    page.goto(console.url)
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_label("Theme").select_option("dark")
    page.wait_for_selector("html[data-theme=dark]")
    page.goto(f"{console.url}/sessions")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != before


def test_the_keyboard_skips_to_the_content_and_sees_where_it_is(console: Console) -> None:
    page = console.page()
    page.goto(f"{console.url}/devices")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    page.get_by_label("Manufacturer").focus()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    unlabelled = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(one => !one.labels.length).length"
    )
    assert unlabelled == 0


def test_it_works_without_scripts(console: Console) -> None:
    page = console.page(java_script_enabled=False)
    page.goto(f"{console.url}/keys")
    page.get_by_label("Name").fill("no script")
    page.get_by_role("button", name="Create").click()
    assert page.locator("#secret").inner_text().startswith("rsplab_")


def test_a_key_in_the_fragment_fills_the_form(console: Console) -> None:
    page = console.stranger()
    page.goto(f"{console.url}/login#{console.key}")
    assert page.get_by_label("API key").input_value() == console.key
    assert "#" not in page.url


def test_the_overview_keeps_itself_fresh(console: Console, story: dict[str, Any]) -> None:
    watching, working = console.page(), console.page()
    watching.goto(console.url)
    watching.evaluate("window.stillTheSamePage = true")
    working.goto(f"{console.url}/profiles/new?eid={story['eid']}")
    working.get_by_role("button", name="Create and order").click()
    working.get_by_role("heading", name="Activation code").wait_for()
    watching.get_by_role("link", name="CREATED").wait_for()
    assert watching.evaluate("window.stillTheSamePage")
