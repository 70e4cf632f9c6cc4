"""The catalogue: its data, its checks, its risks, its look-ups."""
