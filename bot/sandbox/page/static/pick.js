// The pick lists of a form: comboboxes (WAI-ARIA 1.2) whose options the app
// offers while a person types. The field shows the text of the option; a hidden
// one beside it holds the value. One list is open at a time.
"use strict";
(() => {
  const modal = document.getElementById("modal");
  const pause = 200; // milliseconds after the last key before the app is asked
  const most = 352; // pixels that a list is high
  let field; // the combobox whose list is open
  let turn = 0; // counts questions: the answer to an older one comes to nothing
  let typing;

  const part = (name, of = field) => document.getElementById(`${of.id}-${name}`);
  const options = () => [...part("list").querySelectorAll("[role=option]")];
  const active = () => document.getElementById(field.getAttribute("aria-activedescendant"));
  const comboOf = (event) => event.target.closest("[role=combobox]");

  // What the list says in place of options is read aloud as well.
  function say(words, aloud = words) {
    part("offers").firstChild.textContent = words;
    if (part("said").textContent !== aloud) part("said").textContent = aloud;
    place();
  }

  function open(combo) {
    if (field === combo) return;
    close();
    field = combo;
    field.setAttribute("aria-expanded", "true");
    part("offers").togglePopover(true);
    ask(0);
  }

  // Closing shows the option that is chosen, whatever was typed.
  function close() {
    if (!field) return;
    clearTimeout(typing);
    turn++;
    field.value = part("value").dataset.chosen;
    field.setAttribute("aria-expanded", "false");
    fill("");
    part("said").textContent = "";
    part("offers").togglePopover(false);
    field = undefined;
  }

  function ask(delay) {
    clearTimeout(typing);
    const mine = ++turn;
    const typed = field.value === part("value").dataset.chosen ? "" : field.value.trim();
    const least = Number(field.dataset.least);
    fill("");
    if ([...typed].length < least) { say(`Type ${least} ${least === 1 ? "letter" : "letters"}`); return; }
    say("Loading …");
    typing = setTimeout(async () => {
      const answer = await suggestions(typed);
      if (mine !== turn) return;
      fill(answer ?? "");
      const count = options().length;
      if (answer === undefined) say("This list could not load");
      else if (count === 0) say("No matches");
      else say("", count === 1 ? "1 match" : `${count} matches`);
    }, delay);
  }

  // The options as HTML, or undefined if there was no answer.
  async function suggestions(typed) {
    const body = new URLSearchParams(new FormData(field.form));
    body.set("action", field.dataset.suggest);
    body.set("typed", typed);
    try {
      const answer = await fetch("/view/suggest", { method: "POST", body, mode: "same-origin" });
      return answer.ok ? await answer.text() : undefined;
    } catch { return undefined; }
  }

  // The option that is chosen comes first to the arrow keys, else the best match.
  function fill(html) {
    part("list").innerHTML = html;
    const all = options();
    all.forEach((option, i) => { option.id = `${field.id}-option-${i}`; });
    activate(all.find((option) => option.dataset.value === part("value").value) ?? all[0]);
  }

  function activate(option) {
    active()?.setAttribute("aria-selected", "false");
    if (!option) { field.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function choose(value, text) {
    const hidden = part("value");
    const same = hidden.value === value;
    hidden.value = value;
    hidden.dataset.chosen = text;
    close();
    if (!same) hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // The list is below its field, or above it where there is more room.
  function place() {
    if (!field) return;
    const at = field.getBoundingClientRect(), seen = window.visualViewport;
    const below = seen.offsetTop + seen.height - at.bottom - 12, above = at.top - seen.offsetTop - 12;
    const up = below < 200 && above > below;
    Object.assign(part("offers").style, {
      left: `${at.left}px`, width: `${at.width}px`, maxHeight: `${Math.min(most, up ? above : below)}px`,
      top: up ? "auto" : `${at.bottom + 4}px`, bottom: up ? `${window.innerHeight - at.top + 4}px` : "auto",
    });
  }

  modal.addEventListener("input", (event) => {
    const combo = comboOf(event);
    if (!combo) return;
    open(combo);
    ask(pause);
  });
  modal.addEventListener("click", (event) => {
    const combo = comboOf(event), option = event.target.closest("[role=option]");
    const clear = event.target.closest(".clear");
    if (combo) { combo.select(); open(combo); }
    if (option) choose(option.dataset.value, option.dataset.text);
    if (!clear) return;
    close();
    field = clear.parentElement.querySelector("[role=combobox]");
    field.focus();
    choose("", "");
  });
  modal.addEventListener("keydown", (event) => {
    const combo = comboOf(event);
    if (!combo || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Tab") close();
    if (!step && (!field || !["Enter", "Escape"].includes(event.key))) return;
    event.preventDefault();
    if (event.key === "Escape") close();
    else if (event.key === "Enter") { const it = active(); if (it) choose(it.dataset.value, it.dataset.text); }
    else if (!field) open(combo);
    else activate(options().at((options().indexOf(active()) + step) % options().length));
  });
  modal.addEventListener("focusout", (event) => { if (comboOf(event) === field) close(); });
  modal.addEventListener("mousedown", (event) => { // the field keeps the focus
    if (event.target.closest(".offers")) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => {
    if (field && !field.isConnected) field = undefined;
    place();
  });
  modal.addEventListener("scroll", place, true);
  for (const what of ["resize", "scroll"]) window.visualViewport.addEventListener(what, place);
})();
