from odoo import models

# So many products of one name are looked through.
_MOST = 200


class ProductProduct(models.Model):
    """Which variant a step sells, in files and versions of bots: they know no ids."""

    _inherit = "product.product"

    def _helpcrunch_describe_drawn(self):
        """Return what tells a variant from others of its name."""
        self.ensure_one()
        told = {"code": self.default_code, "variant": self._helpcrunch_name_variant()}
        return {key: value for key, value in told.items() if value}

    def _helpcrunch_name_variant(self):
        values = self.with_context(lang="en_US").product_template_attribute_value_ids
        return ", ".join(values.sorted("id").mapped("display_name"))

    def _helpcrunch_find_drawn(self, row, domain):
        """Return the product that a row of a file means, or an empty one.

        :param dict row: with what :meth:`_helpcrunch_describe_drawn` has returned
        :param domain: name and company
        """
        found = self.search(domain, limit=_MOST)
        variant = row.get("variant") or ""
        found = found.filtered(
            lambda product: product._helpcrunch_name_variant() == variant
        )
        coded = found.filtered(
            lambda product: (product.default_code or "") == (row.get("code") or "")
        )
        # A code may have been changed since; the name and the variant are the same.
        return (coded or found)[:1]
