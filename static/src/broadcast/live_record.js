import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillUnmount, xml } from "@odoo/owl";

const INTERVAL = 3000;
const MOVING_STATES = ["planned", "running"];

/**
 * Reads the form's record anew every few seconds while its state says that it moves,
 * so that a progress bar does. Nothing is read in a tab that nobody looks at.
 */
export class LiveRecord extends Component {
    static template = xml``;
    static props = standardWidgetProps;

    setup() {
        const timer = setInterval(() => this.reload(), INTERVAL);
        onWillUnmount(() => clearInterval(timer));
    }

    async reload() {
        const { record } = this.props;
        if (
            record.resId &&
            MOVING_STATES.includes(record.data.state) &&
            !document.hidden &&
            !this.isReading
        ) {
            this.isReading = true;
            try {
                await record.load();
            } catch {
                // Offline for a moment, or deleted: the next look tells more.
            } finally {
                this.isReading = false;
            }
        }
    }
}

registry.category("view_widgets").add("helpcrunch_live_record", {
    component: LiveRecord,
});
