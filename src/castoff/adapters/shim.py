"""Stands on PATH as `bash` and `sh` in a rehearsal: gives each job its own credentials and home, as a runner does.

The workflow runner starts every step through it. It stands alone: it is run as a file, by a bare Python, and reads
`jobs.json` beside itself:

    shells    name -> path of the real shell
    running   folder in which each running step has a file, named by its process
    jobs      job -> {"env": variables of the job, "done": not to be run again, "last": number of its last step}
    kill      the job whose runner dies when its last step has done its work, or null
"""

import json
import os
import select
import signal
import sys

GRACE = 5
"""Tenths of a second."""
HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    """Run the real shell with the job's environment; return its exit code."""
    with open(os.path.join(HERE, "jobs.json"), encoding="utf-8") as stream:
        rules = json.load(stream)
    name, arguments = sys.argv[1], sys.argv[2:]
    job_id = os.environ.get("GITHUB_JOB", "")
    job = rules["jobs"].get(job_id)
    shell = rules["shells"][name]
    if job is None:  # not a step: a program that a step has started
        os.execv(shell, [name, *arguments])
    if job["done"]:
        return 0
    environment = {**os.environ, **job["env"]}
    nested = "CASTOFF_STEP" in environment
    environment["CASTOFF_STEP"] = "1"
    if nested:
        os.execve(shell, [name, *arguments], environment)
    code = run(shell, [name, *arguments], environment, rules["running"])
    script = os.path.basename(arguments[-1]) if arguments else ""  # NUMBER.sh, or NUMBER-composite-N.sh
    last = script.partition(".")[0].partition("-")[0] == str(job["last"])
    if rules["kill"] == job_id and last and code == 0:
        os.kill(os.getppid(), signal.SIGKILL)
    return code


def run(shell: str, argv: list[str], environment: dict[str, str], running: str) -> int:
    """Run the shell, noted as running as long as it does; return its exit code.

    The runner gives a step a terminal, GitHub does not: here it gets nothing to read, and a pipe to write to.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.close(reader)
        os.close(writer)
        os.execve(shell, argv, environment)
    os.close(writer)
    note = os.path.join(running, str(os.getpid()))
    with open(note, "w", encoding="utf-8") as stream:
        stream.write(str(os.getpgid(0)))
    status = copy_until_end(reader, child)
    os.unlink(note)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def copy_until_end(reader: int, child: int) -> int:
    """Hand on what the step prints until it has ended; return its status.

    What it has left running may hold the pipe open: a while after its end the step is over all the same.
    """
    status = None
    silent = 0
    while True:
        ready, _, _ = select.select([reader], [], [], 0.1)
        block = os.read(reader, 65536) if ready else None
        if block:
            os.write(1, block)
        if status is None:
            ended, told = os.waitpid(child, os.WNOHANG)
            status = told if ended else None
        silent = 0 if block or status is None else silent + 1
        if block == b"" or (status is not None and silent > GRACE):
            return os.waitpid(child, 0)[1] if status is None else status


if __name__ == "__main__":
    sys.exit(main())
