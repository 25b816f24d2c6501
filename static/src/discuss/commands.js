/**
 * The commands of a dialogue. They are registered by a service, that is after all modules
 * are loaded: crm_livechat adds a command "lead" for its own channels, before or after us,
 * and a registry takes a name once only. What others have registered keeps working in
 * their channels; in ours, every command is carried out by the dialogue (see the patch of
 * Thread), so only the conditions differ.
 */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const commandRegistry = registry.category("discuss.channel_commands");

const COMMANDS = {
    lead: _t("Create a lead: /lead title"),
    close: _t("End the dialogue"),
    transfer: _t("Hand over: /transfer queue or operator: why"),
    tag: _t("Say what it is about: /tag name"),
    snooze: _t("Put aside: /snooze minutes, or until the customer writes"),
    pause: _t("Stop the timers and keep the bot silent"),
    resume: _t("Give the dialogue back to the bot"),
};

/** Known and not offered: the composer offers eight at most. */
const UNOFFERED = { untag: _t("Take a tag off: /untag name") };

/**
 * Return what a text orders, undefined if it does not begin with a slash.
 *
 * @param {string} text
 * @returns {undefined|{name: string, command: Object|false}} false: no such command
 */
export function readCommand(text) {
    const [, name] = text.match(/^\/(\S*)/) || [];
    return name === undefined
        ? undefined
        : { name, command: commandRegistry.get(name.toLowerCase(), false) };
}

const isOurs = (thread) => thread?.channel_type === "helpcrunch";

/**
 * Decide on our channels, and leave the others to who has registered the command.
 *
 * @param {Object} previous the command as others have registered it
 * @param {boolean} isOffered whether our channels offer it
 */
function wrapCommand(previous, isOffered) {
    const { channel_types, condition, ...command } = previous;
    return {
        ...command,
        condition: (params) => {
            if (isOurs(params.thread)) {
                return isOffered;
            }
            return (
                (!channel_types || channel_types.includes(params.thread?.channel_type)) &&
                (!condition || condition(params))
            );
        },
        helpcrunch: true,
    };
}

export function registerHelpcrunchCommands() {
    for (const [name, help] of Object.entries({ ...COMMANDS, ...UNOFFERED })) {
        const previous = commandRegistry.get(name, null);
        if (previous?.helpcrunch) {
            continue; // the service has been started before
        }
        commandRegistry.add(
            name,
            previous
                ? wrapCommand(previous, true)
                : {
                      channel_types: ["helpcrunch"],
                      condition: () => !(name in UNOFFERED),
                      help,
                      helpcrunch: true,
                      methodName: "execute_command_helpcrunch",
                  },
            { force: true }
        );
    }
    const leave = commandRegistry.get("leave", null);
    if (leave && !leave.helpcrunch) {
        commandRegistry.add("leave", wrapCommand(leave, false), { force: true });
    }
}

export const helpcrunchCommandsService = {
    start() {
        registerHelpcrunchCommands();
    },
};

registry.category("services").add("helpcrunch_chatbot.commands", helpcrunchCommandsService);
