"""A real Slurm of one node, without systemd. Needs root and what ``PROGRAMS`` names."""

import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("munged", "slurmctld", "slurmd", "srun")
"""Of Debian's packages slurmctld, slurmd, slurm-client and munge."""


def what_is_missing():
    """Why there can be no Slurm here; empty if there can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"no {', '.join(missing)}: apt-get install slurmctld slurmd slurm-client munge"
    return "" if os.geteuid() == 0 else "slurmd needs root"


@contextmanager
def running_slurm(folder, environment):
    """Start Slurm with its state in a folder, yield the environment for its clients, stop it."""
    environment = _for_clients(environment, folder)
    controller_port, node_port = _free_ports()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    for template in HERE.glob("*.conf"):
        text = template.read_text().format(
            folder=folder, controller_port=controller_port, node_port=node_port
        )
        (folder / template.name).write_text(text)
    for gpu in range(2):  # Slurm only counts them, but asks for devices
        os.mknod(folder / f"gpu{gpu}", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    try:
        _start(folder, environment)
        yield environment
    finally:
        _stop(folder, environment)


def _for_clients(environment, folder):
    """With a srun that finds this Slurm: the executor plugin hides SLURM_CONF from its own."""
    configuration = shlex.quote(str(folder / "slurm.conf"))
    srun = folder / "bin/srun"
    srun.parent.mkdir()
    srun.write_text(
        f'#!/bin/sh\nexport SLURM_CONF={configuration}\nexec {shutil.which("srun")} "$@"\n'
    )
    srun.chmod(0o755)
    path = f"{srun.parent}:{environment['PATH']}"
    return {**environment, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}


def _free_ports():
    anywhere = ("127.0.0.1", 0)
    with socket.create_server(anywhere) as one, socket.create_server(anywhere) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _start(folder, environment):
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    files = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munged.pid"}
    files |= {"log-file": folder / "munged.log", "seed-file": folder / "munge.seed"}
    # by force: as root, in a folder that is not of the system
    munged = ["munged", "--force", *(f"--{option}={path}" for option, path in files.items())]
    for command in (munged, ["slurmctld"], ["slurmd", "-N", "localhost"]):
        subprocess.run(command, env=environment, check=True, capture_output=True)
    if not _wait_until(lambda: "idle" in ask(environment, "sinfo", "--noheader", "--format=%T")):
        raise RuntimeError((folder / "slurmd.log").read_text())


def _stop(folder, environment):
    ask(environment, "scancel", "--user=root")
    _wait_until(lambda: not ask(environment, "squeue", "--noheader"))
    for name in ("slurmd", "slurmctld", "munged"):
        path = folder / f"{name}.pid"
        if path.exists():
            os.kill(int(path.read_text()), signal.SIGTERM)


def _wait_until(question):
    """At most half a minute; returns whether it became true."""
    for _ in range(60):
        if question():
            return True
        time.sleep(0.5)
    return False


def ask(environment, *command):
    """What a client of Slurm prints."""
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    ).stdout
