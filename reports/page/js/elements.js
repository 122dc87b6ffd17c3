// Making elements. Texts become text nodes only: nothing from outside is ever parsed as markup.

export const byId = (id) => document.getElementById(id);

export const element = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.includes("-") || ["role", "scope", "colspan", "rowspan"].includes(key)) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

export const setText = (id, text) => {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
};

export const fillSelect = (select, options, value) => {
  select.replaceChildren(...options.map(([code, text]) => element("option", { value: code }, text)));
  select.value = value;
};

// Buttons of which one is pressed.
export const press = (group, value) => {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }
};

export const contains = (needle, ...texts) => {
  const wanted = needle.trim().toLowerCase();
  return !wanted || texts.some((text) => (text ?? "").toLowerCase().includes(wanted));
};
