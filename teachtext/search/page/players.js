// Videos that play while they are in view, silent and in a loop, and hold nothing when they are not.

import { askTrouble, videoAddress } from "./answers.js";
import { element } from "./elements.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) begin(target);
      else stop(target);
    }
  },
  { threshold: 0.25 },
);

const begin = (video) => {
  if (!video.getAttribute("src")) video.src = video.dataset.address;
  // refused where the user stopped it or the browser saves power: then it waits for a click
  if (!still.matches) video.play().catch(() => {});
};

const stop = (video) => {
  video.removeAttribute("src");
  video.load();
};

// Browsers stop at the end of a fragment, and would loop from the start of the file.
const loopWithin = (video, start, end) => {
  const again = () => {
    if (!video.ended && video.currentTime < end - 0.05) return;
    video.currentTime = start;
    video.play().catch(() => {});
  };
  for (const event of ["timeupdate", "pause", "ended"]) video.addEventListener(event, again);
};

const isPart = ({ start_seconds: start, end_seconds: end }) => start !== null || end !== null;

const fragment = ({ start_seconds: start, end_seconds: end }) =>
  `#t=${start ?? 0}${end === null ? "" : `,${end}`}`;

const note = (clip, text) => {
  const said = element("div", { class: "no-video" }, element("span", {}, text));
  if (clip.file !== null) {
    const href = videoAddress(clip.id);
    said.append(element("a", { href, download: clip.file }, "Download the file"));
  }
  return said;
};

// The frame of a clip: a video, or the reason why there is none.
export const playerOf = (clip) => {
  const frame = element("div", { class: "frame" });
  const explain = (text, file = clip.file) => frame.replaceChildren(note({ ...clip, file }, text));
  if (clip.file === null) {
    explain("Features alone, no video file.");
  } else if (!clip.playable) {
    explain(`Browsers do not play ${clip.file.split(".").pop()} files.`);
  } else {
    frame.append(videoOf(clip, explain));
  }
  return frame;
};

const videoOf = (clip, explain) => {
  const video = element("video", {
    "aria-label": clip.id,
    "data-address": videoAddress(clip.id) + (isPart(clip) ? fragment(clip) : ""),
    controls: true,
    loop: !isPart(clip),
    playsinline: true,
    preload: "metadata",
  });
  // as an attribute it is only the default of the next load
  video.muted = true;
  video.addEventListener("error", async () => {
    if (!video.getAttribute("src")) return;
    const reason = await askTrouble(clip.id).catch((gone) => gone.message);
    if (reason === null) explain("This browser cannot play the file.");
    else explain(reason, null);
  });
  if (isPart(clip)) loopWithin(video, clip.start_seconds ?? 0, clip.end_seconds ?? Infinity);
  seen.observe(video);
  return video;
};
