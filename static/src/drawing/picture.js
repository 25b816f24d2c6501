/**
 * The picture of a bot: its steps as boxes, where they lead as arrows. Read from the
 * server each time the tab is opened, laid out here by dagre (static/lib).
 */
import {
    Component,
    onMounted,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";

import { loadJS } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { downloadFile } from "@web/core/network/download";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const WIDTH = 230;
const HEIGHT = 82;
const MARGIN = 20;
// For words, beside the icon.
const ROOM = WIDTH - 54;
// Above and below the picture in a file: the bot's name, and what the arrows mean.
const HEAD = 44;
const FOOT = 40;
const KIND_WIDTH = 190;
const FONT = "/web/static/src/libs/fontawesome/fonts/fontawesome-webfont.woff2";
// What browsers can still draw in one piece, in pixels.
const LARGEST = 16000;
const ZOOM = { least: 0.1, most: 2, step: 1.2 };

/** Of each kind of arrow: how it is dashed, so that it is told apart without colour. */
export const KINDS = {
    next: { dash: "", colour: "#495057", name: _t("go to") },
    answer: { dash: "", colour: "#0d6efd", name: _t("answer") },
    alias: { dash: "2 4", colour: "#6f42c1", name: _t("alias") },
    fallback: { dash: "7 4", colour: "#b35c00", name: _t("filter does not fit") },
    failed: { dash: "9 3 2 3", colour: "#c0392b", name: _t("attempts used up") },
    no_operator: { dash: "14 5", colour: "#0b7285", name: _t("no operator") },
};
/** An icon (Font Awesome) and a colour for each type; others' types have the last. */
const TYPES = {
    text: ["\uf27b", "#5c7cfa"],
    free_input: ["\uf11c", "#20a39e"],
    update_contact: ["\uf2bc", "#f08c00"],
    forward_operator: ["\uf025", "#0b7285"],
    create_lead: ["\uf005", "#c2255c"],
    schedule: ["\uf073", "#7048e8"],
    choice: ["\uf0cb", "#2f9e44"],
    rating: ["\uf087", "#d6336c"],
    login: ["\uf084", "#495057"],
};
const OTHER_TYPE = ["\uf111", "#868e96"];
const MARKS = { error: "#c0392b", warning: "#b35c00", info: "#1c7ed6" };

function cut(text, length) {
    return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

const canvas = document.createElement("canvas").getContext("2d");

/** Return as much of a text as there is room for in a box. */
function cutToRoom(text, font) {
    canvas.font = `${font} sans-serif`;
    const widest = (length) => canvas.measureText(cut(text, length)).width;
    let length = text.length;
    while (length > 1 && widest(length) > ROOM) {
        length = Math.min(length - 1, Math.ceil((length * ROOM) / widest(length)));
    }
    return cut(text, length);
}

/** Tell how many came to a step in the last days, and how many left the bot there. */
function tellFigures({ figures }) {
    return figures ? _t("%(entered)s came, %(left_here)s left", figures) : "";
}

/** Return what stands at an arrow: its words, and how many went there. */
function tellArrow({ label, times }) {
    return [cut(label || "", 24), times].filter(Boolean).join(" · ");
}

function read(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(blob);
    });
}

/** Return an element of an SVG picture. */
function makeElement(tag, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.textContent = text;
    return element;
}

/** Return the boxes with their places and the arrows with their points. */
export function layOut(dagre, { steps, edges }) {
    const graph = new dagre.graphlib.Graph({ multigraph: true });
    graph.setGraph({
        rankdir: "TB",
        nodesep: 40,
        ranksep: 60,
        marginx: MARGIN,
        marginy: MARGIN,
        // Half the time for a little longer arrows.
        ranker: steps.length > 200 ? "tight-tree" : "network-simplex",
    });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const step of steps) {
        graph.setNode(String(step.id), { width: WIDTH, height: HEIGHT });
    }
    edges.forEach((edge, number) => {
        const label = tellArrow(edge);
        graph.setEdge(
            String(edge.from),
            String(edge.to),
            { width: label.length * 6, height: label ? 14 : 0, labelpos: "c" },
            String(number)
        );
    });
    dagre.layout(graph);
    const { width = 0, height = 0 } = graph.graph();
    return {
        width: Math.max(width, WIDTH),
        height: Math.max(height, HEIGHT),
        boxes: steps.map((step) => {
            const { x, y } = graph.node(String(step.id));
            const [icon, colour] = TYPES[step.type] || OTHER_TYPE;
            return {
                ...step,
                x: x - WIDTH / 2,
                y: y - HEIGHT / 2,
                icon,
                colour,
                title: cutToRoom(step.name, "bold 12px"),
                line: cutToRoom(step.text || step.type_name, "11px"),
                mark: MARKS[step.level],
                phrases: cutToRoom(step.aliases.join(", "), "10px"),
                told: cutToRoom(tellFigures(step), "11px"),
            };
        }),
        arrows: edges.map((edge, number) => {
            const { points, x, y } = graph.edge(String(edge.from), String(edge.to), String(number));
            return {
                key: number,
                path: points.map((p, i) => `${i ? "L" : "M"}${p.x},${p.y}`).join(" "),
                label: tellArrow(edge),
                x,
                y,
                ...(KINDS[edge.kind] || KINDS.next),
                kind: edge.kind,
            };
        }),
    };
}

export class BotPicture extends Component {
    static template = "helpcrunch_chatbot.BotPicture";
    static props = standardWidgetProps;

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.ui = useService("ui");
        this.root = useRef("root");
        this.drawing = useRef("drawing");
        this.kinds = KINDS;
        this.size = { width: WIDTH, height: HEIGHT };
        this.titles = {
            add: _t("Add a step after this one"),
            link: _t("Drag to the step to go to"),
        };
        this.state = useState({
            isReady: false,
            hasFigures: false,
            width: 0,
            height: 0,
            boxes: [],
            arrows: [],
            list: [],
            x: 0,
            y: 0,
            zoom: 1,
            search: "",
            link: false,
        });
        onMounted(() => this.load());
        // Only now is it known how much room there is.
        useEffect(
            () => this.fit(),
            () => [this.state.isReady]
        );
        // There is more room, or less.
        useExternalListener(document, "fullscreenchange", () =>
            browser.requestAnimationFrame(() => this.fit())
        );
        onWillUnmount(() => (this.isGone = true));
    }

    async load() {
        const { resId } = this.props.record;
        if (!resId) {
            this.state.isReady = true;
            return;
        }
        const [graph] = await Promise.all([
            this.orm.call("helpcrunch.bot", "get_picture", [[resId]]),
            loadJS("/helpcrunch_chatbot/static/lib/dagre/dagre.min.js"),
        ]);
        if (this.isGone) {
            return;
        }
        Object.assign(this.state, layOut(window.dagre, graph), {
            list: this.list(graph),
            hasFigures: graph.steps.some((step) => step.figures),
            isReady: true,
        });
    }

    /** What a phone shows: each step with where it leads. */
    list({ steps, edges }) {
        const names = Object.fromEntries(steps.map((step) => [step.id, step.name]));
        return steps.map((step) => ({
            ...step,
            told: tellFigures(step),
            ways: edges
                .filter((edge) => edge.from === step.id)
                .map((edge) => ({
                    kind: (KINDS[edge.kind] || KINDS.next).name,
                    label: edge.label,
                    times: edge.times,
                    id: edge.to,
                    name: names[edge.to],
                })),
        }));
    }

    get found() {
        const wanted = this.state.search.trim().toLowerCase();
        return wanted
            ? this.state.boxes.filter((box) =>
                  [box.name, box.text, ...box.aliases].some((text) =>
                      text.toLowerCase().includes(wanted)
                  )
              )
            : [];
    }

    isFound(box) {
        return this.state.search.trim() && this.found.includes(box);
    }

    // === MOVING ===

    fit() {
        const { clientWidth, clientHeight } = this.drawing.el || {};
        if (clientWidth) {
            const { width, height } = this.state;
            const zoom = Math.min(clientWidth / width, clientHeight / height, 1);
            // Whatever is too large to be read whole begins at its top.
            this.state.zoom = Math.max(zoom, 0.45);
            this.state.x = Math.max((clientWidth - width * this.state.zoom) / 2, 0);
            this.state.y = 0;
            const start = this.state.boxes.find((box) => box.is_start);
            if (zoom < 0.45 && start) {
                this.center(start, 0.7, 0.15);
            }
        }
    }

    center(box, zoom = this.state.zoom, height = 0.5) {
        const { clientWidth, clientHeight } = this.drawing.el;
        this.state.zoom = zoom;
        this.state.x = clientWidth / 2 - (box.x + WIDTH / 2) * zoom;
        this.state.y = clientHeight * height - (box.y + HEIGHT / 2) * zoom;
    }

    zoomBy(factor, x, y) {
        const el = this.drawing.el;
        const [atX, atY] = [x ?? el.clientWidth / 2, y ?? el.clientHeight / 2];
        const zoom = Math.min(Math.max(this.state.zoom * factor, ZOOM.least), ZOOM.most);
        const real = zoom / this.state.zoom;
        this.state.x = atX - (atX - this.state.x) * real;
        this.state.y = atY - (atY - this.state.y) * real;
        this.state.zoom = zoom;
    }

    onWheel(ev) {
        const { left, top } = this.drawing.el.getBoundingClientRect();
        const factor = ev.deltaY < 0 ? ZOOM.step : 1 / ZOOM.step;
        this.zoomBy(factor, ev.clientX - left, ev.clientY - top);
    }

    onPointerDown(ev) {
        this.grip = { x: ev.clientX - this.state.x, y: ev.clientY - this.state.y };
        this.hasMoved = false;
    }

    onPointerMove(ev) {
        if (this.state.link) {
            Object.assign(this.state.link, this.place(ev));
        } else if (this.grip && ev.buttons) {
            const [x, y] = [ev.clientX - this.grip.x, ev.clientY - this.grip.y];
            this.hasMoved ||= Math.abs(x - this.state.x) + Math.abs(y - this.state.y) > 3;
            Object.assign(this.state, { x, y });
        }
    }

    async onPointerUp(ev) {
        this.grip = undefined;
        const { link } = this.state;
        this.state.link = false;
        const to = parseInt(ev.target.closest?.(".o_helpcrunch_picture_box")?.dataset.id);
        if (link && to && to !== link.from) {
            this.hasMoved = true;
            await this.orm.write("helpcrunch.step", [link.from], { next_step_id: to });
            await this.load();
        }
    }

    // === DRAWING ===

    /** Where a pointer is in the picture, whatever part of it is seen. */
    place(ev) {
        const { left, top } = this.drawing.el.getBoundingClientRect();
        const { x, y, zoom } = this.state;
        return { x: (ev.clientX - left - x) / zoom, y: (ev.clientY - top - y) / zoom };
    }

    /** Drag from a box to another one: the step goes there. */
    onLink(ev, box) {
        ev.stopPropagation();
        this.state.link = { from: box.id, startX: box.x + WIDTH / 2, startY: box.y + HEIGHT };
        Object.assign(this.state.link, this.place(ev));
    }

    /** Add a step after a box, linked. */
    async onAdd(box) {
        const action = await this.orm.call("helpcrunch.step", "action_add_after", [[box.id]]);
        await this.action.doAction(action, { onClose: () => this.load() });
    }

    onKeydown(ev) {
        const moves = {
            ArrowLeft: [60, 0],
            ArrowRight: [-60, 0],
            ArrowUp: [0, 60],
            ArrowDown: [0, -60],
        };
        if (moves[ev.key]) {
            this.state.x += moves[ev.key][0];
            this.state.y += moves[ev.key][1];
        } else if (ev.key === "+" || ev.key === "=") {
            this.zoomBy(ZOOM.step);
        } else if (ev.key === "-") {
            this.zoomBy(1 / ZOOM.step);
        } else if (ev.key === "0") {
            this.fit();
        } else {
            return;
        }
        ev.preventDefault();
    }

    onSearch(ev) {
        this.state.search = ev.target.value;
        if (this.found.length) {
            this.center(this.found[0], Math.max(this.state.zoom, 0.7));
        }
    }

    onFullScreen() {
        if (document.fullscreenElement) {
            document.exitFullscreen();
        } else {
            this.root.el.requestFullscreen();
        }
    }

    // === LEADING ON ===

    open(box) {
        if (!this.hasMoved) {
            this.action.doAction({
                type: "ir.actions.act_window",
                res_model: "helpcrunch.step",
                res_id: box.id,
                views: [[false, "form"]],
            });
        }
    }

    onBoxKeydown(ev, box) {
        if (ev.key === "Enter") {
            this.hasMoved = false;
            this.open(box);
        }
    }

    /** How large the picture is in a file, with its name and its legend. */
    get sheet() {
        const width = Math.max(this.state.width, 2 * KIND_WIDTH);
        const columns = Math.floor((width - MARGIN) / KIND_WIDTH);
        const rows = Math.ceil(Object.keys(KINDS).length / columns);
        return { width, height: this.state.height + HEAD + rows * FOOT, columns };
    }

    /** Return the whole picture as SVG, whatever part of it is seen now. */
    async draw() {
        const svg = this.drawing.el.querySelector("svg").cloneNode(true);
        const { width, height } = this.sheet;
        svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        svg.setAttribute("width", width);
        svg.setAttribute("height", height);
        svg.querySelector("g").setAttribute("transform", `translate(0,${HEAD})`);
        svg.append(...this.drawLegend());
        for (const tool of svg.querySelectorAll(
            ".o_helpcrunch_picture_add, .o_helpcrunch_picture_handle"
        )) {
            tool.remove();
        }
        // Elsewhere nobody has the icons' font, nor this page's style.
        const font = await read(await (await fetch(FONT)).blob());
        const style =
            `@font-face { font-family: FontAwesome; src: url(${font}); }` +
            "svg { font-family: sans-serif; font-size: 13px; }" +
            ".o_helpcrunch_picture_label { paint-order: stroke; stroke: #fff; stroke-width: 4px; }";
        svg.prepend(makeElement("style", {}, style));
        return new XMLSerializer().serializeToString(svg);
    }

    /** Return the bot's name and the meaning of the arrows, for a file. */
    drawLegend() {
        const title = makeElement("text", { x: MARGIN, y: 28, "font-size": 18 }, this.fileName);
        const { columns } = this.sheet;
        const kinds = Object.values(KINDS).flatMap(({ colour, dash, name }, number) => {
            const x = MARGIN + (number % columns) * KIND_WIDTH;
            const y = HEAD + this.state.height + (Math.floor(number / columns) + 0.5) * FOOT;
            return [
                makeElement("line", {
                    x1: x,
                    x2: x + 36,
                    y1: y - 4,
                    y2: y - 4,
                    stroke: colour,
                    "stroke-width": 2,
                    "stroke-dasharray": dash,
                }),
                makeElement("text", { x: x + 44, y }, name),
            ];
        });
        return [title, ...kinds];
    }

    get fileName() {
        const { data } = this.props.record;
        return data.display_name || data.name;
    }

    async onExportSvg() {
        downloadFile(await this.draw(), `${this.fileName}.svg`, "image/svg+xml");
    }

    async onExportPng() {
        const { width, height } = this.sheet;
        const zoom = Math.min(2, LARGEST / Math.max(width, height));
        const image = new Image(width * zoom, height * zoom);
        image.src = await read(new Blob([await this.draw()], { type: "image/svg+xml" }));
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [width * zoom, height * zoom];
        const context = canvas.getContext("2d");
        context.fillStyle = "#ffffff";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
        downloadFile(blob, `${this.fileName}.png`, "image/png");
    }
}

registry.category("view_widgets").add("helpcrunch_picture", { component: BotPicture });
