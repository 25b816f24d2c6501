"""Routes of customers and their actions (section 2.8). Each holds the desk's lock."""

from . import shapes
from .api_chats import listed, path_id
from .forms import BLANK, Form
from .lists import CUSTOMER_FIELDS, CUSTOMER_SORTS, Page, filters
from .people import DEFAULT_TAG_COLOR
from .refusals import Refusal
from .shapes import stamp

# Body field, field of the record. D-cust-create, then what only updates take
# (D-cust-update; the place fields are in an older example there).
_TEXTS = {
    "name": "name",
    "email": "email",
    "userId": "user_id",
    "company": "company",
    "phone": "phone",
    "source": "source",
    "locale": "locale",
    "createdFrom": "created_from",
    "integrationId": "integration_id",
    "notes": "notes",
}
_UPDATE_TEXTS = {
    "referer": "referer",
    "lastPage": "last_page",
    "city": "city",
    "regionCode": "region_code",
    "countryCode": "country_code",
}
_TIMES = {"firstSeen": "first_seen"}
_UPDATE_TIMES = {"lastSeen": "last_seen"}
_FLAGS = {"unsubscribed": "unsubscribed", "blocked": "blocked"}
_CREATE = {
    **_TEXTS,
    **_TIMES,
    "tags": "tags",
    "customData": "custom_data",
    # Taken by the real one though only updates document it (section 7).
    "unsubscribed": "unsubscribed",
}
_UPDATE = {**_CREATE, **_UPDATE_TEXTS, **_UPDATE_TIMES, **_FLAGS}
# What notes and the values of customData hold (section 7).
_MAX_LENGTH = 255
_TOO_LONG = f"This value is too long. It should have {_MAX_LENGTH} characters or less."
_NOT_VALID = "This value is not valid."


def _empty(field):
    """Return what a field holds when it is set to null."""
    if field in _FLAGS:
        return False
    return {"tags": [], "customData": {}}.get(field)


def _values(form, fields, toggles):
    """Return record fields from those body fields that are given."""
    values = {}
    for field, name in fields.items():
        if field in form.body:
            given = form.body[field]
            values[name] = (
                _empty(field)
                if given is None
                else _read_field(form, field, given, toggles)
            )
    return values


def _read_field(form, field, given, toggles):
    if field == "tags":
        return _tags(form, given)
    if field == "customData":
        return _custom_data(form, given, toggles)
    if field in _FLAGS:
        return form.boolean(field)
    if field in {**_TIMES, **_UPDATE_TIMES}:
        return form.number(field)
    if field == "userId":
        # One client sends integers; an empty one is none (section 7).
        given = None if given == "" else given
        is_number = isinstance(given, int) and not isinstance(given, bool)
        given = str(given) if is_number else given
        if given is None:
            return None
    if not isinstance(given, str):
        form.blame(field, "This value should be of type string.")
    elif field == "email" and "@" not in given:
        form.blame(field, "This value is not a valid email address.")
    elif field == "notes" and len(given) > _MAX_LENGTH:
        form.blame(field, _TOO_LONG)
    return given


def _tags(form, given):
    """Return tags with their colours; unknown ones are made (D-cust-create)."""
    tags = []
    if not isinstance(given, list):
        form.blame("tags", _NOT_VALID)
        return tags
    for place, tag in enumerate(given):
        name = tag.get("name") if isinstance(tag, dict) else None
        if not isinstance(name, str) or not name:
            form.blame(f"tags[{place}].name", BLANK)
        else:
            tags.append({"name": name, "color": tag.get("color") or DEFAULT_TAG_COLOR})
    return tags


def _custom_data(form, given, toggles):
    """Return the object read back from the list that is written (section 4)."""
    data = {}
    if not isinstance(given, list):
        form.blame("customData", _NOT_VALID)
        return data
    known = toggles.custom_attributes
    for place, item in enumerate(given):
        if not isinstance(item, dict) or set(item) != {"property", "value"}:
            form.blame(f"customData[{place}]", _NOT_VALID)
        elif known is not None and item["property"] not in known:
            form.blame(f"customData[{place}].property", "This property does not exist.")
        elif len(str(item["value"])) > _MAX_LENGTH:
            form.blame(f"customData[{place}].value", _TOO_LONG)
        else:
            data[item["property"]] = item["value"]
    return data


def _get_customer(call):
    customer = call.desk.customer(path_id(call))
    return 200, shapes.customer(call.desk, customer)


def _get_customers(call):
    page = Page(call.query, CUSTOMER_SORTS, call.toggles)
    return _page(call, page, call.desk.customers.values())


def _page(call, page, customers):
    data = [shapes.customer(call.desk, one) for one in page.cut(customers)]
    return listed(call, data, len(customers), meta=False)


def _search_customers(call):
    body = {} if call.body is None else call.body
    if not isinstance(body, dict):
        raise Refusal.bad_body()
    page = Page(body, CUSTOMER_SORTS, call.toggles, ("comparison", "filter"))
    fits = filters(body, CUSTOMER_FIELDS, call.toggles.empty_filter)
    customers = call.desk.customers.values()
    if fits:
        customers = [one for one in customers if fits(call.desk, one)]
    return _page(call, page, customers)


def _post_customer(call):
    form = Form({} if call.body is None else call.body, _CREATE)
    values = _values(form, _CREATE, call.toggles)
    form.done()
    values.setdefault("created_from", "api")
    # A null date would hide when the customer was first seen.
    values = {name: value for name, value in values.items() if value is not None}
    return 201, shapes.customer(call.desk, call.desk.new_customer(values))


def _put_customer(call):
    """Replace: every field that is not named becomes null (D-cust-update)."""
    return _write(call, dict.fromkeys(_UPDATE))


def _patch_customer(call):
    return _write(call, {})


def _write(call, base):
    customer = call.desk.customer(path_id(call))
    form = Form(call.body, _UPDATE)
    form.body = {**base, **call.body}
    values = _values(form, _UPDATE, call.toggles)
    form.done()
    if not base and "custom_data" in values and call.toggles.merge_custom_data:
        values["custom_data"] = {**customer.custom_data, **values["custom_data"]}
    call.desk.update_customer(customer, values)
    return 200, shapes.customer(call.desk, customer)


def _put_batch(call):
    """Change 1 to 10 customers (D-cust-batch); unnamed fields are kept."""
    if not isinstance(call.body, list) or not 1 <= len(call.body) <= 10:
        message = "This collection should contain 1 to 10 elements."
        raise Refusal(400, problems=[("body", message)])
    changes = []
    for item in call.body:
        form = Form(item, {**_UPDATE, "customer": "id"})
        customer_id = form.number("customer", required=True)
        values = _values(form, _UPDATE, call.toggles)
        form.done()
        changes.append((call.desk.customer(customer_id), values))
    for customer, values in changes:
        call.desk.update_customer(customer, values)
    data = [shapes.customer(call.desk, customer) for customer, _ in changes]
    return 200, {"data": data}


def _delete_customer(call):
    call.desk.delete_customer(call.desk.customer(path_id(call)))
    return 200, {}  # the real answer is unknown (section 2.8)


def _tag_form(call):
    customer = call.desk.customer(path_id(call))
    form = Form(call.body, ("tags",))
    if not form.body.get("tags"):
        form.blame("tags", BLANK)
        form.done()
    tags = _tags(form, form.body["tags"])
    form.done()
    return customer, tags


def _put_tags(call):
    customer, tags = _tag_form(call)
    call.desk.add_tags(customer, tags)
    return 200, shapes.customer(call.desk, customer)


def _delete_tags(call):
    customer, tags = _tag_form(call)
    call.desk.remove_tags(customer, {tag["name"] for tag in tags})
    return 200, shapes.customer(call.desk, customer)


def _post_action(call):
    """Note a customer's action (D-cust-event)."""
    form = Form(call.body, ("customer", "name", "data"))
    customer_id = form.number("customer", required=True)
    name = form.text("name", required=True)
    data = form.body.get("data")
    if not isinstance(data, dict) or not data:
        form.blame("data", BLANK)
    form.done()
    desk = call.desk
    customer = desk.customer(customer_id)
    action_id = desk.next_action_id
    desk.next_action_id += 1
    return 200, {
        "id": action_id,
        "name": name,
        "data": data,
        "createdAt": stamp(desk, desk.now()),
        "customer": customer.id,
    }


ROUTES = {
    ("GET", "customers"): _get_customers,
    ("GET", "customers/{id}"): _get_customer,
    ("POST", "customers/search"): _search_customers,
    ("POST", "customers"): _post_customer,
    ("PUT", "customers/{id}"): _put_customer,
    ("PATCH", "customers/{id}"): _patch_customer,
    ("PUT", "customers/batch"): _put_batch,
    ("DELETE", "customers/{id}"): _delete_customer,
    ("PUT", "customers/{id}/tags"): _put_tags,
    ("DELETE", "customers/{id}/tags"): _delete_tags,
    ("POST", "events"): _post_action,
}
