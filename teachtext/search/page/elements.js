// Elements of the page. Text comes in as text nodes alone: captions and ids are data, never HTML.

export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
};

export const message = (kind, text) =>
  element("p", { class: `message ${kind}`, role: kind === "error" ? "alert" : null }, text);

// A link within the page: a click stays in it, another tab or window starts from the address.
export const link = (href, go, ...children) => {
  const made = element("a", { href }, ...children);
  made.addEventListener("click", (event) => {
    if (event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      go(href);
    }
  });
  return made;
};
