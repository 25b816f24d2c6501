import { press } from "@odoo/hoot-dom";

import { insertText, mailModels, startServer } from "@mail/../tests/mail_test_helpers";
import { Command, defineModels, fields, MockServer, models, serverState } from "@web/../tests/web_test_helpers";

/** A dialogue's channel carries what the web client has to know of it. */
export class DiscussChannel extends mailModels.DiscussChannel {
    helpcrunch_info = fields.Json();
    helpcrunch_waits_since = fields.Datetime();

    _channel_basic_info_fields() {
        return [
            ...super._channel_basic_info_fields(),
            "helpcrunch_info",
            "helpcrunch_waits_since",
        ];
    }
}

export class MailCannedResponse extends mailModels.MailCannedResponse {
    helpcrunch_orders = fields.Json();

    get _to_store_defaults() {
        return [...super._to_store_defaults, "helpcrunch_orders"];
    }
}

/** What the lead's tags are named is asked for by the panel. */
class CrmTag extends models.Model {
    _name = "crm.tag";
    name = fields.Char();
    _records = [
        { id: 5, name: "Refund" },
        { id: 6, name: "Delivery" },
    ];
}

export function defineHelpcrunchModels() {
    return defineModels({ ...mailModels, DiscussChannel, MailCannedResponse, CrmTag });
}

/**
 * Give the user a dialogue with a customer.
 *
 * @param {Object} info what differs from an open one
 * @param {Object} vals of the channel
 */
export async function createDialogue(info = {}, vals = {}) {
    const pyEnv = MockServer.env ?? (await startServer());
    return pyEnv["discuss.channel"].create({
        name: "Taras",
        channel_type: "helpcrunch",
        channel_member_ids: [Command.create({ partner_id: serverState.partnerId })],
        helpcrunch_info: {
            chat_id: 1,
            can_open: true,
            is_open: true,
            is_mine: true,
            trouble: false,
            state: "operator",
            channel: "Telegram",
            queue: "Sales",
            partner: { id: 7, name: "Taras", phone: "", email: "" },
            leads: [],
            tags: [],
            answers: [],
            is_snoozed: false,
            inbox_url: false,
            ...info,
        },
        ...vals,
    });
}

/** Write into the composer of the conversation that is open, and send it. */
export async function send(text) {
    await insertText(".o-mail-Composer-input", text);
    await press("Enter");
}
