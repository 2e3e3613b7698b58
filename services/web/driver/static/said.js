// What is done and skipped of a circuit: the office's word, then what this phone has said and the office may not know yet.
// A crew's words are of places and outlive the plan that asked for them: a new circuit of the day begins with them.

/** `done` or `skipped` by the visit's sequence. `words` of the day, in the order in which they were said. */
export function outcomesOf({ visits, made_at: madeAt }, confirmed, words) {
  const outcomes = new Map(confirmed);
  const said = new Map();
  for (const word of words) {
    // A truck that was too full for a container comes back when a later plan has it again.
    if (word.reason === "truck_full" && Date.parse(word.happened_at) < Date.parse(madeAt)) continue;
    const place = `${word.kind} ${word.place}`;
    said.set(place, [...(said.get(place) ?? []), word.outcome]);
  }
  for (const visit of visits) {
    const here = said.get(`${visit.kind} ${visit.place}`);
    if (!here?.length) continue;
    // Of a stop the last word counts; words about a disposal site fill the visits to it one after the other.
    outcomes.set(visit.sequence, visit.kind === "stop" ? here.at(-1) : here.shift());
  }
  return outcomes;
}
