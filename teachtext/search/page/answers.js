// Questions to the server.

const fetchAnswer = async (address, options) => {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is it still running?");
  }
};

const ask = async (name, parameters, signal) => {
  const response = await fetchAnswer(`${name}?${new URLSearchParams(parameters)}`, { signal });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
};

export const askModels = () => ask("models", {});

export const askClip = (video, signal) => ask("clip", { video }, signal);

// Hits or captions of one model, as the state of the page says.
export const askModel = (model, state, signal) => {
  const { view, q, video, split, contains, top } = state;
  const about = { search: { q, split, contains }, similar: { video, split }, captions: { video } };
  return ask(view, { model, top, ...about[view] }, signal);
};

export const videoAddress = (video) => `video?${new URLSearchParams({ video })}`;

// Why a video does not play: the server's reason, or null if the server does give it out.
export const askTrouble = async (video) => {
  const response = await fetchAnswer(videoAddress(video), { headers: { Range: "bytes=0-0" } });
  return response.ok ? null : (await response.json()).error;
};
