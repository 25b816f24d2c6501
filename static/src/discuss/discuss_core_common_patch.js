/** What is said after a dialogue was handed over is for whoever has it now. */
import { DiscussCoreCommon } from "@mail/discuss/core/common/discuss_core_common_service";

import { patch } from "@web/core/utils/patch";

patch(DiscussCoreCommon.prototype, {
    /** @override */
    async _handleNotificationNewMessage({ id }) {
        const thread = this.store.Thread.get({ model: "discuss.channel", id });
        if (!thread?.helpcrunchIsHandedOver) {
            return super._handleNotificationNewMessage(...arguments);
        }
    },
});
