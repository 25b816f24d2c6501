"""How drawing scales: a trial, a bot of 500 steps, a month of figures.

The script is piped into ``odoo shell`` and prints one line of JSON. What people do is
done as the manager.
"""

_ROWS = {
    "trial": "trial of 20 texts",
    "picture": "picture of 500 steps, the server's part",
    "problems": "problems of 500 steps",
    "draft": "draft of 500 steps",
    "publish": "50 of 500 steps published, 1,000 live dialogues",
    "month": "figures of a month of 10,000 dialogues, 90 steps, added up",
}
_SCRIPT = """
import json, time
manager = env["res.users"].search([("login", "=", "manager")])
bots = env["helpcrunch.bot"].with_user(manager)
account = env["helpcrunch.account"].search([], limit=1)

def timed(function, count=1):
    times = []
    for _number in range(count):
        env.invalidate_all()
        began = time.perf_counter()
        function()
        env.flush_all()
        times.append(time.perf_counter() - began)
        env.cr.commit()
    return times

def draw(name, count):
    bot = bots.create({"name": name, "account_id": account.id, "tz": "Europe/Kyiv"})
    steps = env["helpcrunch.step"].with_user(manager).create([{
        "name": "Step %s" % n, "bot_id": bot.id, "message": "Text %s" % n,
        "step_type": "free_input" if n % 3 else "text", "sequence": n,
        "alias_ids": [(0, 0, {"name": "phrase %s" % n})]} for n in range(count)])
    for one, following in zip(steps, steps[1:]):
        one.next_step_id = following
    env.cr.commit()
    return bot

def fill(bot, count, state):
    env.cr.execute('''
        INSERT INTO helpcrunch_chat (external_id, account_id, company_id, bot_id, state,
                                     step_id, started_at, last_message_at)
        SELECT %s || n, %s, %s, %s, %s, %s, moment, moment + INTERVAL '4 minutes'
          FROM generate_series(1, %s) n,
               LATERAL (SELECT now() AT TIME ZONE 'UTC'
                            - n * INTERVAL '259 seconds' AS moment) AS row''',
        ["bench%s-" % bot.id, account.id, account.company_id.id, bot.id, state,
         bot.step_ids[0].id, count])

example = bots._create_example()
texts = ["Leads", "+380 67 123 45 67", "Oksana", "skip", *(["menu", "Orders"] * 8)]
result = {"trial": timed(lambda: example.try_dialogue(texts), 10)}

large = draw("Large", 500)
fill(large, 1000, "bot")
env.cr.commit()
result["picture"] = timed(large.get_picture, 5)
result["problems"] = timed(large.get_problems, 5)
drafts = []
result["draft"] = timed(lambda: drafts.append(large.action_make_draft()["res_id"]))
draft = bots.browse(drafts[0])
for step in draft.step_ids[:50]:
    step.message += " changed"
env.cr.commit()
result["publish"] = timed(draft.action_publish)

asked = draw("Asked", 90)
fill(asked, 10000, "done")
env.cr.execute('''
    INSERT INTO helpcrunch_event (account_id, company_id, external_id, event_type,
                                  origin, chat_id, occurred_at, position, received_at,
                                  state, trace)
    SELECT chat.account_id, chat.company_id, 'bench-' || chat.id || '-' || n,
           'message.chat.customer', 'webhook', chat.id,
           EXTRACT(EPOCH FROM moment AT TIME ZONE 'UTC'), n, moment, 'done',
           jsonb_build_array(
               jsonb_build_object('code', 'answer', 'text', 'x'),
               jsonb_build_object('code', 'enter', 'step',
                   (%s::integer[])[1 + (n * 5 + chat.id) %% 90]),
               jsonb_build_object('code', 'enter', 'step',
                   (%s::integer[])[1 + (n * 7 + chat.id) %% 90]))
      FROM helpcrunch_chat chat, generate_series(1, 12) n,
           LATERAL (SELECT chat.started_at + n * INTERVAL '20 seconds' AS moment) AS row
     WHERE chat.bot_id = %s''', [asked.step_ids.ids, asked.step_ids.ids, asked.id])
env.cr.execute("UPDATE helpcrunch_bot SET create_date = create_date"
               " - INTERVAL '60 days' WHERE id = %s", [asked.id])
env.invalidate_all()
env.cr.commit()
machine = asked.with_user(env.ref("base.user_root")).sudo()
statistics = machine.env["helpcrunch.step.statistic"]
days = machine._find_days_to_add_up()
assert len(days) > 29, days
result["month"] = timed(lambda: [statistics._add_up(machine, day) for day in days])
print("TIMES=" + json.dumps(result))
"""


def measure(bench):
    """Add the rows of this part to a bench's table."""
    times = bench.measure(_SCRIPT)
    for name, what in _ROWS.items():
        bench.row(what, times[name], sum(times[name]))
