"use strict";
(() => {
  const form = JSON.parse(document.getElementById("form").textContent);
  const words = form.words;
  const $ = (id) => document.getElementById(id);
  // Where a study's server serves the page (pipeline/study/study.js): answers go there, and nothing is kept here.
  const study = window.study || null;
  const say = (text, places) => text.replace(/\{(\w+)\}/g, (_, name) => places[name]);

  // Screens in order: start, then for each block an introduction and its items (those about one situation on one
  // screen), then questions about the person, then the finish.
  const items = form.blocks.flatMap((block) => block.items.map((item) => ({ ...item, block: block.kind })));
  const screens = [{ show: "start" }];
  for (const block of form.blocks) {
    screens.push({ show: `${block.kind}-intro` });
    for (const item of items.filter((item) => item.block === block.kind)) {
      if (item.follows) screens[screens.length - 1].items.push(item);
      else screens.push({ show: "item", items: [item] });
    }
  }
  if (form.background.length) screens.push({ show: "about" });
  screens.push({ show: "finish" });

  // What is kept on this device after every step; the file is made from it and from nothing else.
  const place = `valact ${form.design} ${form.form}`;
  const empty = () => ({
    at: 0,
    agreed: "",
    code: "",
    withdrawal: [4, 4, 4].map(random).join("-"),
    file: random(4),
    answers: {},
    seconds: {},
    background: {},
    saved: false,
  });
  let state = empty();
  let memory = true;
  try {
    Object.assign(state, study ? study.state : JSON.parse(localStorage.getItem(place) || "{}"));
  } catch {
    memory = false;
  }
  state.at = Math.min(Math.max(0, state.at | 0), screens.length - 1);
  if (!state.agreed) state.at = 0;

  function keep() {
    if (!state.agreed) return;
    if (study) return study.keep(state);
    try {
      localStorage.setItem(place, JSON.stringify(state));
    } catch {
      memory = false;
      $("no-memory").hidden = false;
    }
  }

  function random(length) {
    const letters = "23456789abcdefghjkmnpqrstuvwxyz";
    return Array.from(crypto.getRandomValues(new Uint32Array(length)), (n) => letters[n % letters.length]).join("");
  }

  // Seconds that an item was on the screen, the time that the page was hidden left out. Of several on one screen the
  // time before a choice is that of the item that is answered by it, so that reading belongs to the first.
  let shown = null;
  let since = 0;
  function stopClock() {
    if (shown !== null && since > 0) {
      state.seconds[shown] = (state.seconds[shown] || 0) + (performance.now() - since) / 1000;
    }
    since = 0;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stopClock();
      keep();
    } else if (shown !== null) since = performance.now();
  });
  window.addEventListener("pagehide", () => {
    stopClock();
    keep();
  });

  const isAnswered = (item) => item.id in state.answers;
  const answered = () => items.filter(isAnswered).length;
  // The item of the screen that the keyboard is at: the one in focus, else the first without an answer.
  function current(screen) {
    const fieldset = document.activeElement && document.activeElement.closest("#questions fieldset");
    const focused = fieldset ? screen.items[[...$("questions").children].indexOf(fieldset)] : null;
    return focused || screen.items.find((item) => !isAnswered(item)) || screen.items[screen.items.length - 1];
  }
  const valueOf = (index, item) => (item.options ? item.options[index].id : index + 1);

  function go(to) {
    stopClock();
    state.at = to;
    keep();
    render();
  }

  function render() {
    const screen = screens[state.at];
    for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== screen.show;
    const atStart = screen.show === "start";
    const atFinish = screen.show === "finish";
    $("message").textContent = "";
    $("skip").hidden = true;
    $("back").hidden = atStart;
    $("next").hidden = atFinish;
    $("next").textContent = atStart ? words.start : words.next;
    $("top").hidden = atStart;
    $("begun").hidden = state.at !== 1;
    $("begun-code").textContent = state.withdrawal;
    const past = screens.slice(0, state.at).flatMap((s) => s.items || []).length;
    const before = past + (screen.show === "item" ? screen.items.length : 0);
    $("bar").max = items.length;
    $("bar").value = before;
    $("count").textContent = say(words.progress, { done: before, total: items.length });
    shown = null;
    if (screen.show === "item") showItems(screen.items);
    if (screen.show === "about") showAbout();
    if (atFinish) showFinish();
    window.scrollTo(0, 0);
    if (!atStart) {
      const focus = screen.show === "item" ? $("text") : $(screen.show);
      focus.tabIndex = -1;
      focus.focus({ preventScroll: true });
    }
  }

  function showItems(shownTogether) {
    const [first] = shownTogether;
    const statement = first.block === "statements";
    for (const part of [$("text"), $("questions")]) {
      part.lang = form.languages[first.block];
      part.dir = form.directions[first.block];
    }
    $("note").textContent = first.note || "";
    $("note").hidden = !first.note;
    $("text").textContent = first.text;
    $("text").className = statement ? "statement" : "";
    $("questions").replaceChildren(
      ...shownTogether.map((item, index) => {
        const texts = statement ? form.anchors : item.options.map((option) => option.text);
        const letters = texts.map((_, place) => (statement ? String(place + 1) : "ABCDEFG"[place]));
        const chosen = texts.findIndex((_, place) => state.answers[item.id] === valueOf(place, item));
        const fieldset = options(item.id, texts, letters, chosen, (place) => choose(item, place));
        const legend = document.createElement("legend");
        legend.lang = document.documentElement.lang;
        legend.dir = document.documentElement.dir;
        legend.textContent = statement ? words.how_much : words.which;
        if (shownTogether.length > 1) {
          const number = document.createElement("span");
          number.className = "hint";
          number.textContent = say(words.of_together, { number: index + 1, count: shownTogether.length });
          legend.prepend(number);
        }
        fieldset.prepend(legend);
        return fieldset;
      }),
    );
    shown = (shownTogether.find((item) => !isAnswered(item)) || first).id;
    since = document.hidden ? 0 : performance.now();
  }

  function options(name, texts, letters, chosen, choose) {
    const fieldset = document.createElement("fieldset");
    fieldset.append(
      ...texts.map((text, index) => {
        const label = document.createElement("label");
        label.className = "option";
        const input = document.createElement("input");
        input.type = "radio";
        input.name = name;
        input.value = String(index);
        input.checked = index === chosen;
        const letter = document.createElement("span");
        letter.className = "letter";
        letter.textContent = letters[index];
        const words = document.createElement("span");
        words.textContent = text;
        label.append(input, letter, words);
        return label;
      }),
    );
    fieldset.addEventListener("change", (event) => choose(Number(event.target.value)));
    return fieldset;
  }

  // Questions about the person: the last answer of each is that there is none.
  function showAbout() {
    $("about-you").replaceChildren(
      ...form.background.map(({ name, question, answers }) => {
        const given = answers.indexOf(state.background[name]);
        const texts = [...answers, words.no_answer];
        const fieldset = options(name, texts, texts.map(() => ""), given, (index) => {
          if (index < answers.length) state.background[name] = answers[index];
          else delete state.background[name];
          state.saved = false;
          keep();
        });
        const legend = document.createElement("legend");
        legend.textContent = question;
        fieldset.prepend(legend);
        return fieldset;
      }),
    );
  }

  function choose(item, index) {
    shown = item.id;
    state.answers[item.id] = valueOf(index, item);
    state.saved = false;
    $("message").textContent = "";
    $("skip").hidden = true;
    stopClock();
    since = performance.now();
    keep();
  }

  function next(byKeyboard) {
    const screen = screens[state.at];
    if (screen.show === "finish") return;
    if (screen.show === "start") {
      if (!$("agree").checked) {
        $("message").textContent = words.agree_first;
        $("agree").focus();
        return;
      }
      if (study && study.landing) return study.begin($("code").value);
      state.agreed = state.agreed || new Date().toISOString().replace(/\.\d+/, "");
      // Letters, digits, - and _ only: the code goes into a table that spreadsheet programs open.
      const typed = $("code").value.replace(/[^\p{L}\p{N}_-]/gu, "").replace(/^-+/, "");
      state.code = typed || state.code || random(10);
    }
    if (screen.show === "item" && !screen.items.every(isAnswered)) {
      const here = current(screen);
      const open = screen.items.findIndex((item) => !isAnswered(item));
      if (screen.items.length > 1) $("questions").children[open].querySelector("input").focus();
      // Enter goes from an answered question of the screen to the next one.
      if (byKeyboard && isAnswered(here)) return;
      $("message").textContent = words.missing;
      $("skip").hidden = false;
      return;
    }
    go(state.at + 1);
  }

  $("next").addEventListener("click", () => next(false));
  $("skip").addEventListener("click", () => go(state.at + 1));
  $("back").addEventListener("click", () => go(Math.max(0, state.at - 1)));
  $("to-unanswered").addEventListener("click", () => {
    go(screens.findIndex((screen) => screen.show === "item" && !screen.items.every(isAnswered)));
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const screen = screens[state.at];
    if (event.key === "Enter" && !["BUTTON", "SUMMARY", "TEXTAREA"].includes(event.target.tagName)) {
      event.preventDefault();
      next(true);
    } else if (screen.show === "item") {
      const item = current(screen);
      const statement = item.block === "statements";
      const index = "1234567890".indexOf(event.key);
      const letter = statement ? -1 : "abcdefg".indexOf(event.key.toLowerCase());
      const fieldset = $("questions").children[screen.items.indexOf(item)];
      const radio = fieldset.querySelectorAll("input")[index >= 0 ? index : letter];
      if (event.key.length === 1 && radio) {
        radio.checked = true;
        radio.focus();
        choose(item, Number(radio.value));
      }
    }
  });

  // The answer file, as JSON and as a table; pipeline/people/files.py reads both.
  function record() {
    return {
      format: "valact-answers/1",
      form: form.form,
      design: form.design,
      participant: state.code,
      withdrawal: state.withdrawal,
      consent: { agreed: state.agreed, text: form.consent },
      background: state.background,
      items: items.map((item, index) => ({
        place: index + 1,
        item: item.id,
        answer: item.id in state.answers ? state.answers[item.id] : null,
        seconds: Math.round((state.seconds[item.id] || 0) * 10) / 10,
        options: item.options ? item.options.map((option) => option.id) : null,
      })),
    };
  }

  function asTable({ form, design, participant, withdrawal, consent, items }) {
    const rows = items.map(({ place, item, answer, seconds, options }) =>
      [
        ...[form, design, participant, place, item, answer ?? "", seconds, options ? options.join(" ") : ""],
        ...[withdrawal, consent.agreed],
      ].join(","),
    );
    const columns = "form,design,participant,place,item,answer,seconds,options,withdrawal,agreed";
    return [columns, ...rows].join("\r\n") + "\r\n";
  }

  const fileName = (ending) => `answers-${form.form}-${state.file}.${ending}`;
  const asJson = () => JSON.stringify(record(), null, 1) + "\n";

  function save(text, type, ending) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = fileName(ending);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    handedOut(words.saved);
  }

  function handedOut(text) {
    state.saved = true;
    keep();
    $("saved").textContent = text;
  }

  function showFinish() {
    const missing = items.length - answered();
    $("left-out").hidden = missing === 0;
    $("left-out").querySelector("p").textContent = say(words.unanswered, { count: missing });
    $("your-code").textContent = state.code;
    $("withdrawal").textContent = state.withdrawal;
    if (study) return study.finish(state);
    $("copy").value = asJson();
    $("saved").textContent = state.saved ? words.saved : "";
    const file = new File([""], fileName("json"), { type: "application/json" });
    $("share").hidden = !(navigator.canShare && navigator.canShare({ files: [file] }));
  }

  $("save").addEventListener("click", () => save(asJson(), "application/json", "json"));
  $("save-csv").addEventListener("click", () => save(asTable(record()), "text/csv", "csv"));
  $("share").addEventListener("click", async () => {
    try {
      await navigator.share({ files: [new File([asJson()], fileName("json"), { type: "application/json" })] });
      handedOut("");
    } catch {
      // The person closed the sheet: the other buttons are still there.
    }
  });
  $("copy").addEventListener("focus", (event) => event.target.select());
  $("clear").addEventListener("click", () => {
    if (!confirm(words.clear_sure)) return;
    shown = null;
    state = empty();
    try {
      localStorage.removeItem(place);
    } catch {
      memory = false;
    }
    $("code").value = "";
    $("agree").checked = false;
    render();
    $("message").textContent = words.cleared;
  });
  window.addEventListener("beforeunload", (event) => {
    const atEnd = screens[state.at].show === "finish";
    const unsaved = answered() > 0 && !state.saved && (atEnd || !memory);
    if (study ? study.unsent() : unsaved) event.preventDefault();
  });

  $("code").value = state.code;
  $("agree").checked = Boolean(state.agreed);
  if (!memory) $("no-memory").hidden = false;
  render();
})();
