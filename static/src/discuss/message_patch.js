/**
 * Messages of a dialogue leave Odoo: each says how far it has come on its way to the
 * customer, and can be sent again when that failed. What the customer has can be neither
 * edited nor deleted any more, by nobody.
 */
import { Message } from "@mail/core/common/message_model";
import { fields } from "@mail/core/common/record";

import { patch } from "@web/core/utils/patch";

/** @type {import("models").Message} */
const messagePatch = {
    setup() {
        super.setup(...arguments);
        /**
         * @type {undefined|false|{
         *      state: "outgoing"|"sent"|"failed"|"cancelled",
         *      error: string|false,
         * }}
         */
        this.helpcrunch_delivery = fields.Attr(undefined);
    },
    /** @override */
    get editable() {
        return !this.thread?.helpcrunchIsChannel && super.editable;
    },
    /** @override */
    canReplyTo(thread) {
        return super.canReplyTo(...arguments) && !thread?.helpcrunchIsClosed;
    },
    /** Closed dialogues are read-only. */
    get helpcrunchCanSendAgain() {
        return (
            this.helpcrunch_delivery?.state === "failed" && Boolean(this.thread?.helpcrunchIsOpen)
        );
    },
    async helpcrunchSendAgain() {
        const delivery = this.helpcrunch_delivery;
        this.helpcrunch_delivery = { state: "outgoing", error: false };
        try {
            await this.store.env.services.orm.call("discuss.channel", "helpcrunch_send_again", [
                [this.thread.id],
                this.id,
            ]);
        } catch (error) {
            this.helpcrunch_delivery = delivery;
            throw error;
        }
    },
};
patch(Message.prototype, messagePatch);
