"""Scale: a store larger than memory, and a judgement on more than one machine.

``spool`` observes a source into a folder, by buckets of cells and of tickets (``buckets``), and says which rows count;
``shelf`` puts the pairs of each cell together there, and ``places`` the tickets that responders reported beside them;
``judged`` judges cells whose pairs stay on disk. ``scheduler`` runs the same functions here or on a Dask cluster, a cell
always whole in one call. Nothing here decides anything: findings have the same bytes as those of ``analysis.judge``.
"""
