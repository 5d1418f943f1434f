// What is shown, and the address that says so: to reload, to share, and for the Back button.

const DEFAULT_TOP = 24;

export const readAddress = (search) => {
  const values = new URLSearchParams(search);
  const view = ["similar", "captions"].find((name) => values.has(name)) ?? "search";
  return {
    view,
    q: values.get("q") ?? "",
    video: view === "search" ? null : values.get(view),
    models: values.getAll("model"),
    split: values.get("split") ?? "",
    contains: values.get("contains") ?? "",
    top: Number(values.get("top") ?? DEFAULT_TOP),
  };
};

export const writeAddress = (state) => {
  const values = new URLSearchParams();
  if (state.view !== "search") values.set(state.view, state.video);
  for (const name of ["q", "split", "contains"]) {
    if (state[name]) values.set(name, state[name]);
  }
  for (const model of state.models) values.append("model", model);
  if (state.top !== DEFAULT_TOP) values.set("top", state.top);
  return `?${values}`;
};
