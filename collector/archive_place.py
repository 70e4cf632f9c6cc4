"""The archive's place: a folder, or object storage by URL. The one file that speaks fsspec.

A file appears whole or not at all. In a folder it is written beside its name, synced and renamed; object storage
shows an object when its upload has ended. What a crash leaves half-written is never under a file's own name.

Whatever goes wrong is an ``OSError``. Loops end with the names that the store lists.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from collector.data_folder import DataFolder, sync_folder
from collector.messages import Trouble
from collector.whole_file import PARTIAL, whole_file, write_whole

BLOCK_BYTES: Final = 8 * 1024 * 1024
POINTER: Final = "archive.json"


class Place:
    """The archive under ``url``: a path, or what fsspec knows (``s3://bucket/prefix``). Names are relative to it.

    Credentials and endpoint come from the environment, as the store's own tools take them.
    """

    def __init__(self, url: str) -> None:
        try:
            import fsspec  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise Trouble("archive.extra", detail="fsspec") from error
        self.url = url
        try:
            filesystem, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            raise Trouble("archive.bad_url", url=url, detail=error) from error
        self._files: Any = filesystem
        self._root = str(root).rstrip("/")
        protocols = (filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol
        self._folder = Path(self._root) if "file" in protocols else None

    def show(self, name: str) -> str:
        """The name in full, for a person."""
        return f"{self._root}/{name}" if self._folder else f"{self.url.rstrip('/')}/{name}"

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Write ``name``: durable and whole once the block has ended, and untouched should it raise."""
        with _store_errors():
            if self._folder is not None:
                path = self._folder / name
                _make_folders(path.parent)
                with whole_file(path) as sink:
                    yield sink
            else:
                sink = self._files.open(self._path(name), "wb", autocommit=False, block_size=BLOCK_BYTES)
                try:
                    yield sink
                    sink.close()
                    sink.commit()
                except BaseException:
                    sink.discard()
                    sink.closed = True  # else its end as an object would upload the rest
                    raise

    def write(self, name: str, content: bytes) -> None:
        """Write a small file."""
        with self.writing(name) as sink:
            sink.write(content)

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Open ``name``; raises ``FileNotFoundError`` where there is none."""
        with (
            _store_errors(),
            self._files.open(
                self._path(name), "rb", block_size=BLOCK_BYTES, cache_type="readahead"
            ) as source,
        ):
            yield source

    def read(self, name: str) -> bytes:
        """The content of a small file."""
        with self.reading(name) as source:
            return source.read()

    def names(self, below: str) -> list[str]:
        """Every file below ``below``, sorted; half-written ones are left out. No files where nothing was written yet."""
        with _store_errors():
            found = self._files.find(self._path(below))
            start = len(self._root) + 1
            return sorted(str(path)[start:] for path in found if not str(path).endswith(PARTIAL))

    def remove(self, name: str) -> None:
        """Delete ``name``; fine where there is none."""
        with _store_errors():
            try:
                self._files.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def sweep(self, below: str) -> int:
        """Delete what crashes left half-written in a folder; how many. For whoever holds the sealer's lock."""
        found = list((self._folder / below).rglob(f"*{PARTIAL}")) if self._folder is not None else []
        for path in found:
            path.unlink()
        return len(found)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


@contextmanager
def _store_errors() -> Iterator[None]:
    """Stores raise exceptions of their own when nobody answers; here they are ``OSError``."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("botocore", "aiobotocore", "aiohttp"):
            raise OSError(f"{type(error).__name__}: {error}") from error
        raise


def _make_folders(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, each name durable. Ends at the root, which is always there."""
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def place_of(folder: DataFolder, url: str | None = None) -> Place:
    """The place of a data folder's archive: what ``use_url`` noted, else the folder ``archive`` in it."""
    return Place(url or noted_url(folder) or str(folder.root / "archive"))


def noted_url(folder: DataFolder) -> str | None:
    """Where this folder's archive is, if it was ever told."""
    path = folder.root / POINTER
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])["url"]
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, KeyError) as error:
        raise Trouble("store.damaged", path=path, detail=error) from error


def use_url(folder: DataFolder, url: str) -> None:
    """Note where the archive is; raises ``Trouble`` where another place was noted: an archive moves by hand."""
    noted = noted_url(folder)
    if noted not in (None, url):
        raise Trouble("archive.elsewhere", url=url, noted=noted, path=folder.root / POINTER)
    if noted is None:
        write_whole(folder.root / POINTER, msgspec.json.encode({"url": url}))
