"""`lcgan fetch`: spectra from LAMOST's archive into a folder, with a manifest of what is there."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from tqdm import tqdm

from lcgan.archive.address import Archive
from lcgan.archive.answers import Failure, Hopeless
from lcgan.archive.client import Client
from lcgan.archive.download import side_by_side
from lcgan.archive.filename import names_for
from lcgan.archive.folder import Folder
from lcgan.archive.manifest import MANIFEST, Row, claimed, is_there, read_manifest
from lcgan.archive.pace import Pace
from lcgan.archive.spectrum import LIMIT, File, checked
from lcgan.archive.token import VARIABLE, Token, find_token
from lcgan.archive.wanted import Wanted
from lcgan.errors import UserError
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.spectra.hdf5 import interrupts_later

#: Spectra in a row that are refused or fail, or are not there or of no use, before the fetch ends:
#: it is not about them then.
IN_A_ROW, USELESS_IN_A_ROW = 5, 50
#: Reasons told one by one; the manifest has them all.
N_REASONS = 3
#: Bytes of a gzipped spectrum, about: to say what a fetch would take.
TYPICAL_BYTES = 60_000


def run(
    params: Params,
    release: str,
    version: str,
    wanted: Wanted,
    out: Path,
    token_file: Path | None = None,
    dry_run: bool = False,
    base: str | None = None,
) -> Finding:
    """Fetch what is wanted and not there yet.

    Parameters
    ----------
    params : Params
        Of which the block `fetch` and the seed are used.
    release, version : str
        "dr10", "v2.0".
    wanted : Wanted
    out : Path
        The folder; files that its manifest has, unchanged, are not fetched again.
    token_file : Path, optional
        As `lcgan.archive.token.find_token` has it.
    dry_run : bool
        Only say what would be fetched. A cone search is made all the same.
    base : str, optional
        A mirror's address, in place of `fetch.archive`.

    Raises
    ------
    UserError
        If an option or an input is of no use, the folder cannot be written to or another fetch
        is at work in it.
    """
    wanted.check()
    archive = Archive(base or params.fetch.archive, release, version)
    token = find_token(token_file)
    stop = threading.Event()
    client = Client(archive, token, Pace(params.fetch.rate, stop), params.fetch, params.seed)
    with token.kept_from_logs():
        try:
            obsids = wanted.obsids(archive, client, token, params.seed)
        except Hopeless as error:
            raise UserError(f"fetch: {error}") from None
        if dry_run:
            return _forecast(archive, obsids, out, params)
        with claimed(out):
            return _Fetch(archive, client, token, params, out, stop).run(obsids)


class _Fetch:
    """One fetch into a claimed folder."""

    def __init__(
        self,
        archive: Archive,
        client: Client,
        token: Token,
        params: Params,
        out: Path,
        stop: threading.Event,
    ):
        self._archive, self._client, self._token = archive, client, token
        self._connections, self._out, self._stop = params.fetch.connections, out, stop
        self._counts: Counter = Counter()
        self._reasons: list[str] = []
        self._in_a_row: list[str] = []
        self._n_bytes = 0
        self._folder: Folder | None = None

    def run(self, obsids: Sequence[int]) -> Finding:
        """Fetch what is not there yet; the manifest says in the end what is."""
        url_of = {obsid: self._archive.spectrum(obsid) for obsid in obsids}
        with ExitStack() as until_done:
            self._folder = folder = Folder(self._out, url_of.values())
            until_done.callback(folder.close)
            missing = [obsid for obsid in obsids if url_of[obsid] not in folder.there]
            missing.sort(key=lambda obsid: url_of[obsid] in folder.failed)  # the hopeful first
            ended = self._all(missing, until_done)
        n_there = sum(url in folder.there for url in url_of.values())
        return self._finding(len(obsids), n_there, len(obsids) - len(missing), ended)

    def _all(self, missing: Iterable[int], until_done: ExitStack) -> str:
        """Fetch spectra; return why it ended before the last one, "" if it did not."""
        bar = tqdm(total=len(missing), unit="file", desc="fetch", disable=None)
        until_done.enter_context(bar)
        answers = side_by_side(missing, self._ask, self._connections, self._stop)
        for obsid, got in until_done.enter_context(closing(answers)):
            if isinstance(got, Hopeless):
                return str(got)
            if isinstance(got, File):
                self._keep(obsid, got)
            elif isinstance(got, Failure):
                self._note(obsid, got)
            else:
                raise got
            bar.update()
            if n := self._in_vain():
                return f"ended after {n} spectra in a row were not given; the same command goes on"
        return ""

    def _in_vain(self) -> int:
        """Return how many spectra in a row were not given, if that is enough to end; else 0."""
        about_all = [status in ("refused", "failed") for status in self._in_a_row]
        if sum(about_all[-IN_A_ROW:]) == IN_A_ROW:
            return IN_A_ROW
        return USELESS_IN_A_ROW if len(self._in_a_row) >= USELESS_IN_A_ROW else 0

    def _ask(self, obsid: int) -> File:
        """Get a spectrum; in a thread of its own."""
        url = self._archive.spectrum(obsid)
        return self._client.ask(
            url, obsid, LIMIT, lambda answer: checked(answer, obsid, self._token)
        )

    def _keep(self, obsid: int, file: File) -> None:
        """Put a file and its line into the folder, both or neither."""
        archive = self._archive
        names = names_for(file.served_name, archive.release, archive.version, obsid, file.body)
        with interrupts_later():
            self._folder.take(obsid, archive.spectrum(obsid), file.body, file.sha256, names)
        self._n_bytes += len(file.body)
        self._in_a_row.clear()

    def _note(self, obsid: int, failure: Failure) -> None:
        reason = " ".join(failure.reason.split())
        row = Row(obsid, self._archive.spectrum(obsid), failure.status, reason=reason)
        with interrupts_later():
            self._folder.note(row)
        self._counts[failure.status] += 1
        self._reasons.append(f"{obsid}: {failure.status}: {reason}")
        self._in_a_row.append(failure.status)

    def _finding(self, n_wanted: int, n_there: int, n_before: int, ended: str) -> Finding:
        """Return the closing line, and what went wrong."""
        line = (
            f"{n_there:,} of {n_wanted:,} spectra are in {self._out}, {n_there - n_before:,} of "
            f"them new ({self._n_bytes / 1e6:.1f} MB)"
        )
        line += "".join(f", {n:,} {status}" for status, n in sorted(self._counts.items()))
        if n_gone := self._folder.n_gone:
            line += f"; {n_gone:,} files of the manifest were gone or changed"
        failures = self._reasons[:N_REASONS]
        if len(self._reasons) > N_REASONS:
            failures.append(f"{len(self._reasons) - N_REASONS:,} more, see the manifest")
        if ended:
            failures.append(ended)
        if self._counts["refused"]:
            had = "check the token" if self._token else "no token was sent: set"
            failures.append(f"the archive refuses: {had} ({VARIABLE} or --token-file)")
        return Finding(f"{line}: {self._out / MANIFEST}", failures)


def _forecast(archive: Archive, obsids: Sequence[int], out: Path, params: Params) -> Finding:
    """Say what would be fetched."""
    rows = {row.url: row for row in read_manifest(out)}
    urls = [archive.spectrum(obsid) for obsid in obsids]
    missing = [u for u in urls if u not in rows or not is_there(out, rows[u], whole=False)]
    line = (
        f"{len(urls):,} spectra asked for, {len(urls) - len(missing):,} are in {out}; would fetch "
        f"{len(missing):,}"
    )
    if missing:
        seconds = len(missing) / params.fetch.rate
        megabytes = len(missing) * TYPICAL_BYTES / 1e6
        line += f" (some {megabytes:,.1f} MB, {seconds:,.0f} s at least), first {missing[0]}"
    return Finding(f"{line}; nothing was fetched (--dry-run)")
