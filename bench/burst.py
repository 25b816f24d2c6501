"""Three hundred replies at once on an account of 120 calls a minute."""

import time

from live.server import said


def measure(bench):
    """Measure how long they take, and somebody who asks in between."""
    *chats, late_chat = bench._open(31)
    base = bench.base
    bench.odoo.sql("UPDATE helpcrunch_account SET requests_per_minute = 120")
    bench.odoo.sql("UPDATE helpcrunch_account_budget SET calls = '{}'")
    bench.helpcrunch.set(rate_limit=120)
    bench.helpcrunch.requests_log(clear=True)
    began = time.monotonic()
    bench.clients(
        30,
        300,
        lambda client, turn: bench.helpcrunch.customer_says(
            base + client, f"ping {turn}", application=2
        ),
    )
    # Somebody else asks when the minute's calls are used up and others wait.
    time.sleep(20)
    asked = time.monotonic()
    bench.helpcrunch.customer_says(base + 30, "ping", application=2)
    total, late = 0, None
    while (total < 300 or not late) and time.monotonic() - began < 600:
        time.sleep(1)
        total = sum(len(said(bench.helpcrunch, chat)) - 1 for chat in chats)
        if not late and said(bench.helpcrunch, late_chat, "Answer"):
            late = time.monotonic() - asked
    seconds = time.monotonic() - began
    wanted = [f"Answer {turn}" for turn in range(10)]
    in_order = sum(said(bench.helpcrunch, chat)[1:] == wanted for chat in chats)
    log = bench.helpcrunch.requests_log()
    refused = sum(row["status"] == 429 for row in log)
    note = f"{total} delivered in {seconds:.0f} s, {refused} times 429, "
    note += f"{in_order} of 30 chats in order, "
    note += f"somebody who asked meanwhile waited {late or 600:.0f} s"
    bench.rows.append(
        ("burst of 300 replies at 120 a minute", None, None, total / seconds, note)
    )
    bench.say(note)
    bench.helpcrunch.set(rate_limit=0)
    bench.odoo.sql("UPDATE helpcrunch_account SET requests_per_minute = 100000")
