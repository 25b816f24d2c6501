/** The team's inbox. */
import { act, addMessage, clock, initials, listen, make, pill, sendsWithEnter, soon, verb } from "./common.js";

const STATUSES = ["new", "opened", "pending", "onhold", "no communication", "closed"];
const rows = document.querySelector(".rows");
const talk = document.querySelector(".talk");
const messages = talk.querySelector(".messages");
const form = talk.querySelector("form");
const me = document.getElementById("me");
const status = document.getElementById("status");
const assignee = document.getElementById("assignee");
let account = null;
let chats = new Map();
let tab = "open";
let open = null; // id of the chat on the screen
let shown = null; // that chat as it was last loaded

const channelOf = (id) => account.applications.find((item) => item.id === id);
const myId = () => Number(me.value);

// === THE LIST === //

function fits(chat) {
  if (tab === "mine") {
    return chat.assignee?.id === myId() && chat.status !== "closed";
  }
  return tab === "all" || (chat.status === "closed") === (tab === "closed");
}

function row(chat) {
  const name = chat.customer.name || `#${chat.customer.id}`;
  const button = make(
    "button",
    {
      type: "button",
      class: "row",
      "data-chat": chat.id,
      "data-channel": channelOf(chat.application).type,
      "aria-current": String(chat.id === open),
      onclick: () => act(() => show(chat.id)),
    },
    make("span", { class: "face", "aria-hidden": "true" }, initials(name)),
    make("span", { class: "name" }, name),
    make("span", { class: "soft small" }, clock(chat.lastMessageAt)),
    make("span", { class: "last" }, chat.lastMessageText ?? "No messages yet"),
    make("span", { class: "badge", title: "unread" }, chat.unread ? String(chat.unread) : ""),
    make(
      "span",
      { class: "foot" },
      pill(chat.status),
      make("span", { class: "soft" }, channelOf(chat.application).displayName),
      make("span", { class: "assignee" }, chat.assignee ? `→ ${chat.assignee.name}` : "→ nobody"),
    ),
  );
  return make("li", {}, button);
}

function drawRows() {
  const sorted = [...chats.values()].filter(fits).sort((a, b) => b.lastMessageAt - a.lastMessageAt);
  rows.replaceChildren(...sorted.slice(0, 200).map(row));
  if (!sorted.length) {
    rows.append(make("li", { class: "hint" }, "No chats here."));
  }
}

const drawRowsSoon = soon(drawRows);

async function loadChats() {
  chats = new Map((await verb("inbox")).map((chat) => [chat.id, chat]));
  drawRows();
}

const loadChatsSoon = soon(loadChats, 250);

// === ONE CHAT === //

async function show(chat) {
  if (chat !== open) {
    open = chat;
    messages.replaceChildren();
  }
  const { chat: loaded, customer, messages: lines } = await verb("conversation", { chat });
  if (chat !== open) {
    return; // another one was opened in the meantime
  }
  shown = loaded;
  talk.querySelector(".head").hidden = false;
  form.hidden = false;
  const name = customer.name || `#${customer.id}`;
  talk.querySelector("h2").textContent = `${name} · chat ${chat}`;
  status.value = loaded.status;
  assignee.value = loaded.assignee?.id ?? "";
  document.getElementById("close").textContent = loaded.status === "closed" ? "Reopen" : "Close";
  for (const line of lines) {
    addMessage(messages, line, "agent");
  }
  drawCustomer(customer, loaded);
  drawRowsSoon();
  if (!loaded.readByAgent && document.visibilityState === "visible") {
    await verb("read", { chat });
  }
}

const showAgain = soon(() => open && act(() => show(open)));

function drawCustomer(customer, chat) {
  const facts = [
    ["Email", customer.email],
    ["Phone", customer.phone],
    ["Channel", channelOf(chat.applicationId).displayName],
    ["Language", customer.locale],
    ["User id", customer.userId],
    ["Company", customer.company],
    ["Notes", customer.notes],
    ["Department", chat.department?.name],
    ["Rating", chat.rating],
    ["HelpCrunch id", customer.id],
    ...Object.entries(customer.customData),
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const list = make("dl", { id: "facts" });
  for (const [label, value] of facts) {
    list.append(make("dt", {}, label), make("dd", {}, String(value)));
  }
  const tags = customer.tags.map((tag) => {
    const node = make("span", { class: "tag" }, tag.name);
    node.style.color = `color-mix(in srgb, ${tag.color} 65%, black)`;
    return node;
  });
  const verbName = customer.blocked ? "unblock" : "block";
  document.querySelector(".customer").replaceChildren(
    make("h2", {}, customer.name || `#${customer.id}`),
    ...(customer.blocked ? [make("span", { class: "pill bad" }, "blocked")] : []),
    list,
    make("div", { id: "tags" }, ...tags),
    make(
      "button",
      { type: "button", onclick: () => act(() => verb(verbName, { customer: customer.id })) },
      customer.blocked ? "Unblock" : "Block",
    ),
  );
}

// === ACTIONS === //

document.querySelector(".tabs").addEventListener("click", (event) => {
  if (event.target.dataset.tab) {
    tab = event.target.dataset.tab;
    for (const button of event.currentTarget.children) {
      button.setAttribute("aria-pressed", String(button === event.target));
    }
    drawRows();
  }
});
me.addEventListener("change", () => {
  localStorage.setItem("helpcrunch-me", me.value);
  drawRows();
});
status.addEventListener("change", () => act(() => verb("set_status", { chat: open, status: status.value })));
assignee.addEventListener("change", () =>
  act(() => verb("assign", { chat: open, agent: Number(assignee.value) || null })),
);
document.getElementById("assign-me").addEventListener("click", () =>
  act(() => verb("assign", { chat: open, agent: myId() })),
);
document.getElementById("close").addEventListener("click", () =>
  act(() =>
    shown.status === "closed"
      ? verb("set_status", { chat: open, status: "opened" })
      : verb("close", { chat: open }),
  ),
);
sendsWithEnter(form);
form.addEventListener("change", () => form.classList.toggle("noting", form.mode.value === "note"));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const box = form.querySelector("textarea");
  const text = box.value.trim();
  if (text) {
    box.value = "";
    const name = form.mode.value === "note" ? "note" : "agent_says";
    act(() => verb(name, { agent: myId(), chat: open, text }));
  }
});
messages.addEventListener("grown", () => { messages.scrollTop = messages.scrollHeight; });

// === START === //

async function load() {
  account = await verb("account");
  if (!me.options.length) {
    const options = () => account.agents.map((agent) => make("option", { value: agent.id }, agent.name));
    me.append(...options());
    me.value = localStorage.getItem("helpcrunch-me") ?? account.humans[0];
    assignee.append(make("option", { value: "" }, "nobody"), ...options());
    status.append(...STATUSES.map((word) => make("option", { value: word }, word)));
  }
  await loadChats();
  if (open && chats.has(open)) {
    await show(open);
  } else if (open) {
    location.reload();
  }
}

listen(load, {
  message: ({ chat, message }) => {
    if (chat === open) {
      addMessage(messages, message, "agent");
      showAgain();
    }
  },
  chat: ({ chat }) => {
    loadChatsSoon();
    if (chat === open) {
      showAgain();
    }
  },
  customer: showAgain,
});
