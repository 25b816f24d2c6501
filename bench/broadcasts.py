"""A broadcast to ten thousand: planning, sending beside live customers, crashes."""

import json
import random
import statistics
import threading
import time

from live.server import said, wait_for

RECIPIENTS = 10000
# Raised: at HelpCrunch's 120 a minute it would take an hour and a half. The share is
# measured at a limit that this machine can use up.
LIMIT = 1200
_NO_LIMIT = 6000
_LIVE = 8

_DRAW = """
bot = env["helpcrunch.bot"].search([], limit=1)
if not bot.step_ids.filtered(lambda step: step.step_type == "schedule"):
    env["helpcrunch.step"].create({
        "name": "News", "message": "News", "step_type": "schedule", "bot_id": bot.id,
        "next_run": "2100-01-01 07:00:00"})
env.cr.commit()
"""
# Contacts, customers and dialogues as if each had written once.
_SEED = """
import json
pairs = json.loads({pairs!r})
account = env["helpcrunch.account"].search([], limit=1)
bot = env["helpcrunch.bot"].search([], limit=1)
channel = env["helpcrunch.application"].search([("external_id", "=", "2")], limit=1)
company = account.company_id
partners = env["res.partner"].with_context(tracking_disable=True).create([
    {{"name": "Customer %s" % customer}} for customer, _chat in pairs])
customers = env["helpcrunch.customer"].create([{{
    "account_id": account.id, "external_id": str(customer), "is_known": True,
    "partner_id": partner.id, "application_id": channel.id}}
    for (customer, _chat), partner in zip(pairs, partners)])
env["helpcrunch.chat"].create([{{
    "account_id": account.id, "external_id": str(chat), "bot_id": bot.id,
    "application_id": channel.id, "customer_id": customer.id,
    "partner_id": partner.id, "started_at": "2026-01-01 00:00:00",
    "last_message_at": "2026-01-01 00:00:00",
    "last_customer_message_at": "2026-01-01 00:00:00"}}
    for (_customer, chat), customer, partner in zip(pairs, customers, partners)])
env.cr.commit()
for table in ("helpcrunch_chat", "helpcrunch_customer", "res_partner"):
    env.cr.execute("ANALYZE " + table)
env.cr.commit()
"""
# It would fetch ten thousand first messages that no webhook has brought here.
_NO_CATCH_UP = """
UPDATE ir_cron SET active = FALSE WHERE id = (
    SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_catch_up')
"""
_PLAN = """
import json, time
from odoo.addons.helpcrunch_chatbot.models.dialogue import helpcrunch_event
helpcrunch_event.HelpcrunchEvent._run_outside = lambda *arguments: None
step = env["helpcrunch.step"].search([("step_type", "=", "schedule")], limit=1)
step.partner_domain = "[('name', 'like', 'Customer')]"
env.cr.commit()
env.invalidate_all()
before, began = env.cr.sql_log_count, time.perf_counter()
broadcast = env["helpcrunch.broadcast"]._plan(step, {moment!r})
env.cr.commit()
seconds = time.perf_counter() - began
print("TIMES=" + json.dumps([seconds, env.cr.sql_log_count - before,
                             broadcast.recipient_count]))
"""


def measure(bench):
    """Measure planning, live replies without and beside a broadcast, and crashes."""
    chats = open_dialogues(bench, RECIPIENTS, 100000)
    bench.odoo.shell(_DRAW)
    bench.odoo.sql(f"UPDATE helpcrunch_account SET requests_per_minute = {LIMIT}")
    bench.helpcrunch.set(rate_limit=LIMIT)
    alone = _talk(bench, seconds=30)
    bench.row("live reply, no broadcast", *alone, f"{_LIVE} customers, one a second")
    seconds, queries, count = bench.measure(_PLAN.format(moment="2026-01-01 07:00:00"))
    bench.rows.append(
        (
            f"broadcast planned, {count} recipients",
            1000 * seconds,
            None,
            count / seconds,
            f"{queries} queries",
        )
    )
    bench.helpcrunch.requests_log(clear=True)
    bench.odoo.wake_crons()
    _wait_until_sent(bench, 200)
    began, sent = time.monotonic(), _count_sent(bench)
    beside = _talk(bench, seconds=60)
    rate = 60 * (_count_sent(bench) - sent) / (time.monotonic() - began)
    bench.row("live reply beside a broadcast", *beside, f"{_LIVE} customers")
    refused = sum(row["status"] == 429 for row in bench.helpcrunch.requests_log())
    note = f"{rate:.0f} of {LIMIT} a minute = {100 * rate / LIMIT:.0f} %, "
    note += f"{refused} times 429"
    bench.say(note)
    bench.rows.append(("broadcast sent a minute, beside live", None, None, rate, note))
    crash(bench, chats, "News")


def open_dialogues(bench, count, first):
    """Have so many customers, each with a dialogue; return pairs of both numbers.

    Their contacts are called "Customer " and the number.
    """
    bench.helpcrunch.clear_webhooks()
    pairs = []
    for customer in range(first, first + count):
        message = bench.helpcrunch.customer_says(
            customer, "Hi", application=2, name=f"Customer {customer}"
        )
        pairs.append((customer, message["chat"]))
    bench.odoo.subscribe(bench.helpcrunch)
    bench.odoo.sql(_NO_CATCH_UP)
    bench.odoo.shell(_SEED.format(pairs=json.dumps(pairs)))
    return pairs


def _talk(bench, seconds):
    """Let some customers write once a second; return the times to their replies."""
    chats = bench._open(_LIVE)
    base, times, lock = bench.base, [], threading.Lock()
    ends = time.monotonic() + seconds

    def talk(client):
        turn, mine = 0, []
        while time.monotonic() < ends:
            time.sleep(random.uniform(0.5, 1.5))
            began = time.perf_counter()
            bench.helpcrunch.customer_says(base + client, "ping", application=2)
            turn += 1
            bench._answered(chats[client], turn)
            mine.append(time.perf_counter() - began)
        with lock:
            times.extend(mine)

    return times, bench.together(_LIVE, talk)


def _count_sent(bench):
    (count,) = bench.odoo.sql(
        "SELECT count(*) FROM helpcrunch_outbox WHERE priority > 0 AND state = 'sent'"
    )
    return count


def _wait_until_sent(bench, count):
    if not wait_for(lambda: _count_sent(bench) >= count, 120):
        raise TimeoutError("nothing is sent")


def crash(bench, chats, text):
    """kill -9 at three random moments; then everybody has the text exactly once."""
    bench.helpcrunch.set(rate_limit=_NO_LIMIT)
    bench.odoo.sql(f"UPDATE helpcrunch_account SET requests_per_minute = {_NO_LIMIT}")
    moments = []
    for _time in range(3):
        time.sleep(random.uniform(3, 12))
        bench.odoo.kill()
        moments.append(_count_sent(bench))
        bench.odoo.start(*bench.arguments)
        bench.odoo.wake_crons()
    bench.say(f"killed after {', '.join(map(str, moments))} messages")
    began = time.monotonic()
    open_ones = "SELECT id FROM helpcrunch_broadcast WHERE state != 'done'"
    while bench.odoo.sql(open_ones) and time.monotonic() - began < 900:
        time.sleep(2)
        if int(time.monotonic() - began) % 20 < 2:
            bench.odoo.sql(
                "UPDATE helpcrunch_outbox SET not_before = NULL WHERE state = 'unknown'"
            )
            bench.odoo.wake_crons()
            bench.say(f"  {_count_sent(bench)} sent")
    counts = [len(said(bench.helpcrunch, chat, text)) for _customer, chat in chats]
    states = bench.odoo.sql(
        "SELECT state || ' ' || count(*) FROM helpcrunch_broadcast_recipient"
        " GROUP BY state"
    )
    note = f"killed after {', '.join(map(str, moments))}; once: {counts.count(1)}, "
    note += f"never: {counts.count(0)}, more often: {sum(n > 1 for n in counts)}; "
    note += f"{', '.join(states)}"
    bench.say(note)
    bench.rows.append(
        (f"“{text}”, kill -9 three times", None, None, statistics.mean(counts), note)
    )
