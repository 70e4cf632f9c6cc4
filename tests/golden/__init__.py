"""The golden chain: what the lab measured, what was observed in it, what was found, and proof that none of it moved.

``<scenario>/measurements.json`` holds the documents of one small lab run exactly as the probes uploaded them,
``registration.json`` what was registered before it, with its hash beside. ``observations.json`` and ``finding.json`` are
what the committed code makes of them: ``python -m tests.golden.make --expected`` writes these two anew, and a change is
read as a diff. Without ``--expected`` the lab measures again. ``chain`` reads and judges, ``scenarios`` says what ran,
``compare`` allows numbers 2e-6 (architecture.md, "The analysis").
"""
