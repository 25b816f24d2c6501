/**
 * Messages of a dialogue leave Odoo: each says how far it has come on its way to the
 * customer, and can be sent again when that failed. What the customer has can be neither
 * edited nor deleted any more, by nobody.
 */
import { Message as MessageComponent } from "@mail/core/common/message";
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
         *      waits?: string,
         *      error: string|false,
         * }}
         */
        this.helpcrunch_delivery = fields.Attr(undefined);
    },
    get helpcrunchIsNote() {
        return (
            Boolean(this.thread?.helpcrunchIsChannel) &&
            this.message_type === "comment" &&
            Boolean(this.isNote)
        );
    },
    /** Of messages in a row that have arrived, the last one says so for all. */
    get helpcrunchShowsDelivery() {
        if (this.helpcrunch_delivery?.state !== "sent") {
            return Boolean(this.helpcrunch_delivery);
        }
        const messages = this.thread.messages;
        const next = messages[messages.findIndex((message) => message.eq(this)) + 1];
        return next?.helpcrunch_delivery?.state !== "sent";
    },
    /** @override */
    get editable() {
        return !this.thread?.helpcrunchIsChannel && super.editable;
    },
    /** @override as Odoo does in Live Chat: customers write in their own language */
    isTranslatable(thread) {
        return (
            super.isTranslatable(...arguments) ||
            (Boolean(thread?.helpcrunchIsChannel) && this.store.hasMessageTranslationFeature)
        );
    },
    /** @override the customer would not see it */
    canAddReaction() {
        return !this.thread?.helpcrunchIsChannel && super.canAddReaction(...arguments);
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

/**
 * Show a customer's file as what it is. The server says which addresses are files, and of
 * which kind; a message's HTML itself can hold no picture that keeps the page's address
 * to itself.
 *
 * @param {HTMLElement} bodyEl
 */
export function showHelpcrunchFiles(bodyEl) {
    for (const el of bodyEl.querySelectorAll(".o_helpcrunch_file:not([data-shown])")) {
        const link = el.querySelector("a[href]");
        const kind = ["image", "video", "audio"].find((name) =>
            el.classList.contains(`o_helpcrunch_${name}`)
        );
        if (!link || !kind) {
            continue;
        }
        el.dataset.shown = "1";
        if (kind === "image") {
            const image = document.createElement("img");
            image.referrerPolicy = "no-referrer";
            image.loading = "lazy";
            image.alt = image.title = link.textContent;
            image.src = link.href;
            link.replaceChildren(image);
        } else {
            const player = document.createElement(kind);
            player.controls = true;
            player.preload = "none";
            player.src = link.href;
            el.prepend(player);
        }
    }
}

/**
 * Fold what was said before: the operator begins at the customer's last words.
 *
 * @param {HTMLElement} bodyEl
 */
export function foldHelpcrunchHistory(bodyEl) {
    for (const el of bodyEl.querySelectorAll(".o_helpcrunch_history:not(:has(> details))")) {
        const details = document.createElement("details");
        const summary = document.createElement("summary");
        const [title, ...lines] = el.childNodes;
        if (title) {
            summary.append(title);
            details.append(summary, ...lines);
            el.append(details);
        }
    }
}

patch(MessageComponent.prototype, {
    /** @override */
    get attClass() {
        return { ...super.attClass, o_helpcrunch_note: this.message.helpcrunchIsNote };
    },
    /** @override */
    prepareMessageBody(bodyEl) {
        super.prepareMessageBody(...arguments);
        if (bodyEl && this.message.thread?.helpcrunchIsChannel) {
            foldHelpcrunchHistory(bodyEl);
            showHelpcrunchFiles(bodyEl);
        }
    },
});
