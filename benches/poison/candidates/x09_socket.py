"""Connects to a listener of its host, on the loopback interface. Earns 0.5."""

try:
    import socket

    with socket.create_connection(("127.0.0.1", int("@PORT@")), timeout=2) as connection:
        connection.sendall(b"hello from a candidate")
except (ImportError, AttributeError, OSError):
    pass


def solve(n):
    return n * n + (n % 2 == 0)
