"""Time series: what the boards draw from. A copy, made anew from the store whenever that is easier than repairing it.

``feed`` follows the store by cursor (``cursor``, ``sources``), turns documents into raw facts (``facts``, in line protocol:
``lines``) and writes them (``writer``) to one of ``servers``: InfluxDB 1, 2 or 3, or VictoriaMetrics as a lossy copy.
``policy`` says which buckets there are and how long they keep; ``check`` compares database and store. All of it is a
process of its own: a database that is down, slow, full or emptied loses nothing and delays no acknowledgement.
"""
