"use strict";
(() => {
  const form = JSON.parse(document.getElementById("form").textContent);
  const words = form.words;
  const $ = (id) => document.getElementById(id);
  const say = (text, places) => text.replace(/\{(\w+)\}/g, (_, name) => places[name]);

  // Screens in order: start, then for each block an introduction and its items, then the finish.
  const items = form.blocks.flatMap((block) => block.items.map((item) => ({ ...item, block: block.kind })));
  const screens = [{ show: "start" }];
  for (const block of form.blocks) {
    screens.push({ show: `${block.kind}-intro` });
    for (const item of items.filter((item) => item.block === block.kind)) screens.push({ show: "item", item });
  }
  screens.push({ show: "finish" });

  // What is kept on this device after every step; the file is made from it and from nothing else.
  const place = `valact ${form.design} ${form.form}`;
  const empty = () => ({ at: 0, agreed: false, code: "", file: random(4), answers: {}, seconds: {}, saved: false });
  let state = empty();
  let memory = true;
  try {
    state = Object.assign(state, JSON.parse(localStorage.getItem(place) || "{}"));
  } catch {
    memory = false;
  }
  state.at = Math.min(Math.max(0, state.at | 0), screens.length - 1);
  if (!state.agreed) state.at = 0;

  function keep() {
    if (!state.agreed) return;
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

  // Seconds that an item was on the screen, the time that the page was hidden left out.
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

  const answered = () => items.filter((item) => item.id in state.answers).length;
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
    const before = screens.slice(0, state.at + (screen.show === "item")).filter((s) => s.show === "item").length;
    $("bar").max = items.length;
    $("bar").value = before;
    $("count").textContent = say(words.progress, { done: before, total: items.length });
    shown = null;
    if (screen.show === "item") showItem(screen.item);
    if (atFinish) showFinish();
    window.scrollTo(0, 0);
    if (!atStart) {
      const focus = screen.show === "item" ? $("text") : $(screen.show);
      focus.tabIndex = -1;
      focus.focus({ preventScroll: true });
    }
  }

  function showItem(item) {
    const statement = item.block === "statements";
    const language = form.languages[item.block];
    $("item").lang = language;
    $("note").textContent = item.note || "";
    $("note").hidden = !item.note;
    $("text").textContent = item.text;
    $("text").className = statement ? "statement" : "";
    $("asked").textContent = statement ? words.how_much : words.which;
    const texts = statement ? form.anchors : item.options.map((option) => option.text);
    $("options").replaceChildren(
      ...texts.map((text, index) => {
        const label = document.createElement("label");
        label.className = "option";
        const input = document.createElement("input");
        input.type = "radio";
        input.name = "answer";
        input.value = String(index);
        input.checked = state.answers[item.id] === valueOf(index, item);
        const letter = document.createElement("span");
        letter.className = "letter";
        letter.textContent = statement ? String(index + 1) : "ABCDEFG"[index];
        const words = document.createElement("span");
        words.textContent = text;
        label.append(input, letter, words);
        return label;
      }),
    );
    shown = item.id;
    since = document.hidden ? 0 : performance.now();
  }

  function choose(index) {
    const { item } = screens[state.at];
    state.answers[item.id] = valueOf(index, item);
    state.saved = false;
    $("message").textContent = "";
    $("skip").hidden = true;
    stopClock();
    since = performance.now();
    keep();
  }

  $("options").addEventListener("change", (event) => choose(Number(event.target.value)));

  function next() {
    const screen = screens[state.at];
    if (screen.show === "finish") return;
    if (screen.show === "start") {
      if (!$("agree").checked) {
        $("message").textContent = words.agree_first;
        $("agree").focus();
        return;
      }
      state.agreed = true;
      // Letters, digits, - and _ only: the code goes into a table that spreadsheet programs open.
      const typed = $("code").value.replace(/[^\p{L}\p{N}_-]/gu, "").replace(/^-+/, "");
      state.code = typed || state.code || random(10);
    }
    if (screen.show === "item" && !(screen.item.id in state.answers)) {
      $("message").textContent = words.missing;
      $("skip").hidden = false;
      return;
    }
    go(state.at + 1);
  }

  $("next").addEventListener("click", next);
  $("skip").addEventListener("click", () => go(state.at + 1));
  $("back").addEventListener("click", () => go(Math.max(0, state.at - 1)));
  $("to-unanswered").addEventListener("click", () => {
    go(screens.findIndex((screen) => screen.show === "item" && !(screen.item.id in state.answers)));
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const screen = screens[state.at];
    if (event.key === "Enter" && !["BUTTON", "SUMMARY", "TEXTAREA"].includes(event.target.tagName)) {
      event.preventDefault();
      next();
    } else if (screen.show === "item") {
      const statement = screen.item.block === "statements";
      const index = "1234567890".indexOf(event.key);
      const letter = statement ? -1 : "abcdefg".indexOf(event.key.toLowerCase());
      const radio = $("options").querySelectorAll("input")[index >= 0 ? index : letter];
      if (event.key.length === 1 && radio) {
        radio.checked = true;
        radio.focus();
        choose(Number(radio.value));
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
      items: items.map((item, index) => ({
        place: index + 1,
        item: item.id,
        answer: item.id in state.answers ? state.answers[item.id] : null,
        seconds: Math.round((state.seconds[item.id] || 0) * 10) / 10,
        options: item.options ? item.options.map((option) => option.id) : null,
      })),
    };
  }

  function asTable({ form, design, participant, items }) {
    const rows = items.map(({ place, item, answer, seconds, options }) =>
      [form, design, participant, place, item, answer ?? "", seconds, options ? options.join(" ") : ""].join(","),
    );
    return ["form,design,participant,place,item,answer,seconds,options", ...rows].join("\r\n") + "\r\n";
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
    if (answered() > 0 && !state.saved && (screens[state.at].show === "finish" || !memory)) event.preventDefault();
  });

  $("code").value = state.code;
  $("agree").checked = state.agreed;
  if (!memory) $("no-memory").hidden = false;
  render();
})();
