/** What is wrong with a bot, in its form; the steps that it names open in place. */
import { Component } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

export class ProblemsField extends Component {
    static template = "helpcrunch_chatbot.ProblemsField";
    static props = standardFieldProps;

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get problems() {
        return this.props.record.data[this.props.name];
    }

    /** Open the step, the bot saved before; with the middle button, in a new tab. */
    async onClick(ev) {
        const id = parseInt(ev.target.closest("a")?.dataset.stepId);
        if (!id || ev.ctrlKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        if (await this.props.record.save()) {
            await this.action.doAction(
                await this.orm.call("helpcrunch.step", "action_open", [[id]])
            );
        }
    }
}

registry.category("fields").add("helpcrunch_problems", {
    component: ProblemsField,
    supportedTypes: ["html"],
});
