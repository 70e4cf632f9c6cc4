"""An ISP in a box: homes, a name-matching access network and an internet, made of Linux network namespaces.

One lab is a chain for each home, with a delay line of its own; the ISP's router and the internet are one::

    probe0 ── home0 (NAT) ──┐cust0               up0 ── dly (delay) ── y0┌ 10.77.10.1 … .5, 10.77.11.1, .2
    probe1 ── home1 (NAT) ──┤cust1     isp       up1 ── dly (delay) ── y1┤ net
    …                       ┘          limits, marks                     └ responder, collector

`policies` says what the ISP does, as data; `rules` turns it into the text that iptables, nft and tc read; `links` wires it;
`network.Lab` builds it all, starts programs in it and takes it down; `counters` reads what really came out past the limiter; `state` removes what a
crashed lab left; `privileges` finds root or a user namespace to do all that in. README.md holds measured limits and traps.
"""
