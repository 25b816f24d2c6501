/** What all pages share: calling verbs, drawing texts, listening for changes. */

export async function verb(name, values = {}) {
  const answer = await fetch(`/_test/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  const result = await answer.json();
  if (!answer.ok) {
    throw new Error(result.error);
  }
  return result;
}

/** Make an element; text is always set as text, never as HTML. */
export function make(tag, values = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (name === "class") {
      node.className = value;
    } else if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const PIECES = new RegExp(
  [
    /!\[([^\]]*)\]\((https?:\/\/[^\s)]+)\)/, // image: 1, 2
    /\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/, // link: 3, 4
    /\*\*([^*]+)\*\*/, // bold: 5
    /(?<![\w*])\*([^*\s][^*\n]*)\*(?![\w*])/, // italic: 6
    /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/, // address: 7
  ]
    .map((piece) => piece.source)
    .join("|"),
  "g",
);

function link(address, ...inside) {
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...inside);
}

function picture(address, label) {
  const image = make("img", { src: address, alt: label || "picture" });
  const node = link(address, image);
  image.addEventListener("error", () => image.replaceWith(label || address));
  image.addEventListener("load", () => node.dispatchEvent(new Event("grown", { bubbles: true })));
  return node;
}

/** Return nodes of a text with a little markdown: bold, italic, links, images. */
export function rich(text) {
  const nodes = [];
  let place = 0;
  for (const found of text.matchAll(PIECES)) {
    const [all, label, image, words, address, bold, italic, bare] = found;
    nodes.push(text.slice(place, found.index));
    place = found.index + all.length;
    if (image) {
      nodes.push(picture(image, label));
    } else if (address) {
      nodes.push(link(address, words));
    } else if (bold) {
      nodes.push(make("strong", {}, ...rich(bold)));
    } else if (italic) {
      nodes.push(make("em", {}, ...rich(italic)));
    } else {
      nodes.push(link(bare, bare));
    }
  }
  nodes.push(text.slice(place));
  return nodes.filter((node) => node !== "");
}

export function clock(seconds) {
  const moment = new Date(Number(seconds) * 1000);
  const today = moment.toDateString() === new Date().toDateString();
  const time = { hour: "2-digit", minute: "2-digit", hour12: false };
  return today
    ? moment.toLocaleTimeString("en-GB", time)
    : moment.toLocaleString("en-GB", { day: "numeric", month: "short", ...time });
}

/** Draw one message as it looks to `side`: "customer" or "agent". */
export function bubble(message, side) {
  const mine = message.from === side && message.type !== "tech";
  const kind = message.type === "message" ? "" : ` ${message.type}`;
  const node = make("div", {
    class: `message ${mine ? "out" : "in"}${kind}`,
    "data-message": message.id,
    "data-from": message.from,
  });
  const about = [];
  if (message.type === "private") {
    about.push("Private note");
  }
  if (message.agent) {
    about.push(message.agent.name);
  }
  if (message.broadcastType) {
    about.push(message.broadcastType);
  }
  if (about.length) {
    node.append(make("div", { class: "about" }, about.join(" · ")));
  }
  node.append(make("div", { class: "text" }, ...rich(message.text ?? "")));
  node.append(make("time", {}, clock(message.createdAt)));
  return node;
}

/** Add a message to a list unless it is there; keep the end in sight. */
export function addMessage(list, message, side) {
  if (list.querySelector(`[data-message="${message.id}"]`)) {
    return;
  }
  list.querySelector(".hint")?.remove();
  list.append(bubble(message, side));
  list.scrollTop = list.scrollHeight;
}

export function initials(name) {
  const words = (name || "?").split(/\s+/).slice(0, 2);
  return words.map((word) => [...word][0] ?? "").join("").toUpperCase();
}

export function pill(status) {
  return make("span", { class: `pill ${status.replace(" ", "-")}` }, status);
}

/** Send with Enter, break the line with Shift+Enter. */
export function sendsWithEnter(form) {
  form.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** Run a function soon, once for many calls. */
export function soon(work, wait = 60) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      work();
    }, wait);
  };
}

/**
 * Listen for changes. `load` runs at the start and after each break, so that
 * nothing that happened meanwhile is missed.
 */
export function listen(load, handlers) {
  const stream = new EventSource("/_test/stream");
  stream.addEventListener("open", load);
  stream.addEventListener("reset", load);
  for (const [kind, handler] of Object.entries(handlers)) {
    stream.addEventListener(kind, (event) => handler(JSON.parse(event.data)));
  }
  // An open stream must not keep the page from being left.
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/** Show what went wrong, or nothing. */
export function problem(text = "") {
  document.querySelector(".problem").textContent = text;
}

/** Run an action of a person; show its error. */
export async function act(work) {
  problem();
  try {
    return await work();
  } catch (error) {
    problem(error.message);
    return null;
  }
}
