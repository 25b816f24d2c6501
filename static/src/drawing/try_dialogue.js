/**
 * Try it: talk to a bot as a customer would. The engine runs on the server and leaves no
 * trace there, so what was written is kept here, and all of it is sent again each time.
 */
import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { serializeDateTime } from "@web/core/l10n/dates";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KeepLast } from "@web/core/utils/concurrency";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

export class TryDialogue extends Component {
    static template = "helpcrunch_chatbot.TryDialogue";
    static components = { DateTimeInput, RecordSelector };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.params = this.props.action.params;
        this.keepLast = new KeepLast();
        this.scroller = useRef("scroller");
        this.input = useRef("input");
        this.state = useState({
            texts: [],
            turns: [],
            isRunning: false,
            showWhy: false,
            settings: {
                partner_id: false,
                name: "",
                language: this.params.language || "",
                application_id: this.params.channels[0]?.[0] || false,
                operators: "",
                at: false,
            },
        });
        onWillStart(() => this.run());
        useEffect(
            () => {
                const el = this.scroller.el;
                if (el) {
                    el.scrollTop = el.scrollHeight;
                }
                this.input.el?.focus();
            },
            () => [this.state.turns, this.state.showWhy]
        );
    }

    get options() {
        const { partner_id, name, language, application_id, operators, at } =
            this.state.settings;
        return {
            ...(partner_id ? { partner_id } : { name, language }),
            application_id,
            operators,
            at: at && serializeDateTime(at),
            step_id: this.params.step_id,
        };
    }

    /** Have the whole dialogue again; what cannot be had stays as it was. */
    async run(texts = this.state.texts) {
        this.state.isRunning = true;
        try {
            const { turns } = await this.keepLast.add(
                this.orm.call("helpcrunch.bot", "try_dialogue", [
                    [this.params.bot_id],
                    texts,
                    this.options,
                ])
            );
            this.state.texts = texts;
            this.state.turns = turns;
            return true;
        } finally {
            this.state.isRunning = false;
        }
    }

    async onSend() {
        const text = this.input.el.value.trim();
        if (text && !this.state.isRunning) {
            this.input.el.value = "";
            await this.run([...this.state.texts, text]);
        }
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey) {
            ev.preventDefault();
            this.onSend();
        }
    }

    /** Settings hold from the first word on: the dialogue is had anew with them. */
    setOption(name, value) {
        this.state.settings[name] = value;
        return this.run();
    }

    onBack() {
        return this.run(this.state.texts.slice(0, -1));
    }

    onBeginAnew() {
        return this.run([]);
    }

    /** Copy the dialogue, to be sent to a colleague. */
    async onCopy() {
        const lines = this.state.turns.flatMap((turn) => [
            ...(turn.text ? [`> ${turn.text}`] : []),
            ...turn.effects.map((sentence) => `  * ${sentence}`),
            ...turn.said,
            ...(this.state.showWhy ? turn.why.map((sentence) => `  ? ${sentence}`) : []),
        ]);
        await browser.navigator.clipboard.writeText(lines.join("\n"));
        this.notification.add(_t("The dialogue was copied."), { type: "success" });
    }

    isPicture(text) {
        return /^https?:\/\/\S+\.(png|jpe?g|gif|webp)$/i.test(text);
    }
}

registry.category("actions").add("helpcrunch_chatbot.try", TryDialogue);
