"""Tests of the protocol without sockets, and of the ClientHello parser."""
