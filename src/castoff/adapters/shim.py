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
import signal
import sys

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
    """Run the shell, noted as running as long as it does; return its exit code."""
    child = os.fork()
    if child == 0:
        os.execve(shell, argv, environment)
    note = os.path.join(running, str(os.getpid()))
    with open(note, "w", encoding="utf-8") as stream:
        stream.write(str(os.getpgid(0)))
    _, status = os.waitpid(child, 0)
    os.unlink(note)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


if __name__ == "__main__":
    sys.exit(main())
