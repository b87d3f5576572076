"""A server that says what it is told to, byte for byte, to test the player against."""

import socketserver


class ScriptedServer(socketserver.TCPServer):
    """Answers each connection with the next of its answers and keeps what was sent."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.address = ("127.0.0.1", int(self.server_address[1]))
        self.answers: list[bytes] = []
        self.sent: list[bytes] = []


class Conversation(socketserver.StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
        self.server.sent.append(head + self.rfile.read(length))
        self.wfile.write(self.server.answers.pop(0))
