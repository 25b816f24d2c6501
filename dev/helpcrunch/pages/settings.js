/** Settings: keys, webhook rows, latest deliveries. */
import { act, clock, listen, make, verb } from "./common.js";

const rows = document.getElementById("rows");
const form = document.getElementById("add");

function drawRows(list) {
  rows.replaceChildren(
    ...list.map((row) =>
      make(
        "tr",
        { "data-row": row.id },
        make("td", {}, row.event === "*" ? "all events" : row.event),
        make("td", {}, row.url),
        make("td", {}, row.key ? "its own" : "the account's"),
        make(
          "td",
          {},
          make(
            "button",
            {
              type: "button",
              "aria-label": `Delete webhook ${row.event}`,
              onclick: () => act(() => verb("remove_webhook", { id: row.id })),
            },
            "Delete",
          ),
        ),
      ),
    ),
  );
  if (!list.length) {
    rows.append(make("tr", {}, make("td", { colspan: 4, class: "soft" }, "No webhooks yet.")));
  }
}

function drawTeam(account) {
  const line = (label, items) =>
    make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, items.join(", ")));
  document.getElementById("team").replaceChildren(
    line("Organisation", [account.organization.domain]),
    line("Agents", account.agents.map((agent) => `${agent.name} (${agent.id}, ${agent.role})`)),
    line("Departments", account.departments.map((item) => `${item.name} (${item.id})`)),
    line("Applications", account.applications.map((item) => `${item.displayName} (${item.id})`)),
  );
}

function drawDeliveries(list) {
  const latest = list.slice(-25).reverse();
  document.getElementById("deliveries").replaceChildren(
    ...latest.map((entry) => {
      const fine = entry.status >= 200 && entry.status < 300;
      return make(
        "tr",
        {},
        make("td", {}, clock(entry.time)),
        make("td", {}, entry.event),
        make("td", {}, String(entry.attempt)),
        make("td", {}, make("span", { class: `pill ${fine ? "opened" : "bad"}` }, String(entry.status))),
        make("td", {}, String(entry.seconds)),
      );
    }),
  );
  if (!latest.length) {
    document
      .getElementById("deliveries")
      .append(make("tr", {}, make("td", { colspan: 5, class: "soft" }, "Nothing was sent yet.")));
  }
}

async function load() {
  const account = await verb("account");
  document.getElementById("rest-url").textContent = account.restUrl;
  document.getElementById("api-key").textContent = account.apiKey;
  document.getElementById("signing-key").textContent = account.signingKey;
  drawTeam(account);
  if (!form.events.options.length) {
    const types = await verb("event_types");
    form.events.append(
      make("option", { value: "*" }, "all events (stand-in only)"),
      ...types.map((type) => make("option", { value: type }, type)),
    );
  }
  drawRows(await verb("webhook_rows"));
  drawDeliveries(await verb("latest_deliveries"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    await verb("add_webhook", {
      url: form.url.value,
      events: form.events.value,
      key: form.key.value || null,
    });
  });
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(code);
    await navigator.clipboard?.writeText(code.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1200);
  });
}

setInterval(async () => {
  if (document.visibilityState === "visible") {
    drawDeliveries(await verb("latest_deliveries"));
  }
}, 1500);
listen(load, { settings: async () => drawRows(await verb("webhook_rows")) });
