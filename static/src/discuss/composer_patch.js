/**
 * What an operator writes in a dialogue goes to the customer, unless it is a note: because
 * she says so, because a colleague is mentioned, or because the dialogue is a colleague's
 * who has invited her. The server decides the same way, whatever a client says.
 */
import { CannedResponse } from "@mail/core/common/canned_response_model";
import { Composer } from "@mail/core/common/composer";
import { registerComposerAction } from "@mail/core/common/composer_actions";
import { Composer as ComposerRecord } from "@mail/core/common/composer_model";
import { fields } from "@mail/core/common/record";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";

import { readCommand } from "./commands";

/** How the composer writes that colleagues are mentioned; the server looks for it too. */
const MENTION_LINK = /data-oe-model="res\.(partner|role)"|o-discuss-mention/;

patch(CannedResponse.prototype, {
    setup() {
        super.setup(...arguments);
        /** What it does in a dialogue once it is sent, as it would be typed. */
        this.helpcrunch_orders = fields.Attr([]);
    },
});

/** @type {import("models").Composer} */
const composerRecordPatch = {
    setup() {
        super.setup(...arguments);
        // Kept with the draft: a note that is read again after a reload is one still.
        this.helpcrunchSwitches = fields.Attr(0);
        this.helpcrunchIsNoteMode = fields.Attr(false, {
            compute() {
                void this.helpcrunchSwitches;
                return Boolean(browser.localStorage.getItem(this.helpcrunchNoteKey));
            },
        });
    },
    get helpcrunchNoteKey() {
        return `helpcrunch_chatbot.note/${this.localId}`;
    },
    helpcrunchSwitchNoteMode() {
        if (this.helpcrunchIsNoteMode) {
            browser.localStorage.removeItem(this.helpcrunchNoteKey);
        } else {
            browser.localStorage.setItem(this.helpcrunchNoteKey, "true");
        }
        this.helpcrunchSwitches++;
        this.autofocus++;
    },
    /** What the canned responses in it do once it is sent. */
    get helpcrunchOrders() {
        return this.targetThread?.helpcrunchIsOpen && !this.helpcrunchIsNote
            ? this.cannedResponses.flatMap((response) => response.helpcrunch_orders || [])
            : [];
    },
    helpcrunchForgetOrders() {
        this.cannedResponses = [];
        this.autofocus++;
    },
    get helpcrunchIsNote() {
        const { composerHtml, replyToMessage, targetThread } = this;
        return Boolean(
            targetThread?.helpcrunchIsOpen &&
                (!targetThread.helpcrunch_info.is_mine ||
                    this.helpcrunchIsNoteMode ||
                    replyToMessage?.helpcrunchIsNote ||
                    MENTION_LINK.test(composerHtml.toString()))
        );
    },
};
patch(ComposerRecord.prototype, composerRecordPatch);

registerComposerAction("helpcrunch-note", {
    condition: ({ composer }) =>
        composer.thread?.helpcrunchIsOpen && composer.thread.helpcrunch_info.is_mine,
    icon: "fa fa-sticky-note-o",
    isActive: ({ composer }) => composer.helpcrunchIsNoteMode,
    name: ({ composer }) =>
        composer.helpcrunchIsNoteMode
            ? _t("Write to the customer")
            : _t("Write a note for colleagues"),
    onSelected: ({ composer }) => composer.helpcrunchSwitchNoteMode(),
    sequenceQuick: 10,
});

patch(Composer.prototype, {
    /** @override */
    get placeholder() {
        return this.props.composer.helpcrunchIsNote
            ? _t("A note: only colleagues see it…")
            : super.placeholder;
    },
    /** @override */
    get postData() {
        const postData = super.postData;
        return this.props.composer.helpcrunchIsNote ? { ...postData, isNote: true } : postData;
    },
    /** @override who has lost the dialogue while she was writing need not tell */
    notifyIsTyping(is_typing = true) {
        if (!this.thread?.helpcrunchIsChannel) {
            super.notifyIsTyping(...arguments);
        } else if (this.thread.helpcrunchIsOpen) {
            rpc(
                "/discuss/channel/notify_typing",
                { channel_id: this.thread.id, is_typing },
                { silent: true }
            ).catch((error) => {
                // It may be somebody else's already, and that was not heard yet.
                if (error.code !== 404) {
                    throw error;
                }
            });
        }
    },
    /** @override what looks like a command and is none stays where it can be mended */
    async sendMessage() {
        const { composerText, thread, helpcrunchIsNote } = this.props.composer;
        const order = readCommand(composerText.trim());
        if (thread?.helpcrunchIsOpen && !helpcrunchIsNote && order && !order.command) {
            this.env.services.notification.add(
                _t("“/%s” is no command, so it was not sent. Begin without the slash.", order.name),
                { type: "warning" }
            );
            return;
        }
        return super.sendMessage(...arguments);
    },
});
