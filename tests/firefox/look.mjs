// Open pages in Firefox, over WebDriver BiDi, as people do, and tell what became of them: node look.mjs FIREFOX < orders.json
//
// Orders: { shots, pages: [{ name, address, width, height, cookie?, login?, ready, clicks? }] }, where `cookie` and `login`
// are of a profile of that page's own, `ready` is a selector to wait for, and each of `clicks` a selector to click and one
// to wait for. Prints a line of JSON a page: { name, errors, foreign, text, fault }.
import { text } from "node:stream/consumers";
import puppeteer from "puppeteer-core";

const PATIENCE_MS = 60_000;
const orders = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.argv[2],
  headless: true,
  extraPrefsFirefox: { "intl.accept_languages": "fr-FR, fr" },
});

async function logIn(page, { address, login, password, then }) {
  await page.goto(address);
  await page.type("[name=login]", login);
  await page.type("[name=password]", password);
  await Promise.all([page.waitForNavigation(), page.click("button.go")]);
  await page.goto(then);
}

async function look(page, order) {
  if (order.login) await logIn(page, { ...order.login, then: order.address });
  else await page.goto(order.address);
  await page.waitForSelector(order.ready);
  for (const [clicked, awaited] of order.clicks ?? []) {
    await page.click(clicked);
    await page.waitForSelector(awaited);
  }
}

for (const order of orders.pages) {
  const { origin } = new URL(order.address);
  const told = { name: order.name, errors: [], foreign: [], text: "", fault: null };
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("console", (message) => message.type() === "error" && told.errors.push(message.text()));
  page.on("pageerror", (error) => told.errors.push(String(error)));
  page.on("request", (request) => {
    if (![origin, "data:", "blob:"].some((own) => request.url().startsWith(own))) told.foreign.push(request.url());
  });
  try {
    await page.setViewport({ width: order.width, height: order.height });
    if (order.cookie) await context.setCookie(order.cookie);
    await look(page, order);
  } catch (error) {
    told.fault = String(error);
  }
  told.text = await page.evaluate(() => document.body.innerText);
  await page.screenshot({ path: `${orders.shots}/firefox-${order.name}.png` });
  process.stdout.write(`${JSON.stringify(told)}\n`);
  await context.close();
}
await browser.close();
