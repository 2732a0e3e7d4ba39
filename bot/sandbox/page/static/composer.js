// The composers: that of the channel, and that of a thread. They send with Enter,
// recall what was sent, keep drafts over a reload, and offer commands while one is
// typed (a list box; the field keeps the focus).
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  let current; // the composer that was used last

  function compose(form) {
    const text = $("textarea", form), list = $("[role=listbox]", form), said = $(".box [role=status]", form);
    const notice = $(".notice", form), options = all("[role=option]", list);
    const draft = "draft " + all("[type=hidden]", form).map((field) => field.value).join(" ");
    const me = { form, text, type };
    const sent = [];
    let at = 0;

    const grow = () => {
      for (text.rows = 2; text.rows < 6 && text.scrollHeight > text.clientHeight + 2;) text.rows++;
    };
    const keep = () => { if (text.value) sessionStorage[draft] = text.value; else sessionStorage.removeItem(draft); };
    function type(value) {
      document.dispatchEvent(new Event("composing"));
      text.value = value;
      text.focus();
      text.setSelectionRange(value.length, value.length);
      keep();
      grow();
      offer(false);
    }

    // What starts as the text does is offered. The first offer is active unless
    // the text is a whole command itself, which Enter then sends.
    const offered = () => options.filter((option) => !option.hidden);
    const active = () => document.getElementById(text.getAttribute("aria-activedescendant"));
    function offer(open = true) {
      const typed = text.value.toLowerCase();
      const atEnd = text.selectionStart === text.value.length;
      for (const option of options) {
        const whole = option.dataset.text;
        option.hidden = !(open && atEnd && /^[/@]/.test(typed) && whole.startsWith(typed) && whole !== typed);
      }
      const found = offered();
      list.hidden = !found.length;
      said.textContent = !found.length ? "" : found.length === 1 ? "1 command" : `${found.length} commands`;
      activate(options.some((option) => option.dataset.text === typed.trim()) ? undefined : found[0]);
    }
    function activate(option) {
      active()?.setAttribute("aria-selected", "false");
      if (!option) { text.removeAttribute("aria-activedescendant"); return; }
      option.setAttribute("aria-selected", "true");
      text.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
    const accept = (option) => type(option.dataset.text + " ");
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) accept(option);
    });
    function choose(event) { // what a key does to an open list
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const found = offered();
      if (step) activate(found.at((found.indexOf(active()) + (active() || step > 0 ? step : 0)) % found.length));
      else if (event.key === "Escape") offer(false);
      else if (event.key === "Tab" && !event.shiftKey) accept(active() ?? found[0]);
      else if (event.key === "Enter" && !event.shiftKey && active()) accept(active());
      else return false;
      return true;
    }

    text.addEventListener("input", () => { notice.hidden = true; keep(); offer(); grow(); });
    text.addEventListener("focus", () => { current = me; });
    text.addEventListener("blur", () => offer(false));
    text.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (!list.hidden && choose(event)) { event.preventDefault(); event.stopPropagation(); return; }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); return; }
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step || !sent.length || (text.value !== "" && text.value !== sent[at])) return;
      event.preventDefault();
      at = Math.max(0, Math.min(sent.length, at + step));
      type(sent[at] ?? "");
    });
    form.addEventListener("submit", () => { notice.hidden = false; offer(false); });
    // What is sent leaves the field at once, and comes back if it was refused.
    let sending = "";
    const put = (value) => { text.value = value; keep(); grow(); };
    document.addEventListener("htmx:before:request", (event) => {
      if (event.detail.ctx.sourceElement !== form) return;
      sending = text.value;
      put("");
    });
    document.addEventListener("htmx:finally:request", (event) => {
      const { sourceElement, response } = event.detail.ctx;
      if (sourceElement.id === "reset") sessionStorage.clear();
      if (sourceElement !== form || !sending) return;
      if (response?.status < 400) at = sent.push(sending);
      else if (!text.value) put(sending);
      sending = "";
    });

    if (!new URL(location).searchParams.has("try")) text.value = sessionStorage[draft] ?? text.value;
    grow();
    return me;
  }

  // A sample replaces another of its kind, or is added at the end. The command
  // comes first where nothing is typed.
  function insert({ text, type }, { insert: id, kind }) {
    const known = all("[data-insert]").filter((b) => b.dataset.kind === kind)
      .flatMap((b) => [b.dataset.insert, b.dataset.label]);
    const words = text.value.trim().split(" ");
    const old = words.findIndex((word) => known.includes(word.replace(/^\w+[=:]/, "")));
    if (old >= 0) words[old] = (words[old].match(/^\w+=/)?.[0] ?? "") + id;
    else if (/^[/@]/.test(words[0]) || !text.dataset.command) words.push(id);
    else words.splice(0, words.length, text.dataset.command, id);
    type(words.join(" ").trim());
  }

  const composers = all(".composer").map(compose);
  current = composers.at(-1); // a thread that is open
  document.addEventListener("click", (event) => {
    if (!current) return;
    const sample = event.target.closest("[data-insert]");
    if (sample) insert(current, sample.dataset);
  });

  // Enter sends the command that is already typed in, without a click before. The
  // timer runs after that of htmx.
  setTimeout(() => {
    if (!current || $("#modal").open) return;
    const { text } = current;
    text.focus({ preventScroll: true });
    text.setSelectionRange(text.value.length, text.value.length);
  });
})();
