"use strict";
// Before the page's own script, where a server serves it: answers go to the server as they are given. What could not be
// sent stays in the browser until it is, also when the page is closed.
(() => {
  const $ = (id) => document.getElementById(id);
  const { state, landing } = JSON.parse($("study").textContent);
  const form = JSON.parse($("form").textContent);
  const words = form.words;
  const kept = `valact-study ${form.design} ${state.withdrawal || ""}`;
  const PANEL = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"];

  const sent = new Map();
  let pending = new Map();
  let place = state.at;
  let placeSent = state.at;
  let background = null;
  let backgroundSent = JSON.stringify(state.background || {});
  let busy = false;
  let over = false;
  let atEnd = false;
  let failures = 0;

  const both = (answer, seconds) => [answer ?? null, Math.round((seconds || 0) * 10) / 10];
  const known = ({ answers, seconds }) => [...new Set([...Object.keys(answers), ...Object.keys(seconds)])];

  function remember() {
    try {
      if (pending.size) localStorage.setItem(kept, JSON.stringify([...pending]));
      else localStorage.removeItem(kept);
    } catch {
      // A browser that keeps nothing: what is unsent is lost with the page, and the page says what is unsent.
    }
  }

  const post = (path, body) =>
    fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
    });

  const unsent = () => !over && (pending.size > 0 || background !== null || place !== placeSent);

  function tell() {
    const count = pending.size || (unsent() ? 1 : 0);
    $("unsent").hidden = failures === 0 || count === 0;
    $("unsent").textContent = words.unsent.replace("{count}", count);
  }

  async function refusal(answer) {
    const { error } = await answer.json().catch(() => ({}));
    $("message").textContent = words[error] || words.no_access;
  }

  async function send() {
    if (busy || over) return;
    busy = true;
    while (unsent() && !over) {
      const batch = new Map(pending);
      const at = place;
      const said = background;
      let wait = Math.min(30, 2 ** failures);
      try {
        const answer = await post("answers", { answers: Object.fromEntries(batch), at, background: said });
        if (answer.ok) {
          for (const [item, given] of batch) {
            sent.set(item, JSON.stringify(given));
            if (pending.get(item) === given) pending.delete(item);
          }
          placeSent = at;
          if (said !== null) backgroundSent = JSON.stringify(said);
          if (background === said) background = null;
          failures = 0;
          remember();
          tell();
          continue;
        }
        if (answer.status < 500 && answer.status !== 429) {
          over = true;
          await refusal(answer);
          break;
        }
        wait = Number(answer.headers.get("Retry-After")) || wait;
      } catch {
        // No network, or the server is being started: both pass.
      }
      failures += 1;
      tell();
      await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
    }
    busy = false;
    if (atEnd && !over) finished();
  }

  async function finished() {
    try {
      const answer = await post("finish", {});
      if (!answer.ok) throw new Error(answer.status);
      const { completion, link } = await answer.json();
      $("completion").hidden = false;
      $("completion-code").textContent = completion;
      $("to-panel").hidden = !link;
      if (link) $("to-panel").firstElementChild.href = link;
      $("saved").textContent = "";
    } catch {
      if (atEnd) setTimeout(finished, 3000);
    }
  }

  if (!landing) {
    for (const item of known(state)) {
      sent.set(item, JSON.stringify(both(state.answers[item], state.seconds[item])));
    }
    try {
      pending = new Map(JSON.parse(localStorage.getItem(kept) || "[]"));
    } catch {
      pending = new Map();
    }
    for (const [item, [answer, seconds]] of pending) {
      if (answer !== null) state.answers[item] = answer;
      state.seconds[item] = seconds;
    }
    if (pending.size) send();
  }

  window.study = {
    landing,
    state,
    unsent,
    async begin(code) {
      const query = new URLSearchParams(location.search);
      const panel = Object.fromEntries(PANEL.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
      try {
        const answer = await post("begin", { agreed: true, consent: form.consent, code, panel });
        if (answer.ok) location.replace("questionnaire");
        else await refusal(answer);
      } catch {
        $("message").textContent = words.no_access;
      }
    },
    keep(now) {
      for (const item of known(now)) {
        const given = both(now.answers[item], now.seconds[item]);
        if (JSON.stringify(given) !== (pending.has(item) ? JSON.stringify(pending.get(item)) : sent.get(item))) {
          pending.set(item, given);
        }
      }
      if (JSON.stringify(now.background) !== backgroundSent) background = { ...now.background };
      place = now.at;
      remember();
      send();
    },
    finish() {
      atEnd = true;
      if (!unsent()) finished();
      else send();
    },
  };
})();
