"""The analysis judges: measurements become observations, observations cells, and cells findings.

observe (pure) → quality (blind to the labels) → cell (e-process) → decide (e-BH over all registered cells) →
explain (mechanism, rate) → finding. ``judge`` is that pipeline, ``registration`` what was fixed before it, ``stats``
the arithmetic, ``cli`` what an operator types. It reads a collector's folder and writes nothing into it.
"""

__version__ = "0.1.0"
