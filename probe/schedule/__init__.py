"""The schedule: which pair comes next, with which control stratum, variant and pace, and when it may start.

``strata``, ``variants``, ``pace`` and ``rotation`` are pure and take their dice as a parameter; ``memory`` keeps
on disk what must outlive a process, so that a restart is no second throw.
"""
