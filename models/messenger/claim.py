"""How a job takes rows that another process may want too."""


def claim(model, domain, **options):
    """Return records of a domain that nobody else has, locked until the commit.

    Call it in a READ COMMITTED transaction (``committed=True`` of a job): whoever comes
    at the same moment takes other rows, and none waits, clashes or fills the log. What
    became of a row between the search and the lock counts.

    :param options: of ``search``: ``order``, ``limit``
    """
    found = model.search(domain, **options)
    locked = found.try_lock_for_update(allow_referencing=True)
    locked.invalidate_recordset()
    return locked.filtered_domain(domain)
