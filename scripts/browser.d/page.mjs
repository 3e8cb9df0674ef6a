// SPDX-License-Identifier: GPL-2.0-only
// The page of `usertime report --html` in a browser, with the mouse and the keyboard. The recording
// is that of userspace/tests/known.h, whose numbers are expected here.
// usage: node page.mjs PAGE DIR: its pictures go to DIR
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Browser } from './browser.mjs';

const [, , page, pictures] = process.argv;
const url = pathToFileURL(resolve(page)).href;
let checks = 0;
let failed = 0;

function is(got, want, name) {
	const right = JSON.stringify(got) === JSON.stringify(want);
	console.log(`${right ? 'ok' : 'not ok'} ${++checks} - ${name}`);
	if (!right) {
		failed++;
		console.log(`# got:  ${JSON.stringify(got)}\n# want: ${JSON.stringify(want)}`);
	}
}

const browser = await Browser.start();
const text = (selector) => browser.value(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const texts = (selector) =>
	browser.value(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((found) => found.textContent)`);
const count = (selector) => browser.value(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
const open = (scheme, width = 1200) => browser.open(url, { width, height: 900, scheme });

// Where a picture has a time from 0 to 10 s, in pixels of the screen; its axes are 56 and 26 from the edges.
async function place(selector, seconds) {
	const { x, y, width, height } = await browser.box(selector);
	return { x: x + 56 + (width - 56 - 26) * seconds / 10, y: y + height / 2 };
}

async function hover(selector, seconds) {
	const { x, y } = await place(selector, seconds);
	// From elsewhere: what was scrolled below a pointer that rests is not told.
	await browser.mouse('mouseMoved', x - 3, y - 3);
	await browser.mouse('mouseMoved', x, y);
	await browser.settle();
}

const EVIL = '</script>';
const BYTES = 'it\'s\\\u001b[1m\ufffd';

// --- what is there at first
await open('light');
is(await text('#title'), 'usertime record sleep 1', 'title');
is(await texts('#legend .name'), ['worker (100)', `${EVIL} (200)`, `${BYTES} (201)`, 'idle (300)'],
	'lines, the largest first, with all their bytes');
is(await count('#cpu path'), 6, 'user and system time of three');
is(await count('#faults path'), 4, 'page faults of four');
is(await text('#range'), 'all: 0 s to 10 s', 'all of the time');
is(await browser.value('document.querySelector("#lost").hidden'), true, 'nothing was lost');

// --- hover
await hover('#cpu', 3.005);
is(await text('#tip strong'), '3 s: 125.0 %, 3 processes', 'hover: when and how much');
is(await texts('#tip tr'), [`${EVIL} (200)50.0 % + 25.0 %`, 'worker (100)40.0 % + 10.0 %'], 'hover: of whom');
is(await count('.cross'), 3, 'hover: in all pictures');
await hover('#faults', 2.995);
is(await texts('#tip tr'), ['worker (100)303', `${EVIL} (200)250`], 'hover: page faults');
await browser.screenshot(join(pictures, 'light.png'));
await browser.mouse('mouseMoved', 2, 2);
await browser.settle();
is(await browser.value('document.querySelector("#tip").hidden'), true, 'hover: ends');

// --- toggle
await browser.click('#legend [data-line="0"]');
is(await browser.value('document.querySelector(\'#legend [data-line="0"]\').getAttribute("aria-pressed")'), 'false',
	'a click hides a line');
is(await count('#cpu path[data-line="0"]'), 0, 'in the picture, too');
is(await browser.value('document.activeElement.dataset.line'), '0', 'the button keeps the focus');
await hover('#cpu', 3.005);
is(await text('#tip strong'), '3 s: 75.0 %, 3 processes', 'and in sums');
await browser.click('#legend [data-line="0"]');
is(await count('#cpu path[data-line="0"]'), 2, 'another shows it again');
await browser.click('#legend [data-line="1"]', 1);
is(await texts('#legend [aria-pressed="true"]'), [`${EVIL} (200)`], 'Alt and click shows it alone');
is(await count('#cpu path'), 2, 'in the picture, too');
await browser.click('[data-by="command"]');
is(await texts('#legend .name'), ['worker ×1', `${EVIL} ×1`, `${BYTES} ×1`, 'idle ×1'], 'by command');
is(await count('#cpu path'), 6, 'which hides its own lines');
await browser.click('[data-by="pid"]');
await browser.click('#legend [data-line="1"]', 1);
await browser.click('#legend [data-line="0"]');

// --- zoom
const from = await place('#cpu', 2);
const to = await place('#cpu', 4);
await browser.drag(from.x, to.x, from.y);
is((await text('#range')).replace(/\.\d+/g, ''), '2 s to 4 s', 'a drag zooms in');
is((await texts('#present text')).includes('3 s') && !(await texts('#present text')).includes('5 s'), true,
	'in all pictures');
await browser.screenshot(join(pictures, 'zoomed.png'));
await browser.box('#cpu');
await browser.value('document.querySelector("#cpu").focus()');
await browser.key('ArrowRight');
is((await text('#range')).replace(/\.\d+/g, ''), '2 s to 4 s', 'an arrow moves by a quarter');
await browser.key('Escape');
is(await text('#range'), 'all: 0 s to 10 s', 'Esc shows all');
await browser.drag(from.x, to.x, from.y);
await browser.click('#reset');
is(await text('#range'), 'all: 0 s to 10 s', 'so does the button');

// --- page faults a second
await browser.click('[data-faults="rate"]');
await hover('#faults', 8.005);
is(await texts('#tip tr'), ['worker (100)100'], 'page faults a second');
is(await text('#faults-unit'), 'minor and major, per second', 'and their unit');

// --- table
const column = (n) => texts(`#rows td:nth-child(${n})`);
is(await column(1), ['100', '200', '201', '300'], 'table: by CPU time');
is(await column(4), ['', '4 s', '7 s', ''], 'table: exits');
is(await column(6), ['5.00 s', '1.50 s', '1.00 s', '0 ms'], 'table: CPU time');
is(await column(2), ['worker', EVIL, BYTES, 'idle'], 'table: names');
await browser.click('#head th:nth-child(1) button');
is(await column(1), ['300', '201', '200', '100'], 'table: a click sorts');
await browser.click('#head th:nth-child(1) button');
is(await column(1), ['100', '200', '201', '300'], 'table: another turns it round');
is(await browser.value('document.querySelector("#head th").getAttribute("aria-sort")'), 'ascending', 'table: says how');
await browser.click('#exited');
is(await column(1), ['200', '201'], 'table: what has exited');
await browser.click('#exited');
await browser.click('#find');
await browser.type('WORK');
is(await column(1), ['100'], 'table: find');
is(await text('#shown'), '1 of 4', 'table: how many');

// --- dark, and on a small screen
const background = () => browser.value('getComputedStyle(document.body).backgroundColor');
const light = await background();
await open('dark');
is(light === 'rgb(255, 255, 255)' && (await background()) !== light, true, 'light is white, dark is not');
await hover('#cpu', 6.5);
await browser.screenshot(join(pictures, 'dark.png'));
await open('light', 400);
is(await browser.value('document.documentElement.scrollWidth <= innerWidth'), true, 'fits a small screen');
await browser.screenshot(join(pictures, 'small.png'));

is(browser.complaints, [], 'no errors, and nothing was asked of the network');
await browser.end();
console.log(`1..${checks}`);
process.exit(failed ? 1 : 0);
