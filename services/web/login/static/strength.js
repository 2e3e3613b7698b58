// How hard a new password is to guess, roughly, while it is typed; nothing leaves the page. Whether it is taken the server
// says, which knows the common ones (services/web/strength.py).
const SHORTEST = 12; // as the server has it
const FEWEST_PAIRS = 9; // of neighbouring characters that differ: `abcabcabcabc` has three
const LONG = 16; // some three words

const field = document.querySelector("input[name=new]");
const meter = document.getElementById("strength");
const said = document.getElementById("strength-said");

field.addEventListener("input", () => {
  const text = field.value.toLowerCase();
  const pairs = new Set(Array.from(text.slice(1), (sign, before) => text[before] + sign));
  const level = text.length < SHORTEST ? 1 : pairs.size < FEWEST_PAIRS ? 2 : text.length < LONG ? 3 : 4;
  meter.value = level;
  said.textContent = text ? meter.dataset[`level${level}`] : "";
});
