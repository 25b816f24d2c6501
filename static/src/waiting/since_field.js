/**
 * How long something has lasted, for a field that knows since when: "2 hr, 10 min". The
 * moment itself is what is stored, so that a list can be sorted by it.
 */
import { Component, onWillUnmount, useState, xml } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime, Duration } = luxon;
const MINUTE = 60 * 1000;

export class SinceField extends Component {
    static template = xml`<span t-if="value" t-att-title="value.toLocaleString(format)" t-esc="text"/>`;
    static props = standardFieldProps;

    setup() {
        this.format = DateTime.DATETIME_SHORT;
        this.clock = useState({ now: DateTime.now() });
        const timer = setInterval(() => (this.clock.now = DateTime.now()), MINUTE / 2);
        onWillUnmount(() => clearInterval(timer));
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        // Read anew or older than the clock here: whichever is later.
        const now = DateTime.max(this.clock.now, DateTime.now());
        const minutes = Math.floor(now.diff(this.value).as("minutes"));
        if (minutes < 1) {
            return _t("< 1 min");
        }
        const days = Math.floor(minutes / 1440);
        const hours = Math.floor((minutes % 1440) / 60);
        const parts = days
            ? { days, ...(hours && { hours }) }
            : { ...(hours && { hours }), ...(minutes % 60 && { minutes: minutes % 60 }) };
        return Duration.fromObject(parts).toHuman({ unitDisplay: "short" });
    }
}

registry.category("fields").add("helpcrunch_since", {
    component: SinceField,
    displayName: _t("Time since"),
    supportedTypes: ["datetime"],
});
