/** How long something has lasted, told anew while one looks at it: "2 hr, 10 min". */
import { Component, onWillUnmount, useState, xml } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

const { DateTime, Duration } = luxon;
const MINUTE = 60 * 1000;

export class Since extends Component {
    static template = xml`<span t-att-title="props.value.toLocaleString(format)" t-esc="text"/>`;
    static props = { value: { type: Object } };

    setup() {
        this.format = DateTime.DATETIME_SHORT;
        this.clock = useState({ now: DateTime.now() });
        const timer = setInterval(() => (this.clock.now = DateTime.now()), MINUTE / 2);
        onWillUnmount(() => clearInterval(timer));
    }

    get text() {
        // Read anew or older than the clock here: whichever is later.
        const now = DateTime.max(this.clock.now, DateTime.now());
        const minutes = Math.floor(now.diff(this.props.value).as("minutes"));
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
