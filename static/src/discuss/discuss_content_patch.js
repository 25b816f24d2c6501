/**
 * In Discuss, a dialogue shows the customer's avatar, and opens with the panel that says
 * whom the operator talks to: until the operator closes it, and never on small screens.
 */
import { DiscussContent } from "@mail/core/public_web/discuss_content";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";

import { INFO_PANEL_CLOSED_LS } from "./thread_actions";

patch(DiscussContent.prototype, {
    /** @override */
    get showThreadAvatar() {
        return this.thread.helpcrunchIsChannel || super.showThreadAvatar;
    },
    /** @override */
    actionPanelAutoOpenFn() {
        const infoAction = this.threadActions.actions.find((a) => a.id === "helpcrunch-info");
        if (!infoAction || browser.localStorage.getItem(INFO_PANEL_CLOSED_LS)) {
            return super.actionPanelAutoOpenFn();
        }
        if (!this.ui.isSmall) {
            infoAction.open();
        }
    },
});
