"""The whole path for real: lab, responder, collector, probes, analysis."""
