/**
 * What operators do with a dialogue, in the header of the conversation: see whom they talk
 * to, close it, hand it over.
 */
import { registerThreadAction } from "@mail/core/common/thread_actions";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

import { HelpcrunchInfoPanel } from "./info_panel";

export const INFO_PANEL_CLOSED_LS = "helpcrunch_chatbot.info_panel_closed";

const isDisplayed = ({ owner, thread }) =>
    thread?.helpcrunchIsChannel &&
    (!owner.props.chatWindow || owner.props.chatWindow.isOpen) &&
    !owner.isDiscussSidebarChannelActions;

registerThreadAction("helpcrunch-info", {
    actionPanelComponent: HelpcrunchInfoPanel,
    condition: (params) => isDisplayed(params) && Boolean(params.thread.helpcrunch_info),
    panelOuterClass: "o_helpcrunch_info_container bg-inherit",
    icon: "fa fa-fw fa-info",
    name: _t("Information"),
    open: ({ owner }) => {
        if (owner.isDiscussContent) {
            browser.localStorage.removeItem(INFO_PANEL_CLOSED_LS);
        }
    },
    close: ({ action, nextActiveAction, owner }) => {
        // Another panel or another conversation taking its place is no wish to close it.
        if (owner.isDiscussContent && action.condition && !nextActiveAction) {
            browser.localStorage.setItem(INFO_PANEL_CLOSED_LS, "true");
        }
    },
    sequence: 10,
    sequenceGroup: 7,
    toggle: true,
});
registerThreadAction("helpcrunch-transfer", {
    condition: (params) =>
        isDisplayed(params) &&
        params.thread.helpcrunchIsOpen &&
        params.thread.helpcrunch_info.can_open,
    icon: "fa fa-fw fa-share",
    name: _t("Hand over"),
    open: ({ thread }) => thread.helpcrunchTransfer(),
    sequence: 20,
    sequenceQuick: 40,
});
registerThreadAction("helpcrunch-close", {
    condition: (params) => isDisplayed(params) && params.thread.helpcrunchIsOpen,
    icon: "fa fa-fw fa-flag-checkered",
    name: _t("Close the dialogue"),
    open: ({ thread }) => thread.helpcrunchClose(),
    sequence: 30,
    sequenceQuick: 50,
});
