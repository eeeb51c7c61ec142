"""Usage: asker.py ACTION...: run by `custody run`, speaks to the server of facts that CUSTODY_OPTIONS names.

    ask PATH KEY     asks, and prints the answer: "ready", "none" or "nothing" when there is no answer
    send TEXT        sends this, with \\0 for NUL, and prints the answer
    idle N           connects N times and says nothing
    stop             stops the process that listens, as a debugger or a person might
    pid              prints the process that listens
    name             prints the socket's name
    as UID           becomes that user
"""

import os
import resource
import signal
import socket
import struct
import sys

OPTIONS = [pair.split("=", 1) for pair in os.environ["CUSTODY_OPTIONS"].split(":")]
NAME = [value for name, value in OPTIONS if name == "prepare"][-1]
idle = []


def connect():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(60)
    client.connect("\0" + NAME)
    return client


def send(packet):
    with connect() as client:
        try:
            client.send(packet)
            return {b"\1": "ready", b"\0": "none", b"": "nothing"}[client.recv(1)]
        except OSError:
            return "nothing"


def server():
    """Who listens: of the children of the process that made the socket, the leader of a session."""
    with connect() as client:
        run = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    with open(f"/proc/{run}/task/{run}/children", encoding="ascii") as children:
        return next(child for child in map(int, children.read().split()) if os.getsid(child) == child)


# The server may have been given few descriptors on purpose; this process has what it needs.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
words = sys.argv[1:]
while words:
    action = words.pop(0)
    if action == "ask":
        print(send(f"{words.pop(0)}\0{words.pop(0)}\0".encode()))
    elif action == "send":
        print(send(words.pop(0).encode().decode("unicode_escape").encode("latin-1")))
    elif action == "idle":
        idle += [connect() for _ in range(int(words.pop(0)))]
    elif action == "stop":
        os.kill(server(), signal.SIGSTOP)
    elif action == "pid":
        print(server())
    elif action == "name":
        print(NAME)
    elif action == "as":
        os.setuid(int(words.pop(0)))
    else:
        sys.exit(f"no action {action}")
    sys.stdout.flush()
