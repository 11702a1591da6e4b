"""Every file of a release, downloaded from the index and from GitHub, compared, and its signatures verified.

A few files at a time: while one waits for the network, another is digested, and the signatures of those that have come
are verified by another process. The release's own copies are compared as they come, and not kept.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from castoff.adapters.apart import SignaturesApart
from castoff.adapters.arriving import Compared, Downloaded
from castoff.adapters.github import GitHub
from castoff.adapters.index import Index
from castoff.adapters.signatures import Signer
from castoff.adapters.web import MEGABYTE
from castoff.core.proof import (
    INDEX,
    PROVENANCE,
    RELEASE,
    SIGNED,
    Found,
    contradictory,
    missing,
    not_tried,
    unknown,
)
from castoff.core.published import PublishedFile, ReleaseAsset, Unknown
from castoff.core.served import (
    BUNDLE,
    LARGEST_BUNDLE,
    Pair,
    Served,
    asset_found,
    index_found,
    is_name,
    no_release,
    release_found,
)

AT_ONCE = 4
"""How many files are downloaded at the same time."""
_PROVED_AT_ONCE = 2
"""Of how many files that have come the signatures are asked for: while one's are verified, the next one's come."""
_BAR = 30


@dataclass(slots=True)
class Fetched:
    """A file of the release, and what was found of it so far."""

    pair: Pair
    found: dict[str, Found] = field(default_factory=dict[str, Found])
    came: Downloaded | None = None
    """Where it lies; None when it could not be had, or is not to be touched."""
    publisher: str = ""

    @property
    def path(self) -> Path | None:
        """Where it lies."""
        return self.came.path if self.came else None

    @property
    def sha256(self) -> str | None:
        """What it has, in hex."""
        return self.came.sha256 if self.came else None

    @property
    def size(self) -> int | None:
        """How many bytes it has."""
        return self.came.size if self.came else None


class Progress:
    """How much has arrived, as a line to watch."""

    def __init__(self, files: int, size: int) -> None:
        self._files, self._size = files, size
        self._done = self._arrived = 0
        self._lock = threading.Lock()
        self._stopped = False

    def arrived(self, size: int) -> None:
        """Count bytes; raises when nothing is wanted any more."""
        with self._lock:
            self._arrived += size
        if self._stopped and size > 0:
            raise _StoppedError

    def done(self) -> None:
        """Count a file whose looking at has ended."""
        with self._lock:
            self._done += 1

    def stop(self) -> None:
        """End what is still being downloaded."""
        self._stopped = True

    def rows(self) -> list[tuple[str | None, str]]:
        """Return the line."""
        share = min(1.0, self._arrived / self._size) if self._size else 1.0
        bar = "#" * int(share * _BAR)
        sizes = f"{self._arrived / MEGABYTE:.1f} of {self._size / MEGABYTE:.1f} MB"
        return [(None, f"  [{bar:<{_BAR}}] {sizes}, {self._done} of {self._files} files verified")]


class _StoppedError(Exception):
    """The user has interrupted."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Who is asked for the files, and where they are put."""

    index: Index
    github: GitHub | Unknown
    signatures: SignaturesApart
    signer: Signer
    served: Served
    folder: Path
    progress: Progress

    def fetch(self, pairs: Sequence[Pair]) -> list[Fetched]:
        """Return each file with what was found of it."""
        for name in ("index", "release"):
            (self.folder / name).mkdir()
        with ThreadPoolExecutor(AT_ONCE) as files, ThreadPoolExecutor(_PROVED_AT_ONCE) as proofs:

            def begin(pair: Pair) -> Future[Fetched]:
                return proofs.submit(self._prove, self._fetch(pair))

            try:
                return [proved.result() for proved in files.map(begin, pairs)]
            except BaseException:
                self.progress.stop()
                self.signatures.stop()
                for pool in (files, proofs):
                    pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _fetch(self, pair: Pair) -> Fetched:
        fetched = Fetched(pair)
        if is_name(pair.name):
            self._from_index(fetched)
            self._from_release(fetched)
        else:
            strange = contradictory("it is neither a wheel nor an sdist: castoff builds no such file")
            fetched.found |= dict.fromkeys((INDEX, RELEASE, SIGNED, PROVENANCE), strange)
        return fetched

    def _prove(self, fetched: Fetched) -> Fetched:
        if is_name(fetched.pair.name):
            fetched.found[SIGNED] = self._bundle(fetched)
            fetched.found[PROVENANCE] = self._provenance(fetched)
        self.progress.done()
        return fetched

    def _from_index(self, fetched: Fetched) -> None:
        file, files = fetched.pair.indexed, self.served.files
        if isinstance(files, Unknown):
            fetched.found[INDEX] = unknown(files.reason)
        elif file is None:
            fetched.found[INDEX] = missing("the index does not have it")
        else:
            came = self.index.download(file, self.folder / "index" / file.name, self.progress.arrived)
            fetched.found[INDEX] = self._came(fetched, came, file)

    def _came(self, fetched: Fetched, came: Downloaded | Unknown, file: PublishedFile) -> Found:
        if isinstance(came, Unknown):
            return unknown(came.reason)
        fetched.came = came
        return index_found(file, came.sha256, came.size)

    def _from_release(self, fetched: Fetched) -> None:
        """Compare with the release's own copy, byte for byte."""
        asset = fetched.pair.asset
        fetched.found[RELEASE] = release_found(fetched.pair, self.served)
        if asset is None or not asset.complete or isinstance(self.github, Unknown):
            return
        arrived = self.progress.arrived
        if fetched.came:
            came, indexed = self.github.compare(asset, fetched.came, arrived), fetched.came.sha256
        else:
            came, indexed = self.github.download(asset, self.folder / "release" / asset.name, arrived), None
        if isinstance(came, Unknown):
            fetched.found[RELEASE] = unknown(came.reason)
        elif isinstance(came, Compared):
            fetched.found[RELEASE] = asset_found(asset, came.sha256, indexed, came.differs_at)
        else:
            fetched.found[RELEASE] = asset_found(asset, came.sha256, None, None)
            fetched.came = came

    def _bundle(self, fetched: Fetched) -> Found:
        bundle = fetched.pair.bundle
        if self.served.published is None:
            return no_release(self.served)
        if bundle is None:
            return missing(f"there is no {fetched.pair.name}{BUNDLE} on the release")
        if fetched.sha256 is None:
            return unknown("the file itself could not be had")
        if bundle.size > LARGEST_BUNDLE:
            return contradictory(f"a bundle of {bundle.size} bytes is none")
        read = self._read(bundle)
        if isinstance(read, Unknown):
            return unknown(read.reason)
        return self.signatures.bundle(self.signer, fetched.sha256, read)

    def _read(self, bundle: ReleaseAsset) -> bytes | Unknown:
        if isinstance(self.github, Unknown):
            return self.github
        came = self.github.download(bundle, self.folder / "release" / bundle.name)
        return came if isinstance(came, Unknown) else came.path.read_bytes()

    def _provenance(self, fetched: Fetched) -> Found:
        file, sha256 = fetched.pair.indexed, fetched.sha256
        if file is None or sha256 is None:
            return not_tried("the file itself could not be had from the index")
        told = self.index.provenance(file)
        if told is None:
            return not_tried("the index has none")
        if isinstance(told, Unknown):
            return unknown(told.reason)
        found, fetched.publisher = self.signatures.provenance(self.signer, file.name, sha256, told)
        return found


def size_of(pairs: Sequence[Pair]) -> int:
    """Return how many bytes the listings say there are to download."""
    return sum((file.size or 0) for pair in pairs for file in (pair.indexed, pair.asset) if file)
