/**
 * The panel beside a dialogue: the contact, where the customer writes, the queue, the
 * leads, and what the operator can do. Everything comes with the channel itself
 * (`helpcrunch_info`) and is kept up to date by the bus, so nothing is fetched here.
 */
import { ActionPanel } from "@mail/discuss/core/common/action_panel";

import { Component } from "@odoo/owl";

import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/**
 * @typedef {Object} Props
 * @property {import("models").Thread} thread
 * @extends {Component<Props, Env>}
 */
export class HelpcrunchInfoPanel extends Component {
    static template = "helpcrunch_chatbot.InfoPanel";
    static components = { ActionPanel };
    static props = ["thread"];

    setup() {
        super.setup();
        this.store = useService("mail.store");
        this.ui = useService("ui");
    }

    get info() {
        return this.props.thread.helpcrunch_info || { leads: [] };
    }

    get stateText() {
        switch (this.info.state) {
            case "bot":
                return _t("The bot answers");
            case "queued":
                return _t("Waiting for an operator");
            case "operator":
                return _t("With an operator");
            case "paused":
                return _t("Paused");
            case "done":
                return _t("Done");
        }
        return "";
    }

    get former() {
        return (this.info.former || []).map((session) => ({
            ...session,
            date: deserializeDateTime(session.ended_at).toLocaleString(luxon.DateTime.DATE_MED),
        }));
    }

    /** The web client follows the link; the conversation stays at hand in a chat window. */
    onClickRecord(ev) {
        if (ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            return; // opens elsewhere
        }
        if (this.ui.isSmall) {
            this.store.ChatWindow.get({ thread: this.props.thread })?.fold();
        } else {
            this.props.thread.openChatWindow({ focus: true });
        }
    }
}
