/**
 * Dialogues with HelpCrunch customers are discuss channels of a type of their own.
 * This makes such a channel a chat (own sidebar category, unread counter, chat window on
 * a new message), without what makes no sense with a customer: calls, leaving, renaming,
 * invitation links. The customer is no member of the channel, only staff are; so the name
 * and the avatar do not come from a "correspondent".
 */
import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread_model";

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { createElementWithContent } from "@web/core/utils/html";
import { patch } from "@web/core/utils/patch";
import { imageUrl } from "@web/core/utils/urls";

import { readCommand } from "./commands";

/** @type {import("models").Thread} */
const threadPatch = {
    setup() {
        super.setup(...arguments);
        /**
         * undefined as long as the channel has not been fetched, false without a dialogue.
         *
         * @type {undefined|false|{
         *      chat_id: number,
         *      can_open: boolean,
         *      is_open: boolean,
         *      is_mine: boolean,
         *      handed_to?: string,
         *      trouble: string|false,
         *      state: "bot"|"queued"|"operator"|"paused"|"done",
         *      channel: string,
         *      queue: string,
         *      partner: false|{
         *          id: number, name: string, phone: string, email: string,
         *          tag_ids: number[], can_tag: boolean,
         *      },
         *      tags: {id: number, name: string}[],
         *      answers: {id: number, question: string, answer: string}[],
         *      is_snoozed: boolean,
         *      snoozed_until: string|false,
         *      leads: {id: number, name: string, can_open: boolean}[],
         *      former: {id: number, name: string, ended_at: string}[],
         *      inbox_url: string|false,
         * }}
         */
        this.helpcrunch_info = fields.Attr(undefined, {
            onUpdate() {
                this.onHelpcrunchHandedOver();
            },
        });
        /** Since when the customer waits for a person's answer. */
        this.helpcrunch_waits_since = fields.Datetime();
        /** Whether what was handed over has been kept on the screen. */
        this.helpcrunchIsKept = false;
    },
    get helpcrunchIsChannel() {
        return this.channel_type === "helpcrunch";
    },
    /** Whether nobody may write: no operator is needed here at the moment. */
    get helpcrunchIsClosed() {
        return (
            this.helpcrunchIsChannel &&
            this.helpcrunch_info !== undefined &&
            !this.helpcrunch_info?.is_open
        );
    },
    get helpcrunchIsOpen() {
        return this.helpcrunchIsChannel && Boolean(this.helpcrunch_info?.is_open);
    },
    get helpcrunchSnoozeText() {
        const until = this.helpcrunch_info.snoozed_until;
        return until
            ? _t(
                  "Put aside until %s, or until the customer writes.",
                  deserializeDateTime(until).toLocaleString(luxon.DateTime.DATETIME_SHORT)
              )
            : _t("Put aside until the customer writes.");
    },
    /** Somebody waits, and an operator may answer. */
    get helpcrunchWaitsSince() {
        return this.helpcrunchIsOpen && this.helpcrunch_waits_since;
    },
    /** @param {string} body e.g. "/lead Title" */
    helpcrunchRunCommand(body) {
        return this.executeCommand({ methodName: "execute_command_helpcrunch" }, body);
    },
    helpcrunchClose() {
        this.store.env.services.dialog.add(ConfirmationDialog, {
            title: _t("Close the dialogue"),
            body: _t(
                "Do you want to close this dialogue? It is read-only then, until the customer needs an operator again."
            ),
            confirmLabel: _t("Close the dialogue"),
            confirm: () => this.helpcrunchRunCommand("/close"),
            cancel: () => {},
        });
    },
    helpcrunchTransfer() {
        return this.store.env.services.action.doAction(
            "helpcrunch_chatbot.helpcrunch_chat_assign_action",
            { additionalContext: { default_chat_id: this.helpcrunch_info.chat_id } }
        );
    },
    /**
     * Nothing disappears under somebody's hands: what was handed over stays as it was seen,
     * read-only, until she leaves it herself. What was never opened has nothing to show.
     *
     * @override
     */
    onPinStateUpdated() {
        if (this.helpcrunchIsHandedOver && !this.displayToSelf && !this.helpcrunchIsKept) {
            // Once: then she may leave it.
            this.helpcrunchIsKept = true;
            if (this.isLoaded) {
                this.isLocallyPinned = true;
            } else {
                this.closeChatWindow({ force: true });
            }
        }
        if (this.helpcrunchIsOpen && !this.displayToSelf && this.helpcrunchIsBeforeMe) {
            // Put aside: it goes when she does, and nobody else's composer takes its place.
            this.isLocallyPinned = true;
        }
        super.onPinStateUpdated();
    },
    /** Hear no more of what is somebody else's; when it comes back, read what was missed. */
    onHelpcrunchHandedOver() {
        if (this.helpcrunchIsHandedOver) {
            this.store.updateBusSubscription();
        } else if (this.helpcrunchIsKept) {
            this.helpcrunchIsKept = false;
            this.isLoaded = false;
            this.messages.splice(0, this.messages.length);
            this.fetchNewMessages();
        }
    },
    get helpcrunchIsBeforeMe() {
        return this.store.discuss?.isActive && this.eq(this.store.discuss.thread);
    },
    get helpcrunchIsHandedOver() {
        return this.helpcrunchIsChannel && Boolean(this.helpcrunch_info?.handed_to);
    },
    /** @override what is said there now is somebody else's */
    get shouldSubscribeToBusChannel() {
        return !this.helpcrunchIsHandedOver && super.shouldSubscribeToBusChannel;
    },
    /** @override */
    get isChatChannel() {
        return this.helpcrunchIsChannel || super.isChatChannel;
    },
    /** @override */
    get hasMemberList() {
        return this.helpcrunchIsChannel || super.hasMemberList;
    },
    /** @override */
    get allowedToUnpinChannelTypes() {
        return [...super.allowedToUnpinChannelTypes, "helpcrunch"];
    },
    /** @override a customer who waits is ended or put aside, not just left out of sight */
    get canUnpin() {
        const isMine = this.helpcrunchIsOpen && this.helpcrunch_info.is_mine;
        return !isMine && super.canUnpin;
    },
    /** @override somebody else may have it by now */
    async markAsFetched() {
        try {
            return await super.markAsFetched();
        } catch (error) {
            if (!this.helpcrunchIsChannel) {
                throw error;
            }
        }
    },
    /** @override the channel has the customer's name, which is nobody's to choose */
    get supportsCustomChannelName() {
        return !this.helpcrunchIsChannel && super.supportsCustomChannelName;
    },
    /** @override */
    async rename() {
        if (!this.helpcrunchIsChannel) {
            return super.rename(...arguments);
        }
    },
    /** @override a conversation with a customer is nothing for guests */
    get invitationLink() {
        return this.helpcrunchIsChannel ? undefined : super.invitationLink;
    },
    /** @override the members are staff, whom the operator does not talk to here */
    computeCorrespondent() {
        return this.helpcrunchIsChannel ? undefined : super.computeCorrespondent();
    },
    /** @override */
    get avatarUrl() {
        if (this.helpcrunchIsChannel && this.helpcrunch_info?.partner) {
            return imageUrl("res.partner", this.helpcrunch_info.partner.id, "avatar_128");
        }
        return super.avatarUrl;
    },
    /** @override */
    get autoOpenChatWindowOnNewMessage() {
        return (
            (this.helpcrunchIsChannel && !this.store.chatHub.compact && this.self_member_id) ||
            super.autoOpenChatWindowOnNewMessage
        );
    },
    /** @override */
    get inChathubOnNewMessage() {
        return (
            (!this.helpcrunchIsChannel || Boolean(this.self_member_id)) &&
            super.inChathubOnNewMessage
        );
    },
    /** @override */
    get notifyWhenOutOfFocus() {
        if (this.helpcrunchIsChannel) {
            return Boolean(this.self_member_id) || this.eq(this.store.discuss?.thread);
        }
        return super.notifyWhenOutOfFocus;
    },
    /** @override */
    _computeDiscussAppCategory() {
        return this.helpcrunchIsChannel
            ? this.store.discuss?.helpcrunchCategory
            : super._computeDiscussAppCategory();
    },
    /** @override */
    setAsDiscussThread() {
        super.setAsDiscussThread(...arguments);
        if (this.helpcrunchIsChannel && this.store.env.services.ui.isSmall) {
            this.store.discuss.activeTab = "chat";
        }
    },
    /**
     * Nothing that looks like a known command goes to the customer, not even one which
     * these channels do not offer, like /leave: the server says what it thinks of it.
     *
     * @override
     */
    async post(body) {
        if (this.helpcrunchIsChannel) {
            const text = createElementWithContent("div", body).textContent.trim();
            const order = readCommand(text);
            if (order?.command) {
                await this.executeCommand(order.command, text);
                return;
            }
        }
        return super.post(...arguments);
    },
    /** @override */
    async executeCommand(command, body = "") {
        if (!this.helpcrunchIsChannel) {
            return super.executeCommand(...arguments);
        }
        try {
            return await super.executeCommand(
                { ...command, methodName: "execute_command_helpcrunch" },
                body
            );
        } catch (error) {
            // Shown by the error service. Thrown here, it would leave the composer disabled.
            Promise.reject(error);
        }
    },
};
patch(Thread.prototype, threadPatch);
