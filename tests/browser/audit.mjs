// Walks pages in one headless Chromium and prints what is wrong, as JSON: axe's violations (WCAG 2.2 A and AA), elements that overlap or
// stick out when everything is twice as large, stops of the Tab key, requests that were made. Arguments: a JSON file of {pages, chromium, shots}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const MOST_TABS = 24;
const TABS_AT_A_TIME = 4;

const browser = await chromium.launch({ executablePath: job.chromium, args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "fr-CA", reducedMotion: "reduce" });

// What is found on one page, in a tab of its own.
async function audit(name) {
  const page = await context.newPage();
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(new URL(name, job.base).href, { waitUntil: "load" });
  const broken = await page.evaluate(() => [...document.images].filter((one) => one.naturalWidth === 0).map((one) => one.src));
  // evaluate() runs beside the page: its policy, which allows no script, stays as it is.
  await page.evaluate(axeSource);
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: "tag", values: tags } }), TAGS);
  const tabs = [];
  for (let number = 0; number < MOST_TABS; number += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const box = one.getBoundingClientRect();
      const style = getComputedStyle(one);
      return { name: one.textContent.trim().slice(0, 40) || one.getAttribute("aria-label"), outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, seen: box.width > 0 && box.bottom > 0 && box.right > 0 };
    });
    if (stop === null) break;
    tabs.push(stop);
  }
  // 200 %: half the width in CSS pixels, and 400 % for reflow (WCAG 1.4.4 and 1.4.10).
  const zoom = {};
  for (const width of [640, 320]) {
    await page.setViewportSize({ width, height: 900 });
    zoom[width] = await page.evaluate(crowded);
  }
  await page.emulateMedia({ media: "print" });
  const printed = await page.evaluate(() => ({ navigation: [...document.querySelectorAll("nav")].some((one) => one.offsetHeight > 0), text: document.querySelector("main").innerText.length }));
  await page.emulateMedia({ media: "screen" });
  await page.close();
  return {
    page: name, requests, errors, broken, tabs, zoom, printed,
    rules: found.passes.length, incomplete: found.incomplete.map((one) => one.id),
    violations: found.violations.map((one) => ({ id: one.id, help: one.help, nodes: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) })),
  };
}

// Each tab waits for a frame at every key: several at a time wait together. Each has a focus of its own, as the only one would.
const results = new Array(job.pages.length);
let next = 0;
await Promise.all(Array.from({ length: TABS_AT_A_TIME }, async () => {
  while (next < job.pages.length) {
    const number = next++;
    results[number] = await audit(job.pages[number]);
  }
}));
for (const shot of job.shots ?? []) {
  const page = await context.newPage();
  await page.setViewportSize({ width: shot.width ?? 1100, height: shot.height ?? 900 });
  await page.goto(job.base + shot.page, { waitUntil: "load" });
  await page.screenshot({ path: shot.path, fullPage: true });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(results));

// Runs in the page: pieces of text or pictures whose boxes overlap, and what sticks out of the window without a scroller of its own.
function crowded() {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim()) continue;
    const parent = node.parentElement;
    if (parent.closest(".vh, .skip, .scroll, details:not([open]) > :not(summary)")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) boxes.push({ box, text: node.textContent.trim().slice(0, 40) });
  }
  for (const one of document.querySelectorAll("img")) boxes.push({ box: one.getBoundingClientRect(), text: "img" });
  const overlaps = [];
  for (let i = 0; i < boxes.length && overlaps.length < 5; i += 1) {
    for (let j = i + 1; j < boxes.length; j += 1) {
      const a = boxes[i].box, b = boxes[j].box;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 6) overlaps.push([boxes[i].text, boxes[j].text]);
    }
  }
  const wide = document.documentElement.clientWidth;
  return { overlaps: overlaps.slice(0, 5), sticksOut: boxes.filter((one) => one.box.right > wide + 1).map((one) => one.text).slice(0, 5), scrolls: document.documentElement.scrollWidth > wide + 1 };
}
