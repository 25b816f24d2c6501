/**
 * The operators' switch in the systray: whether new dialogues come to me. It stays where
 * the operator works, whatever app is open. People who are no operators do not see it.
 */
import { Component, onWillUnmount, useState } from "@odoo/owl";

import { useCommand } from "@web/core/commands/command_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

import { openNextDialogue } from "../discuss/next_dialogue";

export class HelpcrunchAvailability extends Component {
    static template = "helpcrunch_chatbot.Availability";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({
            available: Boolean(session.helpcrunch_operator?.available),
            onlyOnline: Boolean(session.helpcrunch_operator?.only_online),
            isSaving: false,
        });
        const store = (this.store = useState(useService("mail.store")));
        const bus = useService("bus_service");
        // Switched in another tab, in the list, or by an administrator.
        const onSwitched = ({ available, only_online }) =>
            Object.assign(this.state, { available, onlyOnline: Boolean(only_online) });
        bus.subscribe("helpcrunch.availability", onSwitched);
        onWillUnmount(() => bus.unsubscribe("helpcrunch.availability", onSwitched));
        useCommand(_t("Next customer who waits"), () => openNextDialogue(store, this.notification), {
            category: "activity",
            hotkey: "alt+shift+n",
            global: true,
            hotkeyOptions: { bypassEditableProtection: true },
        });
    }

    /** Odoo's own status, where the queues mind it. */
    get isAwayInOdoo() {
        const status = this.store.self_partner?.im_status;
        return this.state.onlyOnline && (status === "away" || status === "busy");
    }

    get title() {
        if (this.state.available && this.isAwayInOdoo) {
            return _t("You receive no new dialogues: your status in Odoo is not “online”");
        }
        return this.state.available
            ? _t("You receive new dialogues")
            : _t("You receive no new dialogues");
    }

    async onClick() {
        if (this.state.isSaving) {
            return;
        }
        this.state.isSaving = true;
        try {
            const result = await this.orm.call("helpcrunch.operator", "set_my_availability", [
                !this.state.available,
            ]);
            this.state.available = Boolean(result?.available);
        } finally {
            this.state.isSaving = false;
        }
        if (session.helpcrunch_operator) {
            // The navbar may be mounted again, the session is not read again.
            session.helpcrunch_operator.available = this.state.available;
        }
        if (this.state.available) {
            this.notification.add(_t("You are available: new dialogues come to you."), {
                type: "success",
            });
        } else {
            this.notification.add(_t("You are away: no new dialogues come to you."), {
                type: "info",
            });
        }
    }
}

registry.category("systray").add(
    "helpcrunch_chatbot.availability",
    {
        Component: HelpcrunchAvailability,
        isDisplayed: () => Boolean(session.helpcrunch_operator),
    },
    { sequence: 24 }
);
