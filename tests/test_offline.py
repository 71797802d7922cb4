"""Nothing leaves the machine: what a whole process asks of the system, native code included, seen by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from browser_support import answer_over_http, served
from conftest import write_corpus
from promises import sized

QUESTION = "How long does a day on Titan last?"
SERVED_SECONDS = sized(8, 75)
UNSET = ("ORT_DISABLE_TELEMETRY", "FOOTNOTE_CACHE", "XDG_CACHE_HOME")
_OUTGOING = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:sa_family=AF_INET6?\b|nscd|systemd.resolve)")
_MADE = re.compile(r"\b(?:openat\((?P<folder>[^,]*), |open\(|creat\()\"(?P<name>[^\"]*)\".*O_CREAT.* = \d")
_LINKED = re.compile(r"\b(?:mkdir|mkdirat|rename|renameat|renameat2|link|linkat|symlink|symlinkat)\(.* = 0$")


_BROKEN_OFF = " <unfinished ...>"
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")


def whole_calls(lines: list[str]) -> list[str]:
    """Calls as one line each: the tracer splits those during which another thread or process called."""
    begun: dict[str, str] = {}
    found = []
    for line in lines:
        if line.endswith(_BROKEN_OFF):
            begun[line.split(maxsplit=1)[0]] = line.removesuffix(_BROKEN_OFF)
        elif (resumed := _RESUMED.match(line)) and resumed[1] in begun:
            found.append(begun.pop(resumed[1]) + resumed[2])
        else:
            found.append(line)
    # What never came back was asked for all the same.
    return found + list(begun.values())


class Traced:
    """One process and its children under strace, in a home and a folder for temporary files of their own."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("strace")
        if program is None:
            pytest.fail("no strace: install it, the promise cannot be looked at without")
        self.folder, self.log = folder, folder / "trace"
        self.home, self.temporary = folder / "home", folder / "temporary"
        for each in (self.home, self.temporary):
            each.mkdir()
        (folder / "corpus").mkdir()
        write_corpus(folder / "corpus")
        # With -D the process that is started is the program itself, so that signals reach it.
        self.prefix = [
            *(program, "-D", "-f", "-y", "-qq", "--seccomp-bpf", "-s", "300", "-o", str(self.log)),
            *(
                "-e",
                "trace=network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat",
            ),
        ]
        self.environment = {"HOME": str(self.home), "TMPDIR": str(self.temporary)}

    def run(self, *arguments: str) -> str:
        places = ["--corpus", str(self.folder / "corpus"), "--index", str(self.folder / "index")]
        environment = {each: value for each, value in os.environ.items() if each not in UNSET}
        done = subprocess.run(
            [*self.prefix, sys.executable, "-P", "-m", "footnote", *arguments, *places],
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)} | self.environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def lines(self) -> list[str]:
        """What was traced, once the tracer has written all of it."""
        size = -1
        while size != (now := self.log.stat().st_size):
            size = now
            time.sleep(0.3)
        return whole_calls(self.log.read_text(encoding="utf-8", errors="replace").splitlines())

    def outgoing(self) -> list[str]:
        """Connections and datagrams to any address, look-ups of names among them."""
        return [line for line in self.lines() if _OUTGOING.search(line)]

    def sockets(self) -> list[str]:
        """Sockets that could reach another machine."""
        return [line for line in self.lines() if re.search(r"\bsocket\((?:AF_INET6?|AF_NETLINK|AF_PACKET)", line)]

    def strewn(self) -> list[str]:
        """Files and folders made anywhere but in the index, the user's state and the folder for temporary files."""
        state = str(Path(os.environ["XDG_STATE_HOME"]) / "footnote")
        ours = (str(self.folder / "index"), state, str(self.temporary), "/dev/", "/proc/")
        found = []
        for line in self.lines():
            if made := _MADE.search(line):
                base = re.search(r"<([^>]*)>", made["folder"] or "")
                path = os.path.normpath(os.path.join(base[1] if base else "", made["name"]))  # noqa: PTH118 - text of a trace
                # Gradio writes the types of its components beside them when it is first imported.
                if not path.startswith(ours) and not re.search(r"/gradio/\w+/\w+\.pyi$", path):
                    found.append(line)
            elif _LINKED.search(line) and not any(each in line for each in ours):
                found.append(line)
        return found

    def assert_kept_to_itself(self, sockets: int) -> None:
        assert self.outgoing() == []
        assert len(self.sockets()) == sockets, self.sockets()
        assert self.strewn() == []
        assert [str(each) for each in self.home.rglob("*")] == []
        assert list(self.temporary.iterdir()) == [], (
            "nothing is left, nor anything that two users would share by its name"
        )


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["index"], ["ask", QUESTION]], ids=["index", "ask"])
def test_a_command_asks_nothing_of_the_network_and_leaves_nothing_behind(traced: Traced, command: list[str]) -> None:
    assert traced.run(*command)
    traced.assert_kept_to_itself(sockets=0)


@pytest.mark.slow
def test_a_server_that_answers_asks_nothing_of_the_network(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in UNSET:
        monkeypatch.delenv(each, raising=False)
    until = time.monotonic() + SERVED_SECONDS
    with served(
        traced.folder / "corpus", traced.folder / "index", before=traced.prefix, **traced.environment
    ) as address:
        for number in range(3):
            assert answer_over_http(address, f"{QUESTION} {number}")["answer"]["hits"]
        while time.monotonic() < until:
            time.sleep(0.2)
    # The one that it listens on.
    traced.assert_kept_to_itself(sockets=1)


def test_the_tracer_sees_what_it_is_there_for(traced: Traced) -> None:
    """A look-up of a name, a datagram and a file in a shared folder, all by a child process, are each noticed."""
    script = (
        "import socket, pathlib\n"
        "sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "sent.connect(('127.0.0.1', 9))\n"
        f"pathlib.Path({str(traced.folder / 'shared')!r}).write_text('x')\n"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}], check=True)"
    subprocess.run([*traced.prefix, sys.executable, "-c", parent], check=True)
    assert len(traced.outgoing()) == 1
    assert len(traced.sockets()) == 1
    assert len(traced.strewn()) == 1


def test_calls_that_the_tracer_splits_are_seen(traced: Traced) -> None:
    """Threads that call at the same time: every file and every datagram is noticed."""
    script = (
        "import pathlib, socket, threading\n"
        f"home = pathlib.Path({str(traced.folder)!r})\n"
        "def work(n):\n"
        "    for each in range(40):\n"
        "        (home / f'{n}-{each}').write_text('x')\n"
        "        sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "        sent.connect(('127.0.0.1', 9))\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]\n"
        "[each.start() for each in threads]\n"
        "[each.join() for each in threads]\n"
    )
    subprocess.run([*traced.prefix, sys.executable, "-c", script], check=True)
    assert "<unfinished ...>" in traced.log.read_text("utf-8", "replace")
    assert len(traced.strewn()) == 8 * 40
    assert len(traced.outgoing()) == 8 * 40
    assert len(traced.sockets()) == 8 * 40
