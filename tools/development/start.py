"""bin/start: the service with everything it needs, and a demonstration that it works."""

import os
import sys
from collections.abc import Mapping

from tools.checkout import DATA_DIR
from tools.child import Child
from tools.development import database
from tools.development.dotenv import prepare_dotenv
from tools.development.samples import Samples
from tools.development.start_options import StartOptions, parse
from tools.development.supervisor import Ended, Stopped, Supervisor
from tools.errors import ToolError
from tools.file_lock import FileLock
from tools.http_client import HttpClient, NoAnswer, Refused
from tools.ports import listen, port_of
from tools.servers import provide_servers
from tools.servers.hold import Hold
from tools.terminal import heading, problem, say

MAIL_DIR = DATA_DIR / "mail"
LOG_DIR = DATA_DIR / "log"

MAIL_PORT = 1025
READY_SECONDS = 60

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    options = parse()
    try:
        written = prepare_dotenv()
        DATA_DIR.mkdir(exist_ok=True, mode=0o700)
        lock = FileLock(DATA_DIR / "start.lock")
        if not lock.take():
            problem(f"bin/start is running in this checkout already: {lock.read()}.")
            return EXIT_USAGE
        lock.write(f"process {os.getpid()}")
        if written:
            say("Wrote .env with a new SECRET_KEY for this checkout.")
        return _run(options, lock)
    except ToolError as error:
        problem(str(error))
        return EXIT_FAILED
    except PermissionError as error:
        problem(f"{error.filename} belongs to another user; work as that user, or delete it.")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _run(options: StartOptions, lock: FileLock) -> int:
    heading("Starting PostgreSQL and Valkey")
    holds = provide_servers()
    for variable in ("DATABASE_URL", "REDIS_URL"):
        say(f"{variable}: {_origin(variable, holds)}")
    supervisor = Supervisor(holds)
    try:
        true = _demonstrate(options, supervisor, lock)
        if options.check:
            return 0 if true else EXIT_FAILED
        while True:
            supervisor.pause(1)
    except Stopped:
        return EXIT_INTERRUPTED if options.check else 0
    except Ended:
        return EXIT_FAILED
    finally:
        say()
        supervisor.stop()


def _origin(variable: str, holds: Mapping[str, Hold]) -> str:
    if variable in holds:
        return f"{holds[variable].name} in {holds[variable].home}"
    # Neither the password before the hosts nor one in the query.
    hosts = os.environ[variable].rpartition("@")[2].partition("?")[0]
    return f"the server at {hosts}, as the environment says"


def _demonstrate(options: StartOptions, supervisor: Supervisor, lock: FileLock) -> bool:
    """Starts all parts and runs the samples; whether every promise was kept."""
    password, number = _prepare_database(options)
    port = _start_processes(options, supervisor)
    lock.write(f"process {os.getpid()}, http://127.0.0.1:{port}")
    client = HttpClient(f"http://127.0.0.1:{port}")
    try:
        _wait_until_ready(client, supervisor)
        samples = Samples(number, client)
        samples.submit(supervisor.pause)
        samples.watch(supervisor.pause)
    except (Refused, NoAnswer) as error:
        supervisor.pause(1)  # says so if the API has ended
        raise ToolError(f"The API does not do what it should: {error}") from error
    samples.show()
    true = True
    for kept, finding in samples.findings(MAIL_DIR):
        true = true and kept
        (say if kept else problem)(f"{'ok ' if kept else 'NOT'}  {finding}")
    _tell(port, password, staying=not options.check)
    return true


def _prepare_database(options: StartOptions) -> tuple[str | None, int]:
    """Tables and admin; the admin's password if it was made now, and the number of this run."""
    database.prepare_django()
    database.migrate()
    password = database.create_admin()
    number = database.next_run_number()
    if options.demo:
        say(f"Demonstration: {database.make_demo()}")
    database.disconnect()
    return password, number


def _start_processes(options: StartOptions, supervisor: Supervisor) -> int:
    """The mail sink, the API and the workers; returns the port of the API."""
    mail, api = listen(MAIL_PORT), listen(options.port)
    if port_of(api) != options.port:
        say(f"Port {options.port} is taken; the API uses {port_of(api)}.")
    heading(f"Starting the mail sink, the API and {options.workers} workers")
    environment = {
        **os.environ,
        "EMAIL_URL": f"smtp://127.0.0.1:{port_of(mail)}",
        "PYTHONUNBUFFERED": "1",
    }

    def start(name: str, *arguments: str, inherit: int | None = None) -> Child:
        return Child(
            name,
            arguments,
            log=LOG_DIR / f"{name.replace(' ', '-')}.log",
            environment=environment,
            inherit=[] if inherit is None else [inherit],
        )

    supervisor.add(
        start(
            *("mail sink", "-m", "tools.mail.sink"),
            *("--directory", str(MAIL_DIR), "--descriptor", str(mail.fileno())),
            inherit=mail.fileno(),
        )
    )
    supervisor.add(
        start(
            *("API", "-m", "scheduler.serving", "--bind", f"fd://{api.fileno()}"),
            inherit=api.fileno(),
        )
    )
    for number in range(1, options.workers + 1):
        supervisor.add(start(f"worker {number}", "manage.py", "runworker"), show=True)
    if options.demo:
        supervisor.add(start("demonstration", "manage.py", "demo_data", "--stay"))
    port = port_of(api)
    mail.close()
    api.close()
    return port


def _wait_until_ready(client: HttpClient, supervisor: Supervisor) -> None:
    for _ in range(READY_SECONDS * 10):
        if client.is_ready():
            return
        supervisor.pause(0.1)
    raise ToolError(f"The API is not ready after {READY_SECONDS} s; see {LOG_DIR}.")


def _tell(port: int, password: str | None, *, staying: bool) -> None:
    """Where everything is."""
    say()
    here = f"http://127.0.0.1:{port}"
    login = f"user {database.ADMIN}"
    login += f", password {password} (shown only this once)" if password else ""
    say(f"API           {here}")
    say(f"Admin         {here}/admin/  {login}")
    say(f"Dead letters  {here}/admin/jobs/deadletter/")
    say(f"Mail          {MAIL_DIR}")
    say(f"Logs          {LOG_DIR}")
    if staying:
        heading("Ctrl-C stops everything; the data stays.")


if __name__ == "__main__":
    sys.exit(main())
