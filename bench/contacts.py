"""How contacts, merges and long histories scale: run in a database of 200,000 contacts.

Each script is piped into ``odoo shell`` and prints one line of JSON.
"""

_ROWS = {
    "few": "merge of two contacts",
    "many": "merge of a contact with 1,000 rows (300 dialogues, 200 leads, ...)",
    "turn_new": "turn in a new dialogue",
    "turn_old": "turn in a dialogue of 10,000 lines",
    "form_new": "new dialogue opened",
    "form_old": "dialogue of 10,000 lines opened",
    "tab_new": "contact's tab with 1 dialogue",
    "tab_busy": "contact's tab with 500 dialogues",
}
# Contacts as Odoo stores them; with the ORM this would take an hour.
_FILL = """
env.cr.execute('''
    INSERT INTO res_partner (name, complete_name, phone, phone_sanitized, email,
                             email_normalized, active, type, lang, color, is_company,
                             create_date, write_date, create_uid, write_uid)
    SELECT 'Contact ' || n, 'Contact ' || n, '+38067' || lpad(n::text, 7, '0'),
           '+38067' || lpad(n::text, 7, '0'), 'c' || n || '@example.com',
           'c' || n || '@example.com', TRUE, 'contact', 'en_US', 0, FALSE,
           now() - interval '1 year', now(), 1, 1
      FROM generate_series(1, 200000) n''')
env.cr.execute("UPDATE res_partner SET commercial_partner_id = id"
               " WHERE commercial_partner_id IS NULL")
env.cr.commit()
env.cr.execute("ANALYZE res_partner")
env.cr.commit()
print("DONE=1")
"""

_TOOLS = """
import json, statistics, time
from odoo.addons.helpcrunch_chatbot.jobs import contacts, dialogues, operators, worker
from odoo.addons.helpcrunch_chatbot.tools import webhook
worker.submit = worker.submit_later = lambda *arguments, **options: None
account = env["helpcrunch.account"].search([], limit=1)
account.company_id.country_id = env.ref("base.ua")
bot = env["helpcrunch.bot"].search([], limit=1)
application = account.application_ids[:1]
dbname = env.cr.dbname
numbers = iter(range(time.time_ns() // 10**6, 10**15))

def new_chat(partner=None, **vals):
    number = str(next(numbers))
    partner = partner or env["res.partner"].create({"name": "New " + number})
    customer = env["helpcrunch.customer"].create({
        "account_id": account.id, "external_id": number, "partner_id": partner.id,
        "application_id": application.id})
    return env["helpcrunch.chat"].create({
        "account_id": account.id, "external_id": number, "bot_id": bot.id,
        "application_id": application.id, "customer_id": customer.id,
        "partner_id": partner.id, "started_at": "2026-01-01 10:00:00", **vals})

def timed(function, count=1):
    times = []
    for _number in range(count):
        env.invalidate_all()
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return times

def turns(chat, count=60):
    def store():
        moment, number = time.time(), next(numbers)
        event = webhook.interpret("bench-%s" % number, "message.chat.customer", {
            "chat_id": chat.external_id,
            "message": {"id": number, "text": "ping", "createdAt": moment}}, {})
        env["helpcrunch.event"]._store(account.id, account.company_id.id, event)
        env.cr.commit()
    times = []
    for _number in range(count):
        store()
        times += timed(lambda: dialogues.take_turns(dbname, chat.id))
    env["helpcrunch.outbox"]._cancel_unsent([("chat_id", "=", chat.id)], "bench")
    env.cr.commit()
    return times[10:]

def screen(record, view):
    arch = env["ir.ui.view"].browse(env.ref(view).id)
    fields = record.get_views([(arch.id, "form")])["models"][record._name]["fields"]
    names = [name for name in fields if name.startswith("helpcrunch_") or
             record._name == "helpcrunch.chat"]
    asked = {}
    for name in names:
        field = record._fields[name]
        if field.type in ("one2many", "many2many"):
            asked[name] = {"fields": {"display_name": {}}, "limit": 40}
        elif field.type == "many2one":
            asked[name] = {"fields": {"display_name": {}}}
        else:
            asked[name] = {}
    return lambda: record.web_read(asked)
"""

# One answered number among 200,000: the look-up alone, then whole merges.
_MERGES = (
    _TOOLS
    + """
def duplicate(chat, number):
    return env["helpcrunch.duplicate"].create({
        "company_id": account.company_id.id, "chat_id": chat.id, "kind": "phone",
        "value": number})

def answered(n):
    number = "+38067%07d" % n
    chat = new_chat()
    chat.partner_id.phone = number
    return chat, duplicate(chat, number)

chat, row = answered(150000)
env.flush_all()
look_up = timed(lambda: row._find_pair(), 200)
env.cr.execute("EXPLAIN SELECT id FROM res_partner WHERE phone_sanitized = %s"
               " AND active ORDER BY create_date, id LIMIT 1", (row.value,))
plan = " ".join(line[0] for line in env.cr.fetchall())
env.cr.commit()
few = [*timed(lambda: contacts.merge_contacts(dbname))]
for n in range(10):
    answered(1000 + n)
    env.cr.commit()
    few += timed(lambda: contacts.merge_contacts(dbname))
assert not env["helpcrunch.duplicate"].search([])
chat, row = answered(2000)
partner = chat.partner_id
for _n in range(300):
    new_chat(partner)
env["crm.lead"].create([{"name": "L", "partner_id": partner.id} for _n in range(200)])
env["mail.message"].create([{
    "model": "res.partner", "res_id": partner.id, "body": "x"} for _n in range(400)])
env["ir.attachment"].create([{
    "name": "F", "res_model": "res.partner", "res_id": partner.id}
    for _n in range(100)])
env.cr.commit()
many = timed(lambda: contacts.merge_contacts(dbname))
env.cr.commit()
assert not partner.exists()
print("TIMES=" + json.dumps({
    "look_up": look_up, "few": few, "many": many,
    "index": "res_partner__phone_sanitized_index" in plan and "Seq Scan" not in plan}))
"""
)

# A dialogue of ten thousand lines and a contact of five hundred dialogues, each beside
# a new one.
_HISTORIES = (
    _TOOLS
    + """
old, new = new_chat(), new_chat()
env["helpcrunch.message"].create([{
    "chat_id": old.id, "company_id": account.company_id.id, "direction": "in",
    "author_type": "customer", "body": "Line %s" % n,
    "occurred_at": "2026-01-01 10:00:00", "position": n} for n in range(10000)])
busy = env["res.partner"].create({"name": "Busy"})
for _n in range(500):
    new_chat(busy)
env.cr.commit()
for table in ("helpcrunch_message", "helpcrunch_chat", "helpcrunch_customer"):
    env.cr.execute("ANALYZE " + table)
env.cr.commit()
form, tab = "helpcrunch_chatbot.helpcrunch_chat_view_form", "base.view_partner_form"
result = {"turn_new": turns(new), "turn_old": turns(old)}
for name, record, view in (
        ("form_new", new, form), ("form_old", old, form),
        ("tab_new", new.partner_id, tab), ("tab_busy", busy, tab)):
    read = screen(record, view)
    read()
    result[name] = timed(read, 20)
print("TIMES=" + json.dumps(result))
"""
)


def measure(bench):
    """Fill a bench's database and add the rows of this part to its table."""
    bench.odoo.shell(_FILL)
    times = bench.measure(_MERGES)
    how = "one index read" if times.pop("index") else "NO INDEX READ"
    look_up = times.pop("look_up")
    bench.row("look-up of a phone among 200,000 contacts", look_up, sum(look_up), how)
    times |= bench.measure(_HISTORIES)
    for name, what in _ROWS.items():
        bench.row(what, times[name], sum(times[name]))
