// plot.js - plots by Chart.js, which is loaded when the first one is shown. Each has its numbers as a
// table too, for those who cannot see it and where it cannot be loaded.
import {make} from './dom.js';
import {day, local_time, number, time_of_day} from './words.js';

const live = new Map(); // by name: {chart, signature}
let loading = null;

function load() {
	loading ??= new Promise((resolve, reject) => {
		const script = make('script', {src: '/chart.js'});
		script.addEventListener('load', () => (window.Chart ? resolve(window.Chart) : reject(new Error('no chart'))));
		script.addEventListener('error', () => reject(new Error('no chart')));
		document.head.append(script);
	});
	return loading;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A place for a plot. summary: what it shows, in a sentence. head: names of the table's columns; rows: its cells.
export function plot_place(name, title, summary, head, rows) {
	return make('figure', {class: 'plot', 'data-key': `plot ${name}`},
		make('figcaption', {}, make('h3', {}, title), make('p', {class: 'quiet'}, summary)),
		make('div', {class: 'canvas', 'data-own': '', 'data-key': `canvas ${name}`, 'data-plot': name, role: 'img', 'aria-label': `${title}. ${summary}`},
			make('canvas', {height: 180, 'aria-hidden': 'true'})),
		make('details', {}, make('summary', {}, 'The same as a table'),
			make('div', {class: 'scrolls', tabindex: 0, role: 'region', 'aria-label': `${title}, as a table`},
				make('table', {class: 'plain'}, make('caption', {class: 'unseen'}, title),
					make('thead', {}, make('tr', {}, head.map((h) => make('th', {scope: 'col'}, h)))),
					make('tbody', {}, rows.map((row) => make('tr', {}, row.map((cell, i) =>
						make(i === 0 ? 'th' : 'td', {scope: i === 0 ? 'row' : null}, cell)))))))));
}

// Vertical lines with a word at times that matter.
const marks = {
	id: 'marks',
	afterDatasetsDraw(chart, _args, options) {
		const {ctx, chartArea: area, scales: {x}} = chart;
		ctx.save();
		ctx.font = `11px ${colour('font')}`;
		ctx.textBaseline = 'top';
		let free_from = [-Infinity, -Infinity, -Infinity];
		for (const {at, words, tone} of options.list ?? []) {
			if (at < x.min || at > x.max) continue;
			const left = x.getPixelForValue(at);
			ctx.strokeStyle = ctx.fillStyle = colour(tone ?? 'bad');
			ctx.setLineDash([3, 3]);
			ctx.beginPath();
			ctx.moveTo(left, area.top);
			ctx.lineTo(left, area.bottom);
			ctx.stroke();
			const width = ctx.measureText(words).width;
			const from = left + width + 4 > area.right ? left - width - 3 : left + 3;
			const line = free_from.findIndex((free) => from > free);
			if (line < 0) continue; // too many at one place: the line stands, the word does not
			free_from[line] = from + width + 6;
			ctx.fillText(words, from, area.top + 2 + line * 13);
		}
		ctx.restore();
	},
};

function hours_between(min, max) {
	const length = max - min;
	const steps = [300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604800, 2419200];
	const step = steps.find((s) => length / s <= 8) ?? steps.at(-1);
	const begin = new Date(min * 1000);
	begin.setHours(0, 0, 0, 0);
	const ticks = [];
	for (let at = begin.getTime() / 1000; at <= max; at += step) if (at >= min) ticks.push({value: at});
	return ticks;
}

function settings(kind, sets, list, range) {
	const grid = {color: colour('line'), borderColor: colour('line')};
	const ticks = {color: colour('quiet'), font: {family: colour('font'), size: 11}, maxRotation: 0, autoSkip: false};
	return {
		type: kind,
		data: {datasets: sets},
		options: {
			animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
			interaction: {mode: 'index', intersect: false},
			scales: {
				x: {type: 'linear', min: range?.[0], max: range?.[1], grid: {...grid, drawOnChartArea: false},
					afterBuildTicks: (axis) => { axis.ticks = hours_between(axis.min, axis.max); },
					ticks: {...ticks, callback: (at) => (range && range[1] - range[0] > 172800 ? day(at) : time_of_day(at))}},
				y: {beginAtZero: true, grid, ticks: {...ticks, autoSkip: true, maxTicksLimit: 5, precision: 0, callback: (n) => number(n)}},
			},
			plugins: {
				marks: {list},
				legend: {display: sets.length > 1, labels: {color: colour('text'), boxWidth: 18, boxHeight: 2, font: {family: colour('font'), size: 12}}},
				tooltip: {callbacks: {title: (items) => (items.length > 0 ? local_time(items[0].parsed.x) : ''),
					label: (item) => `${item.dataset.label}: ${number(item.parsed.y, item.parsed.y % 1 ? 1 : 0)}`}},
			},
		},
		plugins: [marks],
	};
}

// lines: {name, tone, points: [[seconds, value|null]], dash}. What is null is a gap.
function set_of(line, kind) {
	const paint = colour(line.tone);
	return {
		label: line.name, data: line.points.map(([x, y]) => ({x, y})), borderColor: paint,
		backgroundColor: kind === 'bar' || line.fill ? paint + (kind === 'bar' ? '' : '22') : paint,
		fill: line.fill ? 'origin' : false, borderWidth: kind === 'bar' ? 0 : 1.6, borderDash: line.dash ?? [], pointRadius: 0,
		pointHitRadius: 6, spanGaps: false, stepped: line.stepped ?? false, barThickness: line.thick,
	};
}

// Draws into the place of that name below root, or brings what is there up to date.
export async function plot(root, name, lines, {list = [], range = null, kind = 'line'} = {}) {
	const place = root.querySelector(`[data-plot="${name}"]`);
	if (!place) return;
	let Chart;
	try {
		Chart = await load();
	} catch {
		place.replaceChildren(make('p', {class: 'quiet'}, 'The plot could not be loaded; its numbers are in the table.'));
		return;
	}
	const canvas = place.querySelector('canvas');
	if (!canvas || !place.isConnected) return;
	const signature = JSON.stringify([lines, list, range, colour('text')]);
	const before = live.get(name);
	if (before?.chart.canvas === canvas && before.signature === signature) return;
	const wanted = settings(kind, lines.map((line) => set_of(line, kind)), list, range);
	if (before?.chart.canvas === canvas) {
		Object.assign(before.chart.data, wanted.data);
		before.chart.options = wanted.options;
		before.chart.update('none');
		before.signature = signature;
		return;
	}
	before?.chart.destroy();
	live.set(name, {chart: new Chart(canvas, wanted), signature});
}

// Ends the plots whose places are gone.
export function tidy_plots() {
	for (const [name, {chart}] of live) {
		if (chart.canvas?.isConnected) continue;
		chart.destroy();
		live.delete(name);
	}
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

// The part of a history document from that moment on.
export function since(history, from) {
	const at = history.at ?? [];
	const first = at.findIndex((a) => a >= from);
	const begin = first < 0 ? at.length : first;
	return Object.fromEntries(Object.entries({...history, from}).map(([name, value]) => [name, Array.isArray(value) ? value.slice(begin) : value]));
}

// Minutes in which nobody looked, in the steps that are over.
export function minutes_missing(history, now) {
	const step = history.step ?? 60;
	return sum((history.at ?? []).map((at, i) => (at + step > now - 60 ? 0 : Math.max(0, step / 60 - (history.counted?.[i] ?? ((history.accepted?.[i] ?? null) === null ? 0 : step / 60))))));
}

// A history document in pieces of so many seconds: of the queue the most, of the rest the mean of the
// minutes in which it was counted. A piece in which nobody looked is null.
export function pieces(history, length) {
	const per = Math.max(1, (history.step ?? 60) / 60);
	const found = new Map();
	(history.at ?? []).forEach((at, i) => {
		const begin = Math.floor(at / length) * length;
		if (!found.has(begin)) found.set(begin, []);
		found.get(begin).push(i);
	});
	const columns = {};
	for (const name of ['queue', 'held', 'accepted', 'delivered', 'deferred', 'failed', 'refused'])
		columns[name] = [...found].map(([at, of]) => {
			const counted = name === 'queue' && history.queue_most ? history.queue_most : history[name];
			const known = of.filter((i) => (counted?.[i] ?? null) !== null);
			if (known.length === 0) return [at, null];
			if (name === 'queue' || name === 'held') return [at, Math.max(...known.map((i) => counted[i]))];
			return [at, sum(known.map((i) => counted[i])) / Math.max(1, sum(known.map((i) => history.counted?.[i] ?? per)))];
		});
	return columns;
}

export const sum_known = (values) => {
	const known = (values ?? []).filter((v) => v !== null && v !== undefined);
	return known.length > 0 ? sum(known) : null;
};
