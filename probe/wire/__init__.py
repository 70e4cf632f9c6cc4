"""The replay's protocol, sans I/O: bytes in, messages out, a state as a table.

``README.md`` beside this file is the specification. ``messages`` are the frames' contents, ``conversation``
says which may follow which, ``tls`` wraps TLS 1.3 over memory buffers, ``client_hello`` reads the first
handshake message as it went over the wire. Nothing here opens a socket, reads a clock or knows a service;
nothing here imports the rest of the probe.

The exceptions::

    ProtocolError
    ├── LocalProtocolError    we tried to send what the state does not allow: our bug
    └── RemoteProtocolError   the far end sent what the state does not allow
        └── NotOurProtocol    its first bytes are no frame at all (a browser, a scanner)
"""
