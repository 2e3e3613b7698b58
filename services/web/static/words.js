// Texts and numbers for scripts: the server's catalogue, the reader's language.

export const values = JSON.parse(document.getElementById("values").textContent);
const plurals = new Intl.PluralRules(values.language);

/** The text of a key; `n` chooses the plural form, `{name}` takes `given.name`. */
export function say(key, given = {}, n = 0) {
  const text = values.texts[key];
  const form = typeof text === "string" ? text : (text[plurals.select(n)] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => given[name]);
}

export function number(value, digits = 0) {
  return value.toLocaleString(values.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Hours and minutes where the city is, whatever the device's own time zone. */
export function clock(instant) {
  const shown = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: values.timezone };
  return new Date(instant).toLocaleTimeString(values.language, shown);
}

/** An element with attributes, listeners (`onclick`) and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
