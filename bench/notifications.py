"""A server action run on ten thousand records: who runs it waits, and crashes."""

import time

from broadcasts import RECIPIENTS, crash, open_dialogues
from live.server import wait_for

_TEXT = "Left"
_FOUND = "SELECT count(*) FROM helpcrunch_broadcast_recipient WHERE chat_id IS NOT NULL"
_NOTED = """
    SELECT count(DISTINCT res_id) || ' ' || count(*) FROM mail_message
     WHERE body LIKE '%' || '{text}' || '%was said to%'
"""


def measure(bench):
    """Run it as the administrator does, twice; cut the power while it is sent."""
    chats = open_dialogues(bench, RECIPIENTS, 200000)
    action_id = _draw(bench)
    partner_ids = bench.odoo.sql(
        "SELECT partner_id FROM helpcrunch_customer"
        " WHERE external_id::integer >= 200000"
    )
    seconds, queries = _run(bench, action_id, partner_ids)
    bench.rows.append(
        (
            f"server action run on {len(partner_ids)} records",
            1000 * seconds,
            None,
            len(partner_ids) / seconds,
            f"{queries} queries of the request",
        )
    )
    began = time.monotonic()
    if not wait_for(lambda: bench.odoo.sql(_FOUND)[0] >= len(partner_ids), 120):
        raise TimeoutError("nobody is found")
    bench.say(f"found whom it is for {time.monotonic() - began:.1f} s later")
    crash(bench, chats, _TEXT)
    _run(bench, action_id, partner_ids)
    notes = _NOTED.format(text=_TEXT)
    whole = f"{len(partner_ids)} {len(partner_ids)}"
    if not wait_for(lambda: _look(bench, notes) == whole, 300):
        raise AssertionError(f"noted on records, times: {_look(bench, notes)}")
    (rows,) = bench.odoo.sql("SELECT count(*) FROM helpcrunch_broadcast_recipient")
    bench.say(f"run once more: {rows} messages, noted on records, times: {whole}")


def _draw(bench):
    """Draw the step and the action; return the action's id."""
    manager, administrator = map(bench.odoo.log_in, ("manager", "admin"))
    (bot_id,) = manager.search("helpcrunch.bot", [], limit=1)
    step_id = manager.create(
        "helpcrunch.step",
        {"name": _TEXT, "message": _TEXT, "step_type": "text", "bot_id": bot_id},
    )
    (model_id,) = administrator.search("ir.model", [("model", "=", "res.partner")])
    return administrator.create(
        "ir.actions.server",
        {
            "name": _TEXT,
            "model_id": model_id,
            "state": "helpcrunch_step",
            "helpcrunch_step_id": step_id,
        },
    )


def _run(bench, action_id, partner_ids):
    """Run the action as from a list; return the seconds, and the queries it took."""
    administrator = bench.odoo.log_in("admin")
    began = time.perf_counter()
    administrator.call(
        "ir.actions.server",
        "run",
        [action_id],
        context={"active_model": "res.partner", "active_ids": partner_ids},
    )
    seconds = time.perf_counter() - began
    # The log's line comes after the answer.
    path = "/web/dataset/call_kw/ir.actions.server/run#ir.actions.server.run"
    return seconds, wait_for(lambda: bench.queries(path))[-1]


def _look(bench, query):
    bench.odoo.wake_crons()
    return bench.odoo.sql(query)[0]
