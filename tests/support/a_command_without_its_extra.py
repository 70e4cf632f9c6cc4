"""A subcommand for the test of ``dashboards.cli``: it imports a package that nobody has."""

import not_installed_anywhere  # type: ignore[import-not-found]  # noqa: F401
