"""An Odoo server of our own, with the addon, wired to a stand-in HelpCrunch."""

import atexit
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "dev"))
from helpcrunch.standin import StandIn  # noqa: E402
from patience import PATIENCE  # noqa: E402
from people import Person, add_user, connect, go_live, set_addresses  # noqa: E402

RUN = ROOT / ".odoo"
# Databases with the addon, by what else is installed: a copy takes a second.
_templates = {}
# As bin/test names its databases, which clears away those of runs that were killed.
_PREFIX = f"hc_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
_LOG_LINE = re.compile(r"^[-0-9]+ \S+ (?P<process>\d+) (?P<level>[A-Z]+) .*", re.M)
_COMPLAINTS = ("WARNING", "ERROR", "CRITICAL")
_OUR_CRONS = (
    "SELECT res_id FROM ir_model_data"
    " WHERE module = 'helpcrunch_chatbot' AND model = 'ir.cron'"
)


def _dsn():
    """Return how to reach the database server, as bin/_common.sh finds it."""
    if os.environ.get("PGHOST"):
        return {}
    return {"host": (RUN / "pg.socket").read_text().strip()}


def _run_sql(query, database):
    with closing(psycopg2.connect(dbname=database, **_dsn())) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []


def _find_bin_test_template():
    """Return the database with Odoo's own modules that bin/test keeps, if there is."""
    names = _run_sql("SELECT datname FROM pg_database", "postgres")
    pattern = re.compile(rf"{_PREFIX}_template_[0-9a-f]+")
    return next((name for (name,) in names if pattern.fullmatch(name)), None)


def _copy_database(source, target):
    _run_sql(f"CREATE DATABASE {target} TEMPLATE {source}", "postgres")
    # Odoo never changes a stored file, so the copy can share them.
    files = RUN / "data" / "filestore"
    if (files / source).exists():
        shutil.copytree(files / source, files / target, copy_function=os.link)


def _drop_database(name):
    _run_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")
    shutil.rmtree(RUN / "data" / "filestore" / name, ignore_errors=True)


def free_port():
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OdooServer:
    """One database and the server processes on it.

    :param str name: unique part of the database's name
    :param modules: what to install beside the addon
    """

    def __init__(self, name, modules="", addons_path=None):
        self.database = f"{_PREFIX}_test_{os.getpid()}_{name}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = RUN / "log" / f"live-{name}-{os.getpid()}.log"
        self.environment = dict(os.environ)
        if addons_path:
            self.environment["HELPCRUNCH_MORE_ADDONS"] = str(addons_path)
        self.process = None
        self.webhook_path = None
        self._read = 0
        self._ending = set()
        self._create(f"helpcrunch_chatbot{modules}")

    def _create(self, modules):
        """Make the database: a copy of this process' last one with these modules."""
        template = _templates.get(modules)
        if template:
            _copy_database(template, self.database)
            return
        ready = _find_bin_test_template()
        if ready:
            _copy_database(ready, self.database)
        self._odoo("-d", self.database, "-i", modules, "--stop-after-init", "--no-http")
        # Odoo's own crons only disturb, and complain when a server ends under them.
        self.sql(f"UPDATE ir_cron SET active = FALSE WHERE id NOT IN ({_OUR_CRONS})")
        template = f"{_PREFIX}_test_{os.getpid()}_copy{len(_templates)}"
        _copy_database(self.database, template)
        _templates[modules] = template
        atexit.register(_drop_database, template)

    def _odoo(self, *arguments, **options):
        with self.log.open("ab") as log:
            return subprocess.run(
                [str(ROOT / "bin" / "odoo"), *arguments],
                env=self.environment,
                check=True,
                stdout=options.pop("stdout", log),
                stderr=log,
                timeout=5 * PATIENCE,
                **options,
            )

    def upgrade(self):
        """Bring the database of a stopped server to the version of the code."""
        self._odoo(
            "-d",
            self.database,
            "-u",
            "helpcrunch_chatbot",
            "--stop-after-init",
            "--no-http",
        )

    def shell(self, code):
        """Run Python in the database; return what it prints."""
        result = self._odoo(
            "shell",
            "-d",
            self.database,
            "--no-http",
            "--log-level=error",
            input=code.encode(),
            stdout=subprocess.PIPE,
        )
        return result.stdout.decode()

    def sql(self, query, database=None):
        """Run a query; return the first value of each row."""
        return [row[0] for row in self.rows(query, database)]

    def rows(self, query, database=None):
        """Run a query; return its rows."""
        return _run_sql(query, database or self.database)

    @contextmanager
    def holding(self, query):
        """Run a query, and keep the locks it took until the block ends."""
        with closing(psycopg2.connect(dbname=self.database, **_dsn())) as link:
            with link.cursor() as cursor:
                cursor.execute(query)
                yield
            link.rollback()

    def wake_crons(self):
        """Have the crons look now; Odoo's own sleep a minute at a time."""
        self.sql(
            "UPDATE ir_cron SET nextcall = now() - interval '1 minute'"
            f" WHERE id IN ({_OUR_CRONS})"
        )
        self.sql(f"SELECT pg_notify('cron_trigger', '{self.database}')", "postgres")

    def log_in(self, login):
        """Return a :class:`people.Person` of this server, which must be running."""
        return Person(self.url, self.database, login)

    def wire(self, standin, draw=None, limit=100000):
        """Connect database and stand-in, as people do in two windows.

        Odoo's administrator adds a manager of the addon and says where HelpCrunch is;
        the manager does the rest.

        :param draw: called with the administrator, the manager and the messenger's id
            to draw a bot; the default is one of a few steps
        """
        self.start("--workers=0", "--max-cron-threads=0")
        try:
            administrator = self.log_in("admin")
            set_addresses(administrator, self.url)
            add_user(administrator, "manager", "helpcrunch_chatbot.group_manager")
            manager = self.log_in("manager")
            account_id = manager.create(
                "helpcrunch.account",
                {"name": "HelpCrunch", "requests_per_minute": limit},
            )
            connect(administrator, manager, account_id, standin.url)
            (draw or draw_echo_bot)(administrator, manager, account_id)
            address = manager.read("helpcrunch.account", account_id, "webhook_url")
        finally:
            self.stop()
        self.webhook_path = "/helpcrunch/" + address.rpartition("/helpcrunch/")[2]
        self.subscribe(standin)

    def subscribe(self, standin):
        """Have the stand-in send its webhooks here and nowhere else."""
        standin.clear_webhooks()
        standin.add_webhook(self.url + self.webhook_path)

    def start(self, *arguments):
        """Start the server; return when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(ROOT / "bin" / "odoo"),
                    "-d",
                    self.database,
                    "--http-port",
                    str(self.port),
                    "--gevent-port",
                    str(free_port()),
                    *arguments,
                ],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.get("/web/health")
                return self
            except (URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError(f"no answer from {self.url}, see {self.log}")

    def get(self, path):
        with urlopen(self.url + path, timeout=PATIENCE) as answer:
            return answer.read()

    def kill(self):
        """End all of the server's processes at once, as a power cut does."""
        self._signal(signal.SIGKILL)

    def stop(self):
        """Ask the server to end; it may take its time, but not for ever."""
        try:
            self._signal(signal.SIGTERM, 15)
        except subprocess.TimeoutExpired:
            # Seen once: the signal reached a thread while Odoo's main one slept.
            self.kill()

    def _signal(self, number, seconds=30):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(seconds)

    def memory(self):
        """Return the memory of all server processes in MiB."""
        total = 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.process.pid:
                    total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
            except (OSError, IndexError):
                continue
        return total / 2**20

    def drop(self):
        """Stop the server and forget its database."""
        self.stop()
        _drop_database(self.database)

    def complaints(self):
        """Return the new lines of the server's log that need explaining.

        A threaded server that is asked to end closes its connections under a cron that
        has just begun, which complains; what such a process says then explains itself.
        """
        text = self.log.read_text(errors="replace")[self._read :]
        self._read += len(text)
        complaints = []
        for line in _LOG_LINE.finditer(text):
            if "Initiating shutdown" in line[0]:
                self._ending.add(line["process"])
            elif line["level"] in _COMPLAINTS and line["process"] not in self._ending:
                complaints.append(line[0])
        return complaints


def draw_bot(manager, account_id, name):
    """Make a bot that is not live; return its id and what adds a step to it."""
    bot_id = manager.create("helpcrunch.bot", {"name": name, "account_id": account_id})

    def step(name, step_type="text", alias=None, **vals):
        return manager.create(
            "helpcrunch.step",
            {
                "name": name,
                "message": name,
                "step_type": step_type,
                "bot_id": bot_id,
                "alias_ids": [(0, 0, {"name": alias})] if alias else [],
                **vals,
            },
        )

    return bot_id, step


def draw_echo_bot(_administrator, manager, account_id):
    """Draw what says something at once, without asking HelpCrunch anything."""
    bot_id, step = draw_bot(manager, account_id, "Echo")
    step("Welcome", alias="/start")
    step("Answer", alias="ping")
    step("Passing on", "create_lead", "lead")
    (phone,) = manager.search(
        "ir.model.fields", [("model", "=", "res.partner"), ("name", "=", "phone")]
    )
    step(
        "Your number?", "update_contact", "number", field_id=phone, merge_by_phone=True
    )
    for number in range(10):
        step(f"Answer {number}", alias=f"ping {number}")
    go_live(manager, bot_id)


def draw_example_bot(_administrator, manager, _account_id):
    """Make the manual's example, by the button of the empty list of bots."""
    action = manager.call("helpcrunch.bot", "action_create_example")
    go_live(manager, action["res_id"])


def wait_for(condition, seconds=PATIENCE):
    """Return the first true value of ``condition()``, or None after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return None


def said(standin, chat, text=None):
    """Return the bot's texts in a chat of the stand-in."""
    try:
        messages = standin.messages(chat)
    except LookupError:
        return []
    texts = [row["text"] for row in messages if row["from"] == "agent"]
    return [row for row in texts if row == text] if text else texts


__all__ = [
    "OdooServer",
    "StandIn",
    "draw_bot",
    "draw_example_bot",
    "free_port",
    "go_live",
    "said",
    "wait_for",
]
