"""Every button, action, wizard and link of the screens, for everybody who sees it.

What is walked is found in the views themselves: a new button is pressed by this test
without anybody thinking of it.
"""

import logging
from collections import defaultdict
from contextlib import contextmanager

import psycopg2
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..common_people import ROLES, PeopleCase
from .screen_walk import View, find_filters

_logger = logging.getLogger(__name__)

_MODULE = "helpcrunch_chatbot"
# Screens of Odoo's own on which the app has something; no menu of ours leads there.
_NEIGHBOURS = ("crm.lead", "res.partner")
# So many records of a model are opened; those in different states first.
_RECORDS = 12
# Buttons that nobody reaches in this world, and why.
_NOT_REACHED = {
    "action_resume_schedule": "the schedule goes on; test_schedule pauses one",
    "action_look": "its dialog asks for a file first; test_drawing_file has one",
    "action_import": "likewise",
    "action_view_helpcrunch_runs": "on Odoo's server actions; test_notification",
    "action_view_helpcrunch_logins": "in Preferences; test_login_roles",
    "action_open_record": "nothing was said of a record; test_notification",
}


class _UndoError(Exception):
    """Roll back what a press did."""


@tagged("post_install", "-at_install")
class TestPeopleWalk(PeopleCase):
    @mute_logger("odoo.sql_db")
    def test_every_button_for_everybody(self):
        self.complaints = defaultdict(set)
        self.pressed = defaultdict(set)
        self.opened = set()
        for role in ROLES:
            self.role, self.user = role, self.people[role]
            self.walk()
        presses = sum(map(len, self.pressed.values()))
        reached = {button for buttons in self.pressed.values() for button in buttons}
        _logger.info(
            "walked %s buttons x %s roles: %s presses, %s screens",
            len(reached),
            len([role for role in ROLES if self.pressed[role]]),
            presses,
            len(self.opened),
        )
        told = "\n".join(
            f"{what}: {', '.join(sorted(roles))}"
            for what, roles in sorted(self.complaints.items())
        )
        self.assertFalse(told, f"\n{told}")
        missed = self.drawn_buttons() - reached - _NOT_REACHED.keys()
        self.assertFalse(missed, "buttons that nobody could press here")
        self.assertGreater(presses, 80, "the walk does not walk")

    def drawn_buttons(self):
        """Return ``(model, button)`` of all our views."""
        ours = self.env["ir.model.data"].search(
            [("module", "=", _MODULE), ("model", "=", "ir.ui.view")]
        )
        drawn = set()
        for view in self.env["ir.ui.view"].browse(ours.mapped("res_id")):
            for node in etree.fromstring(view.arch_db).iter("button", "a"):
                if node.get("type") == "object":
                    drawn.add(node.get("name"))
        return drawn

    # === WALKING === #

    def walk(self):
        """Follow every menu, then everything bound to what the person may see."""
        self.seen = set()
        menus = self.env["ir.ui.menu"].with_user(self.user)
        if self.user._is_internal():
            ours = self.env["ir.model.data"].search(
                [("module", "=", _MODULE), ("model", "=", "ir.ui.menu")]
            )
            visible = menus._visible_menu_ids()
            for menu in menus.browse(ours.mapped("res_id")).sudo():
                if menu.id in visible and menu.action:
                    self.follow(self.load(menu.action), f"menu {menu.name}")
            for model in _NEIGHBOURS:
                if self.mine(model).has_access("read"):
                    self.follow(
                        {
                            "type": "ir.actions.act_window",
                            "res_model": model,
                            "views": [(False, "list"), (False, "form")],
                        },
                        model,
                    )

    def mine(self, model):
        return self.env[model].with_user(self.user).with_context(tracking_disable=False)

    def load(self, action):
        return action.sudo()._get_action_dict()

    @contextmanager
    def trying(self, what):
        """Note a missing right; undo what was done. A refusal in words is fine."""
        try:
            with self.env.cr.savepoint():
                yield
                self.env.cr.flush()
                raise _UndoError
        except AccessError as error:
            self.complain(what, error)
        except (_UndoError, UserError, psycopg2.IntegrityError) as refusal:
            # Said in words; what the database refuses is worded by the web client.
            _logger.debug("%s: %s", what, refusal)
        except Exception as error:  # noqa: BLE001
            self.complain(what, error)
        self.env.invalidate_all()
        self.jobs.clear()

    def complain(self, what, error):
        first = " ".join(str(error).split())[:160]
        self.complaints[f"{what}: {type(error).__name__}: {first}"].add(self.role)

    def follow(self, action, path):
        """Open what an action opens."""
        kind = action.get("type") if isinstance(action, dict) else None
        if kind == "ir.actions.client":
            self.follow(action.get("params", {}).get("next"), path)
        elif kind == "ir.actions.server":
            self.run_server(action["id"], path, action.get("context") or {})
        elif kind == "ir.actions.act_window":
            self.open_window(action, path)

    def run_server(self, action_id, path, context):
        """Run a server action as the client does, and open what it answers."""
        with self.trying(path):
            server = self.mine("ir.actions.server").browse(action_id)
            self.follow(server.with_context(**context).run(), path)

    def open_window(self, action, path):
        model = action["res_model"]
        context = action.get("context") or {}
        if isinstance(context, str):
            context = safe_eval(context, {"uid": self.user.id, "active_id": False})
        records = self.mine(model).with_context(**context)
        if action.get("res_id"):
            self.open_form(records, [action["res_id"]], path)
            return
        modes = [mode for _id, mode in action.get("views") or []]
        modes = modes or (action.get("view_mode") or "list,form").split(",")
        if action.get("target") == "new":
            self.open_wizard(records, path)
            return
        domain = action.get("domain") or []
        if isinstance(domain, str):
            domain = safe_eval(
                domain, {"uid": self.user.id, "active_id": False, "context": context}
            )
        ids = []
        for mode in modes:
            if mode in ("list", "kanban"):
                ids = self.open_list(records, mode, domain, path) or ids
        self.bound(records, ids, path)
        if "form" in modes:
            self.open_form(records, ids, path)
            self.open_new(records, path)

    def is_new(self, *key):
        """Tell whether this person was not here before."""
        if key in self.seen:
            return False
        self.seen.add(key)
        self.opened.add((self.role, *key))
        return True

    def open_list(self, records, mode, domain, path):
        """Read a page, press what is on it; return the ids."""
        if not self.is_new(records._name, mode, str(domain)):
            return []
        ids = []
        with self.trying(f"{path} > {mode} of {records._name}"):
            view = View(records, mode)
            page = records.web_search_read(
                domain, view.specification(), limit=80, count_limit=1000
            )
            rows = self.choose(page["records"])
            ids = [row["id"] for row in rows]
            for node in view.buttons():
                in_header = any(up.tag == "header" for up in node.iterancestors())
                for row in [{"id": False}] if in_header else rows:
                    if in_header or view.is_shown(node, row):
                        self.press(
                            records.browse(ids if in_header else row["id"]),
                            node,
                            f"{path} > {mode}",
                        )
            if records._name.startswith("helpcrunch."):
                self.try_filters(records, domain, path)
        return ids

    @staticmethod
    def choose(rows):
        """Return some rows, one of each state first."""
        first = {str(row.get("state")): row for row in reversed(rows)}
        chosen = {row["id"]: row for row in chain_rows(first.values(), rows)}
        return list(chosen.values())[:_RECORDS]

    def try_filters(self, records, domain, path):
        for name, text, context in find_filters(records):
            what = f"{path} > filter {name} of {records._name}"
            with self.trying(what):
                if text:
                    view = View(records, "search")
                    found = list(view.evaluate(text, {}))
                    records.web_search_read(domain + found, {"display_name": {}})
                group = safe_eval(context or "{}", {"uid": self.user.id})
                if by := group.get("group_by"):
                    if by in records._fields and records._fields[by].type.startswith(
                        "date"
                    ):
                        by = f"{by}:month"
                    records.web_read_group(domain, [by], ["__count"])

    def bound(self, records, ids, path):
        """Do what the menu *Action* of a list offers: our actions and Odoo's own."""
        if not records._name.startswith("helpcrunch.") or not self.is_new(
            "bound", records._name
        ):
            return
        bindings = self.env["ir.actions.actions"].with_user(self.user)
        for action in chain_rows(*bindings.get_bindings(records._name).values()):
            if action.get("type") == "ir.actions.server":
                context = {
                    "active_model": records._name,
                    "active_ids": ids,
                    "active_id": ids[0] if ids else False,
                }
                self.run_server(
                    action["id"], f"{path} > action {action['name']}", context
                )
        self.change(records, ids, path)

    def change(self, records, ids, path):
        """Archive, delete and duplicate rows, where the list offers it."""
        view = View(records, "list")
        if "active" in records._fields and records.has_access("write"):
            for name in ("action_archive", "action_unarchive"):
                for number in ids:
                    self.call(records.browse(number), name, f"{path} > {name}")
        for number in ids:
            if view.arch.get("delete") not in ("0", "False", "false"):
                self.call(records.browse(number), "unlink", f"{path} > Delete")
            if view.arch.get("create") not in ("0", "False", "false"):
                form = View(records, "form")
                if form.arch.get("duplicate") not in ("0", "False", "false"):
                    self.call(records.browse(number), "copy", f"{path} > Duplicate")

    def open_form(self, records, ids, path, follow=True):
        """Open the form of some records; press what it shows, try its links."""
        for number in ids:
            if not self.is_new(records._name, "form", number, follow):
                continue
            what = f"{path} > form of {records._name}"
            with self.trying(what):
                view = View(records, "form")
                record = records.browse(number)
                values = record.web_read(view.specification())[0]
                if follow:
                    self.press_all(record, view, values, path)
                    for model, link, name in view.links(values):
                        self.open_form(
                            self.mine(model), [link], f"{what} > link {name}", False
                        )

    def press_all(self, record, view, values, path):
        for node in view.buttons():
            if view.is_shown(node, values):
                self.press(record, node, f"{path} > form")
        for field, description, inner, lines in view.lines(values):
            if not view.is_shown(field, values):
                continue
            for node in inner.iter("button", "a"):
                if node.get("type") not in ("object", "action"):
                    continue
                if any(up.tag == "control" for up in node.iterancestors()):
                    self.press(record, node, f"{path} > form > {field.get('name')}")
                    continue
                for line in lines[:_RECORDS]:
                    if view.is_shown(node, line, values):
                        lines_of = self.mine(description["relation"])
                        self.press(
                            lines_of.browse(line["id"]),
                            node,
                            f"{path} > form > {field.get('name')}",
                        )

    def open_new(self, records, path):
        """Press *New*, where the form offers it."""
        if not self.is_new(records._name, "new", str(records.env.context)):
            return
        with self.trying(f"{path} > New of {records._name}"):
            view = View(records, "form")
            if view.arch.get("create") not in ("0", "False", "false"):
                records.onchange({}, [], view.specification())

    def open_wizard(self, records, path):
        """Open a dialog, save what it proposes, press its buttons."""
        what = f"{path} > dialog {records._name}"
        with self.trying(what):
            view = View(records, "form")
            answer = records.onchange({}, [], view.specification())
            values = answer["value"]
            plain = {
                name: value["id"] if isinstance(value, dict) else value
                for name, value in values.items()
                if not isinstance(value, list) and not records._fields[name].related
            }
            number = records.web_save(plain, view.specification())
        with self.trying(what):
            wizard = records.create(plain)
            values = wizard.web_read(view.specification())[0]
            for node in view.buttons():
                if view.is_shown(node, values):
                    self.press(wizard, node, what)
        return number

    # === PRESSING === #

    def press(self, records, node, path):
        """Press a button and open what it leads to."""
        name = node.get("name")
        what = f"{path} of {records._name} > button {name}"
        ours = name in self.our_names()
        if not ours and not records._name.startswith("helpcrunch."):
            return
        self.pressed[self.role].add(name)
        context = node.get("context")
        if node.get("type") == "action":
            if name.isdigit():
                action = self.env["ir.actions.actions"].browse(int(name)).sudo()
                action = self.env[action.type].browse(action.id)
            else:
                action = self.env.ref(name)
            with self.trying(what):
                self.follow(self.load(action), what)
            return
        if context:
            view = View(records, "form")
            row = {"id": records.id if len(records) == 1 else False}
            records = records.with_context(**view.evaluate(context, row))
        self.call(records, name, what)

    def our_names(self):
        if not hasattr(self, "_our_names"):
            self._our_names = self.drawn_buttons()
        return self._our_names

    def call(self, records, name, what):
        """Call a method as the client does, by RPC, and follow its answer."""
        with self.trying(what):
            answer = call_kw(
                records.with_env(records.env(context={})),
                name,
                [records.ids],
                {"context": dict(records.env.context)},
            )
            self.env.cr.flush()
            self.follow(answer, what)


def chain_rows(*lists):
    """Return all rows of some lists."""
    return [row for rows in lists for row in rows]
