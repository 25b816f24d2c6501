/**
 * The panel beside a dialogue: the contact, where the customer writes, the queue, the
 * leads, and what the operator can do. Everything comes with the channel itself
 * (`helpcrunch_info`) and is kept up to date by the bus, so nothing is fetched here.
 */
import { ActionPanel } from "@mail/discuss/core/common/action_panel";

import { Component } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { MultiRecordSelector } from "@web/core/record_selectors/multi_record_selector";
import { useService } from "@web/core/utils/hooks";

import { Since } from "../waiting/since";

const { DateTime } = luxon;
const MORNING = 9;

/**
 * @typedef {Object} Props
 * @property {import("models").Thread} thread
 * @extends {Component<Props, Env>}
 */
export class HelpcrunchInfoPanel extends Component {
    static template = "helpcrunch_chatbot.InfoPanel";
    static components = { ActionPanel, Dropdown, DropdownItem, MultiRecordSelector, Since };
    static props = ["thread"];

    setup() {
        super.setup();
        this.store = useService("mail.store");
        this.ui = useService("ui");
        this.orm = useService("orm");
    }

    get info() {
        return this.props.thread.helpcrunch_info || { leads: [], tags: [], answers: [] };
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

    get tagIds() {
        return (this.info.tags || []).map((tag) => tag.id);
    }

    /** What was put on and what was taken off, each an order as it would be typed. */
    async onUpdateTags(tagIds) {
        const added = tagIds.filter((id) => !this.tagIds.includes(id));
        const names = added.length
            ? await this.orm.read("crm.tag", added, ["name"])
            : [];
        for (const { name } of names) {
            await this.props.thread.helpcrunchRunCommand(`/tag ${name}`);
        }
        for (const { id, name } of this.info.tags) {
            if (!tagIds.includes(id)) {
                await this.props.thread.helpcrunchRunCommand(`/untag ${name}`);
            }
        }
    }

    /** The contact is Odoo's: who may change contacts tags it. */
    async onUpdateContactTags(tagIds) {
        const info = this.info;
        await this.orm.write("res.partner", [info.partner.id], {
            category_id: [[6, 0, tagIds]],
        });
        this.props.thread.helpcrunch_info = {
            ...info,
            partner: { ...info.partner, tag_ids: tagIds },
        };
    }

    /** For how many minutes a dialogue may be put aside; nothing: until the customer writes. */
    get snoozeChoices() {
        const now = DateTime.now();
        const morning = now.plus({ days: 1 }).set({ hour: MORNING, minute: 0, second: 0 });
        return [
            { id: "word", name: _t("Until the customer writes"), minutes: "" },
            { id: "half", name: _t("Half an hour"), minutes: 30 },
            { id: "two", name: _t("Two hours"), minutes: 120 },
            {
                id: "morning",
                name: _t("Until tomorrow, %s", morning.toLocaleString(DateTime.TIME_SIMPLE)),
                minutes: Math.ceil(morning.diff(now).as("minutes")),
            },
        ];
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
