"""Routes of the team, channels and organisation (section 2.9)."""

from . import shapes
from .api_chats import listed, path_id
from .lists import Page
from .records import ORGANIZATION


def _list(call, records, shape):
    page = Page(call.query, {}, call.toggles)
    data = [shape(record) for record in page.cut(records.values())]
    return listed(call, data, len(records), meta=True)


def _get_agents(call):
    return _list(call, call.desk.agents, shapes.agent)


def _unsubscribe_agent(call):
    """Stop an agent's e-mails: a GET that changes state, documented by name only."""
    return 200, shapes.agent(call.desk.agent(path_id(call)))


def _get_departments(call):
    return _list(
        call,
        call.desk.departments,
        lambda record: shapes.department(call.desk, record),
    )


def _get_applications(call):
    return _list(call, call.desk.applications, shapes.application)


def _get_organization(call):
    online = call.toggles.team_online
    data = {**ORGANIZATION, "teamOnline": online, "chatEnabled": True}
    return 200, {"data": data}


ROUTES = {
    ("GET", "agents"): _get_agents,
    ("GET", "agents/{id}/unsubscribe"): _unsubscribe_agent,
    ("GET", "departments"): _get_departments,
    ("GET", "applications"): _get_applications,
    ("GET", "organization"): _get_organization,
}
