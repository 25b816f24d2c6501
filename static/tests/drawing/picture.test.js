import { BotPicture, KINDS, layOut } from "@helpcrunch_chatbot/drawing/picture";

import { describe, expect, test } from "@odoo/hoot";
import { click, drag, edit, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

import { loadJS } from "@web/core/assets";

describe.current.tags("desktop");
defineMailModels();

const step = (id, vals) => ({
    id,
    name: `Step ${id}`,
    type: "text",
    type_name: "Text",
    text: "",
    aliases: [],
    level: false,
    is_start: id === 1,
    ...vals,
});
const GRAPH = {
    steps: [
        step(1, { aliases: ["/start"] }),
        step(2, { type: "choice", level: "warning" }),
        step(3, { type: "of another addon" }),
    ],
    edges: [
        { from: 1, to: 2, kind: "next", label: "" },
        { from: 2, to: 3, kind: "answer", label: "Yes, please" },
        { from: 2, to: 1, kind: "failed", label: "" },
    ],
};

async function loadDagre() {
    await loadJS("/helpcrunch_chatbot/static/lib/dagre/dagre.min.js");
    return window.dagre;
}

test("no box lies over another, and arrows are told apart", async () => {
    const { boxes, arrows, width, height } = layOut(await loadDagre(), GRAPH);
    for (const one of boxes) {
        expect(one.x >= 0 && one.y >= 0 && one.x < width && one.y < height).toBe(true);
        for (const other of boxes) {
            const isApart = Math.abs(one.x - other.x) >= 230 || Math.abs(one.y - other.y) >= 82;
            expect(one === other || isApart).toBe(true);
        }
    }
    expect(new Set(arrows.map((arrow) => arrow.dash)).size).toBe(2);
    expect(arrows[1].label).toBe("Yes, please");
});

test("five hundred steps and two arrows between the same boxes", async () => {
    const steps = [...Array(500).keys()].map((number) => step(number + 1));
    const edges = steps.slice(1).map(({ id }) => ({
        from: Math.floor(id / 2) || 1,
        to: id,
        kind: "next",
        label: "",
    }));
    edges.push({ ...edges[0], kind: "fallback" });
    const { boxes, arrows } = layOut(await loadDagre(), { steps, edges });
    expect(boxes.every((box) => Number.isFinite(box.x) && Number.isFinite(box.y))).toBe(true);
    expect(arrows).toHaveLength(500);
    expect(arrows.every((arrow) => arrow.path.startsWith("M"))).toBe(true);
});

test("an empty bot has an empty picture", async () => {
    expect(layOut(await loadDagre(), { steps: [], edges: [] }).boxes).toEqual([]);
});

async function mountPicture(graph = GRAPH) {
    onRpc("helpcrunch.bot", "get_picture", () => graph);
    mockService("action", { doAction: (action) => expect.step(action.res_id) });
    await loadDagre();
    const picture = await mountWithCleanup(BotPicture, {
        props: { record: { resId: 5, data: { name: "Shop" } }, readonly: false },
    });
    await animationFrame();
    await animationFrame();
    return picture;
}

test("a click opens the step, and problems are marked", async () => {
    await mountPicture();
    expect(".o_helpcrunch_picture_box").toHaveCount(3);
    expect(".o_helpcrunch_picture_box[data-level=warning] .o_helpcrunch_picture_mark").toHaveCount(1);
    await click(".o_helpcrunch_picture_box[aria-label='Step 2']");
    expect.verifySteps([2]);
});

test("figures stand at boxes and arrows", async () => {
    await mountPicture({
        steps: [
            step(1, { figures: { entered: 120, went_on: 96, left_here: 24 } }),
            step(2, { figures: null }),
        ],
        edges: [
            { from: 1, to: 2, kind: "answer", label: "Yes", times: 96 },
            { from: 2, to: 1, kind: "next", label: "", times: null },
        ],
    });
    expect(queryAllTexts(".o_helpcrunch_picture_figures")).toEqual(["120 came, 24 left", ""]);
    expect(queryAllTexts(".o_helpcrunch_picture_label")).toEqual(["Yes · 96"]);
});

test("a longer text ends where the box does", async () => {
    const name = "Thank you for your order, we shall call you back";
    const { boxes } = layOut(await loadDagre(), { steps: [step(1, { name })], edges: [] });
    expect(boxes[0].title).toMatch(/^Thank you for .*…$/);
    expect(boxes[0].name).toBe(name);
});

test("a file has the bot's name and tells the arrows' meaning", async () => {
    const picture = await mountPicture();
    const texts = picture.drawLegend().filter((element) => element.tagName === "text");
    expect(texts.map((text) => text.textContent)).toEqual([
        "Shop",
        ...Object.values(KINDS).map((kind) => kind.name.toString()),
    ]);
});

test("all of it is seen when the screen becomes larger", async () => {
    await mountPicture();
    const seen = queryFirst(".o_helpcrunch_picture_drawing svg > g").getAttribute("transform");
    await click("button[title=Larger]");
    await animationFrame();
    expect(".o_helpcrunch_picture_drawing svg > g").not.toHaveAttribute("transform", seen);
    document.dispatchEvent(new Event("fullscreenchange"));
    await animationFrame();
    await animationFrame();
    expect(".o_helpcrunch_picture_drawing svg > g").toHaveAttribute("transform", seen);
});

test("a step is found by its name", async () => {
    await mountPicture();
    await click(".o_helpcrunch_picture_bar input");
    await edit("step 3");
    await animationFrame();
    expect(".o_helpcrunch_picture_box.o_found").toHaveCount(1);
    expect(".o_helpcrunch_picture_box.o_found").toHaveAttribute("aria-label", "Step 3");
});

test("a step is added after a box, and two boxes are linked by dragging", async () => {
    onRpc("helpcrunch.step", "action_add_after", ({ args }) => ({ res_id: `after ${args[0]}` }));
    onRpc("helpcrunch.step", "write", ({ args }) => {
        expect.step(args);
        return true;
    });
    await mountPicture();
    await click(".o_helpcrunch_picture_box[aria-label='Step 3'] .o_helpcrunch_picture_add");
    await animationFrame();
    expect.verifySteps(["after 3"]);
    const { drop } = await drag(
        ".o_helpcrunch_picture_box[aria-label='Step 3'] .o_helpcrunch_picture_handle"
    );
    await drop(".o_helpcrunch_picture_box[aria-label='Step 1']");
    await animationFrame();
    expect.verifySteps([[[3], { next_step_id: 1 }]]);
});

test("a phone has a list instead", async () => {
    patchWithCleanup(BotPicture.prototype, {
        setup() {
            super.setup();
            this.ui = { isSmall: true };
        },
    });
    await mountPicture();
    expect("svg").toHaveCount(0);
    expect(queryAllTexts(".o_helpcrunch_picture_row")[1]).toInclude("Yes, please");
});
