"""Where settings come from, and what is said of one that is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from footnote.cli import main
from footnote.configuration import configure
from footnote.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "footnote.toml"
    path.write_text('top_k = 5\nmax_quotes = 2\ncache_dir = "cache"\nlog_requests = true\n', encoding="utf-8")
    return path


def test_the_file_gives_way_to_the_environment_and_both_to_options(file: Path) -> None:
    made = configure(file, {"FOOTNOTE_MAX_QUOTES": "4", "FOOTNOTE_TOP_K": "6"}, ["top_k=7"])
    sources = dict(made.sources)
    assert (made.settings.top_k, sources["top_k"]) == (7, "--set")
    assert (made.settings.max_quotes, sources["max_quotes"]) == (4, "FOOTNOTE_MAX_QUOTES")
    assert (made.settings.cache_dir, sources["cache_dir"]) == (file.parent / "cache", str(file))
    assert (made.settings.candidates_k, sources["candidates_k"]) == (50, "default")
    assert made.settings.log_requests is True


def test_the_cache_s_variable_is_stronger_than_the_file(file: Path) -> None:
    assert configure(file, {"FOOTNOTE_CACHE": "/elsewhere"}).settings.cache_dir == Path("/elsewhere")


def test_what_is_no_setting_in_the_environment_is_told(file: Path) -> None:
    made = configure(file, {"FOOTNOTE_TOPK": "3", "FOOTNOTE_TOKEN": "secret"})
    assert made.ignored == ("FOOTNOTE_TOPK",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('top_k = "many"', '{file}: top_k: "many" is not a whole number; write top_k=NUMBER'),
        ("top_k = 0", "{file}: top_k: 0 is out of range; give a number from 1 to 1000"),
        ("top_k = 1.5", '{file}: top_k: "1.5" is not a whole number; write top_k=NUMBER'),
        ("topk = 3", '{file}: there is no setting "topk"; did you mean "top_k"?'),
        ("log_requests = 7", '{file}: log_requests: "7" is not true or false; write log_requests=true'),
        ("model = 7", '{file}: model: 7 is not a text; write model = "VALUE"'),
        ("lock_wait_seconds = -1", "{file}: lock_wait_seconds: -1.0 is out of range; give a number 0 or more"),
        (
            'vector_search = "fast"',
            '{file}: vector_search: "fast" is not one of auto, exact, approximate; write vector_search=auto',
        ),
        ("languages = 7", '{file}: languages: 7 is not a list of texts; write languages = "VALUE"'),
        ("languages = [7]", '{file}: languages: [7] is not a list of texts; write languages = "VALUE"'),
        ("workers = true", '{file}: workers: "True" is not a whole number; write workers=NUMBER'),
        ("answer_threshold = nan", "{file}: answer_threshold: nan is out of range; give a number from 0 to 2"),
    ],
)
def test_an_error_names_the_key_and_the_file(file: Path, line: str, said: str) -> None:
    file.write_text(line, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        configure(file, {})
    assert raised.value.message == said.format(file=file)


def test_a_list_is_written_with_commas_or_as_a_list(file: Path) -> None:
    file.write_text('languages = ["en", "de"]\nhosts = "docs.example.org, *"\n', encoding="utf-8")
    made = configure(file, {}).settings
    assert (made.languages, made.hosts) == (("en", "de"), ("docs.example.org", "*"))
    assert configure(file, {"FOOTNOTE_LANGUAGES": " en,fr,"}).settings.languages == ("en", "fr")
    assert configure(options=["languages="], environment={}).settings.languages == ()


def test_numbers_are_read_as_python_writes_them() -> None:
    made = configure(
        environment={"FOOTNOTE_TOP_K": " 1_000 "}, options=["lock_wait_seconds=1e1", "answer_threshold=None"]
    )
    assert (made.settings.top_k, made.settings.lock_wait_seconds, made.settings.answer_threshold) == (1_000, 10.0, None)
    assert configure(environment={}, options=["answer_threshold=0.5"]).settings.answer_threshold == 0.5


def test_claims_are_words_that_people_use() -> None:
    for word, claim in (("yes", True), ("NO", False), ("1", True), ("false", False)):
        assert configure(environment={"FOOTNOTE_LOG_REQUESTS": word}).settings.log_requests is claim


def test_what_is_not_toml_is_one_line(file: Path) -> None:
    file.write_text("top_k: 3", encoding="utf-8")
    with pytest.raises(UsageError, match="is not TOML"):
        configure(file, {})


def test_info_shows_what_is_in_force_and_where_from(
    tiny_corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from footnote.server.schemas import InfoForm

    monkeypatch.chdir(tiny_corpus.parent)
    for name in [name for name in os.environ if name.startswith("FOOTNOTE_")]:
        monkeypatch.delenv(name)
    Path("footnote.toml").write_text("top_k = 5\n", encoding="utf-8")
    monkeypatch.setenv("FOOTNOTE_MAX_QUOTES", "1")
    monkeypatch.setenv("FOOTNOTE_MAXQUOTES", "1")
    assert main(["info", "--json", "--set", "candidates_k=20"]) == 0
    said = capsys.readouterr()
    assert said.err == f"footnote: with the settings of {Path('footnote.toml').absolute()}\n"
    facts = InfoForm.model_validate(json.loads(said.out))
    assert facts.settings["top_k"].value == 5
    assert facts.settings["top_k"].source.endswith("footnote.toml")
    assert facts.settings["max_quotes"].source == "FOOTNOTE_MAX_QUOTES"
    assert facts.settings["candidates_k"].source == "--set"
    assert facts.ignored == ["FOOTNOTE_MAXQUOTES"]
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "max_quotes = 1  (FOOTNOTE_MAX_QUOTES)" in out
    assert "not a setting: FOOTNOTE_MAXQUOTES" in out


def test_a_named_file_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--config", "none.toml"]) == 2
    assert capsys.readouterr().err == "footnote: none.toml: there is no such file; name another with --config\n"


def test_the_old_name_of_a_setting_is_understood_and_said() -> None:
    made = configure(environment={"FOOTNOTE_READER": "small"}, options=["read_passages=4"])
    assert (made.settings.reranker, made.settings.rerank_passages) == ("small", 4)
    assert made.renamed == ("reader", "read_passages")
    assert not made.ignored
