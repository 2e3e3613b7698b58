// Sends the outbox in order until the office has confirmed it. Away from a network it waits and says nothing of it.

import * as outbox from "./outbox.js";

const BATCH = 100;
const SHORTEST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60000;
const TIMEOUT_MS = 40000; // longer than the server waits for Kafka

export class Sender {
  /** `changed({away, needsPin})` hears of every change. */
  constructor({ truck, city, csrf, changed }) {
    Object.assign(this, { truck, city, csrf, changed });
    this.away = !navigator.onLine;
    this.needsPin = false;
    this.running = false;
    this.again = false;
    this.wait_ms = SHORTEST_WAIT_MS;
    this.timer = null;
    this.stateTag = null;
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.say({ away: true }));
  }

  say(news) {
    Object.assign(this, news);
    this.changed({ away: this.away, needsPin: this.needsPin });
  }

  /** Send now; at most one sending at a time, so that order holds. */
  async hurry() {
    clearTimeout(this.timer);
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        await this.sendAll();
      } while (this.again);
      this.wait_ms = SHORTEST_WAIT_MS;
    } catch {
      // No network, or the office rests: everything stays in the outbox.
      this.say({ away: true });
      this.timer = setTimeout(() => this.hurry(), this.wait_ms);
      this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    } finally {
      this.running = false;
    }
  }

  async sendAll() {
    for (;;) {
      const mine = await this.nextBatch();
      if (!mine.length || this.needsPin) return;
      const answer = await this.ask("/api/v1/driver/confirmations", "POST", mine.map((e) => e.report));
      if (answer.status === 202) {
        await outbox.forget(mine.map((e) => e.sequence));
        this.say({ away: false });
      } else if (answer.status === 422) {
        await this.setAside(mine, await answer.json());
      } else if (answer.status === 401 || answer.status === 403) {
        return this.say({ away: false, needsPin: true });
      } else {
        throw new Error(`answered ${answer.status}`);
      }
    }
  }

  /** The oldest reports of this truck, up to the first that its driver may still take back. */
  async nextBatch() {
    const mine = (await outbox.list()).filter((e) => e.truck === this.truck && e.city === this.city);
    const now = Date.now();
    const unripe = mine.findIndex((e) => e.ripe_at > now && e.ripe_at < now + 60000);
    // The page that would have sent it may have been reloaded meanwhile.
    if (unripe >= 0) this.timer = setTimeout(() => this.hurry(), mine[unripe].ripe_at - now);
    return mine.slice(0, unripe < 0 ? BATCH : Math.min(unripe, BATCH));
  }

  async setAside(sent, problem) {
    const wrong = new Set(problem.errors.map((e) => e.index).filter((i) => i !== undefined));
    if (!wrong.size) throw new Error("refused without a reason");
    await outbox.setAside(sent.filter((_, index) => wrong.has(index)));
    this.say({});
  }

  /** `{isRight}`; with `rest_s` where nothing is checked for so long, after too many wrong digits. */
  async logIn(pin) {
    const answer = await this.ask("/api/v1/session", "POST", { city: this.city, login: this.truck, password: pin });
    if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
    if (answer.status === 429) return { isRight: false, rest_s: Number(answer.headers.get("Retry-After")) || 60 };
    if (answer.status !== 200) return { isRight: false };
    this.csrf = (await answer.json()).csrf;
    this.say({ away: false, needsPin: false });
    this.hurry();
    return { isRight: true };
  }

  /** The day in a few bytes: `{plan_id, version, confirmed}`; `null` while unchanged, `undefined` when not to be had. */
  async fetchState() {
    const headers = this.stateTag ? { "If-None-Match": this.stateTag } : {};
    const answer = await this.ask("/api/v1/driver/state", "GET", undefined, headers);
    if (answer.status === 401 || answer.status === 403) this.say({ away: false, needsPin: true });
    if (answer.status === 304) return null;
    if (answer.status !== 200) return undefined;
    const state = await answer.json();
    this.stateTag = answer.headers.get("ETag");
    return state;
  }

  /** The day's circuit: the server's, `null` when there is none, `undefined` when it cannot be asked now. */
  async fetchCircuit() {
    const answer = await this.ask("/api/v1/driver/circuit", "GET");
    if (answer.status === 401 || answer.status === 403) this.say({ away: false, needsPin: true });
    if (answer.status === 200) return answer.json();
    return answer.status === 204 ? null : undefined;
  }

  ask(address, method, body, given = {}) {
    const headers = { "X-CSRF-Token": this.csrf ?? "", ...given };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  }
}
