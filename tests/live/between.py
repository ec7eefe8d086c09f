"""What stands between us and a server on 127.0.0.1, counts what it gives, and breaks off when it is told to."""

import socket
import threading
from contextlib import contextmanager, suppress


class Between:
    """Counts the bytes that the server gave; after `most` of them the lines are cut, or for `holds` just silent."""

    def __init__(self, port):
        self.port = port
        self.given = 0
        self.most = None
        self.holds = False
        self.held = threading.Event()
        self.gone = threading.Event()
        self.change = None
        """What becomes of the beginning of a request."""
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.own_port = self._listening.getsockname()[1]

    def begin(self, most=None, holds=False):
        """Count anew."""
        with self._lock:
            self.given, self.most, self.holds = 0, most, holds
            self.held.clear()

    def serve(self):
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                for way in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass, args=way, daemon=True).start()

    def close(self):
        """Take none any more."""
        self.gone.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _pass(self, source, target, is_given):
        with suppress(OSError):
            while data := source.recv(65536):
                if not is_given and self.change:
                    data = self.change(data)
                if is_given and not self._let(len(data)):
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _let(self, length):
        with self._lock:
            over = self.most is not None and self.given + length > self.most
            if not over:
                self.given += length
                return True
        if self.holds:
            self.held.set()
            self.gone.wait(60)
        return False


@contextmanager
def between(port):
    """Something between us and a port, while it is needed."""
    made = Between(port)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)
