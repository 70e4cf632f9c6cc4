"""The locks hold hashes and names, never a place to fetch from."""

import pytest

from tools import locks

GOOD = "aiohttp==3.14.5 \\\n    --hash=sha256:00ff\n"


def test_our_locks_are_clean():
    """requirements/*.txt and probe/requirements.txt pass, and hold all that pyproject.toml asks for."""
    assert 0 == locks.main()


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://mirror.example/simple",
        "-i mirror",
        "--extra-index-url mirror",
        "--find-links /srv/wheels",
        "-f wheels",
        "--trusted-host mirror",
        "--no-index",
        "thing @ https://mirror.example/thing.whl",
        "-e ./thing",
    ],
)
def test_a_place_is_found(line):
    """Any address, and any of pip's options that name a place, is reported."""
    assert any("names a place" in problem for problem in locks.problems("x.txt", GOOD + line + "\n", set()))


def test_a_name_that_looks_like_an_option_passes():
    """Packages called after an index or a finder are only names."""
    lock = GOOD + "index-tools==1.0 \\\n    --hash=sha256:00\nfile-i==1.0 \\\n    --hash=sha256:00\n"
    assert [] == locks.problems("x.txt", lock, {"aiohttp"})


def test_what_is_not_pinned_or_hashed_is_found():
    """An open version, a package without hash, and one that is wanted but absent are each reported."""
    problems = locks.problems("x.txt", "aiohttp>=3\nmsgspec==0.22.0\n", {"msgspec", "cryptography"})
    assert [
        "x.txt: not a pinned package: aiohttp>=3",
        "x.txt: msgspec has no hash",
        "x.txt: does not hold cryptography; run `make lock`",
    ] == problems
