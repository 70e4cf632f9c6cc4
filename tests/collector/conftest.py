"""What the collector's tests share: a site, and an intake on it."""

import pytest

from tests.support.collectors import Site


@pytest.fixture
def site(tmp_path):
    """A data folder with keys and an operator's file; its clock stands."""
    return Site.make(tmp_path)


@pytest.fixture
async def intake(site):
    """An intake on ``site``, its probe enrolled."""
    async with site.open() as intake:
        yield intake
