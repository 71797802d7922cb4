"""The owner's routes without a browser: who is the owner, and what becomes of files that arrive, replace and leave."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fakes import TOKEN, HashingEncoder, entered
from footnote.engine import Footnote
from footnote.errors import CorpusError
from footnote.indexing.journal import Change, CorpusHold, settle
from footnote.server.app import create_app

FILE = {"content-type": "application/octet-stream"}
NEW = b"# New moon\n\nThe new moon is dark tonight.\n"


@pytest.fixture
def owner(engine: Footnote) -> Any:
    return entered(visitor(engine))


def visitor(engine: Footnote, address: str = "127.0.0.1", **options: Any) -> Any:
    return visitor_of(create_app(engine, **options), address)


def visitor_of(app: Any, address: str = "127.0.0.1") -> Any:
    from starlette.testclient import TestClient

    return TestClient(app, base_url="http://localhost:7860", client=(address, 5))


def changed(client: Any, *removed: str) -> dict[str, Any]:
    """Begins a change and waits for its end."""
    begun = client.post("/api/v1/changes", json={"documents": removed})
    assert begun.status_code == 202, begun.text
    return finished(client)


def finished(client: Any) -> dict[str, Any]:
    until = time.monotonic() + 30
    while (state := client.get("/api/v1/changes").json())["running"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    return state


def listed(client: Any) -> list[str]:
    return [each["doc"] for each in client.get("/api/v1/start").json()["documents"]]


def hidden(corpus: Path) -> list[str]:
    return [path.name for path in corpus.iterdir() if path.name.startswith(".")]


class TestWhoIsTheOwner:
    ROUTES = (
        ("put", "/api/v1/files/a.md"),
        ("post", "/api/v1/changes"),
        ("get", "/api/v1/changes"),
        ("get", "/api/v1/feedback"),
    )

    def refusals(self, client: Any, **headers: str) -> set[int]:
        found = set()
        for method, path in self.ROUTES:
            kind = FILE if method == "put" else {"content-type": "application/json"}
            content = {"content": b"{}"} if method != "get" else {}
            found.add(client.request(method, path, headers={**kind, **headers}, **content).status_code)
        return found

    def test_whoever_opened_the_printed_address(self, owner):
        assert owner.get("/api/v1/start").json()["owner"]
        assert owner.get("/api/v1/changes").status_code == 200

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.168.1.5", "8.8.8.8", "fe80::1", "testclient", ""])
    def test_nobody_by_where_they_seem_to_come_from(self, engine, address):
        client = visitor(engine, address)
        assert not client.get("/api/v1/start").json()["owner"]
        assert self.refusals(client) == {403}

    @pytest.mark.parametrize(
        "header",
        ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "cf-connecting-ip", "true-client-ip", "via"],
    )
    def test_nor_by_a_header_or_its_absence(self, engine, header):
        assert self.refusals(visitor(engine), **{header: "127.0.0.1"}) == {403}

    def test_the_printed_address_is_good_once(self, engine):
        app = create_app(engine)
        link = app.state.secrets.link
        first, second = (visitor_of(app) for _ in range(2))
        assert first.head("/enter", params={"secret": link}, follow_redirects=False).status_code == 303
        assert first.get("/enter", params={"secret": "wrong"}).status_code == 401
        entered(first)
        assert first.get("/enter", params={"secret": link}, follow_redirects=False).status_code == 303
        used = second.get("/enter", params={"secret": link})
        assert used.status_code == 401
        assert "used already" in used.text
        assert second.get("/api/v1/changes").status_code == 403

    def test_a_new_start_lets_nobody_in_whom_the_last_one_knew(self, engine):
        known = entered(visitor(engine)).cookies
        again = visitor(engine)
        again.cookies = known
        assert again.get("/api/v1/changes").status_code == 403

    def test_whoever_has_shown_the_token(self, engine):
        client = visitor(engine, "8.8.8.8", token=TOKEN)
        assert self.refusals(client) == {401}
        shown = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/v1/start", headers=shown).json()["owner"]
        assert client.get("/api/v1/changes", headers=shown).status_code == 200

    def test_not_whoever_shows_a_token_where_there_is_none(self, engine):
        assert self.refusals(visitor(engine), authorization="Bearer None") == {403}
        assert self.refusals(visitor(engine), authorization="Bearer ") == {403}

    def test_another_site_cannot_send_files(self, owner):
        sent = owner.put("/api/v1/files/a.md", content=NEW, headers={**FILE, "origin": "https://evil.example"})
        assert sent.status_code == 403

    @pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/json"])
    def test_a_file_comes_as_nothing_but_bytes(self, owner, kind):
        assert owner.put("/api/v1/files/a.md", content=NEW, headers={"content-type": kind}).status_code == 415


class TestAdding:
    def test_a_file_that_arrives_is_asked_after_the_change(self, owner, engine, tiny_corpus):
        assert owner.put("/api/v1/files/new.md", content=NEW, headers=FILE).status_code == 204
        assert listed(owner) == ["moons.md", "tea.txt"]
        state = changed(owner)
        assert (state["added"], state["failed"]) == (["new.md"], [])
        assert listed(owner) == ["moons.md", "new.md", "tea.txt"]
        assert engine.ask("What is the new moon tonight?").hits[0].passage.document_id == "new.md"
        assert (tiny_corpus / "new.md").read_bytes() == NEW
        assert hidden(tiny_corpus) == []

    def test_what_cannot_be_read_is_told_and_does_not_stay(self, owner, tiny_corpus):
        owner.put("/api/v1/files/empty.txt", content=b"", headers=FILE)
        owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        state = changed(owner)
        assert state["added"] == ["new.md"]
        assert state["failed"] == [{"name": "empty.txt", "reason": "no text found"}]
        assert not (tiny_corpus / "empty.txt").exists()
        assert owner.get("/api/v1/files").json() == {"changed": {}, "unread": []}

    def test_a_taken_name_is_replaced_only_on_purpose(self, owner, engine):
        refused = owner.put("/api/v1/files/tea.txt", content=NEW, headers=FILE)
        assert refused.status_code == 409
        assert "already" in refused.json()["detail"]
        assert owner.put("/api/v1/files/tea.txt?replace=true", content=NEW, headers=FILE).status_code == 204
        assert changed(owner)["added"] == ["tea.txt"]
        assert "new moon" in engine.document("tea.txt").text

    def test_what_came_to_its_name_while_it_waited_is_left_alone(self, owner, tiny_corpus):
        owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        (tiny_corpus / "new.md").write_text("# Mine\n\nWritten meanwhile.\n")
        problem = changed(owner)["error"]
        assert (problem["status"], "another file" in problem["detail"]) == (409, True)
        assert (tiny_corpus / "new.md").read_text() == "# Mine\n\nWritten meanwhile.\n"
        owner.put("/api/v1/files/new.md?replace=true", content=NEW, headers=FILE)
        assert changed(owner)["added"] == ["new.md"]
        assert (tiny_corpus / "new.md").read_bytes() == NEW
        assert hidden(tiny_corpus) == []

    @pytest.mark.parametrize("stands", [True, False])
    def test_what_comes_in_the_middle_of_a_change_is_left_alone(self, tiny_corpus, monkeypatch, stands):
        name, mine = ("tea.txt" if stands else "new.md"), "written by somebody else"
        (tiny_corpus / ".footnote-0123456789abcdef").write_bytes(NEW)

        def step(what: str, path: Path) -> None:
            if what == "move" and path.name == name:
                (tiny_corpus / "theirs").write_text(mine)
                (tiny_corpus / "theirs").replace(path)

        monkeypatch.setattr("footnote.indexing.journal.step", step)
        with pytest.raises(FileExistsError, match="another file"):
            Change(tiny_corpus, {name: ".footnote-0123456789abcdef"}, [])
        assert (tiny_corpus / name).read_text() == mine
        assert hidden(tiny_corpus) == []

    def test_what_replaces_a_document_is_seen_by_no_more_than_saw_it(self, owner, tiny_corpus):
        (tiny_corpus / "tea.txt").chmod(0o600)
        owner.put("/api/v1/files/tea.txt?replace=true", content=NEW, headers=FILE)
        assert changed(owner)["added"] == ["tea.txt"]
        assert stat.S_IMODE((tiny_corpus / "tea.txt").stat().st_mode) == 0o600

    def test_a_replacement_that_cannot_be_read_leaves_the_old_file(self, owner, engine, tiny_corpus):
        before = (tiny_corpus / "tea.txt").read_bytes()
        owner.put("/api/v1/files/tea.txt?replace=true", content=b"", headers=FILE)
        assert changed(owner)["failed"][0]["name"] == "tea.txt"
        assert (tiny_corpus / "tea.txt").read_bytes() == before
        assert "Green tea" in engine.document("tea.txt").text
        assert hidden(tiny_corpus) == []

    @pytest.mark.parametrize(
        "name",
        ["a.exe", "noending", ".hidden.md", "-x.md", "a%2Fb.md", "..%2f..%2fa.md", "a%5Cb.md", "a%00.md", "a%0Ab.md",
         "a%E2%80%AEb.md", "x" * 220 + ".md", "a:b.md"],
    )  # fmt: skip
    def test_a_name_that_is_no_document_s_is_refused(self, owner, tiny_corpus, name):
        before = sorted(tiny_corpus.parent.rglob("*"))
        answer = owner.put(f"/api/v1/files/{name}", content=NEW, headers=FILE)
        assert answer.status_code in {400, 404, 415}
        assert sorted(tiny_corpus.parent.rglob("*")) == before

    def test_too_large_a_file_is_refused(self, tiny_corpus, tmp_path, hashing_encoder):
        from footnote.settings import Settings

        small = Settings(file_max_bytes=2_000)
        built, _ = Footnote.build(tiny_corpus, tmp_path / "index", encoder=hashing_encoder, settings=small)
        with built:
            client = entered(visitor(built))
            assert client.put("/api/v1/files/a.md", content=b"x" * 2_001, headers=FILE).status_code == 413

            def trickle():
                yield from (b"x" * 500 for _ in range(6))

            assert client.put("/api/v1/files/a.md", content=trickle(), headers=FILE).status_code >= 400
        assert hidden(tiny_corpus) == []


class TestRemoving:
    def test_a_document_that_leaves_is_gone_from_folder_and_index(self, owner, tiny_corpus):
        assert changed(owner, "tea.txt")["removed"] == ["tea.txt"]
        assert listed(owner) == ["moons.md"]
        assert not (tiny_corpus / "tea.txt").exists()
        assert hidden(tiny_corpus) == []

    @pytest.mark.parametrize("names", [["no.md"], ["../secret.md"], ["/etc/passwd"], [".//tea.txt"], ["./tea.txt"]])
    def test_what_cannot_leave_stays(self, owner, tiny_corpus, names):
        (tiny_corpus.parent / "secret.md").write_text("# Secret")
        assert owner.post("/api/v1/changes", json={"documents": names}).status_code == 400
        assert listed(owner) == ["moons.md", "tea.txt"]
        assert (tiny_corpus.parent / "secret.md").exists()

    def test_the_last_document_can_leave_and_another_can_come(self, owner, tiny_corpus):
        assert changed(owner, "moons.md", "tea.txt")["removed"] == ["moons.md", "tea.txt"]
        assert listed(owner) == []
        assert list(tiny_corpus.iterdir()) == []
        asked = owner.post("/api/v1/ask", json={"question": "How dark is the new moon?"}).json()
        assert (asked["standing"], asked["citations"]) == ("absent", [])
        owner.put("/api/v1/files/broken.pdf", content=b"no pdf", headers=FILE)
        assert [each["name"] for each in changed(owner)["failed"]] == ["broken.pdf"]
        owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        assert changed(owner)["added"] == ["new.md"]
        assert listed(owner) == ["new.md"]

    def test_when_the_index_cannot_follow_the_files_come_back(self, owner, tiny_corpus, monkeypatch):
        from footnote.errors import IndexLocked

        def locked(*_args, **_options):
            raise IndexLocked("process 7 is writing the index", remedy="wait")

        monkeypatch.setattr("footnote.server.uploads.build_index", locked)
        owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        assert "writing the index" in changed(owner, "tea.txt")["error"]["detail"]
        assert (tiny_corpus / "tea.txt").exists()
        assert not (tiny_corpus / "new.md").exists()
        assert hidden(tiny_corpus) == []

    def test_one_change_at_a_time(self, owner, monkeypatch):
        import threading

        from footnote.server import uploads

        gate, build = threading.Event(), uploads.build_index

        def slow(*args, **options):
            gate.wait(20)
            return build(*args, **options)

        monkeypatch.setattr("footnote.server.uploads.build_index", slow)
        assert owner.post("/api/v1/changes", json={"documents": []}).status_code == 202
        assert owner.post("/api/v1/changes", json={"documents": []}).status_code == 400
        assert owner.put("/api/v1/files/new.md", content=NEW, headers=FILE).status_code == 400
        gate.set()
        assert "error" not in finished(owner)

    def test_a_server_that_stops_calls_the_change_off_and_loses_nothing(self, engine, tiny_corpus, monkeypatch):
        import threading

        from footnote.server import uploads

        began, gate, build = threading.Event(), threading.Event(), uploads.build_index

        def slow(*args, **options):
            began.set()
            gate.wait(20)
            return build(*args, **options)

        monkeypatch.setattr("footnote.server.uploads.build_index", slow)
        before = {path.name: path.read_bytes() for path in tiny_corpus.iterdir()}
        with entered(visitor(engine)) as client:
            client.put("/api/v1/files/moons.md?replace=true", content=NEW, headers=FILE)
            client.put("/api/v1/files/new.md", content=NEW, headers=FILE)
            assert client.post("/api/v1/changes", json={"documents": ["tea.txt"]}).status_code == 202
            assert began.wait(20)
            threading.Timer(0.5, gate.set).start()
        assert {path.name: path.read_bytes() for path in tiny_corpus.iterdir()} == before
        assert sorted(document.id for document in engine.documents()) == sorted(before)

    def test_what_waits_for_a_change_is_not_left_behind(self, engine, tiny_corpus):
        with entered(visitor(engine)) as client:
            client.put("/api/v1/files/new.md", content=NEW, headers=FILE)
            assert len(hidden(tiny_corpus)) == 1
        assert hidden(tiny_corpus) == []


def request(owner: Any, method: str, path: str, length: int, kind: str) -> dict[str, Any]:
    cookie = "; ".join(f"{name}={value}" for name, value in owner.cookies.items())
    headers = {"host": "localhost:7860", "content-type": kind, "content-length": str(length), "cookie": cookie}
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5), "server": ("localhost", 7860),
    }  # fmt: skip


class TestArriving:
    """Finding 4: a file that was still arriving took part in a change, and half of it became a document."""

    @pytest.mark.parametrize("end", ["breaks off", "arrives"])
    def test_only_what_has_arrived_whole_takes_part(self, owner, engine, tiny_corpus, end):
        import asyncio

        body = b"# Gate\n\n" + b"".join(b"The gate number %d opens at noon.\n\n" % n for n in range(400))
        statuses: list[int] = []

        async def upload() -> None:
            sent = iter([(body[:9_000], True)])
            gate = asyncio.Event()

            async def receive() -> dict[str, Any]:
                for part, more in sent:
                    return {"type": "http.request", "body": part, "more_body": more}
                await gate.wait()
                if end == "breaks off":
                    return {"type": "http.disconnect"}
                return {"type": "http.request", "body": body[9_000:], "more_body": False}

            async def send(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            scope = request(owner, "PUT", "/api/v1/files/gate.md", len(body), FILE["content-type"])
            running = asyncio.create_task(owner.app(scope, receive, send))
            while not hidden(tiny_corpus):
                assert not running.done(), statuses
                await asyncio.sleep(0.01)
            assert (await asyncio.to_thread(changed, owner))["added"] == []
            assert not (tiny_corpus / "gate.md").exists()
            gate.set()
            await running

        asyncio.run(upload())
        assert sorted(document.id for document in engine.documents()) == ["moons.md", "tea.txt"]
        if end == "arrives":
            assert statuses == [204]
            assert changed(owner)["added"] == ["gate.md"]
            assert (tiny_corpus / "gate.md").read_bytes() == body
        assert hidden(tiny_corpus) == []


class TestKilled:
    """Finding 5: after a kill the owner's file lay under a hidden name, and a removed one stayed on the disk for ever."""

    SECRET = b"# Secret\n\nThe quokkafluke sings at dawn.\n"

    def killed_while_it_encodes(self, engine: Footnote, *sent: tuple[str, bytes], removed: str = "") -> None:
        import signal

        child = os.fork()
        if child == 0:
            from footnote.server import uploads

            uploads.build_index = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
            client = entered(visitor(engine))
            for name, data in sent:
                client.put(f"/api/v1/files/{name}?replace=true", content=data, headers=FILE)
            client.post("/api/v1/changes", json={"documents": [removed] if removed else []})
            time.sleep(20)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL

    def restarted(self, corpus: Path, index: Path) -> list[str]:
        built, _ = Footnote.build(corpus, index, encoder=HashingEncoder())
        with built:
            return sorted(document.id for document in built.documents())

    def test_what_was_to_be_replaced_is_back_under_its_name(self, engine, tiny_corpus, tmp_path):
        before = {path.name: path.read_bytes() for path in tiny_corpus.iterdir()}
        self.killed_while_it_encodes(engine, ("moons.md", bytes(range(1, 9)) * 300), ("new.md", NEW))
        assert self.restarted(tiny_corpus, tmp_path / "index") == ["moons.md", "tea.txt"]
        assert {path.name: path.read_bytes() for path in tiny_corpus.iterdir()} == before

    def test_what_was_removed_stays_nowhere(self, engine, tiny_corpus, tmp_path):
        (tiny_corpus / "secret.md").write_bytes(self.SECRET)
        assert "secret.md" in self.restarted(tiny_corpus, tmp_path / "index")
        engine.refresh()
        self.killed_while_it_encodes(engine, removed="secret.md")
        self.restarted(tiny_corpus, tmp_path / "index")
        assert hidden(tiny_corpus) == [], "back under its name, where it is seen and can be removed"
        client = entered(visitor(engine))
        engine.refresh()
        assert changed(client, "secret.md")["removed"] == ["secret.md"]
        files = [path for folder in (tiny_corpus, tmp_path / "index") for path in folder.rglob("*") if path.is_file()]
        assert [path for path in files if b"quokkafluke" in path.read_bytes()] == []

    def test_uploads_that_nobody_waits_for_are_swept(self, engine, tiny_corpus, tmp_path):
        (tiny_corpus / ".footnote-0123456789abcdef").write_bytes(NEW)
        (tiny_corpus / ".footnote-mine").write_text("somebody's own")
        self.restarted(tiny_corpus, tmp_path / "index")
        assert hidden(tiny_corpus) == [".footnote-mine"]

    def test_a_journal_from_a_stranger_reaches_nothing_outside(self, engine, tiny_corpus, tmp_path):
        import hashlib
        import json

        (tmp_path / "outside.md").write_bytes(NEW)
        (tiny_corpus / "way").symlink_to(tmp_path)
        entry = {"stood": False, "draft": ".footnote-" + "0" * 16, "sha256": hashlib.sha256(NEW).hexdigest()}
        for name in ("../outside.md", "way/outside.md", str(tmp_path / "outside.md"), "a/../../outside.md"):
            said = {"entries": [{"name": name, "aside": ".footnote-" + "1" * 16, **entry}]}
            (tiny_corpus / ".footnote-change").write_text(json.dumps(said))
            with suppress(CorpusError):
                self.restarted(tiny_corpus, tmp_path / "index")
            assert (tmp_path / "outside.md").read_bytes() == NEW

    def cut_off(self, corpus: Path) -> None:
        """A change that was killed after its files had moved: the only good copy lies under a hidden name."""
        (corpus / ".footnote-0123456789abcdef").write_bytes(b"junk")
        hold = CorpusHold.take(corpus)
        assert hold is not None
        Change(corpus, {"tea.txt": ".footnote-0123456789abcdef"}, [])
        hold.release()

    @pytest.mark.parametrize("unreadable", [".footnote-change", "tea.txt"])
    def test_what_cannot_be_read_for_a_moment_is_not_taken_for_nothing(self, tiny_corpus, monkeypatch, unreadable):
        before = (tiny_corpus / "tea.txt").read_bytes()
        self.cut_off(tiny_corpus)
        real = os.open

        def full(path: Any, *arguments: Any, **named: Any) -> int:
            if path == unreadable:
                raise OSError(errno.EMFILE, "Too many open files")
            return real(path, *arguments, **named)

        with monkeypatch.context() as patched:
            patched.setattr(os, "open", full)
            with pytest.raises(CorpusError, match="Too many open files"):
                settle(tiny_corpus)
        assert any((tiny_corpus / name).read_bytes() == before for name in hidden(tiny_corpus))
        settle(tiny_corpus)
        assert (tiny_corpus / "tea.txt").read_bytes() == before
        assert hidden(tiny_corpus) == []

    def test_a_folder_that_cannot_be_held_for_a_moment_is_not_walked(self, tiny_corpus, monkeypatch):
        self.cut_off(tiny_corpus)

        def full(_: Path) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr(CorpusHold, "take", full)
        with pytest.raises(CorpusError, match="Too many open files"):
            settle(tiny_corpus)

    @pytest.mark.parametrize("written", [b"", b"{", b'{"entries": [], "more": 1}'])
    def test_a_journal_that_nobody_understands_stops_everything(self, owner, tiny_corpus, written):
        self.cut_off(tiny_corpus)
        (tiny_corpus / ".footnote-change").write_bytes(written)
        kept = hidden(tiny_corpus)
        with pytest.raises(CorpusError, match="damaged or of another version"):
            settle(tiny_corpus)
        refused = owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        assert "damaged or of another version" in refused.json()["detail"]
        assert hidden(tiny_corpus) == kept

    def test_two_servers_do_not_change_the_same_documents(self, engine, owner, tiny_corpus):
        owner.put("/api/v1/files/new.md", content=NEW, headers=FILE)
        refused = entered(visitor(engine)).put("/api/v1/files/other.md", content=NEW, headers=FILE)
        assert (refused.status_code, "another process" in refused.json()["detail"]) == (400, True)
        assert changed(owner)["added"] == ["new.md"]
        assert entered(visitor(engine)).put("/api/v1/files/other.md", content=NEW, headers=FILE).status_code == 204


class TestStates:
    def test_a_file_that_changed_or_went_is_told(self, owner, tiny_corpus):
        assert owner.get("/api/v1/files").json()["changed"] == {}
        (tiny_corpus / "moons.md").write_text("# Other\n\nOther text.\n", encoding="utf-8")
        (tiny_corpus / "tea.txt").unlink()
        assert owner.get("/api/v1/files").json()["changed"] == {"moons.md": "changed", "tea.txt": "gone"}
        assert owner.get("/api/v1/layouts/moons.md").json()["file"] == "changed"

    def test_a_quote_from_an_altered_file_is_told(self, owner, engine, tiny_corpus):
        at = engine.document("moons.md").text.index("Europa is")
        body = {"claims": [{"doc": "moons.md", "start": at, "end": at + 6, "quote": "Europa"}]}
        assert owner.post("/api/v1/check", json=body).json()["claims"][0]["file"] == "same"
        (tiny_corpus / "moons.md").write_text("# Other\n\nOther text.\n", encoding="utf-8")
        found = owner.post("/api/v1/check", json=body).json()["claims"][0]
        assert (found["state"], found["file"]) == ("exact", "changed")

    def test_the_original_is_the_file_as_it_lies_there(self, owner, tiny_corpus):
        (tiny_corpus / "moons.md").write_text("# Other\n\nOther text.\n", encoding="utf-8")
        assert owner.get("/api/v1/originals/moons.md").text == "# Other\n\nOther text.\n"
        assert owner.get("/api/v1/originals/moons.md").headers["x-footnote-file"] == "changed"
        (tiny_corpus / "moons.md").unlink()
        stored = owner.get("/api/v1/originals/moons.md")
        assert ("Europa" in stored.text, stored.headers["x-footnote-file"]) == (True, "gone")
        assert "moons.md.stored-text.txt" in stored.headers["content-disposition"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
    @pytest.mark.parametrize("name", ["menu.txt", "menu.md"])
    def test_an_original_text_comes_as_its_bytes_in_any_encoding(self, owner, tiny_corpus, encoding, name):
        data = "The café is open.\r\nIt serves green tea.\r\n".encode(encoding)
        owner.put(f"/api/v1/files/{name}", content=data, headers=FILE)
        assert changed(owner)["added"] == [name]
        got = owner.get(f"/api/v1/originals/{name}")
        assert (got.content, got.headers["x-footnote-file"]) == (data, "same")
        assert ("content-disposition" in got.headers) == (not encoding.startswith("utf-8"))

    def test_an_original_comes_as_its_bytes(self, owner, engine, tiny_corpus):
        """Finding 18: a page came with marks of ours in it, and a text with other line ends."""
        page = (
            b"<html><head><title>Page</title></head><body><p>The page is short.</p><script>a()</script></body></html>"
        )
        owner.put("/api/v1/files/page.html", content=page, headers=FILE)
        owner.put("/api/v1/files/ends.txt", content=b"One line.\r\nAnother line.\r\n", headers=FILE)
        assert changed(owner)["added"] == ["ends.txt", "page.html"]
        got = owner.get("/api/v1/originals/page.html")
        assert (got.content, "attachment" in got.headers["content-disposition"]) == (page, True)
        assert owner.get("/api/v1/originals/ends.txt").content == b"One line.\r\nAnother line.\r\n"

    def test_a_folder_that_became_a_link_is_not_followed(self, owner, engine, tiny_corpus, tmp_path):
        """Finding 9: only the last part of a path was looked at."""
        (tiny_corpus / "sub").mkdir()
        (tiny_corpus / "sub" / "a.md").write_bytes(NEW)
        changed(owner)
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "a.md").write_text("THE CANARY SANG")
        (tiny_corpus / "sub" / "a.md").unlink()
        (tiny_corpus / "sub").rmdir()
        (tiny_corpus / "sub").symlink_to(tmp_path / "outside")
        assert "CANARY" not in owner.get("/api/v1/originals/sub/a.md").text
        assert owner.get("/api/v1/files").json()["changed"] == {"sub/a.md": "gone"}

    def test_a_link_to_outside_is_not_followed(self, owner, tiny_corpus, tmp_path):
        (tmp_path / "canary.md").write_text("THE CANARY SANG")
        (tiny_corpus / "moons.md").unlink()
        (tiny_corpus / "moons.md").symlink_to(tmp_path / "canary.md")
        assert "CANARY" not in owner.get("/api/v1/originals/moons.md").text


class TestFeedbackRoutes:
    def body(self, engine: Footnote, **changes: Any) -> dict[str, Any]:
        at = engine.document("moons.md").text.index("Europa is")
        quote = {"doc": "moons.md", "start": at, "end": at + 6, "quote": "Europa"}
        return {
            "turn": "a-1",
            "kind": "good",
            "question": "What?",
            "asked": "What is it?",
            "quotes": [quote],
            **changes,
        }

    def test_anyone_may_say_and_only_the_owner_reads(self, engine):
        guest = visitor(engine, "8.8.8.8")
        assert guest.post("/api/v1/feedback", json=self.body(engine)).status_code == 204
        assert guest.get("/api/v1/feedback").status_code == 403
        assert guest.get("/api/v1/feedback/judgments").status_code == 403
        read = entered(visitor(engine)).get("/api/v1/feedback").json()
        assert (read["count"], read["judgments"], read["rows"][0]["asked"]) == (1, 1, "What is it?")

    def test_it_is_saved_as_judgments_with_one_click(self, owner, engine, tmp_path):
        from footnote.evaluation import read_judgments

        owner.post("/api/v1/feedback", json=self.body(engine))
        saved = owner.get("/api/v1/feedback/judgments")
        assert "attachment" in saved.headers["content-disposition"]
        (tmp_path / "f.jsonl").write_bytes(saved.content)
        assert read_judgments(tmp_path / "f.jsonl")[0].question == "What is it?"

    def test_quotes_that_do_not_stand_are_not_kept(self, owner, engine):
        body = self.body(engine)
        body["quotes"][0]["quote"] = "Evropa"
        owner.post("/api/v1/feedback", json=body)
        assert owner.get("/api/v1/feedback").json()["rows"][0]["quotes"] == []

    def test_it_can_be_taken_back(self, owner, engine):
        owner.post("/api/v1/feedback", json=self.body(engine))
        owner.post("/api/v1/feedback", json={"turn": "a-1"})
        assert owner.get("/api/v1/feedback").json()["count"] == 0

    @pytest.mark.parametrize("body", [{}, {"turn": "a b"}, {"turn": "a", "kind": "splendid"}, {"turn": "x" * 61}])
    def test_a_body_of_another_shape_is_refused(self, owner, body):
        assert owner.post("/api/v1/feedback", json=body).status_code == 422
