/** The customers' page: each card is one customer's chat. */
import { act, addMessage, initials, listen, make, pill, sendsWithEnter, soon, verb } from "./common.js";

const MOST = 12; // cards; a load test makes thousands of customers
const WORDS = {
  uk: { write: "Повідомлення…", hint: "Ще немає повідомлень" },
  en: { write: "Message…", hint: "No messages yet" },
};
const people = document.querySelector(".people");
const cards = new Map();
let applications = new Map();

function words(person) {
  return WORDS[person.locale ?? "en"] ?? WORDS.en;
}

/** Write as a customer; who is not one yet is introduced with the first message. */
function say(person, name, values) {
  const more = person.known ? {} : { name: person.name, locale: person.locale };
  if (!person.known && person.email) {
    more.email = person.email;
  }
  if (!person.known && person.phone) {
    more.phone = person.phone;
  }
  if (!person.chat) {
    more.application = person.application;
  }
  return verb(name, { customer: person.customer, ...values, ...more });
}

function newCard(person) {
  const node = document.getElementById("person").content.firstElementChild.cloneNode(true);
  const id = person.customer;
  const card = { node, person, list: node.querySelector(".messages") };
  const form = node.querySelector("form");
  const box = form.querySelector("textarea");
  node.dataset.customer = id;
  box.id = `text-${id}`;
  form.querySelector("label").htmlFor = box.id;
  card.list.setAttribute("aria-label", `Chat of ${person.name}`);
  card.list.addEventListener("grown", () => { card.list.scrollTop = card.list.scrollHeight; });
  sendsWithEnter(form);
  box.addEventListener("input", () => {
    box.style.height = "";
    box.style.height = `${box.scrollHeight + 2}px`;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) {
      return;
    }
    box.value = "";
    box.style.height = "";
    act(async () => {
      try {
        told(await say(card.person, "customer_says", { text }), id);
      } catch (error) {
        box.value = text; // nothing was sent: nothing is lost
        throw error;
      }
    });
  });
  form.querySelector(".attach").addEventListener("click", () =>
    act(async () => told(await say(card.person, "customer_sends_file", {}), id)),
  );
  for (const button of node.querySelectorAll("[data-rating]")) {
    button.addEventListener("click", () =>
      act(() => verb("rate", { chat: card.person.chat.id, rating: button.dataset.rating })),
    );
  }
  card.refresh = soon(async () => draw(await verb("person", { customer: id })));
  cards.set(id, card);
  people.append(node);
  return card;
}

function told(message, customer) {
  addMessage(cards.get(customer).list, message, "customer");
}

function draw(person) {
  if (person.name === undefined) {
    cards.get(person.customer)?.node.remove();
    cards.delete(person.customer);
    return;
  }
  const card = cards.get(person.customer) ?? newCard(person);
  const { node, list } = card;
  const channel = applications.get(person.application);
  const closed = person.chat?.status === "closed";
  const locale = person.locale ?? card.person.locale;
  card.person = { ...person, locale };
  node.dataset.channel = channel.type;
  node.querySelector(".face").textContent = initials(person.name);
  node.querySelector("h2").textContent = person.name;
  node.querySelector(".channel").textContent = channel.displayName;
  node.querySelector(".status").replaceChildren(...(person.chat ? [pill(person.chat.status)] : []));
  node.querySelector("textarea").placeholder = words(card.person).write;
  node.querySelector(".rating").hidden = !(closed && !person.chat.rating && person.chat.agents.length);
  if (!person.known) {
    list.replaceChildren(); // deleted, or not a customer yet
  }
  for (const message of person.messages) {
    addMessage(list, message, "customer");
  }
  if (!list.children.length) {
    list.append(make("p", { class: "hint" }, words(card.person).hint));
  }
}

async function load() {
  const account = await verb("account");
  applications = new Map(account.applications.map((item) => [item.id, item]));
  const select = document.getElementById("add-application");
  if (!select.options.length) {
    select.append(...account.applications.map((item) => make("option", { value: item.id }, item.displayName)));
  }
  people.replaceChildren();
  cards.clear();
  (await verb("people")).forEach(draw);
}

function touch(customer) {
  const card = cards.get(customer);
  if (card) {
    card.refresh();
  } else if (cards.size < MOST && applications.size) {
    soon(async () => draw(await verb("person", { customer })))();
  }
}

document.getElementById("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  act(async () => {
    const application = Number(form.application.value);
    const locale = /[Ѐ-ӿ]/.test(form.name.value) ? "uk" : "en";
    const person = await verb("add_visitor", { name: form.name.value, application, locale });
    form.name.value = "";
    draw(person);
    cards.get(person.customer).node.querySelector("textarea").focus();
  });
});

listen(load, {
  message: ({ customer, message }) => {
    const card = cards.get(customer);
    if (card && message.type === "message") {
      addMessage(card.list, message, "customer");
    }
  },
  chat: ({ customer }) => touch(customer),
  customer: ({ customer }) => touch(customer),
  person: ({ customer }) => touch(customer),
});
