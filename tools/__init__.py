"""Scripts of the house: what `make check`, `make test`, `make docs` and `make lock` run. Never shipped."""
