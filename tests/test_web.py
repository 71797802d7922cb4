"""The web face without a browser: layout, quotes re-read, doors, entry, and what a visitor may not reach."""

from __future__ import annotations

import json
import re
import secrets
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import CORPUS
from fakes import TOKEN
from footnote.engine import Footnote
from footnote.errors import FootnoteError, UsageError
from footnote.indexing import build_index
from footnote.loaders import load_document
from footnote.quote_checking import Claim, check
from footnote.records import Span, visible_text
from footnote.server.answer_view import answer_shown, claim_shown
from footnote.server.app import create_app, serve
from footnote.server.asgi import host_name
from footnote.server.authentication import COOKIE_SECONDS, Secrets, check_token
from footnote.server.layout import document_layout, span_layout
from footnote.settings import Settings

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def app(reading_engine: Footnote) -> Any:
    """The server without a token, made once: it takes a second."""
    return create_app(reading_engine)


@pytest.fixture(scope="module")
def guarded(reading_engine: Footnote) -> Any:
    """The same with a token."""
    return create_app(reading_engine, token=TOKEN)


@pytest.fixture(scope="module")
def everywhere(reading_engine: Footnote) -> Any:
    """The same for any host name."""
    return create_app(reading_engine, token=TOKEN, hosts=("*",))


@pytest.fixture
def client(app: Any) -> Any:
    return visitor_of(app)


def visitor(engine: Footnote, **options: Any) -> Any:
    return visitor_of(create_app(engine, **options))


def visitor_of(app: Any) -> Any:
    from starlette.testclient import TestClient

    return TestClient(app, base_url="http://localhost:7860")


def document(tmp_path: Path, text: str, name: str = "page.md") -> Any:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_document(path, document_id=name, settings=Settings())


def every_run(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("items", "rows", "lists"):
        for inner in item.get(key, []):
            yield from every_run(inner)
    if item.get("header"):
        yield from every_run(item["header"])
    for runs in (item.get("runs", []), *item.get("cells", [])):
        yield from runs


class TestLayout:
    @pytest.mark.parametrize("name", sorted(CORPUS))
    def test_every_run_is_the_text_at_its_offsets(self, tmp_path, name):
        laid = document(tmp_path, CORPUS[name], name)
        runs = [run for item in document_layout(laid)["items"] for run in every_run(item)]
        assert runs
        for run in runs:
            assert laid.text[run["start"] :].startswith(run["text"])

    @pytest.mark.parametrize("name", sorted(CORPUS))
    def test_all_that_is_visible_is_there_once_and_nothing_else(self, tmp_path, name):
        laid = document(tmp_path, CORPUS[name], name)
        runs = [run for item in document_layout(laid)["items"] for run in every_run(item)]
        drawn = "".join("".join(run["text"].split()) for run in sorted(runs, key=lambda run: run["start"]))
        blocks = [block for block in laid.blocks if block.kind != "front_matter"]
        spans = [(cell, block) for block in blocks for cell in (block.cells or (block.span,))]
        expected = "".join("".join(visible_text(laid.text, span, block.hidden).split()) for span, block in spans)
        assert drawn == expected

    def test_markup_is_hidden_and_style_is_kept(self, tmp_path):
        laid = document(tmp_path, "# A\n\nIt is **very** cold, see [the note](https://example.org/x).\n")
        runs = document_layout(laid)["items"][1]["runs"]
        assert "".join(run["text"] for run in runs) == "It is very cold, see the note."
        assert [run["text"] for run in runs if "strong" in run["styles"]] == ["very"]
        assert [run["text"] for run in runs if "link" in run["styles"]] == ["the note"]

    def test_a_row_comes_with_its_header_beside_it(self, tmp_path):
        laid = document(tmp_path, CORPUS["moons.md"], "moons.md")
        row = next(block for block in laid.blocks if block.kind == "table_row")
        (table,) = span_layout(laid, row.span)
        assert table["header"]["beside"]
        assert [run["text"] for cell in table["header"]["cells"] for run in cell] == ["Moon", "Diameter", "Planet"]
        assert [run["text"] for cell in table["rows"][0]["cells"] for run in cell] == ["Europa", "3,122 km", "Jupiter"]

    def test_lists_nest_by_level(self, tmp_path):
        laid = document(tmp_path, "# A\n\n- one\n  - inner\n    - deep\n- two\n\n1. first\n2. second\n")
        outer, numbered = document_layout(laid)["items"][1:]
        assert [item["runs"][0]["text"] for item in outer["items"]] == ["one", "two"]
        (inner,) = outer["items"][0]["lists"]
        assert inner["items"][0]["lists"][0]["items"][0]["runs"][0]["text"] == "deep"
        assert numbered["ordered"]
        assert len(numbered["items"]) == 2

    def test_a_hidden_bar_or_line_break_is_drawn_as_a_blank(self, tmp_path):
        laid = document(tmp_path, "# A\n\n| a<br>b | c |\n|---|---|\n| **x**y | d |\n")
        (table,) = document_layout(laid)["items"][1:]
        broken, styled = table["header"]["cells"][0], table["rows"][0]["cells"][0]
        assert [(run["text"], run.get("blank", False)) for run in broken] == [("a", False), ("b", True)]
        assert not any(run.get("blank") for run in styled)

    def test_a_stretch_is_cut_at_its_own_ends(self, tmp_path):
        laid = document(tmp_path, "# A\n\nOne sentence here. Another *one* there.\n")
        start = laid.text.index("Another")
        (item,) = span_layout(laid, Span(start, len(laid.text)))
        assert "".join(run["text"] for run in item["runs"]) == "Another one there."


class TestClaims:
    QUOTE = "Europa is covered by ice."

    def claim(self, engine, **changes):
        at = engine.document("moons.md").text.index(self.QUOTE)
        given = {"document_id": "moons.md", "span": Span(at, at + len(self.QUOTE)), "quote": self.QUOTE}
        return Claim(**{**given, **changes})

    def test_an_exact_copy_is_exact(self, engine):
        assert check(engine, self.claim(engine)).state == "exact"

    def test_one_other_character_and_it_is_changed(self, engine):
        verdict = check(engine, self.claim(engine, quote="Europa is covered by ize."))
        assert (verdict.state, verdict.span) == ("changed", None)

    def test_elsewhere_in_its_document_it_has_moved(self, engine):
        right = self.claim(engine)
        verdict = check(engine, self.claim(engine, span=Span(3, 3 + len(self.QUOTE))))
        assert (verdict.state, verdict.span) == ("moved", right.span)

    def test_its_surroundings_tell_repeats_apart(self, tmp_path, hashing_encoder):
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        (corpus / "a.md").write_text("# A\n\nFirst: it rains. Then: it rains. Last: it rains.\n", encoding="utf-8")
        engine, _ = Footnote.build(corpus, tmp_path / "index", encoder=hashing_encoder)
        with engine:
            text = engine.document("a.md").text
            quote = "it rains."
            then = text.index("Then: ") + len("Then: ")
            wrong = Span(0, len(quote))
            assert check(engine, Claim("a.md", wrong, quote, before="Then: ")).span == Span(then, then + len(quote))
            assert check(engine, Claim("a.md", wrong, quote)).state == "changed"

    def test_a_document_that_left_is_gone(self, engine):
        assert check(engine, self.claim(engine, document_id="no.md")).state == "gone"

    def test_beyond_the_end_is_not_exact(self, engine):
        assert check(engine, self.claim(engine, span=Span(10**9, 10**9 + 5), quote="")).state == "changed"

    def test_a_link_outlives_an_edited_document(self, engine, tiny_corpus, tmp_path, hashing_encoder):
        old = self.claim(engine)
        path = tiny_corpus / "moons.md"
        path.write_text(path.read_text("utf-8").replace("# Moons", "A new line before.\n\n# Moons"), encoding="utf-8")
        build_index(tiny_corpus, tmp_path / "index", encoder=hashing_encoder, settings=Settings())
        assert engine.refresh()
        now = claim_shown(engine, old)
        assert now["state"] == "moved"
        assert engine.document("moons.md").text[now["start"] : now["end"]] == self.QUOTE


class TestShown:
    def test_the_nearest_is_read_again_with_the_passage_that_it_is_marked_in(self, engine):
        answer = engine.ask("How long does a day on Titan last?")
        nearest = answer.citations[0]
        made = replace(answer, citations=(), nearest=nearest, reason="not_answered", explanation="The nearest:")
        said = answer_shown(engine, made)
        shown, text = said["shown"]["nearest"], engine.document(nearest.document_id).text
        assert (shown["state"], shown["number"]) == ("exact", 1)
        assert text[shown["start"] : shown["end"]] == nearest.quote
        passage = shown["passage"]
        assert passage["state"] == "exact"
        assert passage["start"] <= shown["start"] < shown["end"] <= passage["end"]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert passage["items"]
        assert said["answer"]["related"] == [each_without(hit) for hit in said["shown"]["related"]]
        assert not any(hit.overlaps(nearest) for hit in made.related)
        assert answer_shown(engine, answer)["shown"]["nearest"] is None


def each_without(hit: dict[str, Any]) -> dict[str, Any]:
    """A related passage as the answer's JSON has it."""
    return {name: value for name, value in hit.items() if name not in {"rank", "items", "also"}}


class TestRoutes:
    def test_the_start_lists_the_documents(self, client):
        listed = client.get("/api/v1/start").json()["documents"]
        assert [each["doc"] for each in listed] == ["moons.md", "tea.txt"]
        assert listed[0]["metadata"]["date"] == "2026-01-05"

    def test_a_document_is_not_sent_twice(self, client):
        first = client.get("/api/v1/layouts/moons.md")
        again = client.get("/api/v1/layouts/moons.md", headers={"if-none-match": first.headers["etag"]})
        assert first.json()["title"] == "Moons of the giants"
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("name", ["no.md", "../pyproject.toml", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "a%00b"])
    def test_what_is_not_in_the_index_is_not_there(self, client, name):
        for route in ("layouts", "originals"):
            assert client.get(f"/api/v1/{route}/{name}").status_code == 404

    def test_the_original_is_text_whatever_it_looks_like(self, client):
        answer = client.get("/api/v1/originals/moons.md")
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.text == CORPUS["moons.md"]

    def test_claims_are_checked_in_order(self, client, engine):
        at = engine.document("moons.md").text.index("Europa is")
        right = {"doc": "moons.md", "start": at, "end": at + 6, "quote": "Europa"}
        body = {"claims": [right, {**right, "quote": "Evropa"}, {**right, "start": at + 9}, {**right, "doc": "x"}]}
        states = [each["state"] for each in client.post("/api/v1/check", json=body).json()["claims"]]
        assert states[0] == "exact"
        assert states[1] == "changed"
        assert states[2] in {"moved", "changed"}
        assert states[3] == "gone"

    @pytest.mark.parametrize("body", [{}, {"claims": 1}, {"claims": [{"doc": 1}]}, {"claims": [{}] * 201}, []])
    def test_a_body_of_another_shape_is_refused(self, client, body):
        assert client.post("/api/v1/check", json=body).status_code == 422

    def test_health(self, client, engine):
        assert client.get("/healthz").text == "ok"
        ready = client.get("/readyz").json()
        assert (ready["ready"], ready["fingerprint"]) == (True, engine.fingerprint)


class TestPage:
    def test_every_script_carries_the_nonce_of_its_own_answer(self, client):
        plain = {"accept-encoding": "identity"}
        first, second = client.get("/", headers=plain), client.get("/", headers=plain)
        nonces = [
            re.search(r"'nonce-([\w-]+)'", page.headers["content-security-policy"])[1] for page in (first, second)
        ]
        assert nonces[0] != nonces[1]
        scripts = re.findall(r"<script\b[^>]*>", first.text)
        assert len(scripts) > 3
        assert all(f'nonce="{nonces[0]}"' in script for script in scripts)
        assert len(first.content) == int(first.headers["content-length"])

    def test_the_page_comes_packed_to_those_who_unpack(self, client):
        packed = client.get("/", headers={"accept-encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 0.5 * len(packed.content)
        assert b"footnote/main.js" in packed.content

    @pytest.mark.parametrize("name", ["main.js", "frame.css", "sans.woff2"])
    def test_what_the_page_is_made_of_may_do_nothing_by_itself(self, client, name):
        headers = client.get(f"/footnote/{name}").headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"

    def test_the_policy_allows_no_inline_and_no_eval(self, client):
        policy = client.get("/").headers["content-security-policy"]
        scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
        assert "unsafe" not in scripts
        assert "http" not in policy

    def test_no_document_text_is_in_the_page_itself(self, client):
        assert "Europa" not in client.get("/").text

    @pytest.mark.parametrize("name", ["main.js", "frame.css", "strings.js"])
    def test_static_files_are_revalidated(self, client, name):
        first = client.get(f"/footnote/{name}")
        assert first.status_code == 200
        assert first.headers["cache-control"] == "no-cache"
        again = client.get(f"/footnote/{name}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize(("taken", "encoding"), [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip")])
    @pytest.mark.parametrize("name", ["main.js", "frame.css"])
    def test_static_files_come_packed_to_those_who_unpack(self, client, name, taken, encoding):
        packed = client.get(f"/footnote/{name}", headers={"accept-encoding": taken})
        plain = client.get(f"/footnote/{name}", headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == encoding
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < 0.5 * int(plain.headers["content-length"])

    @pytest.mark.parametrize("name", ["serif.woff2", "sans.woff2"])
    def test_letters_are_ours_and_small(self, client, name):
        assert client.get(f"/footnote/{name}").content.startswith(b"wOF2")
        folder = Path(__file__).parent.parent / "src/footnote/web/static"
        assert sum(path.stat().st_size for path in folder.glob("*.woff2")) <= 250_000
        assert "SIL Open Font License" in (folder / f"{name.removesuffix('.woff2')}-OFL.txt").read_text("utf-8")

    @pytest.mark.parametrize("name", ["no.js", "..%2fapp.py", "%2e%2e/api.py", "../api.py"])
    def test_only_the_static_folder_is_static(self, client, name):
        assert client.get(f"/footnote/{name}").status_code == 404

    def test_nothing_in_the_static_folder_makes_markup_or_runs_text(self):
        forbidden = re.compile(
            r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
        )
        for path in (Path(__file__).parent.parent / "src/footnote/web/static").glob("*.js"):
            assert not forbidden.search(path.read_text("utf-8")), path.name


class TestDoors:
    def test_a_foreign_host_name_is_refused(self, client):
        assert client.get("/", headers={"host": "evil.example"}).status_code == 421
        assert client.get("/healthz", headers={"host": "evil.example:7860"}).status_code == 421

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:7860", "LOCALHOST:1"])
    def test_this_machine_s_names_are_taken(self, client, host):
        assert client.get("/healthz", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        ("host", "name"),
        [("a.b:80", "a.b"), ("[::1]:7860", "::1"), ("a@b", ""), ("a/b", ""), ("", ""), ("[::1", "")],
    )
    def test_the_name_of_a_host(self, host, name):
        assert host_name(host) == name

    @pytest.mark.parametrize(
        "path",
        [
            "gradio_api/file=http://example.org/x", "gradio_api/file=/etc/passwd", "file=/etc/passwd", "gradio_api/file/http",
            "gradio_api/proxy=https://example.org", "gradio_api/deep_link", "gradio_api/runs", "runs", "gradio_api/run-history/connect",
            "gradio_api/vibe-code", "gradio_api/process_recording", "monitoring", "monitoring/summary", "gradio_api/dev/reload",
            "gradio_api/stream/a/b/1/playlist.m3u8", "gradio_api/upload_progress", "login", "gradio_api/token", "svelte/x", "docs",
            "openapi.json", "gradio_api/openapi.json", "gradio_api/custom_component/1/client/component/x.js", "gradio_api/mcp/sse",
        ],
    )  # fmt: skip
    def test_what_the_page_does_not_use_is_not_there(self, client, path):
        assert client.get(f"/{path}").status_code == 404

    @pytest.mark.parametrize(
        "path", ["gradio_api/upload", "gradio_api/run/ask", "gradio_api/api/ask", "gradio_api/process_recording",
                 "gradio_api/component_server", "gradio_api/stream/x", "login", "gradio_api/vibe-edit"],
    )  # fmt: skip
    def test_nor_to_be_written_to(self, client, path):
        assert client.post(f"/{path}", json={}).status_code == 404

    def test_another_site_cannot_post(self, client):
        body = {"claims": []}
        assert client.post("/api/v1/check", json=body, headers={"origin": "https://evil.example"}).status_code == 403
        assert client.post("/api/v1/check", json=body, headers={"origin": "null"}).status_code == 403
        assert client.post("/api/v1/check", json=body, headers={"origin": "http://localhost:7860"}).status_code == 200

    @pytest.mark.parametrize(
        ("site", "origin", "status"),
        [
            ("same-origin", "null", 200),
            ("same-origin", "https://docs.example.org", 200),
            ("cross-site", "http://localhost:7860", 403),
            ("same-site", "http://localhost:7860", 403),
            ("cross-site", "", 403),
        ],
    )
    def test_what_the_browser_says_of_itself_decides(self, client, site, origin, status):
        headers = {"sec-fetch-site": site, **({"origin": origin} if origin else {})}
        assert client.post("/api/v1/check", json={"claims": []}, headers=headers).status_code == status

    def test_gradio_believes_no_other_host(self, client):
        told = client.get("/config", headers={"x-forwarded-host": "evil.example"}).text
        assert "evil.example" not in told

    @pytest.mark.parametrize(
        "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
    )
    def test_only_json_is_taken(self, client, kind):
        assert client.post("/api/v1/check", content="{}", headers={"content-type": kind}).status_code == 415

    def test_too_much_is_refused_whether_it_says_so_or_not(self, client):
        much = b'{"claims": [' + b" " * 3_000_000
        assert client.post("/api/v1/check", content=much, headers=JSON).status_code == 413

        def trickle():
            yield from (much[at : at + 65_536] for at in range(0, len(much), 65_536))

        assert client.post("/api/v1/check", content=trickle(), headers=JSON).status_code >= 400


class TestEntry:
    def test_without_the_token_nothing_is_shown(self, guarded):
        client = visitor_of(guarded)
        assert client.get("/api/v1/start").status_code == 401
        assert client.post("/gradio_api/call/ask", json={"data": ["x"]}).status_code == 401
        assert client.get("/footnote/main.js").status_code == 401
        assert client.get("/", follow_redirects=False).headers["location"] == "enter"

    def test_the_form_lets_in_who_knows_it(self, guarded):
        client = visitor_of(guarded)
        assert "Token" in client.get("/enter").text
        assert client.post("/enter", data={"token": "wrong"}).status_code == 401
        entered = client.post("/enter", data={"token": TOKEN}, follow_redirects=False)
        assert entered.status_code == 303
        assert TOKEN not in entered.headers["set-cookie"]
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert client.get("/api/v1/start").status_code == 200

    def test_a_bearer_header_does_too(self, guarded):
        client = visitor_of(guarded)
        assert client.get("/readyz", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get("/readyz", headers={"authorization": "Bearer open"}).status_code == 401

    @pytest.mark.parametrize("way", ["form", "bearer"])
    def test_guessing_is_slowed_and_the_right_one_still_gets_in(self, engine, way):
        client = visitor(engine, token=TOKEN)

        def shown(token: str) -> int:
            if way == "form":
                return client.post("/enter", data={"token": token}, follow_redirects=False).status_code
            return client.get("/readyz", headers={"authorization": f"Bearer {token}"}).status_code

        tries = [shown(str(n)) for n in range(25)]
        assert tries[0] == 401
        assert tries[-1] == 429
        assert shown(TOKEN) in {200, 303}

    @pytest.mark.parametrize(
        ("host", "secure"),
        [
            ("localhost:7860", False),
            ("127.0.0.1", False),
            ("[::1]:7860", False),
            ("192.168.1.5:7860", True),
            ("docs.example.org", True),
        ],
    )
    def test_the_cookie_is_kept_to_https_wherever_the_host_is_not_this_machine(self, everywhere, host, secure):
        client = visitor_of(everywhere)
        entered = client.post("/enter", data={"token": TOKEN}, headers={"host": host}, follow_redirects=False)
        assert ("; Secure" in entered.headers["set-cookie"]) is secure
        assert ("by https" in client.get("/enter", headers={"host": host}).text) is secure

    @pytest.mark.parametrize("cookie", ["", ".", "x", "9999999999.a.", "9999999999.a.00", "é.b.c", "a" * 3_000])
    def test_a_forged_cookie_is_none(self, guarded, cookie):
        client = visitor_of(guarded)
        headers = {"cookie": f"footnote_owner_7860={cookie}".encode()}
        assert client.get("/api/v1/start", headers=headers).status_code == 401

    def test_a_cookie_ends_after_thirty_days_and_with_its_token(self):
        now = [1_000_000.0]
        keys, other = Secrets(TOKEN, clock=lambda: now[0]), Secrets(TOKEN[::-1], clock=lambda: now[0])
        cookie = keys.cookie()
        assert keys.knows(cookie)
        assert not other.knows(cookie)
        assert keys.cookie() != cookie
        now[0] += COOKIE_SECONDS + 1
        assert not keys.knows(cookie)

    @pytest.mark.parametrize(
        "made", [lambda: secrets.token_urlsafe(32), lambda: secrets.token_hex(16), lambda: secrets.token_urlsafe(22)]
    )
    def test_every_token_that_tools_make_is_taken(self, made):
        for _ in range(300):
            check_token(made())

    def test_an_open_address_needs_a_token(self, engine):
        with pytest.raises(UsageError, match="token"):
            serve(engine, host="0.0.0.0", port=0, token=None)

    @pytest.mark.parametrize("token", [None, TOKEN])
    def test_the_browser_is_opened_as_the_owner_and_a_token_is_never_printed(self, engine, token, monkeypatch, capsys):
        opened: list[str] = []
        ways: list[Path] = []
        ended = threading.Event()

        class Server:
            def run(self, sockets):
                ended.wait(30)
                sockets[0].close()

        def open_it(address: str) -> None:
            if address.startswith("file://"):
                # What stands on a command line every user of the machine may read.
                way = Path(address.removeprefix("file://"))
                assert stat.S_IMODE(way.stat().st_mode) == 0o600
                ways.append(way)
                address = re.findall(r'content="0; url=([^"]+)"', way.read_text())[0]
            opened.append(address)
            ended.set()

        monkeypatch.setattr("footnote.server.app.server_for", lambda *_, **__: Server())
        monkeypatch.setattr("footnote.server.app.log_to_stderr", lambda **_: None)
        monkeypatch.setattr("webbrowser.open", open_it)
        serve(engine, host="127.0.0.1", port=0, token=token, open_browser=True)
        said = capsys.readouterr().err
        assert TOKEN not in said
        (address,) = opened
        assert address in said
        assert (len(ways), any(way.exists() for way in ways)) == (0 if token else 1, False)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/" + ("" if token else r"enter\?secret=[\w-]{43}"), address)

    def test_a_taken_port_is_said(self, engine):
        import socket

        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            with pytest.raises(FootnoteError, match="--port"):
                serve(engine, host="127.0.0.1", port=holder.getsockname()[1], token=None)


class TestAsking:
    def test_someone_in_danger_is_taken_at_their_word(self, engine):
        with visitor(engine) as client:
            said = "I want to end my life."
            body = {"question": said, "history": [["How long does a day on Titan last?", "15 days"]]}
            event = client.post("/gradio_api/call/v2/ask", json=body).json()["event_id"]
            lines = client.get(f"/gradio_api/call/v2/ask/{event}").text.splitlines()
            told = json.loads(next(line for line in reversed(lines) if line.startswith("data: "))[6:])[0]
        assert told["care"]
        assert told["answer"]["interpreted_as"] == said

    def test_words_are_searched_as_they_are_where_that_is_asked_or_someone_is_in_danger(self, engine, monkeypatch):
        monkeypatch.setattr("footnote.interpretation.mend_spelling", lambda question, *_: f"{question} with tea")
        with visitor(engine) as client:
            assert ask(client, "How long?")["answer"]["interpreted_as"] == "How long? with tea"
            assert ask(client, "How long?", literal=True)["answer"]["interpreted_as"] == "How long?"
            assert ask(client, "I want to end my life.")["answer"]["interpreted_as"] == "I want to end my life."

    def test_the_published_endpoint_answers_as_the_engine_does(self, engine):
        from footnote.rendering import to_json

        with visitor(engine) as client:
            answer = ask(client, "How long does a day on Titan last?")
        assert answer["answer"] == json.loads(json.dumps(to_json(engine.ask("How long does a day on Titan last?"))))
        assert [each["state"] for each in answer["shown"]["citations"]] == ["exact"] * len(
            answer["answer"]["citations"]
        )

    @pytest.mark.parametrize("question", ["", "   ", "x" * 2001])
    def test_a_question_that_cannot_be_taken_is_an_error_with_its_reason(self, engine, question):
        with visitor(engine) as client:
            assert ask(client, question)["error"]["status"] == (413 if len(question) > 2_000 else 422)

    def test_forged_file_objects_are_text_to_it(self, engine, tmp_path):
        canary = tmp_path / "canary.txt"
        canary.write_text("THE CANARY SANG", encoding="utf-8")
        forged = {"path": str(canary), "meta": {"_type": "gradio.FileData"}, "orig_name": "canary.txt"}
        with visitor(engine) as client:
            for data in ([forged], ["x", [[forged, forged]]], ["x", None, [forged]]):
                answered = client.post("/gradio_api/call/ask", json={"data": data})
                if answered.status_code == 200:
                    told = client.get(f"/gradio_api/call/ask/{answered.json()['event_id']}").text
                    assert "THE CANARY SANG" not in told
            assert client.get(f"/gradio_api/file={canary}").status_code == 404


def ask(client: Any, question: str, **options: Any) -> dict[str, Any]:
    event = client.post("/gradio_api/call/v2/ask", json={"question": question, **options}).json()["event_id"]
    lines = client.get(f"/gradio_api/call/v2/ask/{event}").text.splitlines()
    return json.loads(next(line for line in reversed(lines) if line.startswith("data: "))[6:])[0]
