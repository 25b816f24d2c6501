"""Start the stand-in from a shell: ``python dev/helpcrunch --port 8070``."""

import argparse
import importlib
import signal
import sys
import threading
from pathlib import Path


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="helpcrunch", description="A stand-in for the HelpCrunch service."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="0 takes a free one")
    parser.add_argument("--data", help="JSON file that keeps the state between starts")
    parser.add_argument("--api-key", default="test-api-key")
    parser.add_argument("--signing-key", default="test-signing-key")
    parser.add_argument(
        "--rate-limit", type=int, default=120, help="REST calls a minute, 0 = no limit"
    )
    return parser.parse_args(arguments)


def main(arguments=None):
    """Run until SIGTERM or SIGINT.

    :param arguments: command line, that of the process when left out
    :return: exit status
    """
    # "python dev/helpcrunch" puts the folder itself on the path; the modules are
    # imported as a package, as test processes do, so its parent is put there.
    parent = str(Path(__file__).resolve().parent.parent)
    if parent not in sys.path:
        sys.path.insert(0, parent)
    standin_module = importlib.import_module("helpcrunch.standin")

    options = _parse(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    standin = standin_module.StandIn(
        host=options.host,
        port=options.port,
        api_key=options.api_key,
        signing_key=options.signing_key,
        rate_limit=options.rate_limit,
        data=options.data,
    )
    with standin:
        print(f"HelpCrunch stand-in listens on {standin.url}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
