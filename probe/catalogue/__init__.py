"""The catalogue: which cultural services there are, how risky it is to send their names where, and the control names.

``services/`` holds one TOML file a region, ``controls.toml`` the registered control names (integrity.md 3), ``risk.toml``
the risk classes (integrity.md 9), ``verification.toml``, where there is one, what ``catalogue verify`` found. ``load``
reads them into the frozen types of ``entries``, ``check`` says what is wrong with them, ``coverage`` counts, ``risk`` is
what the probe obeys, ``signed`` is how a catalogue travels, and ``verify`` looks the entries up on the live network.

Nobody has looked the shipped entries up yet. They say ``verified = false``: replayed, never fetched.
"""
