/** The panel of switches. */
import { act, listen, make, verb } from "./common.js";

const table = document.getElementById("switches");

function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name}: a number, null, or a list such as [1, 5, 25] is expected`);
  }
}

function control(name, item) {
  const id = `switch-${name}`;
  const change = (value) => act(() => verb("set", { [name]: value }));
  if (typeof item.default === "boolean") {
    return make("input", {
      id,
      type: "checkbox",
      checked: item.value,
      onchange: (event) => change(event.target.checked),
    });
  }
  if (item.choices.length) {
    const options = item.choices.map((word) =>
      make("option", { value: word, selected: word === item.value }, word),
    );
    return make("select", { id, onchange: (event) => change(event.target.value) }, ...options);
  }
  return make("input", {
    id,
    type: "text",
    value: JSON.stringify(item.value),
    onchange: (event) => act(() => verb("set", { [name]: parsed(name, event.target.value) })),
  });
}

async function load() {
  const panel = await verb("panel");
  table.replaceChildren(
    ...Object.entries(panel).map(([name, item]) => {
      const changed = JSON.stringify(item.value) !== JSON.stringify(item.default);
      return make(
        "tr",
        { class: changed ? "changed" : "" },
        make("td", {}, make("label", { for: `switch-${name}` }, make("code", {}, name))),
        make("td", {}, control(name, item)),
        make("td", { class: "small" }, item.help),
      );
    }),
  );
}

document.getElementById("reset").addEventListener("click", () => {
  if (confirm("Forget all customers, chats, webhooks and logs?")) {
    act(() => verb("reset"));
  }
});
listen(load, { settings: load });
