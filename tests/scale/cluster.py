"""A standalone Spark on 127.0.0.1: a master and two workers of one core, as processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # short jobs end before the second compiler pays
SETTINGS = {
    "spark.executor.memory": "512m",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
}


@dataclass(frozen=True)
class Cluster:
    """Address of the master, and the processes of the workers."""

    master: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def executors(self) -> list[int]:
        """Process ids of the executors that the workers have started."""
        return [pid for worker in self.workers for pid in _children(worker.pid)]

    def kill_executors(self) -> int:
        """Ends every executor as a lost machine would; returns how many there were."""
        executors = self.executors()
        for pid in executors:
            os.kill(pid, signal.SIGKILL)
        return len(executors)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Starts the cluster, whose disks lie below the folder."""
    import pyspark

    port = _free_port()
    home = Path(pyspark.__file__).parent
    started = [_start(home, folder / "master", "master.Master", "--port", str(port))]
    try:
        _wait_for(port)
        master = f"spark://127.0.0.1:{port}"
        for number in (1, 2):
            own = folder / f"worker{number}"
            options = ("--cores", "1", "--memory", "1G", "--work-dir", str(own), master)
            started.append(_start(home, own, "worker.Worker", *options))
        yield Cluster(master, tuple(started[1:]))
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def _start(home: Path, folder: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
    }
    program = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}"]
    common = ("--host", "127.0.0.1", "--webui-port", "0")
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*program, *common, *options], stdout=log, stderr=log, env=environment
        )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the master did not start within a minute")


def _children(pid: int) -> list[int]:
    text = "".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for child in text.split()]
