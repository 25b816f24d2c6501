/**
 * In the messaging menu, dialogues with customers are chats among the others: on the tab
 * "Chats" and in its counter.
 */
import { Store } from "@mail/core/common/store_service";
import { MessagingMenu } from "@mail/core/public_web/messaging_menu";

import { patch } from "@web/core/utils/patch";

/** @type {import("models").Store} */
const storePatch = {
    /** @override */
    tabToThreadType(tab) {
        const threadTypes = super.tabToThreadType(...arguments);
        return tab === "chat" ? [...threadTypes, "helpcrunch"] : threadTypes;
    },
};
patch(Store.prototype, storePatch);

patch(MessagingMenu.prototype, {
    /** @override */
    get _tabs() {
        const dialogues = this.store.discuss.helpcrunchCategory?.threadsWithCounter.length ?? 0;
        return super._tabs.map((tab) =>
            tab.id === "chat" ? { ...tab, counter: tab.counter + dialogues } : tab
        );
    },
});
