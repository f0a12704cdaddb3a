"use strict";
// What the page does beyond being read: charts in the place of pictures, respondents to choose, tables to sort.
(() => {
  const hidden = new Set();
  const views = [];
  const tip = document.getElementById("tip");

  // Charts are drawn when they come into sight; without Vega, or where one fails, the picture stays.
  function draw(figure) {
    const place = figure.querySelector(".live"), picture = figure.querySelector("img");
    place.hidden = false;
    const spec = JSON.parse(figure.querySelector("script").textContent);
    vegaEmbed(place, spec, { mode: "vega", renderer: "svg", actions: false, tooltip: point, logLevel: 1 }).then(({ view }) => {
      picture.hidden = true;
      for (const svg of place.querySelectorAll("svg")) svg.setAttribute("aria-hidden", "true");
      views.push(view);
      return view.signal("hidden", [...hidden]).runAsync();
    }).catch((error) => {
      place.hidden = true;
      picture.hidden = false;
      console.warn(error);
    });
  }

  function point(_, event, item, value) {
    tip.hidden = !value;
    if (!value) return;
    tip.replaceChildren();
    for (const [key, told] of Object.entries(typeof value === "object" ? value : { "": value })) {
      const line = document.createElement("div"), bold = document.createElement("b");
      bold.textContent = key;
      line.append(bold, String(told));
      tip.append(line);
    }
    const right = event.clientX + 16, below = event.clientY + 12;
    tip.style.left = Math.min(right, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(below, innerHeight - tip.offsetHeight - 8) + "px";
  }

  if (window.vegaEmbed) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "300px" });
    for (const place of document.querySelectorAll("figure .live")) seen.observe(place.parentElement);
  }

  // Respondents: a row of a table goes when all whom it is about are put aside.
  const choose = document.querySelector(".choose");
  if (choose) {
    choose.hidden = false;
    const boxes = [...choose.querySelectorAll("input")];
    const update = () => {
      hidden.clear();
      for (const box of boxes) if (!box.checked) hidden.add(box.value);
      document.getElementById("chosen-count").textContent = `(${boxes.length - hidden.size} of ${boxes.length})`;
      for (const row of document.querySelectorAll("tr[data-of]"))
        row.hidden = JSON.parse(row.dataset.of).some((who) => hidden.has(who));
      for (const view of views) view.signal("hidden", [...hidden]).runAsync();
    };
    choose.addEventListener("change", update);
    for (const button of choose.querySelectorAll("button"))
      button.addEventListener("click", () => {
        for (const box of boxes) box.checked = Boolean(button.dataset.all);
        update();
      });
    update();
  }

  // Tables are sorted by the column whose heading is pressed: numbers as numbers, what has none last.
  const numeric = (text) => {
    const found = text.replaceAll("−", "-").replaceAll(",", "").match(/-?(\d+\.?\d*|\.\d+)/);
    return found && !/^[a-z]/i.test(text) ? Number(found[0]) : NaN;
  };
  function sort(table, column, header) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map((row) => {
      const text = row.cells[column]?.textContent.trim() ?? "";
      return { row, text, number: numeric(text) };
    });
    const numbers = keyed.some((entry) => !Number.isNaN(entry.number));
    keyed.sort((a, b) => {
      if (numbers && Number.isNaN(a.number) !== Number.isNaN(b.number)) return Number.isNaN(a.number) ? 1 : -1;
      const order = numbers && !Number.isNaN(a.number) ? a.number - b.number : a.text.localeCompare(b.text);
      return down ? -order : order;
    });
    table.tBodies[0].append(...keyed.map((entry) => entry.row));
  }
  for (const table of document.querySelectorAll("table"))
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      button.addEventListener("click", () => sort(table, column, header));
      header.replaceChildren(button);
    });
})();
