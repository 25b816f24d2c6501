/**
 * What an operator writes in a dialogue goes to the customer, unless it is a note: because
 * she says so, because a colleague is mentioned, or because the dialogue is a colleague's
 * who has invited her. The server decides the same way, whatever a client says.
 */
import { Composer } from "@mail/core/common/composer";
import { registerComposerAction } from "@mail/core/common/composer_actions";
import { Composer as ComposerRecord } from "@mail/core/common/composer_model";
import { fields } from "@mail/core/common/record";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

const commandRegistry = registry.category("discuss.channel_commands");

/** @type {import("models").Composer} */
const composerRecordPatch = {
    setup() {
        super.setup(...arguments);
        this.helpcrunchIsNoteMode = fields.Attr(false);
    },
    get helpcrunchIsNote() {
        if (!this.thread?.helpcrunchIsOpen) {
            return false;
        }
        return (
            this.helpcrunchIsNoteMode ||
            !this.thread.helpcrunch_info.is_mine ||
            this.mentionedPartners.some(({ name }) => this.composerText.includes(`@${name}`))
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
    onSelected: ({ composer }) => {
        composer.helpcrunchIsNoteMode = !composer.helpcrunchIsNoteMode;
        composer.autofocus++;
    },
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
    /** @override who has lost the dialogue while she was writing tells nobody */
    notifyIsTyping() {
        if (!this.thread?.helpcrunchIsClosed) {
            super.notifyIsTyping(...arguments);
        }
    },
    /** @override what looks like a command and is none stays where it can be mended */
    async sendMessage() {
        const { composerText, thread, helpcrunchIsNote } = this.props.composer;
        const text = composerText.trim();
        const [name] = text.substring(1).split(/\s/);
        if (
            thread?.helpcrunchIsOpen &&
            !helpcrunchIsNote &&
            text.startsWith("/") &&
            !commandRegistry.contains(name)
        ) {
            this.env.services.notification.add(
                _t("“/%s” is no command, so it was not sent. Begin without the slash.", name),
                { type: "warning" }
            );
            return;
        }
        return super.sendMessage(...arguments);
    },
});
