"""Real servers, real crashes, a real browser: what no test inside Odoo can show."""
