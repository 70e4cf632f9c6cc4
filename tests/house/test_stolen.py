"""A test that the host fell into has another chance; one that fails by itself has not."""

import pytest

from tests.support import stolen
from tools.stolen import stolen_s


class Host:
    """A host that takes so much at each of some times, and then nothing more."""

    def __init__(self, *taken_s):
        self.taken_s = list(taken_s)
        self.total_s = 0.0
        self.asked = 0

    def stolen_s(self):
        """What is read before a try and after one that failed: it grows by the try's share."""
        if self.asked % 2 and self.taken_s:
            self.total_s += self.taken_s.pop(0)
        self.asked += 1
        return self.total_s


@pytest.mark.parametrize(
    ("taken_s", "fails", "tries", "passes"),
    [
        ((), 0, 1, True),
        ((0.02,), 1, 1, False),
        ((0.3,), 1, 2, True),
        ((0.3, 0.0), 2, 2, False),
        ((0.3,) * 9, 9, stolen.TRIES, False),
    ],
)
def test_what_is_stolen_is_not_held_against_a_test(monkeypatch, taken_s, fails, tries, passes):
    """Tried again as long as time was taken, at most so often; without that the first failure stands."""
    monkeypatch.setattr(stolen, "stolen_s", Host(*taken_s).stolen_s)
    done = 0

    @stolen.unless_stolen
    def test():
        nonlocal done
        done += 1
        assert done > fails

    if passes:
        test()
    else:
        with pytest.raises(AssertionError):
            test()
    assert tries == done


def test_the_kernel_counts_it():
    """What is read here is a time, and it does not fall."""
    first_s = stolen_s()
    assert 0 <= first_s <= stolen_s()
