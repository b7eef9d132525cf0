// "Try it" asks the token endpoint for a token from here and shows the real answer.
// The button names where: data-token-url, data-client-id, data-secret-from (id of the element with the
// secret), data-output (id of the box for the answer). Its words come from the page, translated.
import { announce } from "./announce.js";

const SHOWN_HEADERS = ["cache-control", "www-authenticate", "x-request-id"];

const basic = (id, secret) => `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`;

async function ask({ tokenUrl, clientId, secretFrom }) {
  const secret = document.getElementById(secretFrom).textContent.trim();
  const started = performance.now();
  const answer = await fetch(tokenUrl, {
    method: "POST",
    headers: { Authorization: basic(clientId, secret) },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
    credentials: "omit", // the panel's own cookies have no business there
    cache: "no-store",
  });
  const text = await answer.text();
  return { answer, text, milliseconds: Math.max(1, Math.round(performance.now() - started)) };
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // not JSON: shown as it came
  }
}

function letter({ answer, text }) {
  const named = SHOWN_HEADERS.filter((name) => answer.headers.has(name));
  const lines = named.map((name) => `${name}: ${answer.headers.get(name)}`);
  return [`HTTP ${answer.status} ${answer.statusText}`.trim(), ...lines, "", pretty(text)].join("\n");
}

function show(box, good, status, time, body) {
  const find = (mark) => box.querySelector(`[data-${mark}]`);
  for (const icon of box.querySelectorAll("[data-good], [data-bad]")) {
    icon.toggleAttribute("hidden", icon.hasAttribute("data-good") !== good);
  }
  find("state").className = good ? "state ok" : "state bad";
  find("status").textContent = status;
  find("time").textContent = time;
  find("body").textContent = body;
  box.hidden = false;
  announce(`${status} ${time}`.trim());
}

async function run(button) {
  const box = document.getElementById(button.dataset.output);
  button.setAttribute("aria-disabled", "true");
  button.dataset.busy = "";
  try {
    const result = await ask(button.dataset);
    const time = button.dataset.time.replace("{milliseconds}", result.milliseconds);
    const status = `${result.answer.status} ${result.answer.statusText}`.trim();
    show(box, result.answer.ok, status, time, letter(result));
  } catch (error) {
    show(box, false, button.dataset.failed, "", String(error));
  }
  button.removeAttribute("aria-disabled");
  delete button.dataset.busy;
}

for (const button of document.querySelectorAll("[data-try-it]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    if (!button.hasAttribute("data-busy")) run(button);
  });
}
