"""A small catalogue of made-up services, as files, for tests to spoil."""

from pathlib import Path

SERVICE = """
[[service]]
id = "radio-boreale"
name = "Radio Boréale"
operator = "Radio Boréale"
country = "CA"
languages = ["fr-CA"]
sector = "audiovisual"
kind = "broadcaster"
carries = "audio"
origin = "local"
names = ["www.radio-boreale.example"]
verified = false
"""
CONTROLS = """
owned_labels = ["lac", "riviere-01", "montagne-verger-07"]
spoofed_popular = ["www.hardware-shop.example", "www.grocery-shops.example"]
"""
RISK = """
[[risk]]
countries = ["CA"]
risk = "open"
source = "A law"
date = 2017-04-20
"""


def write_catalogue(
    folder: Path, service: str = SERVICE, controls: str = CONTROLS, risk: str = RISK, verification: str = ""
) -> Path:
    """Write the files of a catalogue to ``folder``; return it."""
    (folder / "services").mkdir(parents=True, exist_ok=True)
    (folder / "services" / "made_up.toml").write_text(service, encoding="utf-8")
    (folder / "controls.toml").write_text(controls, encoding="utf-8")
    (folder / "risk.toml").write_text(risk, encoding="utf-8")
    if verification:
        (folder / "verification.toml").write_text(verification, encoding="utf-8")
    return folder
