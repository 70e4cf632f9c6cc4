"""The probe: what a volunteer runs at home, and the far end it talks to.

A probe *joins* an operator, keeps a signed *plan*, replays traffic towards a *responder* in pairs
(an original that bears a cultural service's name, a control that differs in the name alone), signs what it
saw, spools it on disk and uploads it until the collector has it for good.

This package stands alone: copied to an empty folder with what ``requirements.txt`` names, ``python -m probe``
runs. It imports nothing of the collector, the analysis or the dashboards.
"""

__version__ = "0.1.0"
