"""What the web client does with a view, for somebody: read, evaluate, find buttons."""

import datetime
from itertools import chain

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval

_X2MANY = ("one2many", "many2many")
# Widgets that show a relation without a link to its form.
_NO_LINK = {
    "many2one_avatar_user",
    "many2many_tags",
    "many2many_tags_avatar",
    "res_partner_many2one_unlinked",
    "selection",
    "radio",
    "statusbar",
    "badge",
    "selection_badge",
}


class View:
    """One view as the client of one person has it."""

    def __init__(self, model, kind, view_id=None):
        answer = model.get_views([(view_id, kind)])
        self.model = model
        self.kind = kind
        self.fields = {
            name: description["fields"]
            for name, description in answer["models"].items()
        }
        self.arch = etree.fromstring(answer["views"][kind]["arch"])

    def specification(self):
        """Return what the client asks ``web_read`` for."""
        return self._specify(self.arch, self.model._name)

    def _specify(self, node, model):
        specification = {}
        fields = self.fields.get(model, {})
        for field in _own_fields(node):
            name = field.get("name")
            if name not in fields:
                continue
            kind = fields[name]["type"]
            if kind in _X2MANY:
                specification[name] = self._specify_lines(field, fields[name])
            elif kind in ("many2one", "reference", "many2one_reference"):
                specification[name] = {"fields": {"display_name": {}}}
                if kind != "many2one":
                    specification[name] = {}
            else:
                specification[name] = {}
        return specification

    def _specify_lines(self, field, description):
        inner = {}
        for view in field.xpath("./list | ./kanban | ./form"):
            inner |= self._specify(view, description["relation"])
        return {"fields": inner or {"display_name": {}}, "limit": 80}

    def is_shown(self, node, values, parent=None):
        """Tell whether the client shows a node of a record."""
        while node is not None and node.tag not in ("form", "list", "kanban"):
            for modifier in ("invisible", "column_invisible"):
                text = node.get(modifier)
                if text and self.evaluate(
                    text, parent if modifier[0] == "c" and parent else values, parent
                ):
                    return False
            node = node.getparent()
        return True

    def evaluate(self, text, values, parent=None):
        """Evaluate an expression of a view as the client does, on a record."""
        context = self.model.env.context
        names = {
            **{name: _plain(value) for name, value in values.items()},
            "uid": self.model.env.uid,
            "context": dict(context),
            "id": values.get("id", False),
            "active_id": values.get("id", False),
            "parent": _Parent(parent or {}),
            "true": True,
            "false": False,
            "allowed_company_ids": self.model.env.companies.ids,
            "context_today": datetime.date.today,
            "datetime": safe_datetime,
            "relativedelta": relativedelta,
        }
        return safe_eval(text, names)

    def buttons(self):
        """Return the record's buttons: in the header, the sheet, a card."""
        return [
            node
            for node in _nodes(self.arch, "button", "a")
            if node.get("type") in ("object", "action") and node.get("name")
        ]

    def lines(self, values):
        """Yield ``(field, its description, inner view, its lines)`` of an x2many."""
        fields = self.fields.get(self.model._name, {})
        for field in _own_fields(self.arch):
            description = fields.get(field.get("name"))
            if description and description["type"] in _X2MANY:
                lines = values.get(field.get("name")) or []
                for view in field.xpath("./list | ./kanban"):
                    yield field, description, view, lines

    def links(self, values):
        """Yield ``(model, id, field)`` of every form that a click on a field opens."""
        fields = self.fields.get(self.model._name, {})
        for field in _own_fields(self.arch):
            description = fields.get(field.get("name"))
            if not description or not self.is_shown(field, values):
                continue
            options = self.evaluate(field.get("options") or "{}", values)
            if options.get("no_open") or field.get("widget") in _NO_LINK:
                continue
            value = values.get(field.get("name"))
            if description["type"] == "many2one" and value and self.kind == "form":
                yield description["relation"], value["id"], field.get("name")
        if self.kind != "form":
            return
        for field, description, view, lines in self.lines(values):
            if view.get("no_open") in ("1", "True", "true") or not self.is_shown(
                field, values
            ):
                continue
            if view.get("editable") or field.get("widget") in _NO_LINK:
                continue
            for line in lines[:2]:
                yield description["relation"], line["id"], field.get("name")


class _Parent:
    """``parent.name`` in a line's expression."""

    def __init__(self, values):
        self._values = values

    def __getattr__(self, name):
        return _plain(self._values.get(name, False))


def _plain(value):
    if isinstance(value, dict):
        return value.get("id", False)
    if isinstance(value, list):
        return [line["id"] if isinstance(line, dict) else line for line in value]
    return value


def _nodes(node, *tags):
    """Return nodes of a view, but none of a view within a field."""
    return [
        found
        for found in node.iter(*tags)
        if not any(up.tag == "field" for up in _ancestors(found, node))
    ]


def _own_fields(node):
    return _nodes(node, "field")


def _ancestors(node, top):
    node = node.getparent()
    while node is not None and node is not top:
        yield node
        node = node.getparent()


def find_filters(model):
    """Return ``(name, domain, group_by)`` of a search view's filters."""
    arch = View(model, "search").arch
    return [
        (node.get("name"), node.get("domain"), node.get("context"))
        for node in chain(arch.iter("filter"))
    ]
