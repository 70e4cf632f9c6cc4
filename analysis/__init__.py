"""The analysis judges: measurements become observations, observations cells, and cells findings."""
