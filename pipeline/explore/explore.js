"use strict";
// The page of a small run: the same filters as the server's, asked of what stands in the page. Its state is in the
// address, behind # so that it works for a file too; a number of the report leads here with ?.
(() => {
  const OF_ANSWERS = { respondent: 1, mode: 1, status: 1, letter: 1, chose: 1 };
  const form = document.getElementById("filters"), steps = document.querySelector(".steps");
  const before = document.getElementById("before"), after = document.getElementById("after");
  const articles = [...document.querySelectorAll("article")].map((element) => ({
    element,
    text: element.querySelector(".text")?.textContent.toLowerCase() ?? "",
    questions: [...element.querySelectorAll(".question")].map((question) => ({
      element: question,
      marks: new Set(question.dataset.marks.split("|")),
      text: `${question.querySelector("h3").textContent} ${question.querySelector("ol").textContent}`.toLowerCase(),
    })),
  }));
  let found = articles, at = 0, written = "";

  // Letters of an answer are those of the options as dealt; 'answered' is what has a letter.
  function answers(question, wanted) {
    return [...question.element.querySelectorAll(".answers tbody tr")].some((row) => {
      const [who, mode, cells] = [...row.cells].map((cell) => cell.textContent);
      if ((wanted.respondent && who !== wanted.respondent) || (wanted.mode && mode !== wanted.mode)) return false;
      return cells.split(" · ").some((cell, place) => {
        const [letter, value] = cell.split(" × ")[0].split(" ");
        const status = value === undefined ? letter : "answered";
        return (!wanted.chose || value === wanted.chose) && (!wanted.status || status === wanted.status)
          && (!wanted.letter || row.dataset.shown?.[place] === wanted.letter);
      });
    });
  }

  function matches(article, question, wanted) {
    for (const [name, entry] of Object.entries(wanted)) {
      if (name === "q") {
        for (const word of entry.toLowerCase().split(/\s+/))
          if (!article.text.includes(word) && !question.text.includes(word)) return false;
      } else if (!(name in OF_ANSWERS) && !question.marks.has(`${name}=${entry}`)) return false;
    }
    return !Object.keys(wanted).some((name) => name in OF_ANSWERS) || answers(question, wanted);
  }

  function find() {
    const wanted = {};
    for (const [name, entry] of new FormData(form)) if (entry.trim()) wanted[name] = entry.trim();
    let questions = 0;
    found = articles.filter((article) => {
      let some = false;
      for (const question of article.questions) {
        const is = matches(article, question, wanted);
        question.element.classList.toggle("other", !is);
        const details = question.element.querySelector("details");
        if (details) details.open = is && Object.keys(wanted).some((name) => name in OF_ANSWERS);
        questions += is;
        some ||= is;
      }
      return some;
    });
    return { wanted, questions };
  }

  function show(state) {
    at = Math.min(Math.max(at, 0), Math.max(found.length - 1, 0));
    for (const article of articles) article.element.hidden = article !== found[at];
    before.disabled = at === 0;
    after.disabled = at >= found.length - 1;
    document.getElementById("count").textContent = found.length
      ? `Scenario ${at + 1} of ${found.length.toLocaleString("en")}, ${state.questions.toLocaleString("en")} questions`
      : "Nothing matches.";
    const address = new URLSearchParams({ ...state.wanted, ...(at ? { at: at + 1 } : {}) }).toString();
    written = address;
    if (location.hash.slice(1) !== address) location.hash = address;
  }

  function read(text) {
    const given = new URLSearchParams(text);
    for (const field of form.elements) {
      if (!field.name) continue;
      const entry = given.get(field.name) ?? "";
      if (entry && field.tagName === "SELECT" && ![...field.options].some((option) => option.value === entry))
        field.add(new Option(entry, entry));
      field.value = entry;
    }
    at = Number(given.get("at") ?? 1) - 1;
    show(find());
  }

  function step(by) { at += by; show(find()); scrollTo(0, 0); }
  before.addEventListener("click", () => step(-1));
  after.addEventListener("click", () => step(1));
  form.addEventListener("submit", (event) => { event.preventDefault(); at = 0; show(find()); });
  form.addEventListener("input", () => { at = 0; show(find()); });
  form.querySelector("a").addEventListener("click", (event) => { event.preventDefault(); form.reset(); read(""); });
  // Not what was written here: who types on meanwhile would lose a letter, or the blank before the next word.
  addEventListener("hashchange", () => { if (location.hash.slice(1) !== written) read(location.hash.slice(1)); });
  form.hidden = steps.hidden = false;
  const more = form.querySelector("details");
  more.open = innerWidth > 700;
  read(location.hash.slice(1) || location.search.slice(1));
})();
