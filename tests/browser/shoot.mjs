// Takes pictures of pages in one headless Chromium. Argument: a JSON file of {chromium, headers, shots: [{url, path, width, height, waitMs}]}.
// Prints, as JSON, for each shot the errors that the page reported, the answers that were no success, and the words it shows.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await chromium.launch({ executablePath: job.chromium, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
const context = await browser.newContext({ extraHTTPHeaders: job.headers ?? {}, locale: "fr-CA", reducedMotion: "reduce" });
const results = [];
for (const shot of job.shots) {
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("response", (answer) => { if (answer.status() >= 400) errors.push(`${answer.status()} ${new URL(answer.url()).pathname}`); });
  await page.setViewportSize({ width: shot.width ?? 1100, height: shot.height ?? 900 });
  await page.goto(shot.url, { waitUntil: "load", timeout: 120000 });
  if (shot.waitMs) await page.waitForTimeout(shot.waitMs);
  if (shot.path) await page.screenshot({ path: shot.path, fullPage: shot.fullPage ?? true, timeout: 120000 });
  results.push({ url: shot.url, errors, text: await page.evaluate(() => document.body.innerText) });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(results));
