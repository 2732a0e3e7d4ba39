// The sandbox page: what HTML and htmx do not do by themselves. The server
// renders everything. This script fetches updates and opens dialogs.
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const live = $("#live"), logs = all(".log"), modal = $("#modal"), ask = $("#confirm");
  const refresh = () => htmx.trigger(live, "refresh");

  // Times are shown in the browser's zone, which the server reads in a cookie.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const cookie = "zone=" + zone.replaceAll("/", ".");
  const zoneIsNew = !document.cookie.split("; ").includes(cookie);
  document.cookie = cookie + "; path=/; SameSite=Strict; max-age=31536000";

  // An update does not overwrite what a person has typed or chosen in a form.
  const typed = (el, name) => name === "checked" || name === "selected" || name === "data-chosen" ||
    (name === "value" && el.tagName === "INPUT" &&
      (el.dataset.chosen !== undefined || !["hidden", "checkbox", "radio"].includes(el.type)));
  htmx.registerExtension("keep-typed", {
    htmx_before_morph_attr: (el, detail) => !(el.closest("#modal .view") && typed(el, detail.attrName)),
  });

  // The event stream says that something has changed; htmx fetches what.
  let stream;
  const connect = () => {
    stream = new EventSource("/events");
    stream.addEventListener("change", refresh);
    stream.onopen = () => document.body.removeAttribute("data-offline");
    stream.onerror = () => document.body.setAttribute("data-offline", "");
  };
  window.addEventListener("pagehide", () => stream?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });

  // A list of messages that is read to its end follows new ones; so does the list
  // in which the person writes.
  let following = [], ownWords;
  const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const toEnd = (log) => { if (log.getAttribute("role") === "log") log.scrollTop = log.scrollHeight; };
  let pressed; // the list in which the person pressed a button, and its last message then
  const last = (log) => all(".message", log).at(-1)?.id;
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail, log = ctx.sourceElement.closest(".message") && ctx.sourceElement.closest(".log");
    if (log && ctx.request.method === "POST") pressed = { log, last: last(log), until: performance.now() + 10000 };
  });
  // What comes after a press of a button higher up is shown.
  function toAnswer() {
    if (!pressed || last(pressed.log) === pressed.last) return;
    if (performance.now() < pressed.until) toEnd(pressed.log);
    pressed = undefined;
  }
  let held; // the message that has the focus
  let inForm; // a field or a button of a form has it
  document.addEventListener("htmx:before:swap", () => {
    inForm = modal.contains(document.activeElement) && document.activeElement !== modal;
    following = logs.filter((log) => atEnd(log) || log === ownWords);
    ownWords = undefined;
    held = document.activeElement?.closest(".message") ?? held;
  });
  document.addEventListener("htmx:after:swap", () => {
    following.forEach(toEnd);
    toAnswer();
    dialogs();
    keepFocus();
    fade();
  });

  // When a button that had the focus goes away with an update, the focus moves
  // to a neighbour, not to the top of the page.
  function keepFocus() {
    if (!held || ask.open || modal.open) return;
    const lost = document.activeElement === document.body;
    const log = held.closest(".log") ?? logs[0];
    const here = held.isConnected ? held : all(".message", log).at(-1);
    if (lost) ($(":is(button, summary, select, a):not(.tools *)", here ?? log) ?? log).focus({ preventScroll: true });
    if (lost || !document.activeElement.closest(".message")) held = undefined;
  }

  // A notice is shown for ten seconds, or until the person types again.
  let fading;
  function fade() {
    clearTimeout(fading);
    if (all(".notice").some((notice) => notice.textContent)) fading = setTimeout(refresh, 10500);
  }
  document.addEventListener("htmx:finally:request", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.request.method !== "POST" || ctx.request.action.startsWith("/view/suggest")) return;
    if (ctx.sourceElement.matches(".composer")) ownWords = $(".log", ctx.sourceElement.parentElement);
    refresh();
  });

  // Dialogs: one modal, whose forms are the stack of views, and one question.
  // Fields have data-focus, not autofocus: htmx would focus those after every
  // swap and take the cursor away from the field in use.
  let top = "", stopgap; // the button that has the focus until the form has a field
  function dialogs() {
    const form = $(".view:not([hidden])", modal);
    if (!form) { top = ""; if (modal.open) modal.close(); return; }
    if (!modal.open) modal.showModal();
    const at = document.activeElement;
    const field = $("[data-focus]", form) || $(".fields :is(input, textarea, select)", form);
    const settled = at === stopgap ? !field : !inForm || form.contains(at);
    if (form.id === top && settled) return;
    top = form.id;
    stopgap = field ? undefined : $("footer .button:last-child", form);
    (field ?? stopgap)?.focus();
  }
  modal.addEventListener("cancel", (event) => {
    event.preventDefault();
    $(".view:not([hidden]) .close", modal)?.click();
  });

  function question(id) {
    const template = document.getElementById(id);
    if (!template) return Promise.resolve(true);
    $("#confirm-body").replaceChildren(template.content.cloneNode(true));
    ask.returnValue = "no";
    ask.showModal();
    $("[data-answer=no]", ask)?.focus();
    return new Promise((done) => ask.addEventListener("close", () => done(ask.returnValue === "yes"), { once: true }));
  }
  ask.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-answer]")?.dataset.answer;
    if (answer) ask.close(answer);
  });
  document.addEventListener("htmx:confirm", (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    question(ctx.sourceElement.dataset.ask).then((yes) => {
      if (yes) issueRequest();
      else { dropRequest(); if (ctx.sourceElement.querySelector("select")) ctx.sourceElement.reset(); }
    });
  });

  // Elements of a form that send something before the submit.
  async function act(el, action, value) {
    const form = el.closest("[data-view]");
    if (el.dataset.ask && !(await question(el.dataset.ask))) return;
    if (el.dataset.url) window.open(el.dataset.url, "_blank", "noopener");
    const values = new FormData(form);
    values.set("action", action);
    values.set("selected", value);
    post("/view/click", values).then(refresh);
  }
  const post = (path, values) =>
    fetch(path, { method: "POST", body: new URLSearchParams(values), mode: "same-origin" });
  document.addEventListener("click", (event) => {
    const el = event.target.closest("[data-act]");
    if (el) act(el, el.dataset.act, el.dataset.value);
  });
  modal.addEventListener("change", (event) => {
    const el = event.target.closest("[data-dispatch]");
    if (!el) return;
    const ticked = all("input:checked", el.closest(".ticks") || el).map((box) => box.value).join(",");
    act(el, el.dataset.dispatch, el.closest(".ticks") ? ticked : el.value);
  });

  // A link button opens its page and also sends the click to the app.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.url) window.open(event.target.dataset.url, "_blank", "noopener");
  });

  // Menus close on a choice, on a click elsewhere and on Escape.
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest(".row")) menu.open = false;
    });
    const pane = event.target.closest("[data-show]")?.dataset.show;
    if (pane) show(pane);
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.open || !menu.matches("details.overflow")) return;
    const edge = (menu.closest(".log, .fields") || document.body).getBoundingClientRect().top;
    const room = menu.getBoundingClientRect().top - edge;
    menu.toggleAttribute("data-below", !menu.matches(".bolt") && room < $(".sheet", menu).offsetHeight + 8);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || modal.open || ask.open) return;
    const menu = $("details.menu[open]"), thread = $("[data-close-thread]");
    if (!menu && !thread) return;
    event.preventDefault();
    if (!menu) { thread.click(); return; }
    menu.open = false;
    $("summary", menu).focus();
  });
  function show(pane) {
    document.body.dataset.pane = pane;
    all("[data-show]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.show === pane)));
    if (pane === "chat") logs.forEach(toEnd);
  }
  document.addEventListener("composing", () => show("chat"));

  // Loading the page again neither types the command of a story again nor plays it again.
  const here = new URL(location), played = here.searchParams.get("play");
  if (played) htmx.ajax("POST", "/tour/play", { values: { story: played }, target: "#main", swap: "none" });
  for (const once of ["try", "play"]) here.searchParams.delete(once);
  if (here.href !== location.href) history.replaceState(null, "", here);

  logs.forEach(toEnd);
  $(".side [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  dialogs();
  connect();
  if (zoneIsNew) window.addEventListener("load", () => setTimeout(refresh));
})();
