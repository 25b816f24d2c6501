/**
 * What the composer suggests in a dialogue: mentions are for the colleagues who are in it,
 * as the customer's words are nobody else's business, and there are no links to other
 * channels, which say nothing to a customer.
 */
import { SuggestionService } from "@mail/core/common/suggestion_service";
import { cleanTerm } from "@mail/utils/common/format";

import { patch } from "@web/core/utils/patch";

patch(SuggestionService.prototype, {
    /** @override */
    getSupportedDelimiters(thread) {
        const delimiters = super.getSupportedDelimiters(...arguments);
        return thread?.helpcrunchIsChannel
            ? delimiters.filter(([delimiter]) => delimiter !== "#")
            : delimiters;
    },
    /** @override */
    getPartnerSuggestions(thread) {
        if (thread?.helpcrunchIsChannel) {
            return thread.channel_member_ids
                .filter((member) => member.partner_id)
                .map((member) => member.partner_id);
        }
        return super.getPartnerSuggestions(...arguments);
    },
    /** @override without roles, whose people are not in the channel */
    searchSuggestions({ delimiter, term }, { thread } = {}) {
        if (delimiter === "@" && thread?.helpcrunchIsChannel) {
            return this.searchPartnerSuggestions(cleanTerm(term), thread);
        }
        return super.searchSuggestions(...arguments);
    },
});
