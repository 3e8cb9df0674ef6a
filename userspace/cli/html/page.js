// SPDX-License-Identifier: GPL-2.0-only
// The page of `usertime report --html`: pictures and a table of what #data has.
'use strict';

(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const { time } = data;
const NR_COLOURS = 7;
const MARGIN = { left: 56, right: 26, top: 8, bottom: 22 };
const TIP_LINES = 8;

// What the user has chosen. view: from and to, seconds since time.begin; hidden: keys of lines.
const state = {
	by: 'pid',
	faults: 'sum',
	view: [0, time.end],
	hidden: { pid: new Set(), command: new Set() },
	sort: { column: 6, descending: true },
};

const $ = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
}

function svg(name, attributes = {}, text = '') {
	const made = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
	made.textContent = text;
	return made;
}

// --- numbers and times, for people

const rounded = (value, digits) => value.toLocaleString('en', { maximumFractionDigits: digits });

function seconds(value) {
	if (value >= 100)
		return `${rounded(value, 0)} s`;
	if (value >= 1)
		return `${value.toFixed(2)} s`;
	return `${Number((value * 1e3).toPrecision(3))} ms`;
}

// A long time, roughly.
function span(value) {
	const [size, unit] = [[86400, 'days'], [3600, 'h'], [60, 'min']].find(([size]) => value >= 2 * size) || [1, ''];
	return unit ? `${rounded(value / size, 1)} ${unit}` : seconds(value);
}

// A time of day, as exact as a step of so many seconds asks for; with the date where it is not clear.
function clock(at, step) {
	const date = new Date((time.begin + at) * 1e3);
	const digits = step >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(step)));
	const options = { hour: '2-digit', minute: '2-digit', hour12: false };
	if (step < 60)
		options.second = '2-digit';
	if (digits)
		options.fractionalSecondDigits = digits;
	const text = date.toLocaleTimeString('en-GB', options);
	return time.end > 86400 ? `${date.toLocaleDateString('en-CA').slice(5)} ${text}` : text;
}

// Short ones are told by seconds since the begin.
const isShort = time.end < 600;

function moment(at, step) {
	return isShort ? `${Number(at.toFixed(Math.max(0, Math.ceil(-Math.log10(step)))))} s` : clock(at, step);
}

// --- lines: what is drawn, from what was sent

const label = (line) => line.name === null ? `${line.members} others` :
	line.pid ? (line.name ? `${line.name} (${line.pid})` : `PID ${line.pid}`) : `${line.name || '(no name)'} ×${line.members}`;

function spread(values, first) {
	const all = new Float64Array(time.count);
	all.set(values, first);
	return all;
}

function prepare(line, index) {
	const faults = spread(line.faults, line.first);
	const sum = new Float64Array(time.count + 1);
	faults.forEach((value, i) => { sum[i + 1] = sum[i] + value; });
	// Sent are microseconds of each bucket; shown is percent of one processor.
	const percent = (values) => spread(values, line.first).map((us) => us / 1e4 / time.width);
	return {
		...line, label: label(line), key: index, sum, faults,
		user: percent(line.user), system: percent(line.system),
		colour: line.name === null ? 'var(--rest)' : colour(index),
	};
}

// The hues once more, darker and then lighter, as there are more lines than hues.
function colour(index) {
	const hue = `var(--c${index % NR_COLOURS})`;
	const turn = Math.floor(index / NR_COLOURS);
	return turn === 0 ? hue : `color-mix(in srgb, ${hue} 60%, ${turn === 1 ? 'black' : 'white'})`;
}

const lines = {
	pid: data.lines.pid.map(prepare),
	command: data.lines.command.map(prepare),
};

const shown = () => lines[state.by].filter((line) => !state.hidden[state.by].has(line.key));

// --- scales

// Round numbers, about so many of them, from 0 to what is not below the top.
function ticks(top, about) {
	if (!(top > 0))
		return [0, 1];
	const raw = top / about;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
	return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step);
}

const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

function timeTicks([from, to], about) {
	const raw = (to - from) / about;
	const power = 10 ** Math.floor(Math.log10(raw));
	const fine = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
	const step = isShort || fine < 1 ? fine :
		CLOCK_STEPS.find((n) => n >= raw) || Math.ceil(raw / 86400) * 86400;
	// Full hours are those of the clock on the wall.
	const zone = isShort ? 0 : time.begin - new Date(time.begin * 1e3).getTimezoneOffset() * 60;
	const found = [];
	for (let at = Math.ceil((from + zone) / step - 1e-9) * step - zone; at <= to + step * 1e-9; at += step)
		found.push(at);
	return { step, found };
}

// --- charts

const bucketOf = (at) => Math.min(time.count - 1, Math.max(0, Math.floor(at / time.width)));

function visible() {
	return [bucketOf(state.view[0]), bucketOf(Math.min(state.view[1], time.end) - time.width * 1e-6)];
}

// A frame to draw in: scales, axes, grid. top: the largest value; unit: of numbers at the axis.
function frame(host, top, format) {
	const width = Math.max(200, host.clientWidth);
	const height = host.clientHeight;
	const [left, right] = [MARGIN.left, width - MARGIN.right];
	const [upper, lower] = [MARGIN.top, height - MARGIN.bottom];
	const marks = ticks(top, height < 150 ? 2 : 5);
	const scale = marks[marks.length - 1];
	const [from, to] = state.view;
	const x = (at) => left + (right - left) * (Math.min(to, Math.max(from, at)) - from) / (to - from);
	const y = (value) => lower - (lower - upper) * value / scale;
	const root = svg('svg', { viewBox: `0 0 ${width} ${height}` });
	const add = (name, attributes, text) => root.appendChild(svg(name, attributes, text));
	for (const mark of marks) {
		add('line', { class: 'grid', x1: left, x2: right, y1: y(mark), y2: y(mark) });
		add('text', { x: left - 6, y: y(mark) + 4, 'text-anchor': 'end' }, format(mark));
	}
	const { step, found } = timeTicks(state.view, width / 110);
	for (const at of found) {
		add('line', { class: 'axis', x1: x(at), x2: x(at), y1: lower, y2: lower + 4 });
		add('text', { x: x(at), y: lower + 17, 'text-anchor': 'middle' }, moment(at, step));
	}
	host.frame = { left, right, upper, lower, x };
	host.replaceChildren(root);
	return { add, x, y, upper, lower, left, right };
}

// What was not recorded, between sessions, is grey.
function gaps({ add, x, upper, lower }) {
	const [first, last] = visible();
	for (let i = first; i <= last; i++) {
		let end = i;
		while (end <= last && data.recorded[end] === 0)
			end++;
		if (end > i) {
			add('rect', { class: 'gap', x: x(i * time.width), y: upper, height: lower - upper,
				width: x(end * time.width) - x(i * time.width) });
			i = end;
		}
	}
}

// The outline of steps from bottom to top, where there are any.
function band(bottom, top, { x, y }) {
	const [first, last] = visible();
	const at = (i) => x(i * time.width).toFixed(2);
	let path = '';
	for (let i = first; i <= last; i++) {
		if (top[i] <= bottom[i])
			continue;
		let end = i;
		let back = '';
		path += `M${at(i)} ${y(bottom[i]).toFixed(2)}`;
		for (; end <= last && top[end] > bottom[end]; end++) {
			path += `V${y(top[end]).toFixed(2)}H${at(end + 1)}`;
			back = `V${y(bottom[end]).toFixed(2)}H${at(end)}${back}`;
		}
		path += `${back}Z`;
		i = end;
	}
	return path;
}

function drawCpu() {
	const [first, last] = visible();
	const all = shown();
	const height = new Float64Array(time.count);
	let top = 0;
	for (let i = first; i <= last; i++)
		top = Math.max(top, all.reduce((sum, line) => sum + line.user[i] + line.system[i], 0));
	const into = frame($('cpu'), top, (value) => rounded(value, 2));
	gaps(into);
	for (const line of all) {
		for (const [kind, opacity] of [['user', 1], ['system', .5]]) {
			const bottom = Float64Array.from(height);
			line[kind].forEach((value, i) => { height[i] += value; });
			const d = band(bottom, height, into);
			if (d)
				into.add('path', { d, style: `fill: ${line.colour}; fill-opacity: ${opacity}`,
					'data-line': line.key, 'data-kind': kind });
		}
	}
}

function drawFaults() {
	const [first, last] = visible();
	const all = shown();
	const sum = state.faults === 'sum';
	const value = (line, i) => sum ? line.sum[i + 1] : line.faults[i] / time.width;
	let top = 0;
	for (const line of all)
		for (let i = first; i <= last; i++)
			top = Math.max(top, value(line, i));
	const into = frame($('faults'), top, short);
	gaps(into);
	for (const line of all) {
		let d = '';
		if (sum)
			d = `M${into.x(first * time.width)} ${into.y(line.sum[first])}`;
		for (let i = first; i <= last; i++) {
			const [from, to] = [i, i + 1].map((n) => into.x(n * time.width).toFixed(2));
			const y = into.y(value(line, i)).toFixed(2);
			d += sum ? `L${to} ${y}` : `${i === first ? 'M' : 'L'}${from} ${y}H${to}`;
		}
		into.add('path', { class: 'curve', d, style: `stroke: ${line.colour}`, 'data-line': line.key });
	}
	$('faults-unit').textContent = sum ? 'minor and major, since the begin' : 'minor and major, per second';
}

function short(value) {
	if (value >= 1e6)
		return `${rounded(value / 1e6, 2)} M`;
	return value >= 1e4 ? `${rounded(value / 1e3, 1)} k` : rounded(value, 2);
}

function drawPresent() {
	const [first, last] = visible();
	const into = frame($('present'), Math.max(...data.present.slice(first, last + 1)), (value) => rounded(value, 2));
	gaps(into);
	let d = '';
	for (let i = first; i <= last; i++) {
		const [from, to] = [i, i + 1].map((n) => into.x(n * time.width).toFixed(2));
		d += `${i === first ? 'M' : 'L'}${from} ${into.y(data.present[i]).toFixed(2)}H${to}`;
	}
	into.add('path', { class: 'count', d });
}

function draw() {
	drawCpu();
	drawFaults();
	drawPresent();
	const [from, to] = state.view;
	const all = from === 0 && to === time.end;
	const step = Math.max(time.width, 1e-9) / 10;
	$('reset').disabled = all;
	$('range').textContent = `${all ? 'all: ' : ''}${moment(from, step)} to ${moment(to, step)}`;
}

// --- what is under the pointer

function tipRow(line, value) {
	const swatch = element('span', { className: 'swatch' });
	swatch.style.setProperty('--colour', line.colour);
	return element('tr', {}, element('td', {}, swatch),
		element('td', { className: 'name', textContent: line.label }),
		element('td', { className: 'number', textContent: value }));
}

function tipRows(host, i) {
	const percent = (value) => `${value.toFixed(1)} %`;
	if (host.id === 'present')
		return [];
	const cpu = host.id === 'cpu';
	const value = cpu ? (line) => line.user[i] + line.system[i] :
		state.faults === 'sum' ? (line) => line.sum[i + 1] : (line) => line.faults[i] / time.width;
	const all = shown().filter((line) => value(line) > 0).sort((a, b) => value(b) - value(a));
	const rows = all.slice(0, TIP_LINES).map((line) => tipRow(line, cpu ?
		`${percent(line.user[i])} + ${percent(line.system[i])}` : rounded(value(line), 1)));
	if (all.length > TIP_LINES)
		rows.push(element('tr', {}, element('td'), element('td', { textContent: `and ${all.length - TIP_LINES} more` })));
	return rows;
}

function tipTitle(host, i) {
	const all = shown();
	const total = all.reduce((sum, line) => sum + line.user[i] + line.system[i], 0);
	const at = moment(i * time.width, time.width);
	if (data.recorded[i] === 0)
		return `${at}: not recorded`;
	if (host.id === 'cpu')
		return `${at}: ${total.toFixed(1)} %, ${rounded(data.present[i], 1)} processes`;
	return host.id === 'present' ? `${at}: ${rounded(data.present[i], 1)} processes` : at;
}

function cross(host, at) {
	for (const chart of document.querySelectorAll('.chart')) {
		const { x, upper, lower } = chart.frame;
		chart.querySelector('.cross')?.remove();
		chart.firstChild.append(svg('line', { class: 'cross', x1: x(at), x2: x(at), y1: upper, y2: lower }));
	}
	const tip = $('tip');
	const i = bucketOf(at);
	tip.replaceChildren(element('strong', { textContent: tipTitle(host, i) }),
		element('table', {}, element('tbody', {}, ...tipRows(host, i))));
	tip.hidden = false;
	const x = host.frame.x(at);
	const left = x + 16 + tip.offsetWidth <= host.clientWidth ? x + 16 : x - 16 - tip.offsetWidth;
	tip.style.transform = `translate(${Math.max(0, left)}px, ${host.offsetTop + 12}px)`;
}

function hideTip() {
	$('tip').hidden = true;
	document.querySelectorAll('.cross').forEach((line) => line.remove());
}

// --- zoom

function zoom(from, to) {
	// Not into less than four buckets: there is no more to see.
	const least = Math.min(time.end, 4 * time.width);
	const length = Math.min(time.end, Math.max(least, to - from));
	const begin = Math.min(time.end - length, Math.max(0, (from + to - length) / 2));
	state.view = [begin, begin + length];
	hideTip();
	draw();
}

const timeAt = (host, event) => {
	const { left, right } = host.frame;
	const share = (event.clientX - host.getBoundingClientRect().left - left) / (right - left);
	const [from, to] = state.view;
	return from + Math.min(1, Math.max(0, share)) * (to - from);
};

function drag(host, from, to) {
	const { x, upper, lower } = host.frame;
	host.querySelector('.drag')?.remove();
	host.firstChild.append(svg('rect', { class: 'drag', x: x(Math.min(from, to)), y: upper,
		width: Math.abs(x(to) - x(from)), height: lower - upper }));
}

function listen(host) {
	let began = null;
	host.addEventListener('pointerdown', (event) => {
		if (event.button !== 0)
			return;
		began = { at: timeAt(host, event), x: event.clientX };
		host.setPointerCapture(event.pointerId);
	});
	host.addEventListener('pointermove', (event) => {
		const at = timeAt(host, event);
		cross(host, at);
		if (began)
			drag(host, began.at, at);
	});
	host.addEventListener('pointerup', (event) => {
		if (began && Math.abs(event.clientX - began.x) > 5) {
			const at = timeAt(host, event);
			zoom(Math.min(began.at, at), Math.max(began.at, at));
		}
		began = null;
	});
	host.addEventListener('pointercancel', () => { began = null; draw(); });
	host.addEventListener('pointerleave', hideTip);
	host.addEventListener('dblclick', () => zoom(0, time.end));
	host.addEventListener('keydown', (event) => {
		const [from, to] = state.view;
		const quarter = (to - from) / 4;
		const moves = {
			Escape: [0, time.end],
			ArrowLeft: [Math.max(0, from - quarter), Math.max(to - from, to - quarter)],
			ArrowRight: [Math.min(time.end - (to - from), from + quarter), Math.min(time.end, to + quarter)],
			'+': [from + quarter, to - quarter],
			'-': [from - 2 * quarter, to + 2 * quarter],
		};
		if (!moves[event.key])
			return;
		event.preventDefault();
		zoom(...moves[event.key]);
	});
}

// --- which lines are shown

function toggle(line, alone) {
	const hidden = state.hidden[state.by];
	if (alone)
		lines[state.by].forEach((other) => hidden.add(other.key));
	if (!hidden.delete(line.key))
		hidden.add(line.key);
	drawLegend();
	draw();
}

function drawLegend() {
	const focused = document.activeElement?.dataset.line;
	$('legend').replaceChildren(...lines[state.by].map((line) => {
		const swatch = element('span', { className: 'swatch' });
		const button = element('button', { type: 'button',
			title: `user ${seconds(line.total[0])}, system ${seconds(line.total[1])}, ${rounded(line.total[2], 0)} page faults` },
		swatch, element('span', { className: 'name', textContent: line.label }));
		swatch.style.setProperty('--colour', line.colour);
		button.dataset.line = line.key;
		button.setAttribute('aria-pressed', !state.hidden[state.by].has(line.key));
		button.addEventListener('click', (event) => toggle(line, event.altKey));
		return button;
	}));
	if (focused !== undefined)
		$('legend').querySelector(`[data-line="${focused}"]`)?.focus();
}

function choose(name, value) {
	state[name] = value;
	for (const button of document.querySelectorAll(`[data-${name}]`))
		button.setAttribute('aria-pressed', button.dataset[name] === value);
	drawLegend();
	draw();
}

// --- table

// In the order of the columns of data.processes.
const since = (at) => moment(at, Math.min(1, time.width));
const COLUMNS = [
	{ title: 'PID', number: true },
	{ title: 'Name', className: 'name' },
	{ title: 'Unit' },
	{ title: 'From', number: true, text: since },
	{ title: 'Exited', number: true, text: (at) => at === null ? '' : since(at) },
	{ title: 'Threads', number: true },
	{ title: 'CPU', number: true, text: seconds },
	{ title: 'User', number: true, text: seconds },
	{ title: 'System', number: true, text: seconds },
	{ title: 'Minor faults', number: true, text: (value) => rounded(value, 0) },
	{ title: 'Major faults', number: true, text: (value) => rounded(value, 0) },
];
const EXITED = 4;
const UNIT = 2;
const withUnits = data.processes.some((process) => process[UNIT]);

function compare(a, b) {
	const { column, descending } = state.sort;
	const [one, other] = descending ? [b[column], a[column]] : [a[column], b[column]];
	// What has not exited comes last, either way.
	if (a[column] === null || b[column] === null)
		return (a[column] === null) - (b[column] === null);
	return typeof one === 'string' ? one.localeCompare(other) : one - other;
}

function drawTable() {
	const find = $('find').value.toLowerCase();
	const found = data.processes.filter((process) =>
		(!$('exited').checked || process[EXITED] !== null) &&
		process.slice(0, 3).some((value) => String(value).toLowerCase().includes(find)));
	const cells = (process) => COLUMNS.flatMap(({ number, className, text = String }, i) =>
		i === UNIT && !withUnits ? [] : element('td',
			{ className: number ? 'number' : className || '', textContent: text(process[i]) }));
	$('rows').replaceChildren(...found.sort(compare).map((process) => element('tr', {}, ...cells(process))));
	const { count, user, system } = data.omitted;
	$('shown').textContent = `${found.length} of ${data.processes.length}` + (count ?
		`; ${count} that used least are left out, ${seconds(user + system)} in sum` : '');
}

function drawHead() {
	const cells = COLUMNS.map(({ title, number }, column) => {
		const cell = element('th', { className: number ? 'number' : '', scope: 'col' },
			element('button', { type: 'button', textContent: title }));
		if (column === state.sort.column)
			cell.setAttribute('aria-sort', state.sort.descending ? 'descending' : 'ascending');
		cell.firstChild.addEventListener('click', () => sort(column));
		return cell;
	});
	$('head').replaceChildren(...cells.filter((_, column) => column !== UNIT || withUnits));
}

// Once more turns it round; numbers begin with the largest.
function sort(column) {
	const again = state.sort.column === column;
	state.sort = { column, descending: again ? !state.sort.descending : COLUMNS[column].number === true };
	drawHead();
	$('head').querySelector('[aria-sort] button').focus();
	drawTable();
}

// --- the page

function drawAbout() {
	const { about } = data;
	const lost = Object.entries(about.lost).filter(([, value]) => value > 0);
	const parts = [about.host, `Linux ${about.kernel}`, `${about.cpus} processor${about.cpus === 1 ? '' : 's'}`,
		new Date(time.begin * 1e3).toLocaleString(), `for ${span(time.end)}`,
		about.period ? `every ${seconds(about.period)}` : 'exits only'];
	if (about.sessions > 1)
		parts.push(`${about.sessions} sessions`);
	document.title = `${about.command} - usertime`;
	$('title').textContent = about.command;
	$('about').textContent = parts.join(', ');
	$('lost').hidden = !lost.length && about.complete;
	$('lost').textContent = [
		...lost.map(([name, value]) => `${name}: ${rounded(value, 3)}`),
		...about.complete ? [] : ['The recording was not ended: it goes on, or was killed.'],
	].join('; ');
}

drawAbout();
drawHead();
drawTable();
drawLegend();
document.querySelectorAll('.chart').forEach(listen);
for (const button of document.querySelectorAll('[data-by]'))
	button.addEventListener('click', () => choose('by', button.dataset.by));
for (const button of document.querySelectorAll('[data-faults]'))
	button.addEventListener('click', () => choose('faults', button.dataset.faults));
$('reset').addEventListener('click', () => zoom(0, time.end));
$('find').addEventListener('input', drawTable);
$('exited').addEventListener('change', drawTable);
new ResizeObserver(draw).observe($('charts'));
})();
