"""Real brokers of one's own for Celery: Redis (or Valkey) and RabbitMQ, started and stopped at will."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.servers import free_port, stop

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
SECONDS_TO_START = 40


class Broker:
    """A broker on a port of its own, in a folder of its own. It skips the test where there is none on this machine."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder, self.port = kind, folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        if kind == "redis":
            binary = shutil.which("valkey-server") or shutil.which("redis-server")
            self.command = [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
            self.url, self.environment = f"redis://127.0.0.1:{self.port}/0", dict(os.environ)
        else:
            binary = str(RABBITMQ) if RABBITMQ.exists() else None
            self.command, self.environment = [str(binary)], {**os.environ, **self._of_rabbitmq()}
            self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        if binary is None:
            pytest.skip(f"needs a server of {kind}")

    def _of_rabbitmq(self) -> dict[str, str]:
        plugins, config = self.folder / "enabled_plugins", self.folder / "rabbitmq.conf"
        plugins.write_text("[].\n")
        config.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")
        return {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"tests{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "broker.log").read_text()
            assert time.monotonic() < until, (self.folder / "broker.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, with all that it started."""
        if self.process is not None and self.process.poll() is None:
            if self.kind == "redis":
                stop(self.process)
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None

    def _answers(self) -> bool:
        hello = b"PING\r\n" if self.kind == "redis" else b"AMQP\x00\x00\x09\x01"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(2)
                connection.sendall(hello)
                return bool(connection.recv(1))
        except OSError:
            return False
