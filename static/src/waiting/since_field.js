/**
 * How long something has lasted, for a field that knows since when. The moment itself is
 * what is stored, so that a list can be sorted by it.
 */
import { Component, xml } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Since } from "./since";

export class SinceField extends Component {
    static template = xml`<Since t-if="value" value="value"/>`;
    static components = { Since };
    static props = standardFieldProps;

    get value() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("helpcrunch_since", {
    component: SinceField,
    displayName: _t("Time since"),
    supportedTypes: ["datetime"],
});
