"""Merkle roots are those of RFC 9162."""

import doctest

import pytest

from collector import salted
from probe.measurement import merkle

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Certificate Transparency's reference vectors: the roots of the first n inputs, n = 0 … 8."""


@pytest.mark.parametrize("leaves", range(len(ROOTS)))
def test_roots_of_the_reference_vectors(leaves):
    """The root over the first n of Certificate Transparency's reference inputs is the published one."""
    hashes = [merkle.leaf_hash(bytes.fromhex(text)) for text in INPUTS[:leaves]]
    assert ROOTS[leaves] == merkle.root(hashes).hex()


def test_doctests():
    """The docstring's example holds."""
    assert 0 == doctest.testmod(merkle).failed


def test_a_salted_leaf_is_of_fixed_lengths():
    """Salt and id cannot be cut elsewhere to give the same leaf, for other lengths are refused."""
    assert merkle.leaf_hash(bytes(48)) == salted.salted_leaf(bytes(16), bytes(32))
    with pytest.raises(ValueError, match=r"16 .* 32 bytes"):
        salted.salted_leaf(bytes(17), bytes(31))
