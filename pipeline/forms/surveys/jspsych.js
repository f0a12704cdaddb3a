const jsPsych = initJsPsych({
  on_finish: () => {
    if (typeof saveAtTheEnd !== "undefined") {
      jsPsych.data.get().localSave("json", `answers-${form.form}-${jsPsych.randomization.randomID(4)}.json`);
    }
    jsPsych.getDisplayElement().innerHTML = text(form.end);
  },
});

const direction = (language) => (/^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/.test(language || "") ? "rtl" : "ltr");
const text = (html, language) =>
  `<div lang="${language || ""}" dir="${direction(language)}" style="width: min(42rem, 90vw); margin: 0 auto; text-align: start; overflow-wrap: anywhere">${html}</div>`;

// A page of buttons, one below the other; their number, from 0, is the response.
const trial = (html, buttons, data, language) => ({
  type: jsPsychHtmlButtonResponse,
  stimulus: text(html, language),
  choices: buttons,
  button_layout: "grid",
  grid_columns: 1,
  grid_rows: null,
  button_html: (choice) =>
    `<button class="jspsych-btn" dir="${direction(language)}" style="width: min(42rem, 90vw); box-sizing: border-box; text-align: start; white-space: normal; overflow-wrap: anywhere">${choice}</button>`,
  data,
});

const address = new URLSearchParams(location.search);
jsPsych.data.addProperties({
  form: form.form,
  design: form.design,
  participant:
    address.get("participant") || address.get("PROLIFIC_PID") || jsPsych.randomization.randomID(10).toLowerCase(),
});

const start = trial(form.start.html, form.start.buttons);
// With when somebody agreed in every row: answers without it are not read.
start.on_finish = () => jsPsych.data.addProperties({ agreed: new Date().toISOString() });
const timeline = [start];
for (const block of form.blocks) {
  timeline.push(trial(block.html, [form.next], {}, block.language));
  for (const { item, html, buttons } of block.items) {
    timeline.push({
      ...trial(`${html}<p><strong>${block.asked}</strong></p>`, [...buttons, form.skip], { item }, block.language),
      on_finish: (data) => {
        data.answer = data.response < buttons.length ? data.response + 1 : null;
      },
    });
  }
}
jsPsych.run(timeline);
