// The search page: the address says what is shown, and everything that is chosen changes it.

import { readAddress, writeAddress } from "./address.js";
import { askClip, askModel, askModels } from "./answers.js";
import { captionCard, colourOf, hitCard, subjectCard } from "./cards.js";
import { element, message } from "./elements.js";

const named = (id) => document.getElementById(id);
const columns = named("columns");

let known = { models: [], splits: [] };
let running = new AbortController();

const experts = () => [...new Set(known.models.flatMap((model) => model.experts))];

// Models that do not exist stay: the server says so, and which there are.
const shownModels = (state) =>
  state.models.length ? state.models.slice(0, 2) : [known.models.at(-1).name];

const go = (address) => {
  // a link that is gone leaves the keyboard nowhere
  if (document.activeElement.tagName === "A") named("main").focus({ preventScroll: true });
  history.pushState(null, "", address);
  follow();
};

const formState = (view) => {
  const { video } = readAddress(location.search);
  const models = [named("model").value];
  if (named("compare").checked) models.unshift(named("other").value);
  return {
    view,
    video,
    models: [...new Set(models)],
    q: named("q").value.trim(),
    split: named("split").value,
    contains: named("contains").value.trim(),
    top: Number(named("top").value),
  };
};

// What an address names but nobody can choose leaves a choice as it was.
const choose = (id, value) => {
  const values = [...named(id).options].map((one) => one.value);
  if (values.includes(String(value))) named(id).value = value;
};

const fillForm = (state) => {
  const models = shownModels(state);
  const model = models.at(-1);
  choose("model", model);
  choose("other", models.length > 1 ? models[0] : known.models.find(({ name }) => name !== model)?.name);
  choose("split", state.split);
  choose("top", state.top);
  named("compare").checked = models.length > 1;
  // of the three views, ids are searched in one
  named("contains").disabled = state.view !== "search";
  named("split").disabled = state.view === "captions";
};

const fillWords = (state) => {
  for (const name of ["q", "contains"]) named(name).value = state[name];
};

const legend = () => {
  const entries = experts().map((expert) =>
    element("li", {}, element("i", { class: `block ${colourOf(expert, experts())}` }), expert),
  );
  named("legend").replaceChildren(...entries);
};

const keyOf = (found) => found.clip?.id ?? found.id;

// Where the other model has it, seen from this one.
const placeBeside = (key, rank, other) => {
  if (!other) return null;
  const found = other.ranks.get(key);
  const title = found
    ? `number ${found} of ${other.name}`
    : `not among the first ${other.ranks.size} of ${other.name}`;
  if (!found) return { kind: "alone", text: "here alone", title };
  if (found === rank) return { kind: "", text: "same", title };
  const higher = found > rank;
  return { kind: higher ? "better" : "worse", text: `${higher ? "▲" : "▼"} ${Math.abs(found - rank)}`, title };
};

const sentence = (found, answer) => {
  const things = answer.captions ? ["caption", "captions"] : ["video", "videos"];
  return `${found.length} ${things[found.length === 1 ? 0 : 1]} in ${answer.milliseconds.toFixed(0)} ms`;
};

const fillColumn = (column, { name, answer, ranks }, other, state) => {
  const found = answer.hits ?? answer.captions;
  column.querySelector(".said").textContent = sentence(found, answer);
  if (!found.length) {
    column.append(message("empty", "Nothing was found. Filters may leave no video to search."));
    return;
  }
  const card = answer.hits ? hitCard : captionCard;
  const cards = found.map((one, index) => {
    const beside = placeBeside(keyOf(one), index + 1, other);
    return card(one, { rank: index + 1, beside, experts: experts(), own: modelExperts(name), state, go });
  });
  column.append(element("ol", { class: answer.hits ? "hits" : "found-captions" }, ...cards));
};

const modelExperts = (name) => known.models.find((model) => model.name === name).experts;

const newColumn = (name) => {
  const model = known.models.find((one) => one.name === name);
  const about = model ? `seed ${model.seed}, ${model.videos} videos` : "";
  const said = element("span", { class: "said", role: "status" }, "searching …");
  return element(
    "section",
    { class: "column", "aria-label": name, "aria-busy": "true" },
    element("h2", { title: about }, name, said),
  );
};

const answerOf = async (name, state, signal) => {
  const answer = await askModel(name, state, signal);
  const ranks = new Map((answer.hits ?? answer.captions).map((one, i) => [keyOf(one), i + 1]));
  return { name, answer, ranks };
};

const showSubject = async (state, signal) => {
  if (state.view === "search") return;
  const clip = await askClip(state.video, signal);
  named("subject").replaceChildren(subjectCard(clip, { state, go }));
};

const showColumns = async (state, signal) => {
  const made = shownModels(state).map((name) => newColumn(name));
  columns.replaceChildren(...made);
  columns.classList.toggle("two", made.length > 1);
  const asked = shownModels(state).map((name) => answerOf(name, state, signal));
  const answers = await Promise.allSettled(asked);
  if (signal.aborted) return;
  answers.forEach(({ value, reason }, index) => {
    const column = made[index];
    column.setAttribute("aria-busy", "false");
    if (value) {
      fillColumn(column, value, answers.length > 1 ? answers[1 - index].value : null, state);
    } else {
      column.querySelector(".said").textContent = "";
      column.append(message("error", reason.message));
    }
  });
};

const show = async () => {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const state = readAddress(location.search);
  fillForm(state);
  document.title = state.q ? `${state.q} – search videos` : "Search videos";
  named("subject").replaceChildren();
  named("legend").hidden = state.view === "captions" || (state.view === "search" && !state.q);
  if (state.view === "search" && !state.q) {
    columns.replaceChildren(message("empty", "Describe a video in your own words, and press Enter."));
    return;
  }
  scrollTo(0, 0);
  try {
    await showSubject(state, signal);
    await showColumns(state, signal);
  } catch (error) {
    if (!signal.aborted) columns.replaceChildren(message("error", error.message));
  }
};

// Show what the address says now, which may have other words than the form.
const follow = () => {
  fillWords(readAddress(location.search));
  return show();
};

// Pointing at a video marks it in the other column too.
const mark = (event) => {
  const id = event.target.closest?.("[data-id]")?.dataset.id;
  for (const card of columns.querySelectorAll("[data-id]")) {
    card.classList.toggle("marked", id !== undefined && card.dataset.id === id);
  }
};

const listen = () => {
  named("form").addEventListener("submit", (event) => {
    event.preventDefault();
    go(writeAddress(formState("search")));
  });
  // choices show at once, in the view that is open; words and ids wait for Enter
  for (const name of ["model", "compare", "other", "split", "top"]) {
    named(name).addEventListener("change", () => {
      const { view, q } = readAddress(location.search);
      if (name === "other") named("compare").checked = true;
      go(writeAddress(view === "search" ? formState(view) : { ...formState(view), q }));
    });
  }
  for (const event of ["mouseover", "focusin"]) columns.addEventListener(event, mark);
  addEventListener("popstate", follow);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      named("q").select();
    }
  });
};

const option = (value, text = value) => element("option", { value }, text);

const start = async () => {
  // before anything is waited for: what is typed meanwhile stays
  if (location.search) fillWords(readAddress(location.search));
  try {
    known = await askModels();
  } catch (error) {
    columns.replaceChildren(message("error", error.message));
    return;
  }
  for (const select of ["model", "other"]) {
    named(select).append(...known.models.map(({ name }) => option(name)));
  }
  named("split").append(option("", "all"), ...known.splits.map((split) => option(split)));
  named("compare-label").hidden = known.models.length < 2;
  legend();
  listen();
  await show();
};

start();
