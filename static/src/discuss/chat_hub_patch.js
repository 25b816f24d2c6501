/**
 * Windows of dialogues that have ended are not brought back when the web client loads:
 * they would lie over whatever is opened next. Until then they stay, to be read.
 */
import { ChatHub } from "@mail/core/common/chat_hub_model";

import { patch } from "@web/core/utils/patch";

patch(ChatHub.prototype, {
    /** @override */
    async _load() {
        const known = [...this.opened, ...this.folded];
        await super._load(...arguments);
        for (const chatWindow of [...this.opened, ...this.folded]) {
            if (chatWindow.notIn(known) && chatWindow.thread.helpcrunchIsClosed) {
                // Nobody else's tab is told: there it may be read still.
                chatWindow.close({ force: true, notifyState: false });
            }
        }
    },
});
