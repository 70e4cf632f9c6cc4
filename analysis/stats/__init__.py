"""The decision procedure of detection.md section 4, as pure functions of numbers.

A pair of runs becomes features (`series`, `pair`), features become evidence of a home (`home`), homes become evidence
of a cell (`cell`), and cells are decided together (`ebh`). What a finding then says in megabits comes from `effect`
and `delivered`. `parameters` holds every constant, `simulate` makes worlds to try all this on. Nothing here reads a
file, a clock or a global random generator, and nothing imports another package of ours.
"""
