/**
 * The category "HelpCrunch" of the Discuss sidebar: the dialogues of the current user,
 * those who wait first, then the newest. It is hidden as long as there are none.
 */
import { fields } from "@mail/core/common/record";
import { DiscussApp } from "@mail/core/public_web/discuss_app_model";
import { DiscussAppCategory } from "@mail/discuss/core/public_web/discuss_app_category_model";
import { compareDatetime } from "@mail/utils/common/misc";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

patch(DiscussApp.prototype, {
    setup() {
        super.setup(...arguments);
        this.helpcrunchCategory = fields.One("DiscussAppCategory", {
            compute() {
                return {
                    extraClass: "o-mail-DiscussSidebarCategory-helpcrunch",
                    hideWhenEmpty: true,
                    icon: "fa fa-comments-o",
                    id: "helpcrunch_chatbot.category",
                    name: _t("HelpCrunch"),
                    sequence: 20,
                };
            },
            eager: true,
        });
    },
    /** @override our panel taking its place is not the user closing the member list */
    shouldDisableMemberPanelAutoOpenFromClose(nextActiveAction) {
        if (nextActiveAction?.id === "helpcrunch-info") {
            return false;
        }
        return super.shouldDisableMemberPanelAutoOpenFromClose(...arguments);
    },
});

patch(DiscussAppCategory.prototype, {
    /** @override */
    sortThreads(t1, t2) {
        if (this.id === "helpcrunch_chatbot.category") {
            const [since1, since2] = [t1.helpcrunchWaitsSince, t2.helpcrunchWaitsSince];
            if (since1 || since2) {
                // Who waits comes first, the longest on top.
                return since1 && since2 ? since1 - since2 : since1 ? -1 : 1;
            }
            return compareDatetime(t2.lastInterestDt, t1.lastInterestDt) || t2.id - t1.id;
        }
        return super.sortThreads(...arguments);
    },
});
