"""A large folder of documents read, split and encoded on several machines, by Ray; written into one index by one of them.

The folder of documents and a folder for work are mounted on every machine under the same paths.  A task makes the file of one
document (``entry_files``), named by all that it is made from: so it may run twice, on another machine after the first one died,
or not at all where the file is there from a run that was cut off.  What comes out is the index that one machine would make.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from footnote.encoding import Encoder, load_encoder
from footnote.errors import FootnoteError, IndexFolderError
from footnote.indexing.building import Build, open_for, read_draft, vectors_of
from footnote.indexing.entry_files import Recipe, is_written, read_entry, sweep, write_entry
from footnote.indexing.surveying import Corpus, Progress, Report, loader_versions, splitting_digest, survey
from footnote.records import BuildReport
from footnote.settings import Settings
from footnote.store import DocumentEntry, IndexBuilder, Unread, name_corpus

IN_FLIGHT_EACH = 3
"""Tasks that are handed out for each core: enough that none waits, few enough that a large corpus is no long list."""
TRIES = 4
"""How often a task is given to another worker when its own dies."""

MakeEncoder = Callable[[Settings], Encoder]


@dataclass(frozen=True, slots=True)
class Job:
    """One document to be made into a file, on whichever machine."""

    corpus_dir: str
    name: str
    digest: str
    target: str
    settings: Settings
    fingerprint: str


class Workers(Protocol):
    """Those who do jobs."""

    def run(self, jobs: Sequence[Job]) -> Iterator[int]:
        """Do all jobs; yields after each of them how many passages it encoded.

        Raises:
            FootnoteError: one cannot be done.
        """
        ...


def do_job(job: Job, make_encoder: MakeEncoder) -> int:
    """Read, split and encode one document, and write its file; gives its passages, 0 where the file was there.

    Raises:
        FootnoteError: this machine has another model than the one that starts the run, or cannot write.
    """
    target = Path(job.target)
    if is_written(target):
        return 0
    encoder = _encoder(make_encoder, job.settings)
    if encoder.fingerprint != job.fingerprint:
        what = f"has encoder {encoder.fingerprint}, the run was started with {job.fingerprint}"
        raise FootnoteError(what, where=os.uname().nodename, remedy="install the same Footnote on every machine")
    draft = read_draft(Path(job.corpus_dir), job.name, job.digest, encoder, job.settings)
    if isinstance(draft, Unread):
        _write(target, draft, encoder.dimension)
        return 0
    texts = list(dict.fromkeys(text for inputs in draft.inputs for text in inputs.texts()))
    rows = dict(zip(texts, encoder.encode_passages(texts), strict=True)) if texts else {}
    entry = draft.entry({inputs.sha256: vectors_of(inputs, rows) for inputs in draft.inputs})
    _write(target, entry, encoder.dimension)
    return len(entry.passages)


def _write(target: Path, found: DocumentEntry | Unread, dimension: int) -> None:
    try:
        write_entry(target, found, dimension)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise IndexFolderError(what, where=str(target), remedy="mount the work folder on every machine") from error


@lru_cache(maxsize=1)
def _encoder(make_encoder: MakeEncoder, settings: Settings) -> Encoder:
    """One for all jobs of a process."""
    return make_encoder(settings)


class RayWorkers:
    """The cores of a Ray cluster, a job on each.

    Args:
        address: of the cluster, "auto" for the one that this machine belongs to, "local" for this machine alone.
        make_encoder: loads the encoder in a worker.

    Raises:
        FootnoteError: Ray is not installed, or no cluster answers.
    """

    def __init__(self, address: str, make_encoder: MakeEncoder = load_encoder) -> None:
        # Nothing is told to its makers.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ImportError as error:
            remedy = "install the extra: pip install 'footnote[cluster]'"
            raise FootnoteError("Ray is missing", remedy=remedy) from error
        self._ray: Any = ray
        if not ray.is_initialized():
            try:
                ray.init(address=address, log_to_driver=False, include_dashboard=False)
            except (ConnectionError, RuntimeError, ValueError) as error:
                what = f"no Ray cluster answers ({' '.join(str(error).split())[:200]})"
                raise FootnoteError(
                    what, where=address, remedy="start one with `ray start`, or name another"
                ) from error
        # A worker that dies takes its task with it, which runs elsewhere then; an error of ours would only come again.
        self._task = ray.remote(num_cpus=1, max_retries=TRIES, retry_exceptions=False)(do_job)
        self._make_encoder = make_encoder

    def run(self, jobs: Sequence[Job]) -> Iterator[int]:
        left, running = list(reversed(jobs)), list[Any]()
        while left or running:
            most = max(IN_FLIGHT_EACH * int(self._ray.cluster_resources().get("CPU", 1)), 1)
            while left and len(running) < most:
                running.append(self._task.remote(left.pop(), self._make_encoder))
            done, running = self._ray.wait(running, num_returns=1)
            for each in done:
                yield self._result(each)

    def _result(self, reference: Any) -> int:
        errors = self._ray.exceptions
        try:
            return int(self._ray.get(reference))
        except errors.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, FootnoteError) else None
            raise cause or FootnoteError(f"a task failed ({' '.join(str(error.cause).split())[:300]})") from error
        except errors.RayError as error:
            what = f"a task was lost {TRIES + 1} times ({type(error).__name__})"
            raise FootnoteError(what, remedy="look at the machines' memory, then run the same command again") from error


class ClusterBuild(Build):
    """A run whose documents are made elsewhere."""

    def __init__(  # noqa: PLR0917 - as of ``Build``, and who does the work and where
        self,
        corpus_dir: Path,
        encoder: Encoder,
        settings: Settings,
        builder: IndexBuilder,
        corpus: Corpus,
        report: Report,
        workers: Workers,
        work_dir: Path,
    ) -> None:
        super().__init__(corpus_dir, encoder, settings, builder, corpus, report, empty=False)
        self._workers, self._work_dir = workers, work_dir.absolute()
        loaders = tuple((each.family, each.version) for each in loader_versions())
        self._recipe = Recipe(encoder.fingerprint, splitting_digest(settings), loaders)
        self.files: list[str] = []

    def _made(self, wanted: Sequence[str]) -> Iterator[DocumentEntry]:
        jobs = {name: self._job(name) for name in wanted}
        self.files = [Path(job.target).name for job in jobs.values()]
        # A file that is there and not whole is of a disk that lost it: it is made again.
        for job in jobs.values():
            if is_written(Path(job.target)) and read_entry(Path(job.target)) is None:
                Path(job.target).unlink()
        for done, passages in enumerate(self._workers.run(list(jobs.values())), start=1):
            self._passages_encoded += passages
            self._report(Progress("encoding documents on the cluster", done, len(jobs)))
        for name in wanted:
            found = read_entry(Path(jobs[name].target))
            if found is None:
                what = "was not written, though its task has ended"
                raise IndexFolderError(what, where=jobs[name].target, remedy="mount the work folder on every machine")
            if isinstance(found, Unread):
                self._unread.append(found)
            else:
                yield found

    def _job(self, name: str) -> Job:
        digest = self._corpus.digests[name]
        target = self._work_dir / self._recipe.name_of(name, digest)
        corpus_dir = str(self._corpus_dir.absolute())
        return Job(corpus_dir, name, digest, str(target), self._settings, self._encoder.fingerprint)


def build_on_cluster(
    corpus_dir: Path | str,
    location: Path | str,
    *,
    workers: Workers,
    work_dir: Path,
    encoder: Encoder,
    settings: Settings | None = None,
    progress: Report | None = None,
) -> BuildReport:
    """Build an index as ``build_index`` does, with the documents read, split and encoded by others.

    Args:
        corpus_dir: the folder of documents, the same on every machine.
        location: of the index; only this machine writes it.
        workers: do the work.
        work_dir: a folder for their files, the same on every machine; what a run leaves there the next one takes up.
        encoder: the same as the workers have.
        settings: how passages are made; the defaults where None.
        progress: called now and then, on this thread.

    Raises:
        FootnoteError: a task cannot be done.
        CorpusError, IndexLocked, IndexFolderError: as ``build_index``.
    """
    began, chosen = time.monotonic(), settings or Settings()
    source = Path(corpus_dir)
    report = progress or (lambda _: None)
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"the work folder cannot be made ({error.strerror})"
        raise IndexFolderError(what, where=str(work_dir), remedy="name another with --work") from error
    corpus = survey(source, chosen, report, empty=False)
    with open_for(location, source, encoder, chosen, report) as builder:
        name_corpus(location, source)
        build = ClusterBuild(source, encoder, chosen, builder, corpus, report, workers, work_dir)
        found = build.run(began)
        sweep(work_dir, build.files)
        return found
