// A card for each thing that was found. What links do is the caller's: `go` takes an address.

import { writeAddress } from "./address.js";
import { element, link } from "./elements.js";
import { playerOf } from "./players.js";

const COLOURS = 10;

// Experts get their colours by their place in the list of all.
export const colourOf = (expert, experts) => `colour-${experts.indexOf(expert) % COLOURS}`;

const clock = (seconds) => {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((n) => String(n).padStart(2, "0"));
  return whole < 3600 ? parts.join(":") : [Math.floor(whole / 3600), ...parts].join(":");
};

const spanOf = ({ start_seconds: start, end_seconds: end }) => {
  if (start === null && end === null) return null;
  return end === null ? `from ${clock(start)}` : `${clock(start ?? 0)}–${clock(end)}`;
};

const number = (value) => value.toFixed(3).replace("-", "−");

const scoreElement = (score) => element("span", { class: "score", title: "similarity" }, number(score));

const badgeElement = ({ kind, text, title }) => element("span", { class: `badge ${kind}`, title }, text);

// What speaks for the video, by expert, in percent; what speaks against it is in the title alone.
const sharesOf = (summands) => {
  const positive = Object.entries(summands).filter(([, value]) => value > 0);
  const sum = positive.reduce((total, [, value]) => total + value, 0);
  return new Map(positive.map(([expert, value]) => [expert, (100 * value) / sum]));
};

const sharesTitle = (hit, own) => {
  const parts = Object.entries(hit.summands).map(([expert, value]) => `${expert} ${number(value)}`);
  const missing = own.filter((expert) => !(expert in hit.summands));
  const lacks = missing.length ? `\nNot in this video: ${missing.join(", ")}` : "";
  return `${parts.join(", ")}; together ${number(hit.score)}${lacks}`;
};

const sharesElement = (hit, experts, own) => {
  const shares = sharesOf(hit.summands);
  // the bar in the order of all cards, the words by size
  const bar = element("div", { class: "stack", "aria-hidden": "true" });
  for (const expert of experts.filter((one) => shares.has(one))) {
    const part = element("i", { class: colourOf(expert, experts) });
    part.style.flexGrow = shares.get(expert);
    bar.append(part);
  }
  const text = [...shares]
    .filter(([, percent]) => percent >= 0.5)
    .sort((a, b) => b[1] - a[1])
    .map(([expert, percent]) => element("span", {}, `${expert} ${Math.round(percent)} %`));
  const parts = element("p", { class: "parts" }, ...text);
  return element("div", { class: "shares", title: sharesTitle(hit, own) }, bar, parts);
};

const clipFacts = (clip) => [
  element("p", { class: "id", title: clip.id }, clip.id),
  element("p", { class: "facts" }, [clip.split, spanOf(clip)].filter(Boolean).join(" · ")),
];

// Links from a clip to its views, the filters staying as they are; `shown` is none of them.
const clipLinks = (clip, state, go, shown = null) => {
  const links = element("p", { class: "links" });
  for (const [view, text] of [["similar", "Similar"], ["captions", "Captions"]]) {
    if (view === shown) continue;
    links.append(link(writeAddress({ ...state, view, video: clip.id }), go, text));
  }
  return links;
};

export const hitCard = (hit, { rank, beside, experts, own, state, go }) =>
  element(
    "li",
    { class: "card", "data-id": hit.clip.id },
    playerOf(hit.clip),
    element(
      "p",
      { class: "place" },
      element("b", {}, String(rank)),
      beside && badgeElement(beside),
      scoreElement(hit.score),
    ),
    sharesElement(hit, experts, own),
    ...clipFacts(hit.clip),
    clipLinks(hit.clip, state, go),
  );

export const captionCard = (found, { rank, beside, state, go }) =>
  element(
    "li",
    { class: found.own ? "caption own" : "caption", "data-id": found.id },
    element("b", {}, String(rank)),
    element(
      "p",
      {},
      link(writeAddress({ ...state, view: "search", q: found.caption }), go, found.caption),
      element("span", { class: "id" }, found.id),
    ),
    element(
      "p",
      { class: "right" },
      found.own && element("span", { class: "badge better" }, "its own"),
      beside && badgeElement(beside),
      scoreElement(found.score),
    ),
  );

// The video that a view is about, above what was found for it.
export const subjectCard = (clip, { state, go }) => {
  const what = { similar: "Videos like this one", captions: "Captions for this video" };
  const back = writeAddress({ ...state, view: "search" });
  return element(
    "section",
    { class: "subject" },
    playerOf(clip),
    element(
      "div",
      {},
      element("h2", {}, what[state.view]),
      ...clipFacts(clip),
      clipLinks(clip, state, go, state.view),
      state.q !== "" && element("p", {}, link(back, go, `Back to “${state.q}”`)),
    ),
  );
};
