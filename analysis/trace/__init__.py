"""Any packet capture, judged: what kind of limit its transfers met, chunk by chunk.

records (a file → frames) → headers (a frame → a TCP packet) → capture (each packet once) → transfer (packets of one connection and direction → which
transmission was lost, and each round trip) → chunks (what one request brought) → verdict (a token bucket fitted to the
losses, waiting compared with a queue of the same rate; rules in order) → report (the JSON object, sentences in
French and English). ``judge`` is that pipeline. It needs no registration and no control, so it never says that anybody
was discriminated against: only what the path did.
"""
