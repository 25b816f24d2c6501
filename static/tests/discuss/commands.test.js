import { readCommand, registerHelpcrunchCommands } from "@helpcrunch_chatbot/discuss/commands";

import { describe, expect, test } from "@odoo/hoot";

import { patchWithCleanup } from "@web/../tests/web_test_helpers";

import { registry } from "@web/core/registry";

describe.current.tags("headless");

const commands = registry.category("discuss.channel_commands");
const ours = { thread: { channel_type: "helpcrunch" } };
const livechat = { thread: { channel_type: "livechat" } };

/** Let the registry be what others have left of it, and what we make of that. */
function register(others) {
    const content = { ...commands.content };
    for (const name of ["lead", "close", "transfer", "tag", "untag", "pause", "resume", "leave"]) {
        delete content[name];
    }
    patchWithCleanup(commands, { content });
    for (const [name, command] of Object.entries(others)) {
        commands.add(name, command, { force: true });
    }
    registerHelpcrunchCommands();
    return (name) => commands.get(name);
}

test("a command that nobody has is ours alone", () => {
    const get = register({});
    expect(get("pause").channel_types).toEqual(["helpcrunch"]);
    expect(get("pause").methodName).toBe("execute_command_helpcrunch");
});

test("one that others have goes on working in their channels", () => {
    const get = register({
        lead: { channel_types: ["livechat"], methodName: "execute_command_lead", help: "Theirs" },
    });
    expect(get("lead").methodName).toBe("execute_command_lead");
    expect(get("lead").condition(livechat)).toBe(true);
    expect(get("lead").condition(ours)).toBe(true);
    expect(get("lead").condition({ thread: { channel_type: "chat" } })).toBe(false);
});

test("nobody leaves a dialogue with a customer", () => {
    const get = register({ leave: { methodName: "execute_command_leave", help: "Leave" } });
    expect(get("leave").condition(livechat)).toBe(true);
    expect(get("leave").condition(ours)).toBe(false);
});

test("registering twice wraps once", () => {
    const get = register({});
    const first = get("lead");
    registerHelpcrunchCommands();
    expect(get("lead")).toBe(first);
});

test("of more commands than the composer offers one is known and not offered", () => {
    const get = register({});
    expect(get("tag").condition?.(ours) ?? true).toBe(true);
    expect(get("untag").condition(ours)).toBe(false);
    expect(readCommand("/untag Refund").command).toBe(get("untag"));
});
