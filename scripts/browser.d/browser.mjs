// SPDX-License-Identifier: GPL-2.0-only
// Chromium without a screen, told what to do through two pipes (its remote debugging protocol).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Browser {
	#process;
	#profile;
	#next = 0;
	#waiting = new Map();
	#session;
	// What the page said that it should not have: exceptions, errors, requests.
	complaints = [];

	static async start() {
		const browser = new Browser();
		browser.#spawn();
		const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' });
		const { sessionId } = await browser.#send('Target.attachToTarget', { targetId, flatten: true });
		browser.#session = sessionId;
		for (const domain of ['Page', 'Runtime', 'Log', 'Network'])
			await browser.#send(`${domain}.enable`);
		return browser;
	}

	#spawn() {
		this.#profile = mkdtempSync(join(tmpdir(), 'browser-'));
		// Root has no sandbox; the page is our own.
		this.#process = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
			'--force-device-scale-factor=1', `--user-data-dir=${this.#profile}`, '--remote-debugging-pipe'],
		{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
		this.#process.on('exit', () => {
			for (const { reject } of this.#waiting.values())
				reject(new Error('chromium has ended'));
		});
		let text = '';
		this.#process.stdio[4].setEncoding('utf8').on('data', (data) => {
			const messages = (text + data).split('\0');
			text = messages.pop();
			messages.forEach((message) => this.#receive(JSON.parse(message)));
		});
	}

	#send(method, params = {}) {
		const id = ++this.#next;
		this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`);
		return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
	}

	#receive({ id, result, error, method, params }) {
		if (id) {
			const { resolve, reject } = this.#waiting.get(id);
			this.#waiting.delete(id);
			if (error)
				reject(new Error(error.message));
			else
				resolve(result);
		} else if (method === 'Runtime.exceptionThrown') {
			this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
		} else if (method === 'Log.entryAdded') {
			this.complaints.push(params.entry.text);
		} else if (method === 'Network.requestWillBeSent' && !params.request.url.startsWith('file:')) {
			this.complaints.push(`request of ${params.request.url}`);
		} else if (method === 'Page.loadEventFired') {
			this.loaded?.();
		}
	}

	async open(url, { width, height, scheme }) {
		await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
		await this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
		const loaded = new Promise((resolve) => { this.loaded = resolve; });
		await this.#send('Page.navigate', { url });
		await loaded;
		await this.settle();
	}

	// What the page has drawn is on the screen.
	settle() {
		return this.value('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))');
	}

	async value(expression) {
		const { result, exceptionDetails } = await this.#send('Runtime.evaluate',
			{ expression, awaitPromise: true, returnByValue: true });
		if (exceptionDetails)
			throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
		return result.value;
	}

	// Where the element is: x, y, width, height. It is scrolled to, first.
	box(selector) {
		return this.value(`(() => {
			const found = document.querySelector(${JSON.stringify(selector)});
			found.scrollIntoView({ block: 'center' });
			return found.getBoundingClientRect().toJSON();
		})()`);
	}

	mouse(type, x, y, more = {}) {
		return this.#send('Input.dispatchMouseEvent', { type, x, y, ...more });
	}

	async clickAt(x, y, modifiers = 0) {
		await this.mouse('mouseMoved', x, y);
		await this.mouse('mousePressed', x, y, { button: 'left', clickCount: 1, modifiers });
		await this.mouse('mouseReleased', x, y, { button: 'left', clickCount: 1, modifiers });
		await this.settle();
	}

	async click(selector, modifiers = 0) {
		const { x, y, width, height } = await this.box(selector);
		await this.clickAt(x + width / 2, y + height / 2, modifiers);
	}

	async drag(from, to, y) {
		await this.mouse('mouseMoved', from, y);
		await this.mouse('mousePressed', from, y, { button: 'left', clickCount: 1 });
		await this.mouse('mouseMoved', (from + to) / 2, y, { button: 'left' });
		await this.mouse('mouseMoved', to, y, { button: 'left' });
		await this.mouse('mouseReleased', to, y, { button: 'left', clickCount: 1 });
		await this.settle();
	}

	async key(key) {
		await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', key });
		await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key });
		await this.settle();
	}

	async type(text) {
		await this.#send('Input.insertText', { text });
		await this.settle();
	}

	// All of the page.
	async screenshot(file) {
		const { data } = await this.#send('Page.captureScreenshot', { captureBeyondViewport: true });
		writeFileSync(file, Buffer.from(data, 'base64'));
	}

	async end() {
		const gone = new Promise((resolve) => this.#process.once('exit', resolve));
		this.#session = undefined;
		this.#send('Browser.close').catch(() => {});
		await gone;
		rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
	}
}
