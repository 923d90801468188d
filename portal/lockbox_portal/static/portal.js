// What the pages do: shows times in the reader's zone, keeps pages fresh, and has the reader's passkey sign what the page shows.
const body = document.body;
const base = body.dataset.base;
const words = JSON.parse(body.dataset.words);
const encoder = new TextEncoder();

// ---- bytes ----

const toBase64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const toHex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// ---- times ----

const lang = document.documentElement.lang;
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const two = (number) => String(number).padStart(2, "0");
const dayOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

// The day is "today" by the reader's calendar, and UTC's date is named where it is another.
function timeInWords(at) {
  const days = Math.round((Date.parse(dayOf(at)) - Date.parse(dayOf(new Date()))) / 86400000);
  const isNear = Math.abs(days) <= 1;
  const day = isNear ? new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(days, "day")
    : new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(at);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const [date, utc] = at.toISOString().slice(0, 16).split("T");
  return `${filled(isNear ? words.near : words.far, { day, time })} (${date === dayOf(at) ? "" : `${date} `}${utc} UTC)`;
}

function lengthInWords(milliseconds) {
  const minutes = Math.max(1, Math.round(milliseconds / 60000));
  const parts = [["day", Math.floor(minutes / 1440)], ["hour", Math.floor(minutes / 60) % 24], ["minute", minutes % 60]];
  return parts.filter(([, count]) => count).slice(0, 2).map(
    ([unit, count]) => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count)).join(" ");
}

const untilInWords = (text, from, until) => filled(text, { length: lengthInWords(until - from), moment: timeInWords(until) });

// Moments; how long access is still open; and until when it would be, were it approved now.
function showTimes(root) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const text = at > now && time.dataset.length;
    time.textContent = text ? untilInWords(words[text], now, at) : timeInWords(at);
  }
  for (const asked of root.querySelectorAll("[data-asked]")) {
    const from = Math.max(now, Date.parse(asked.dataset.from) || 0);
    asked.textContent = untilInWords(from > now ? words.until : words.ifNow, from, new Date(from + seconds(asked.dataset.asked) * 1000));
  }
}

// ---- what is consented to: docs/signatures.md, over the texts that the page shows ----

function shown(name) {
  const element = document.querySelector(`#consent [data-field="${name}"], h1 [data-field="${name}"]`);
  return element ? element.dateTime ?? element.textContent : null;
}

function shownItems() {
  return [...document.querySelectorAll("#items [data-item]")].map((item) => (part) => item.querySelector(`[data-part="${part}"]`)?.textContent ?? null);
}

// RFC 8785: JSON.stringify writes texts and numbers so, and sort orders by UTF-16.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

// The JSON of one side of a change, as its lines show it; undefined where there is none.
function shownSide(change, name) {
  const lines = [...change.querySelectorAll(`[data-side="${name}"] > .line`)].map((line) => line.textContent).join("");
  if (name !== "path") return lines ? JSON.parse(lines) : undefined;
  return lines === "the whole object" ? "" : JSON.parse(`"${lines}"`);
}

function shownChanges(at) {
  return [...document.querySelectorAll("#items [data-item]")[at].querySelectorAll("[data-change]")].map((change) => {
    const it = { path: shownSide(change, "path"), before: shownSide(change, "before"), after: shownSide(change, "after") };
    return Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined));
  });
}

async function digestOfChanges(at) {
  let changes;
  try {
    changes = shownChanges(at);
  } catch {
    throw new Told(words.another); // the lines are no JSON: not as Lockbox shows changes
  }
  return changes.length ? toHex(await sha256(encoder.encode(canonical(changes)))) : null;
}

async function digestOfWhatIsShown(request) {
  const items = shownItems();
  const texts = ["request_id", "tenant_id", "subscription_id", "ticket_id", "engineer.id", "engineer.email", "engineer.organization", "resource_id"].map(shown);
  texts.push(String(items.length));
  for (const item of items) texts.push(...["number", "action", "namespace", "kind", "name"].map(item));
  texts.push(...["justification", "reason_code", "duration", "starts_at", "decide_by"].map(shown));
  if ((request.digest_version ?? 1) >= 2) {
    for (const [at, item] of items.entries()) {
      texts.push(item("container"), item("uid"), item("api_version"), item("digest"), item("previous_digest"), await digestOfChanges(at));
    }
    texts.push(shown("approvals_needed"), String(request.signed_decisions ?? false));
  }
  const parts = texts.map((text) => {
    const bytes = text === null ? new Uint8Array() : encoder.encode(text);
    const part = new Uint8Array(4 + bytes.length);
    new DataView(part.buffer).setUint32(0, text === null ? 0xffffffff : bytes.length);
    part.set(bytes, 4);
    return part;
  });
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return toHex(await sha256(whole));
}

// ---- passkeys ----

async function signed(members, credentialId) {
  const payload = encoder.encode(JSON.stringify(members));
  const credential = await navigator.credentials.get({ publicKey: {
    challenge: await sha256(payload), rpId: body.dataset.rpId, userVerification: "required", timeout: 120000,
    allowCredentials: credentialId ? [{ type: "public-key", id: fromBase64url(credentialId) }] : [],
  } });
  const { clientDataJSON, authenticatorData, signature } = credential.response;
  return { payload: toBase64url(payload), client_data_json: toBase64url(clientDataJSON),
    authenticator_data: toBase64url(authenticatorData), signature: toBase64url(signature) };
}

const now = () => Math.floor(Date.now() / 1000);
const isPasskey = (key) => key?.jwk.kty === "EC";

// ---- sending ----

class Told extends Error {}

async function send(path, content) {
  let answer;
  try {
    answer = await fetch(base + path, { method: "POST", body: JSON.stringify({ event_id: crypto.randomUUID(), ...content }),
      headers: { "content-type": "application/json", "x-csrf": body.dataset.csrf, accept: "application/json" } });
  } catch {
    throw new Told(words.silent);
  }
  const said = await answer.json();
  if (!answer.ok) throw new Told(`${said.title}. ${said.words}`);
  return said;
}

let underWay = 0; // what was begun and has not ended: a device may take a minute

// Does it once at a time; what goes wrong is told in the place given.
function whenPressed(button, trouble, act) {
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    button.disabled = true;
    underWay++;
    try {
      await act();
    } catch (error) {
      trouble.textContent = error instanceof Told ? error.message : `${words.unsigned} (${error.message})`;
      trouble.hidden = false;
      trouble.focus?.();
    }
    underWay--;
    button.disabled = false;
  });
}

// ---- a request's page ----

function setUpDecision(section) {
  const request = JSON.parse(document.querySelector("#consent").dataset.request);
  const key = JSON.parse(section.dataset.key);
  const trouble = section.querySelector("#trouble");
  const approve = section.querySelector('[data-decision="approve"]');
  if (approve) setUpItems(section, approve);
  section.querySelector("#shorter")?.addEventListener("change", (event) => {
    document.querySelector("#consent [data-asked]").dataset.asked = event.target.value || shown("duration");
    showTimes(document);
  });
  for (const button of section.querySelectorAll("[data-decision]")) {
    whenPressed(button, trouble, async () => {
      const decision = button.dataset.decision;
      const content = { version: Number(section.dataset.version), decision, comment: section.querySelector("#comment").value.trim() };
      if (decision === "approve") {
        content.actions = [...document.querySelectorAll("#items input:checked")].map((box) => Number(box.value));
        const shorter = section.querySelector("#shorter").value;
        if (shorter) content.duration = shorter;
      }
      if (isPasskey(key)) {
        const digest = await digestOfWhatIsShown(request);
        if (digest !== request.digest) throw new Told(words.another);
        const { actions, duration } = content;
        content.assertion = await signed({ request_id: shown("request_id"), digest, decision, ...(actions && { actions }),
          ...(duration && { duration }), iat: now(), by: section.dataset.me }, key.credential_id);
      }
      const { sent } = await send(`/requests/${request.request_id}/decisions`, content);
      location.assign(`${base}/requests/${request.request_id}?sent=${sent}`);
    });
  }
}

// Nothing is ticked beforehand, and nothing can be approved before every item was in view, and every line of its changes.
function setUpItems(section, approve) {
  const items = [...document.querySelectorAll("#items [data-item]")].filter((item) => !item.classList.contains("dropped"));
  const boxes = items.map((item) => item.querySelector("input"));
  const all = section.querySelector("#tick-all");
  const unseen = new Map(items.map((item) => [item, new Set(item.querySelectorAll("label, .line"))]));
  const refresh = () => {
    all.disabled = unseen.size > 0;
    approve.disabled = unseen.size > 0 || !boxes.some((box) => box.checked);
  };
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      const item = entry.target.closest("[data-item]");
      unseen.get(item)?.delete(entry.target);
      observer.unobserve(entry.target);
      if (unseen.get(item)?.size > 0) continue;
      unseen.delete(item);
      item.dataset.seen = "";
    }
    refresh();
  }, { threshold: 0.99 });
  for (const item of items) {
    item.querySelector(".choice").hidden = false;
    item.addEventListener("change", refresh);
    for (const piece of unseen.get(item)) observer.observe(piece);
  }
  all.addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    refresh();
  });
}

// ---- changes of tenants ----

// Publishes a change, signed where decisions are signed and there is a passkey; waits for the answer.
async function publishChange(tenant, kind, data) {
  const key = JSON.parse(tenant.dataset.key);
  if (tenant.dataset.signs && isPasskey(key)) {
    data.signature = await signed({ ...data, type: `lockbox.tenant.${kind}.v1`, iat: now() }, key.credential_id);
  }
  const { sent } = await send("/changes", { kind, data });
  for (let tries = 0; tries < 60; tries++) {
    const answer = await (await fetch(`${base}/sent/${sent}`)).json();
    if (answer.says === "changed") return;
    if (answer.says) throw new Told(`${words.refused} ${answer.reason ?? answer.says}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Told(words.late);
}

const me = () => JSON.parse(body.dataset.person);

function setUpKey(section) {
  const trouble = section.querySelector(".trouble");
  const tenantId = section.dataset.tenant;
  const key = JSON.parse(section.dataset.key);
  const newKey = async () => {
    const options = await send("/keys/registration", {});
    options.challenge = fromBase64url(options.challenge);
    options.user.id = fromBase64url(options.user.id);
    const made = await navigator.credentials.create({ publicKey: options });
    const credential = { id: made.id, rawId: made.id, type: made.type, response: {
      clientDataJSON: toBase64url(made.response.clientDataJSON), attestationObject: toBase64url(made.response.attestationObject) } };
    const { public_key } = await send("/keys/registration", { credential });
    const proof = await signed({ tenant_id: tenantId, principal_id: me().id, iat: now() }, made.id);
    return { tenant_id: tenantId, public_key, proof };
  };
  const acts = {
    // Where decisions are signed, a key is signed by the one before, or by an administrator.
    async register() {
      if (section.dataset.signs && !isPasskey(key)) return acts.recover();
      const content = await newKey();
      await publishChange(section, "approver_key_set", { ...content, principal_id: me().id, by: me() });
    },
    async recover() {
      await send("/keys/pending", await newKey());
    },
    async remove() {
      await publishChange(section, "approver_key_set", { tenant_id: tenantId, principal_id: me().id, public_key: null, by: me() });
    },
  };
  for (const button of section.querySelectorAll("[data-act]")) {
    whenPressed(button, trouble, async () => {
      await acts[button.dataset.act]();
      location.reload();
    });
  }
}

function webhooksOf(card) {
  return lines(card.querySelector('[name="webhooks"]').value).map((line) => {
    const [format, url, ...rest] = line.split(/\s+/);
    if (!url || rest.length) throw new Told(words.webhook);
    return { format, url };
  });
}

// Whether an address or a webhook is left out. Webhooks that were set elsewhere are not known here: they may be.
function leavesOut(card) {
  const inside = (name) => lines(card.querySelector(`[name="${name}"]`).value).map((it) => it.toLowerCase());
  const urls = lines(card.querySelector('[name="webhooks"]').value).map((line) => line.split(/\s+/)[1]);
  const webhooks = JSON.parse(card.dataset.webhooks);
  return !JSON.parse(card.dataset.alternates).every((it) => inside("alternates").includes(it.toLowerCase()))
    || webhooks === null || !webhooks.every((it) => urls.includes(it.url));
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function policyOf(card) {
  const input = (name) => card.querySelector(`[name="${name}"]`);
  const before = JSON.parse(card.dataset.policy);
  const policy = { ...before, approvals_needed: Number(input("approvals_needed").value), signed_decisions: input("signed_decisions").checked,
    exact_changes: input("exact_changes").checked, emergency: input("never").checked ? "never" : "allowed" };
  delete policy.max_duration;
  if (input("max_duration").value) policy.max_duration = input("max_duration").value;
  policy.forbid = lines(input("forbid").value).map(forbiddenOf);
  return policy;
}

// A kind; or members with their names, such as action=delete_object namespace=shop; or * for everything. As text.py writes it.
function forbiddenOf(line) {
  if (line === "*") return {};
  if (!/[\s=]/.test(line)) return { kind: line };
  const members = line.split(/\s+/).map((word) => /^(action|namespace|kind)=(.+)$/.exec(word));
  const entry = Object.fromEntries(members.map((member) => member?.slice(1) ?? []));
  if (members.includes(null) || Object.keys(entry).length !== members.length) throw new Told(words.forbidden);
  return entry;
}

const isSame = (one, other) => ["action", "namespace", "kind"].every((name) => one[name] === other[name]);

const seconds = (duration) => {
  const [, days, hours, minutes, rest] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration) ?? [];
  return duration ? Number(days ?? 0) * 86400 + Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0) : Infinity;
};

// What Lockbox itself will call weaker: fewer approvals, longer access, signatures or content off, emergencies again, less forbidden.
function isWeaker(before, after) {
  return after.approvals_needed < (before.approvals_needed ?? 1) || seconds(after.max_duration) > seconds(before.max_duration)
    || (before.signed_decisions && !after.signed_decisions) || (before.exact_changes && !after.exact_changes)
    || (before.emergency === "never" && after.emergency !== "never")
    || (before.forbid ?? []).some((entry) => !after.forbid.some((other) => isSame(entry, other)));
}

// A line that is not whole yet may come to be anything.
function isWeakened(card) {
  try {
    return isWeaker(JSON.parse(card.dataset.policy), policyOf(card));
  } catch (error) {
    if (error instanceof Told) return true;
    throw error;
  }
}

function setUpTenant(tenant) {
  const trouble = tenant.querySelector(":scope > .trouble");
  const data = { tenant_id: tenant.dataset.tenant };
  for (const card of tenant.querySelectorAll("[data-subscription]")) {
    const [policyMark, contactsMark] = card.querySelectorAll("[data-weaker]");
    const mark = () => {
      policyMark.hidden = !isWeakened(card);
      contactsMark.hidden = !leavesOut(card);
    };
    card.addEventListener("input", mark);
    mark();
  }
  const contents = {
    lockbox_enabled: () => ({}),
    lockbox_disabled: () => ({}),
    policy_set: (card) => policyOf(card),
    contacts_set: (card) => ({ alternate_emails: lines(card.querySelector('[name="alternates"]').value), webhooks: webhooksOf(card) }),
    approver_key_set: (_, button) => JSON.parse(button.closest("[data-pending]").dataset.pending),
    approver_key_removed: (_, button) => ({ principal_id: button.closest("[data-holder]").dataset.holder, public_key: null }),
    role_removed: (_, button) => JSON.parse(button.closest("[data-role]").dataset.role),
    role_assigned: (_, button) => {
      const value = (name) => button.closest("fieldset").querySelector(`[name="${name}"]`).value.trim();
      return { principal: { id: value("id"), email: value("email"), name: value("name") }, role: value("role"), subscription_id: value("subscription_id") };
    },
  };
  for (const button of tenant.querySelectorAll("[data-act]")) {
    whenPressed(button, trouble, async () => {
      const card = button.closest("[data-subscription]");
      const content = { ...data, ...(card && { subscription_id: card.dataset.subscription }), ...contents[button.dataset.act](card, button), by: me() };
      if (content.role === "global_administrator") delete content.subscription_id;
      await publishChange(tenant, button.dataset.act.replace("_key_removed", "_key_set"), content);
      location.reload();
    });
  }
}

// ---- fresh pages ----

function listen() {
  const { mark, live } = body.dataset;
  if (mark === undefined) return;
  const source = new EventSource(`${base}/events?mark=${mark}`);
  source.addEventListener("changed", async (event) => {
    if (live === "reload") {
      // Not from under a registration, nor before its reader has read why it failed.
      if (underWay === 0 && !document.querySelector(".trouble:not([hidden])")) location.reload();
    } else if (live === "tell") {
      document.querySelector("#news").hidden = false;
    } else {
      const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      if (fresh.body.dataset.live !== live) return location.reload();
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      body.dataset.mark = event.data;
      showTimes(document);
    }
  });
  addEventListener("pagehide", () => source.close());
}

showTimes(document);
setInterval(() => showTimes(document), 20000);
const decide = document.querySelector("#decide");
if (decide) setUpDecision(decide);
for (const section of document.querySelectorAll("section.card[data-tenant]")) setUpKey(section);
for (const section of document.querySelectorAll("section.tenant[data-tenant]")) setUpTenant(section);
listen();
